/** `npm run torture -- --queue`: requests that wait for delivery. Each run prints a line. README.md lists the runs. */
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { progress, report } from "../../support/verdict.ts";
import { queueKills } from "./queue-kills.ts";
import { queueRecovery } from "./queue-recovery.ts";

/** Promises of the service. */
const FIRST_WITHIN_MS = 10_000;
const LAST_WITHIN_MS = 60_000;
const P99_GROWTH = 1.2;
const MEMORY_MIB = 20;
/** Direct calls of which a 99th percentile tells something. */
const ENOUGH_CALLS = 500;

export const QUEUE_RUNS = ["kills", "recovery"];

/** `runs`: names of the runs to do. */
export async function runQueue(
  amounts: { server: string; kills: number; requests: number },
  engine: Engine,
  runs: readonly string[],
): Promise<void> {
  if (runs.includes("kills")) {
    await using place = await placeFor(engine, amounts.server);
    const plan = {
      ledgerUrl: place.url,
      requests: 1000,
      kills: amounts.kills,
      outageMs: 30_000,
      vendorMs: 50,
    };
    const counts = await queueKills(plan, progress);
    const broken = counts.doubled + counts.lost + counts.otherDoubts + counts.stored;
    report(`kills around an outage on ${engine}`, counts, broken === 0);
  }
  for (const requests of runs.includes("recovery") ? [1000, amounts.requests] : []) {
    await using place = await placeFor(engine, amounts.server);
    const replicas = engine === "SQLite" ? 1 : 2; // as production has them
    const rates = { vendorMs: 50, perSecond: 20, usualMs: 20_000 };
    const plan = { ledgerUrl: place.url, replicas, requests, ...rates };
    const counts = await queueRecovery(plan, progress);
    const isSoon =
      counts.firstAfterMs <= FIRST_WITHIN_MS && (requests > 1000 || counts.lastAfterMs <= LAST_WITHIN_MS);
    // A short queue is delivered before enough calls come for a 99th percentile.
    const isFast =
      counts.meanwhileCalls < ENOUGH_CALLS || counts.meanwhileP99Ms <= counts.usualP99Ms * P99_GROWTH;
    const isSmall = !(counts.grownMiB > MEMORY_MIB);
    report(`${requests} requests in the queue on ${engine}`, counts, isSoon && isFast && isSmall);
  }
}
