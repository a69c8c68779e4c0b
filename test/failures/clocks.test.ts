import { randomUUIDv7 } from "node:crypto";
import { inject, test } from "vitest";
import { takeClock } from "../support/clock.ts";
import { ENGINES } from "../support/ledgers.ts";
import { clocks } from "../long-runs/torture/clocks.ts";
import { quietly } from "../long-runs/watched.ts";

const HOUR_MS = 3_600_000;

test.for(ENGINES)(
  "Clocks that are wrong by an hour, and step, MUST change no outcome, no order of updates and no lease: %s",
  { timeout: 180_000, concurrent: true },
  async (engine, { expect }) => {
    const plan = { engine, server: inject("postgresUrl"), steps: 2 };

    const { earlyDoubts, ...counts } = await clocks(plan, quietly);

    expect(counts).toEqual({ updates: 10, staleStatuses: 0, lostCalls: 0, missedDoubts: 0 });
    // Processes that share a file share the machine's clock, and a step of it ends leases.
    if (engine === "PostgreSQL") expect(earlyDoubts).toBe(0);
  },
);

test("The tests' clock MUST move all that tells the time of day, and nothing that measures", ({ expect }) => {
  const before = { wall: Date.now(), monotonic: performance.now() };
  const hoursAhead = () => new Set(timesOfDay().map((ms) => Math.round((ms - before.wall) / HOUR_MS)));
  {
    using clock = takeClock(HOUR_MS);
    expect(hoursAhead()).toEqual(new Set([1]));
    clock.setAhead(-HOUR_MS);
    expect(hoursAhead()).toEqual(new Set([-1]));
    expect(new Date(5).getTime()).toBe(5);
    expect(performance.now() - before.monotonic).toBeLessThan(HOUR_MS / 2);
  }
  expect(hoursAhead()).toEqual(new Set([0]));
});

function timesOfDay(): number[] {
  return [
    Date.now(),
    new Date().getTime(),
    Temporal.Now.instant().epochMilliseconds,
    Temporal.Now.zonedDateTimeISO().epochMilliseconds,
    Temporal.Now.plainDateTimeISO("UTC").toZonedDateTime("UTC").epochMilliseconds,
    Number.parseInt(randomUUIDv7().replaceAll("-", "").slice(0, 12), 16),
  ];
}
