/** Clients repeat with their keys while processes, connections and databases fail. Each run returns its counts, and those of `account` must be clean. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Pooled, faultyDatabase } from "../../support/faulty-database.ts";
import { FaultyNetwork } from "../../support/faulty-network.ts";
import { startPgBouncer } from "../../support/pgbouncer.ts";
import { databaseAt, startPostgresPair } from "../../support/standby.ts";
import { median } from "../bench/measures.ts";
import type { Amounts, Tell } from "../watched.ts";
import { between } from "./chance.ts";
import { startLoaded } from "./load.ts";
import { databaseFault, vendorFault } from "./random-faults.ts";

/** No fault begins after `seconds`. `server`: PostgreSQL, without a database name. */
type OnLedger<Names extends string> = { ledgerUrl: string } & Amounts<Names>;
type OnPostgres<Names extends string> = { server: string; pooled: Pooled } & Amounts<Names>;

export async function kills({ ledgerUrl, count, seconds }: OnLedger<"count" | "seconds">, tell: Tell) {
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

/** Causes faults at random between two replicas and one PostgreSQL, and kills replicas. */
export async function faults(plan: OnPostgres<"faults" | "kills" | "seconds">, tell: Tell) {
  await using database = await faultyDatabase(plan.server, { ways: 2, pooled: plan.pooled });
  let [done, killed, refused] = [0, 0, 0];
  const ways = database.ways.map(({ url }) => url);
  await using scene = await startLoaded(ways, {
    vendorMs: 200,
    tried(payload) {
      if (payload?.problems[0]?.code === "LEDGER_UNAVAILABLE") refused++;
    },
  });
  const { clients, fleet } = scene;
  const endAt = performance.now() + plan.seconds * 1000;
  while (done < plan.faults && performance.now() < endAt) {
    const failing = databaseFault(database);
    const due = Math.floor((plan.kills * ++done) / plan.faults);
    if (killed < due && (await fleet.killOne())) killed++;
    await failing;
    await sleep(between(0, 200));
    tell(`${done} faults, ${killed} kills, ${clients.outcomes.size} keys`, done / plan.faults);
  }
  for (const { network } of database.ways) await network.recover();
  await fleet.whole();
  const recoveredAfterMs = await clients.untilTicket(90_000);
  const slowestStartMs = Math.round(Math.max(...fleet.startsMs));
  const account = await scene.account(database.directUrl);
  return { ...account, faults: done, kills: killed, refused, slowestStartMs, recoveredAfterMs };
}

/** Kills all connections silently under load, like a firewall that forgets them. New connections get no answer for a time. */
export async function deadConnections({ server, pooled, times }: OnPostgres<"times">, tell: Tell) {
  await using database = await faultyDatabase(server, { pooled });
  const { url, network } = database.ways[0]!;
  await using scene = await startLoaded([url], { vendorMs: 3, readers: 0, pauseMs: 100 });
  let slowestRecoveryMs = 0; // from the first possible new connection to a ticket; Infinity: none in time
  for (let done = 1; done <= times && slowestRecoveryMs < Infinity; done++) {
    await sleep(1000);
    network.blackhole({ swallowNew: true });
    await sleep(10_000);
    await network.recover();
    slowestRecoveryMs = Math.max(slowestRecoveryMs, await scene.clients.untilTicket(60_000));
    tell(`${done} times, served again after ${slowestRecoveryMs} ms at most`, done / times);
  }
  return { ...(await scene.account(database.directUrl)), times, slowestRecoveryMs };
}

/**
 * Cuts a primary off from its clients and its standby, as at the loss of its machine, and promotes the standby `unnoticedMs` later. Then leads
 * the clients' connections to it. There are `beforeMs` of work before and after that.
 */
export async function promotion(plan: { pooled: Pooled } & Amounts<"beforeMs" | "unnoticedMs">, tell: Tell) {
  const { beforeMs, unnoticedMs } = plan;
  await using pair = await startPostgresPair();
  await using opened = new AsyncDisposableStack();
  const network = opened.use(await FaultyNetwork.to({ port: pair.primaryPort }));
  const port = plan.pooled ? opened.use(await startPgBouncer(network.port)).port : network.port;
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
  // from the time when the standby takes writes
  const servedAfterMs = await scene.clients.untilTicket(60_000);
  tell(`served again after ${servedAfterMs} ms`);
  await sleep(beforeMs);
  return { ...(await scene.account(databaseAt(pair.standbyPort))), servedAfterMs };
}

export async function vendorFaults(plan: OnLedger<"faults" | "seconds">, tell: Tell) {
  await using scene = await startLoaded([plan.ledgerUrl, plan.ledgerUrl], { vendorMs: 50, readers: 0 });
  const { clients, sandbox, toVendor } = scene;
  const endAt = performance.now() + plan.seconds * 1000;
  let done = 0;
  while (done < plan.faults && performance.now() < endAt) {
    await vendorFault(toVendor);
    await toVendor.recover();
    await sleep(between(0, 300));
    tell(`${++done} faults, ${clients.outcomes.size} keys`, done / plan.faults);
  }
  const account = await scene.account(plan.ledgerUrl);
  const madeFor = new Map(sandbox.tickets.map(({ id, request }) => [id, request["content"]]));
  // clients that got a ticket of another key
  const foreign = [...clients.outcomes].filter(
    ([key, { ticket }]) => ticket !== null && madeFor.has(ticket.id) && madeFor.get(ticket.id) !== key,
  );
  return { ...account, foreignTickets: foreign.length, faults: done };
}
