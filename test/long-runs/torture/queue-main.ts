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

/** `runs`: beginnings of the names of the runs to do. Empty: all runs. */
export async function runQueue(
  amounts: { server: string; kills: number; requests: number },
  engine: Engine,
  runs: readonly string[],
): Promise<void> {
  const isWanted = (name: string) => runs.length === 0 || runs.some((run) => name.startsWith(run));
  if (isWanted("kills")) {
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
  for (const requests of isWanted("recovery") ? [1000, amounts.requests] : []) {
    await using place = await placeFor(engine, amounts.server);
    const plan = { ledgerUrl: place.url, requests, vendorMs: 50, perSecond: 20, usualMs: 20_000 };
    const counts = await queueRecovery(plan, progress);
    const isSoon =
      counts.firstAfterMs <= FIRST_WITHIN_MS && (requests > 1000 || counts.lastAfterMs <= LAST_WITHIN_MS);
    const isKept = counts.meanwhileP99Ms <= counts.usualP99Ms * P99_GROWTH && counts.grownMiB <= MEMORY_MIB;
    report(`${requests} requests in the queue on ${engine}`, counts, isSoon && isKept);
  }
}
