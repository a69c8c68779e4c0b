import { setTimeout as sleep } from "node:timers/promises";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { CLIENT_SECRET_KEY } from "../../support/config.ts";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { KeyedClients } from "../../support/keyed-clients.ts";
import { startReplica } from "../../support/replicas.ts";

/** Results after all connections to PostgreSQL died silently. */
export interface DeadConnectionsReport {
  times: number;
  /** Longest time from the first possible new connection to a ticket, in milliseconds; Infinity: no ticket in time. */
  slowestRecoveryMs: number;
}

export interface DeadConnectionsPlan {
  /** URL of PostgreSQL, without a database name. */
  server: string;
  pooled: Pooled;
  times: number;
  /** Time for which new connections fail too, in milliseconds. */
  deadMs: number;
}

const CLIENTS = 16;
const AGAIN_AFTER_MS = 100;
const UP_MS = 1000;
const RECOVERED_WITHIN_MS = 60_000;

/** Kills all connections silently under load, like a firewall that forgets them. New connections get no answer for a time. */
export async function deadConnections(
  { server, pooled, times, deadMs }: DeadConnectionsPlan,
  progress: (done: number, line: string) => void,
): Promise<DeadConnectionsReport> {
  await using database = await faultyDatabase(server, { pooled });
  const { url, network } = database.ways[0]!;
  await using sandbox = await startSandbox({ secret: CLIENT_SECRET_KEY, keep: 1000 });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: url });
  const clients = new KeyedClients({
    clients: CLIENTS,
    pauseMs: AGAIN_AFTER_MS,
    post: (body) => replica.post(body),
  });
  let slowestRecoveryMs = 0;
  for (let done = 1; done <= times && slowestRecoveryMs < Infinity; done++) {
    await sleep(UP_MS);
    network.blackhole({ swallowNew: true });
    await sleep(deadMs);
    await network.recover();
    slowestRecoveryMs = Math.max(slowestRecoveryMs, await clients.untilTicket(RECOVERED_WITHIN_MS));
    progress(done, `served again after ${slowestRecoveryMs} ms at most`);
  }
  await clients.stop();
  return { times, slowestRecoveryMs };
}
