import { describe, expect, inject, test } from "vitest";
import { countsOf, differencesIn } from "../long-runs/model/check.ts";
import { playRound } from "../long-runs/model/round.ts";
import { hasPgBouncer } from "../support/pgbouncer.ts";

/** Calls of a history each. A round of them takes less than a minute, half of which is the time until all is quiet. */
const CALLS = 360;

/** Seeds with as many faults as one round may have, the last one behind PgBouncer where it is installed. `npm run model` draws others. */
describe.concurrent.each([
  { engine: "SQLite", seed: 105, faults: ["outage", "stop", "database", "ledgerClock"] },
  { engine: "SQLite", seed: 74, faults: ["outage", "kill", "stop", "database"] },
  { engine: "PostgreSQL", seed: 1002, faults: ["outage", "kill", "stop", "database", "ledgerClock"] },
  {
    engine: "PostgreSQL",
    seed: 11,
    faults: ["outage", "stop", "database", "clock", "ledgerClock"],
    isPooled: hasPgBouncer,
  },
] as const)("random histories on $engine, seed $seed", ({ engine, seed, faults, ...how }) => {
  test("MUST keep every promise about sending, and about the status of tickets", async () => {
    const log = await playRound({ engine, server: inject("postgresUrl"), ...how }, seed, 0, CALLS);

    expect(log.faults).toEqual(faults);
    expect(countsOf(log)["calls"]).toBeGreaterThan(CALLS);
    expect(differencesIn(log).slice(0, 3)).toEqual([]);
  }, 400_000);
});
