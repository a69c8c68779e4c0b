import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { accountOf, confirmedWithoutRow, statesById } from "../../support/accounts.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { backendsOf, pause } from "../../support/pauses.ts";
import { RECORDS_OUTCOMES, sqlOn } from "../../support/sql.ts";
import { between, oneOf } from "./chance.ts";
import { Fleet } from "./fleet.ts";
import { startLoad } from "./load.ts";

/** Results of requests while processes of PostgreSQL were stopped. The last three must be 0. */
export interface PausesReport {
  pauses: number;
  keys: number;
  duplicates: number;
  lost: number;
  confirmedWithoutRow: number;
}

export interface PausesPlan {
  /** URL of PostgreSQL, without a database name. */
  server: string;
  pooled: Pooled;
  pauses: number;
}

const CLIENTS = 10;
const VENDOR_MS = 200;
/** Time that is a little longer than the wait for the ledger. Milliseconds. */
const PAUSE_MS = 1400;
/** Delay of a statement on its way, so that it meets a stopped process. Milliseconds. */
const UNTIL_PAUSED_MS = 30;
/** Longest work between a pause and the kill that shows uncommitted data. Milliseconds. */
const AFTER_MS = 300;
/** Lease that is short, so that keys of killed processes are free soon, but longer than every call here. */
const LEASE_MS = 4000;

/**
 * Stops the server processes of the service's connections while a BEGIN or a settlement is on its way, for a little longer than the service
 * waits. Then kills the service. Its connections end, and a result that it reported without a commit is lost.
 */
export async function pausedBackends(
  { server, pooled, pauses: count }: PausesPlan,
  progress: (done: number, line: string) => void,
): Promise<PausesReport> {
  await using database = await faultyDatabase(server, { pooled });
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 10_000_000 });
  const { network, url } = database.ways[0]!;
  await using fleet = await Fleet.start([
    { vendorUrl: sandbox.url, ledgerUrl: url, config: { leaseMs: LEASE_MS } },
  ]);
  await using sql = await sqlOn({ url: database.directUrl });
  using load = startLoad(fleet, sandbox, { vendorMs: VENDOR_MS, clients: CLIENTS });
  const { clients } = load;
  for (let done = 1; done <= count; done++) {
    await network.next(oneOf([/^begin/i, RECORDS_OUTCOMES]), { delayMs: UNTIL_PAUSED_MS });
    await pause(await backendsOf(sql), PAUSE_MS);
    await sleep(between(0, AFTER_MS));
    if (done < count) await fleet.killOne();
    await fleet.whole();
    progress(done, `${clients.outcomes.size} keys`);
  }
  await clients.stop();
  await fleet.replicas[0]!.kill();
  const { keys, duplicates, lost } = accountOf(sandbox.received, clients.outcomes, new Set());
  const missing = confirmedWithoutRow(clients.outcomes, await statesById(sql), fleet.announced);
  return { pauses: count, keys, duplicates, lost, confirmedWithoutRow: missing };
}
