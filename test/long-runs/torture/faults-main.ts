/** `npm run torture -- --faults`: faults in everything around the service. Each run prints a line. README.md lists the runs. */
import type { Pooled } from "../../support/faulty-database.ts";
import type { Engine } from "../../support/ledgers.ts";
import { estimating, report } from "../../support/verdict.ts";
import { watched } from "../watched.ts";
import { clocks } from "./clocks.ts";
import { deadConnections } from "./dead-connections.ts";
import { faults } from "./faults.ts";
import { pausedBackends } from "./paused-backends.ts";
import { promotion } from "./promotion.ts";
import { refusingLedger } from "./refusing-ledger.ts";
import { vendorFaults } from "./vendor-faults.ts";

/** Promises of the service. */
const NEW_CONNECTIONS_WITHIN_MS = 5000;
const PROMOTED_WITHIN_MS = 10_000;
const CONFIRMED_WITHIN_MS = 2000;
const BREAKER_CLOSED_WITHIN_MS = 15_000;
/** With V8's usual growth of the heap, the memory of requests that wait is a third. */
const MEMORY_GROWTH = 1.5;

export interface FaultAmounts {
  /** PostgreSQL, without a database name. */
  server: string;
  pooled: Pooled;
  faults: number;
  kills: number;
  pauses: number;
  seconds: number;
  /** Time for which the ledger refuses, in seconds. */
  refusesSeconds: number;
  /** Steps of the clocks. */
  steps: number;
  engines: readonly Engine[];
  /** Names of the runs to do. */
  runs: readonly string[];
}

/** A run does nothing for an engine that it does not test. */
type Run = (amounts: FaultAmounts, engine: Engine) => Promise<void>;

const RUNS: Readonly<Record<string, Run>> = {
  faults: runRandomFaults,
  "paused backends": runPausedBackends,
  "dead connections": runDeadConnections,
  "refusing ledger": runRefusingLedger,
  clocks: runWrongClocks,
  promotion: runPromotion,
  "vendor faults": runVendorFaults,
};

export const FAULT_RUNS = Object.keys(RUNS);

export async function runFaults(amounts: FaultAmounts): Promise<void> {
  for (const name of amounts.runs) for (const engine of amounts.engines) await RUNS[name]!(amounts, engine);
}

async function runRandomFaults(amounts: FaultAmounts, engine: Engine): Promise<void> {
  if (engine === "SQLite") return; // there is no network
  const counts = await faults(amounts, estimating(amounts.faults, "faults"));
  const broken = counts.duplicates + counts.lost + counts.invisibleDoubts + counts.confirmedWithoutRow;
  const isBack = counts.recoveredAfterMs <= NEW_CONNECTIONS_WITHIN_MS;
  report(titleOf("faults", engine, amounts), counts, broken === 0 && isBack);
}

async function runPausedBackends(amounts: FaultAmounts, engine: Engine): Promise<void> {
  if (engine === "SQLite") return; // there are no other processes
  const counts = await pausedBackends(amounts, estimating(amounts.pauses, "pauses"));
  const broken = counts.duplicates + counts.lost + counts.confirmedWithoutRow;
  report(titleOf("paused backends", engine, amounts), counts, broken === 0);
}

async function runDeadConnections(amounts: FaultAmounts, engine: Engine): Promise<void> {
  if (engine === "SQLite") return;
  const times = 5;
  const counts = await deadConnections({ ...amounts, times, deadMs: 10_000 }, estimating(times, "times"));
  const kept = counts.slowestRecoveryMs <= NEW_CONNECTIONS_WITHIN_MS;
  report(titleOf("dead connections", engine, amounts), counts, kept);
}

async function runRefusingLedger(amounts: FaultAmounts, engine: Engine): Promise<void> {
  const refusesMs = amounts.refusesSeconds * 1000;
  const lengths = { perSecond: 200, beforeMs: 10_000, refusesMs, soonMs: Math.min(10_000, refusesMs / 2) };
  const title = titleOf("refusing ledger", engine, amounts);
  const plannedMs = lengths.beforeMs + refusesMs + CONFIRMED_WITHIN_MS;
  const counts = await watched(title, plannedMs, (tell) =>
    refusingLedger({ ...amounts, engine, ...lengths }, tell),
  );
  const isFlat = !(counts.residentAtEnd > counts.residentSoon * MEMORY_GROWTH);
  const isBack = counts.recoveredAfterMs <= CONFIRMED_WITHIN_MS;
  report(title, counts, isFlat && isBack && counts.confirmedMeanwhile === 0);
}

async function runWrongClocks(amounts: FaultAmounts, engine: Engine): Promise<void> {
  const plan = { engine, server: amounts.server, steps: amounts.steps, waitsForSweep: true };
  const counts = await clocks(plan, estimating(amounts.steps, "steps"));
  const broken = counts.staleStatuses + counts.lostCalls + counts.missedDoubts + counts.deleted;
  // On SQLite all processes share the machine's clock, and a step of it ends leases.
  const areLeasesKept = engine === "SQLite" || counts.earlyDoubts === 0;
  const isBack = counts.breakerClosedAfterMs <= BREAKER_CLOSED_WITHIN_MS;
  report(titleOf("clocks", engine, amounts), counts, broken === 0 && areLeasesKept && isBack);
}

async function runPromotion(amounts: FaultAmounts, engine: Engine): Promise<void> {
  if (engine === "SQLite") return;
  const plan = { ...amounts, beforeMs: 5000, unnoticedMs: 3000 };
  const plannedMs = plan.beforeMs + plan.unnoticedMs + PROMOTED_WITHIN_MS;
  const counts = await watched("promotion", plannedMs, (tell) => promotion(plan, tell));
  const broken = counts.duplicates + counts.lost + counts.invisibleDoubts + counts.confirmedWithoutRow;
  const isBack = counts.servedAfterMs <= PROMOTED_WITHIN_MS;
  report(titleOf("promotion", engine, amounts), counts, broken === 0 && isBack);
}

async function runVendorFaults(amounts: FaultAmounts, engine: Engine): Promise<void> {
  const counts = await vendorFaults({ ...amounts, engine }, estimating(amounts.faults, "faults"));
  const broken = counts.duplicates + counts.lost + counts.invisibleDoubts + counts.confirmedWithoutRow;
  report(`vendor faults on ${engine}`, counts, broken + counts.foreignTickets === 0);
}

function titleOf(run: string, engine: Engine, { pooled }: FaultAmounts): string {
  return `${run} on ${engine}${engine === "PostgreSQL" && pooled ? " behind PgBouncer" : ""}`;
}
