/** Clients repeat with their keys while processes, connections and databases fail. Each run returns its counts, and those of `account` must be clean. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { startPgBouncer } from "../../support/pgbouncer.ts";
import { databaseAt, startPostgresPair } from "../../support/standby.ts";
import { median } from "../bench/measures.ts";
import type { Tell } from "../watched.ts";
import { between } from "./chance.ts";
import { randomFault } from "./database-faults.ts";
import { startLoaded } from "./load.ts";

interface OnPostgres {
  /** PostgreSQL, without a database name. */
  server: string;
  pooled: Pooled;
}

const RECOVERED_WITHIN_MS = 60_000;

export async function kills(
  { ledgerUrl, count, seconds }: { ledgerUrl: string; count: number; seconds: number },
  tell: Tell,
) {
  const load = { vendorMs: 3, readers: 0, leaseMs: 3000, clients: 24, pauseMs: 20 };
  await using scene = await startLoaded([ledgerUrl], load);
  const { fleet, clients } = scene;
  const endAt = performance.now() + seconds * 1000;
  let killed = 0;
  while (killed < count && performance.now() < endAt) {
    await sleep(between(0, 150));
    if (await fleet.killOne()) killed++;
    await fleet.whole();
    tell(`${killed} kills, ${clients.outcomes.size} keys`, killed / count);
  }
  return {
    ...(await scene.account(ledgerUrl, false)), // owners are dead, so each doubt stays one
    kills: killed,
    // from the start of a process until it is ready
    readyMedianMs: Math.round(median(fleet.startsMs)),
    readyMaxMs: Math.round(Math.max(...fleet.startsMs)),
  };
}

/** Causes faults at random between two replicas and one PostgreSQL, and kills replicas. None begins after so many seconds. */
export async function faults(
  { server, pooled, ...most }: OnPostgres & { faults: number; kills: number; seconds: number },
  tell: Tell,
) {
  await using database = await faultyDatabase(server, { ways: 2, pooled });
  let [done, killed, refused] = [0, 0, 0];
  const ways = database.ways.map(({ url }) => url);
  await using scene = await startLoaded(ways, {
    vendorMs: 200,
    tried(payload) {
      if (payload?.problems[0]?.code === "LEDGER_UNAVAILABLE") refused++;
    },
  });
  const { clients, fleet } = scene;
  const endAt = performance.now() + most.seconds * 1000;
  while (done < most.faults && performance.now() < endAt) {
    const failing = randomFault(database);
    const due = Math.floor((most.kills * ++done) / most.faults);
    if (killed < due && (await fleet.killOne())) killed++;
    await failing;
    await sleep(between(0, 200));
    tell(`${done} faults, ${killed} kills, ${clients.outcomes.size} keys`, done / most.faults);
  }
  for (const { network } of database.ways) await network.recover();
  await fleet.whole();
  const recoveredAfterMs = await clients.untilTicket(RECOVERED_WITHIN_MS);
  const slowestStartMs = Math.round(Math.max(...fleet.startsMs));
  const account = await scene.account(database.directUrl);
  return { ...account, faults: done, kills: killed, refused, slowestStartMs, recoveredAfterMs };
}

/** Kills all connections silently under load, like a firewall that forgets them. New connections get no answer for a time. */
export async function deadConnections({ server, pooled, times }: OnPostgres & { times: number }, tell: Tell) {
  await using database = await faultyDatabase(server, { pooled });
  const { url, network } = database.ways[0]!;
  await using scene = await startLoaded([url], { vendorMs: 3, readers: 0, pauseMs: 100 });
  let slowestRecoveryMs = 0; // from the first possible new connection to a ticket; Infinity: none in time
  for (let done = 1; done <= times && slowestRecoveryMs < Infinity; done++) {
    await sleep(1000);
    network.blackhole({ swallowNew: true });
    await sleep(10_000);
    await network.recover();
    slowestRecoveryMs = Math.max(slowestRecoveryMs, await scene.clients.untilTicket(RECOVERED_WITHIN_MS));
    tell(`${done} times, served again after ${slowestRecoveryMs} ms at most`, done / times);
  }
  return { ...(await scene.account(database.directUrl)), times, slowestRecoveryMs };
}

/**
 * Cuts a primary off from its clients and its standby, as at the loss of its machine, and promotes the standby `unnoticedMs` later. Then leads
 * the clients' connections to it. There are `beforeMs` of work before and after that.
 */
export async function promotion(
  { pooled, beforeMs, unnoticedMs }: { pooled: Pooled; beforeMs: number; unnoticedMs: number },
  tell: Tell,
) {
  await using pair = await startPostgresPair();
  await using opened = new AsyncDisposableStack();
  const network = opened.use(await FaultyNetwork.to({ port: pair.primaryPort }));
  const port = pooled ? opened.use(await startPgBouncer(network.port)).port : network.port;
  await using scene = await startLoaded([databaseAt(port), databaseAt(port)], { vendorMs: 100 });
  await sleep(beforeMs);
  network.blackhole({ swallowNew: true });
  pair.separate();
  const share = beforeMs / (2 * beforeMs + 2 * unnoticedMs);
  tell(`the primary is cut off after ${scene.clients.outcomes.size} keys`, share);
  await sleep(unnoticedMs);
  await pair.promote();
  network.retarget(pair.standbyPort);
  await network.recover();
  // from the moment when the standby takes writes
  const servedAfterMs = await scene.clients.untilTicket(RECOVERED_WITHIN_MS);
  tell(`served again after ${servedAfterMs} ms`);
  await sleep(beforeMs);
  return { ...(await scene.account(databaseAt(pair.standbyPort))), servedAfterMs };
}
