/** `npm run torture -- --faults`: causes faults around the service. Each run prints a line; see README.md. */
import { report, estimating } from "../../support/verdict.ts";
import { deadConnections } from "./dead-connections.ts";
import { faults } from "./faults.ts";
import { pausedBackends } from "./paused-backends.ts";

/** Promises of this service. */
const RECOVERED_WITHIN_MS = 5000;

export interface FaultAmounts {
  /** URL of PostgreSQL, without a database name. */
  server: string;
  pooled: boolean;
  faults: number;
  kills: number;
  pauses: number;
  seconds: number;
  /** Beginnings of the names of the chosen runs; none: all. */
  runs: readonly string[];
}

type Run = (amounts: FaultAmounts) => Promise<void>;

const RUNS: Readonly<Record<string, Run>> = {
  faults: randomly,
  "paused backends": pausing,
  "dead connections": dying,
};

export async function runFaults(amounts: FaultAmounts): Promise<void> {
  const isWanted = (name: string) =>
    amounts.runs.length === 0 || amounts.runs.some((run) => name.startsWith(run));
  for (const [name, run] of Object.entries(RUNS)) if (isWanted(name)) await run(amounts);
}

async function randomly(amounts: FaultAmounts): Promise<void> {
  const counts = await faults(amounts, estimating(amounts.faults, "faults"));
  const broken = counts.duplicates + counts.lost + counts.invisibleDoubts + counts.confirmedWithoutRow;
  report(named("faults", amounts), counts, broken === 0);
}

async function pausing(amounts: FaultAmounts): Promise<void> {
  const counts = await pausedBackends(amounts, estimating(amounts.pauses, "pauses"));
  const broken = counts.duplicates + counts.lost + counts.confirmedWithoutRow;
  report(named("paused backends", amounts), counts, broken === 0);
}

async function dying(amounts: FaultAmounts): Promise<void> {
  const times = 5;
  const counts = await deadConnections({ ...amounts, times, deadMs: 10_000 }, estimating(times, "times"));
  report(named("dead connections", amounts), counts, counts.slowestRecoveryMs <= RECOVERED_WITHIN_MS);
}

function named(run: string, { pooled }: FaultAmounts): string {
  return `${run} on PostgreSQL${pooled ? " behind PgBouncer" : ""}`;
}
