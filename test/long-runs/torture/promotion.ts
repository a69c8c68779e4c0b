import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import type { Pooled } from "../../support/faulty-database.ts";
import {
  type Account,
  accountOf,
  confirmedWithoutRow,
  doubtsIn,
  statesById,
} from "../../support/accounts.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { KeyedClients } from "../../support/keyed-clients.ts";
import { startPgBouncer } from "../../support/pgbouncer.ts";
import { sqlOn } from "../../support/sql.ts";
import { databaseAt, startPostgresPair } from "../../support/standby.ts";
import { varying } from "./chance.ts";
import { closedIn } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { startReaders } from "./readers.ts";

/** Results of requests while the primary was cut off and its standby was promoted. */
export interface PromotionReport extends Account {
  /** Must be 0. */
  confirmedWithoutRow: number;
  /** Milliseconds from the moment when the standby takes writes to a ticket. Infinity: no ticket in time. */
  servedAfterMs: number;
}

export interface PromotionPlan {
  pooled: Pooled;
  /** Times of work before the failure, and from the failure to the promotion. Milliseconds. */
  beforeMs: number;
  unnoticedMs: number;
}

const CLIENTS = 16;
/** Tickets that updates share. */
const TICKETS = 8;
const READERS = 6;
const AGAIN_AFTER_MS = 50;
const VENDOR_MS = 100;
const LEASE_MS = 5000;
const SERVED_WITHIN_MS = 60_000;

/**
 * Cuts a primary off from its clients and its standby, as at the loss of its machine. Then promotes the standby, and leads the clients'
 * connections to it.
 */
export async function promotion(
  { pooled, beforeMs, unnoticedMs }: PromotionPlan,
  progress: (line: string) => void,
): Promise<PromotionReport> {
  await using pair = await startPostgresPair();
  await using opened = new AsyncDisposableStack();
  const network = opened.use(await FaultyNetwork.to({ port: pair.primaryPort }));
  const port = pooled ? opened.use(await startPgBouncer(network.port)).port : network.port;
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  const place = { vendorUrl: sandbox.url, ledgerUrl: databaseAt(port), config: { leaseMs: LEASE_MS } };
  await using fleet = await Fleet.start([place, place]);
  const clients = new KeyedClients({
    clients: CLIENTS,
    pauseMs: AGAIN_AFTER_MS,
    tickets: TICKETS,
    post: (body) => fleet.post(body),
  });
  using load = new DisposableStack();
  load.use(varying(sandbox, VENDOR_MS));
  load.use(startReaders(READERS, (body) => fleet.post(body)));

  await sleep(beforeMs);
  network.blackhole({ swallowNew: true });
  pair.separate();
  progress(`the primary is cut off after ${clients.outcomes.size} keys`);
  await sleep(unnoticedMs);
  await pair.promote();
  network.retarget(pair.standbyPort);
  await network.recover();
  const servedAfterMs = await clients.untilTicket(SERVED_WITHIN_MS);
  progress(`served again after ${servedAfterMs} ms`);
  await sleep(beforeMs);
  await clients.stop();
  await Promise.all(fleet.replicas.map((replica) => replica.kill()));
  await sleep(LEASE_MS);
  const doubts = await doubtsIn(databaseAt(pair.standbyPort));
  await using sql = await sqlOn({ url: databaseAt(pair.standbyPort) });
  const states = await statesById(sql);
  return {
    ...accountOf(sandbox.received, clients.outcomes, new Set([...doubts, ...closedIn(states)])),
    doubts: doubts.size,
    confirmedWithoutRow: confirmedWithoutRow(clients.outcomes, states, fleet.announced),
    servedAfterMs,
  };
}
