import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import {
  type Account,
  accountOf,
  confirmedWithoutRow,
  doubtsIn,
  statesById,
} from "../../support/accounts.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { KeyedClients } from "../../support/keyed-clients.ts";
import { sqlOn } from "../../support/sql.ts";
import { between, varying } from "./chance.ts";
import { randomFault } from "./database-faults.ts";
import { Fleet } from "./fleet.ts";
import { startReaders } from "./readers.ts";

/** Results of requests while the network to PostgreSQL failed again and again. */
export interface FaultsReport extends Account {
  faults: number;
  kills: number;
  /** Tries that were told LEDGER_UNAVAILABLE. */
  refused: number;
  /** Must be 0. */
  confirmedWithoutRow: number;
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
const CLIENTS = 16;
/** Tickets that updates share. */
const TICKETS = 8;
const READERS = 6;
const AGAIN_AFTER_MS = 50;
/** Longest time for the vendor's answer. It varies, so that reservations and settlements come at all moments. Milliseconds. */
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
  using load = new DisposableStack();
  load.use(varying(sandbox, VENDOR_MS));
  await using fleet = await Fleet.start(
    database.ways.map(({ url }) => ({
      vendorUrl: sandbox.url,
      ledgerUrl: url,
      config: { leaseMs: LEASE_MS },
    })),
  );
  let refused = 0;
  const clients = new KeyedClients({
    clients: CLIENTS,
    pauseMs: AGAIN_AFTER_MS,
    tickets: TICKETS,
    post: (body) => fleet.post(body),
    tried(payload) {
      if (payload?.problems[0]?.code === "LEDGER_UNAVAILABLE") refused++;
    },
  });
  load.use(startReaders(READERS, (body) => fleet.post(body)));

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
  await Promise.all(fleet.replicas.map((replica) => replica.kill())); // uncommitted work is lost
  await sleep(LEASE_MS); // submissions that were being sent become doubts
  const doubts = await doubtsIn(database.directUrl);
  await using sql = await sqlOn({ url: database.directUrl });
  const states = await statesById(sql);
  return {
    // A doubt that a late answer has closed needs no operator.
    ...accountOf(sandbox.received, clients.outcomes, new Set([...doubts, ...closedIn(states)])),
    doubts: doubts.size,
    confirmedWithoutRow: confirmedWithoutRow(clients.outcomes, states, fleet.announced),
    faults: done,
    kills: killed,
    refused,
    slowestStartMs: fleet.slowestStartMs,
    recoveredAfterMs,
  };
}

/** Lists the ids of the submissions that are neither in progress nor in doubt. */
export function closedIn(states: ReadonlyMap<string, string>): string[] {
  return [...states].flatMap(([id, state]) => (["SENDING", "UNCERTAIN"].includes(state) ? [] : id));
}
