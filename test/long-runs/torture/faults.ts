import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { between } from "./chance.ts";
import { randomFault } from "./database-faults.ts";
import { Fleet } from "./fleet.ts";
import { type LedgerAccount, accountAfterKill, startLoad } from "./load.ts";

/** Results of requests while the network to PostgreSQL failed again and again. */
export interface FaultsReport extends LedgerAccount {
  faults: number;
  kills: number;
  /** Tries that were told LEDGER_UNAVAILABLE. */
  refused: number;
  slowestStartMs: number;
  /** Milliseconds from the end of all faults to a ticket; Infinity: none in time. */
  recoveredAfterMs: number;
}

export interface FaultsPlan {
  /** PostgreSQL, without a database name. */
  server: string;
  pooled: Pooled;
  faults: number;
  /** Number of faults that come with the kill of a replica. */
  kills: number;
  /** Time after which no fault begins, in seconds. */
  seconds: number;
}

const REPLICAS = 2;
const VENDOR_MS = 200;
/** Lease that is short, so that doubts of killed processes appear soon, but longer than every call here. Milliseconds. */
const LEASE_MS = 5000;
const RECOVERED_WITHIN_MS = 30_000;

/** Causes faults at random between two replicas and one PostgreSQL, and kills replicas, while clients repeat with their keys. */
export async function faults(
  { server, pooled, faults: count, kills, seconds }: FaultsPlan,
  progress: (done: number, line: string) => void,
): Promise<FaultsReport> {
  await using database = await faultyDatabase(server, { ways: REPLICAS, pooled });
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  await using fleet = await Fleet.start(
    database.ways.map(({ url }) => ({
      vendorUrl: sandbox.url,
      ledgerUrl: url,
      config: { leaseMs: LEASE_MS },
    })),
  );
  let refused = 0;
  using load = startLoad(fleet, sandbox, {
    vendorMs: VENDOR_MS,
    tried(payload) {
      if (payload?.problems[0]?.code === "LEDGER_UNAVAILABLE") refused++;
    },
  });
  const { clients } = load;

  const endAt = performance.now() + seconds * 1000;
  let [done, killed] = [0, 0];
  while (done < count && performance.now() < endAt) {
    const failing = randomFault(database);
    if (killed < Math.floor((kills * ++done) / count) && (await fleet.killOne())) killed++;
    await failing;
    await sleep(between(0, 200));
    progress(done, `${killed} kills, ${clients.outcomes.size} keys`);
  }

  for (const { network } of database.ways) await network.recover();
  await fleet.whole();
  const recoveredAfterMs = await clients.untilTicket(RECOVERED_WITHIN_MS);
  await clients.stop();
  const place = { url: database.directUrl, leaseMs: LEASE_MS };
  return {
    ...(await accountAfterKill(fleet, clients, sandbox, place)),
    faults: done,
    kills: killed,
    refused,
    slowestStartMs: fleet.slowestStartMs,
    recoveredAfterMs,
  };
}
