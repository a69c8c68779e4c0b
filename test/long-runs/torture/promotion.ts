import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import type { Pooled } from "../../support/faulty-database.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { startPgBouncer } from "../../support/pgbouncer.ts";
import { databaseAt, startPostgresPair } from "../../support/standby.ts";
import { Fleet } from "./fleet.ts";
import { type LedgerAccount, accountAfterKill, startLoad } from "./load.ts";

/** Results of requests while the primary was cut off and its standby was promoted. */
export interface PromotionReport extends LedgerAccount {
  /** Milliseconds from the moment when the standby takes writes to a ticket. Infinity: no ticket in time. */
  servedAfterMs: number;
}

export interface PromotionPlan {
  pooled: Pooled;
  /** Times of work before the failure, and from the failure to the promotion. Milliseconds. */
  beforeMs: number;
  unnoticedMs: number;
}

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
  using load = startLoad(fleet, sandbox, { vendorMs: VENDOR_MS });
  const { clients } = load;

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
  const after = { url: databaseAt(pair.standbyPort), leaseMs: LEASE_MS };
  return {
    ...(await accountAfterKill(fleet, clients, sandbox, after)),
    servedAfterMs,
  };
}
