import { setTimeout as sleep } from "node:timers/promises";
import { mutate } from "../../support/mutations.ts";
import { startReplica } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { type LaterVersions, startOperatorOf } from "../../support/versions.ts";
import { percentile } from "../bench/measures.ts";
import { fillLedger } from "../../support/fill.ts";
import { latenciesUntil } from "../loops.ts";
import type { Amounts, Tell } from "../watched.ts";

/** Changes the form of a large ledger beside callers: expands it beside the present version, and contracts it beside the second one. */
export async function largeMigration(
  plan: { ledgerUrl: string; versions: LaterVersions } & Amounts<"rows" | "perSecond" | "quietMs">,
  tell: Tell,
) {
  const { ledgerUrl, versions, rows, perSecond, quietMs } = plan;
  await using sandbox = await openSandbox({ keep: 10_000_000 });
  await fillLedger({ url: ledgerUrl } as Parameters<typeof fillLedger>[0], rows, 1);
  tell(`${rows} rows`);
  let created = 900_000_000; // helpdesk numbers that the rows do not have
  const expanding = await beside(undefined, "second");
  const contracting = await beside(versions.second.app, "third");
  return { rows, expanding, contracting };

  async function beside(app: string | undefined, name: keyof LaterVersions) {
    await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl, app });
    let failed = 0;
    const create = async () => {
      const helpdeskTicketNumber = String(created++);
      const answer = await mutate(replica, "createHelpdeskTicket", { helpdeskTicketNumber }).catch(() => null);
      if (!answer?.payload?.ticket) failed++;
    };
    const latencies = (end: Promise<unknown>) => latenciesUntil(end, perSecond, create);
    await latencies(sleep(quietMs)); // warms it
    failed = 0;
    const before = await latencies(sleep(quietMs));
    const leftAt = performance.now();
    const { ended } = startOperatorOf(versions[name], ledgerUrl, "migrate");
    const [during, longestWaitMs, { code }] = await Promise.all([
      latencies(ended),
      longestWaitUntil(ended, ledgerUrl),
      ended,
    ]);
    const seconds = Math.round((performance.now() - leftAt) / 1000);
    const after = await latencies(sleep(quietMs));
    const usual = [...before, ...after];
    tell(`${name}: ${seconds} s`);
    return {
      code,
      seconds,
      creates: during.length,
      failed,
      usualMs: quantilesOf(usual),
      besideMs: quantilesOf(during),
      rise: Number((percentile(during, 0.99) / percentile(usual, 0.99)).toFixed(2)),
      longestWaitMs,
    };
  }
}

/** Returns the median, the 99th percentile and the longest of latencies. Milliseconds. */
function quantilesOf(latencies: readonly number[]): number[] {
  return [0.5, 0.99, 1].map((share) => Math.round(percentile(latencies, share)));
}

/** Looks at the locks of PostgreSQL until `end`, and returns the longest time for which a statement waited for one on a table or row, in milliseconds. */
async function longestWaitUntil(end: Promise<unknown>, url: string): Promise<number | null> {
  if (url.startsWith("sqlite:")) return null;
  await using sql = await sqlOn({ url });
  const over = new AbortController();
  void end.finally(() => over.abort());
  let longest = 0;
  while (!over.signal.aborted) {
    const [row] = await sql.run(`SELECT max(extract(epoch from clock_timestamp() - waitstart) * 1000) AS ms
      FROM pg_locks WHERE NOT granted AND locktype <> 'virtualxid'`);
    longest = Math.max(longest, Number(row?.["ms"] ?? 0));
    await sleep(5);
  }
  return Math.round(longest);
}
