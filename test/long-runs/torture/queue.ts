/** Requests wait while the vendor is away: replicas are killed before, during and after its return, or very many of them wait. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../../sandbox/server.ts";
import { executionsBy } from "../../support/accounts.ts";
import type { Client } from "../../support/client.ts";
import { freePort } from "../../support/free-port.ts";
import { mutate } from "../../support/mutations.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import { percentile } from "../bench/measures.ts";
import { residentMiBOf } from "../bench/processes.ts";
import { forEachOf, openLoop } from "../loops.ts";
import type { Amounts, Tell } from "../watched.ts";
import { type Fleet, startFleet } from "./fleet.ts";

type HandIns = ReturnType<typeof handingIn>;
type Plan<Names extends string> = { ledgerUrl: string } & Amounts<"requests" | "vendorMs" | Names>;

/** Lease that is short, so that doubts of killed processes appear soon, but longer than every call here. */
const LEASE_MS = 3000;
/** Share of the kills that fall into the outage. The others follow the vendor's return. */
const KILLED_BEFORE = 0.3;
const KILL_EVERY_MS = 700;
const DELIVERED_WITHIN_MS = 300_000;
const CALM_MS = 5000;

export async function queueKills(plan: Plan<"kills" | "outageMs">, tell: Tell) {
  const { ledgerUrl, requests, kills, outageMs } = plan;
  const { vendorUrl, open } = await absentVendor(plan.vendorMs);
  const settings = { vendorUrl, config: { leaseMs: LEASE_MS } };
  await using fleet = await startFleet(settings, [ledgerUrl, ledgerUrl]);
  await using sql = await sqlOn({ url: ledgerUrl });

  const handIns = handingIn(() => fleet);
  const killedBefore = Math.round(kills * KILLED_BEFORE);
  const areAll = () => handIns.numbers.size === requests;
  await Promise.all([
    openLoop((requests / outageMs) * 1000, areAll, () => handIns.untilTaken("DELIVER_LATER")),
    killEvery(fleet, killedBefore, outageMs / (killedBefore + 1)),
  ]);
  tell(`${handIns.numbers.size} requests are handed in`, 1 / 2);

  await using vendor = await open();
  const delivering = untilEmpty(sql, vendor);
  await killEvery(fleet, kills - killedBefore, KILL_EVERY_MS);
  await fleet.whole();
  const times = await delivering;
  await sleep(LEASE_MS + 500);
  return { ...(await accountOfQueue(sql, handIns, vendor, tell)), kills, ...times };
}

/**
 * Measures a long queue: its memory, the speed of its delivery, and the callers who wait meanwhile. `perSecond`: direct calls, which are measured for
 * `usualMs` without a queue.
 */
export async function queueRecovery(plan: Plan<"replicas" | "perSecond" | "usualMs">, tell: Tell) {
  const { ledgerUrl, replicas: count, requests } = plan;
  const { vendorUrl, open } = await absentVendor(plan.vendorMs);
  const settings = { vendorUrl, ledgerUrl, config: { DELIVERY_MAX_QUEUED: 2 * requests } };
  await using sql = await sqlOn({ url: ledgerUrl });
  await using opened = new AsyncDisposableStack();
  const replicas: Replica[] = [];
  while (replicas.length < count) replicas.push(opened.use(await startReplica(settings)));
  let directs = 0;
  /** Calls in an open loop. Returns the milliseconds of those that got a ticket. */
  const directCalls = async (isOver: () => boolean): Promise<number[]> => {
    const took = await openLoop(plan.perSecond, isOver, async (nth) => {
      const began = performance.now();
      const sourceTicketId = String(directs++);
      const { payload } = await mutate(replicas[nth % count]!, "createVoiceTicket", { sourceTicketId });
      return payload?.ticket ? performance.now() - began : [];
    });
    return took.flat();
  };

  let usual: number[];
  {
    await using _ = await open();
    await directCalls(after(plan.usualMs / 2)); // warms up
    usual = await directCalls(after(plan.usualMs));
  }
  const { untilTaken } = handingIn((nth) => replicas[nth % count]!);
  const handIn = (many: number, whenUnavailable: "DELIVER_LATER" | "FAIL") =>
    forEachOf(Array(Math.ceil(many)).keys(), () => untilTaken(whenUnavailable), 32);
  // As many requests without a queue first, and some with it, so that the growth is that of the queue and not of warm code.
  await handIn(requests, "FAIL");
  await handIn(requests / 20, "DELIVER_LATER");
  await sleep(CALM_MS);
  const memories = () => replicas.map(({ process }) => residentMiBOf(process.pid!));
  const memoriesBefore = memories();
  await handIn(requests, "DELIVER_LATER");
  await sleep(CALM_MS);
  const grown = memories().map((memory, nth) => memory - memoriesBefore[nth]!);
  tell(`${requests} requests are queued`);

  await using vendor = await open();
  let isDelivered = false;
  const delivering = untilEmpty(sql, vendor).finally(() => (isDelivered = true));
  // The breakers close within a minute. What direct callers get before that is no delay.
  const meanwhile = await directCalls(() => isDelivered);
  return {
    requests,
    // Growth of the resident memory of a replica while they are handed in and wait. NaN when unknown.
    grownMiB: Math.round(Math.max(...grown)),
    ...(await delivering),
    // 99th percentiles of direct calls without a queue and while it is delivered, and the number of the latter
    usualP99Ms: Math.round(percentile(usual, 0.99)),
    meanwhileP99Ms: Math.round(percentile(meanwhile, 0.99)),
    meanwhileCalls: meanwhile.length,
  };
}

