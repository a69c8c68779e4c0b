import { randomUUIDv7 } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import type { Sandbox } from "../../sandbox/server.ts";
import { TicketDocument } from "../../examples/generated/graphql.ts";
import { takeClock } from "../support/clock.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Replica, startReplica } from "../support/replicas.ts";
import { openSandbox } from "../support/vendor.ts";

const HOUR_MS = 3_600_000;
const LEASE_MS = 3000;
const STATUSES = ["IN_PROGRESS", "PENDING", "ON_HOLD", "CLOSE", "OPEN"] as const;

test.for(ENGINES)(
  "Clocks that are wrong by an hour, and step, MUST change no outcome, no order of updates and no lease: %s",
  { timeout: 180_000, concurrent: true },
  async (engine, { expect }) => {
    await using place = await placeFor(engine);
    await using sandbox = await openSandbox();
    const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config: { leaseMs: LEASE_MS } };
    const start = (clockAheadMs: number) => startReplica({ ...settings, clockAheadMs });
    // Processes that share a file share the machine's clock: both step together, and a step ends leases.
    const isShared = engine === "SQLite";
    await using ahead = await start(HOUR_MS);
    await using other = await start(isShared ? HOUR_MS : -HOUR_MS);

    for (const to of [-HOUR_MS, HOUR_MS]) {
      const key = `the-key-of-the-step-to-${to}`;
      sandbox.setMood("slow", { delayMs: 1500, times: 1 });
      const call = outcomeAt(other, key);
      await untilReceived(sandbox, call);
      const before = outcomeAt(ahead, key);
      await sleep(200);
      await Promise.all([ahead.setClockAhead(to), other.setClockAhead(isShared ? to : -to)]);
      const seenByOthers = await Promise.all([before, outcomeAt(ahead, key)]);

      expect(await call).toBe("CONFIRMED");
      if (!isShared) expect(seenByOthers).not.toContain("OUTCOME_UNKNOWN");
      const ticketId = (await mutate(ahead, "createVoiceTicket")).payload!.ticket!.id;
      for (const [turn, status] of STATUSES.entries()) {
        const { payload } = await mutate(turn % 2 === 0 ? ahead : other, "updateTicketStatus", { ticketId, status });
        const reads = [ahead, other].map((replica) => replica.execute(TicketDocument, { id: ticketId }));
        const shown = (await Promise.all(reads)).map(({ data }) => data.ticket?.status);
        expect([payload?.ticket?.status, ...shown]).toEqual([status, status, status]);
      }
    }

    await other.setClockAhead(0);
    const dying = await start(isShared ? 0 : HOUR_MS);
    sandbox.setMood("hang", { times: 1 });
    await untilReceived(sandbox, outcomeAt(dying, "the-key-of-the-dying"));
    await dying.kill();
    await sleep(LEASE_MS);
    // With the machine's clock the lease may start again once, because the other replica's clock has just been set.
    const inTime = { timeout: 2 * LEASE_MS, interval: 50 };
    await expect.poll(() => outcomeAt(other, "the-key-of-the-dying"), inTime).toBe("OUTCOME_UNKNOWN");
  },
);

/** Opens a ticket. Returns the code of the problem, or else the state of the submission. */
async function outcomeAt(replica: Replica, idempotencyKey: string): Promise<string | undefined> {
  const { payload } = await mutate(replica, "createVoiceTicket", { idempotencyKey });
  return payload?.problems[0]?.code ?? payload?.submission?.state;
}

/** Waits until Sociomile has received a call that has just begun, or it has ended. */
async function untilReceived(sandbox: Sandbox, call: Promise<unknown>): Promise<void> {
  const before = sandbox.received.length;
  const over = new AbortController();
  void call.catch(() => undefined).finally(() => over.abort());
  while (!over.signal.aborted && sandbox.received.length === before) await sleep(10);
}

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