/** Keeps an address for a vendor, at which nobody listens before it is opened. */
async function absentVendor(vendorMs: number) {
  const port = await freePort();
  const open = async () => {
    const sandbox = await openSandbox({ port, keep: 1_000_000 });
    sandbox.setMood("well", { delayMs: vendorMs });
    return sandbox;
  };
  return { vendorUrl: `http://127.0.0.1:${port}`, open };
}

/** Hands requests in, each until this service has stored or delivered it. `service`: chooses who is called. */
function handingIn(service: (nth: number) => Pick<Client, "post">) {
  /** Helpdesk numbers of all requests, and of those whose callers got OUTCOME_UNKNOWN: their keys show the outcome later. */
  const [numbers, inDoubt] = [new Set<string>(), new Set<string>()];
  /** Hands the next one in. With FAIL it is asked for until there is an answer. */
  const untilTaken = async (whenUnavailable: "DELIVER_LATER" | "FAIL") => {
    const called = service(numbers.size);
    const number = String(100_000 + numbers.size);
    numbers.add(number);
    const key = { idempotencyKey: `queued-request-${number}` };
    const changes = { helpdeskTicketNumber: number, ...key, whenUnavailable };
    for (;;) {
      const answer = await mutate(called, "createHelpdeskTicket", changes).catch(() => undefined);
      const problems = answer?.payload?.problems;
      if (problems?.some(({ code }) => code === "OUTCOME_UNKNOWN")) inDoubt.add(number);
      const isTaken = problems?.every(({ code }) => code === "OUTCOME_UNKNOWN") ?? false;
      if (isTaken || (problems && whenUnavailable === "FAIL")) return;
      await sleep(100);
    }
  };
  return { numbers, inDoubt, untilTaken };
}

function after(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() >= until;
}

async function killEvery(fleet: Fleet, count: number, everyMs: number): Promise<void> {
  for (let killed = 0; killed < count;) {
    await sleep(everyMs * (0.5 + Math.random()));
    if (await fleet.killOne()) killed++;
  }
}

/** Counts the requests that wait or are being delivered. A doubt about a delivery whose owner died keeps its content. */
async function storedIn(sql: Sql): Promise<number> {
  const stored = "SELECT count(*) AS n FROM submissions WHERE request IS NOT NULL AND state <> 'UNCERTAIN'";
  return Number((await sql.run(stored))[0]!["n"]);
}

/** Waits until no request is stored. Returns the times from now, the vendor's return, to the first and to the last delivery. */
async function untilEmpty(sql: Sql, vendor: Sandbox) {
  const back = performance.now();
  const times = { firstAfterMs: NaN, lastAfterMs: NaN };
  let seen = 0;
  do {
    await sleep(50);
    if (vendor.tickets.length > seen) {
      times.lastAfterMs = Math.round(performance.now() - back);
      if (seen === 0) times.firstAfterMs = times.lastAfterMs;
      seen = vendor.tickets.length;
    }
  } while ((await storedIn(sql)) > 0 && performance.now() < back + DELIVERED_WITHIN_MS);
  return times;
}

async function accountOfQueue(sql: Sql, handIns: HandIns, vendor: Sandbox, tell: Tell) {
  const { numbers, inDoubt } = handIns;
  const rows = await sql.run(
    "SELECT helpdesk_ticket_number, state, reason, attempt, tries, deliver_by FROM submissions",
  );
  const states = new Map(rows.map((row) => [String(row["helpdesk_ticket_number"]), row]));
  const executed = executionsBy(vendor.received, ({ body }) => /"nomorTicketHelpdesk":"?(\d+)/.exec(body)?.[1]);
  const fates = Map.groupBy(numbers, (number) => {
    const { state, reason } = states.get(number) ?? {};
    if (state === "CONFIRMED" && executed.has(number)) return "delivered";
    if (state === "UNCERTAIN") return reason === "OWNER_DIED" ? "doubt of a killed one" : "another doubt";
    // Reported as a doubt, and not executed after all: their replica was only slow.
    if (state === "NOT_EXECUTED" && inDoubt.has(number)) return "undone";
    tell(`lost: ${number} ${JSON.stringify(states.get(number) ?? "no row")}`);
    return "lost"; // without a ticket and without a doubt, or confirmed without a ticket
  });
  return {
    requests: numbers.size,
    tickets: executed.size,
    // executed more than once
    doubled: [...executed.values()].filter((times) => times > 1).length,
    lost: fates.get("lost")?.length ?? 0,
    undone: fates.get("undone")?.length ?? 0,
    doubtsOfKilled: fates.get("doubt of a killed one")?.length ?? 0,
    otherDoubts: fates.get("another doubt")?.length ?? 0,
    stored: await storedIn(sql),
  };
}
