import { setTimeout as sleep } from "node:timers/promises";
import { type Sandbox } from "../../../src/sandbox/server.ts";
import { TicketDocument } from "../../generated/graphql.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { type Sql, sqlOn } from "../../support/sql.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Tell } from "../watched.ts";

interface ClocksPlan {
  engine: Engine;
  /** PostgreSQL, without a database name. */
  server?: string;
  /** Steps of the clocks; a few updates and a call under way come with each. */
  steps: number;
  /** True: waits until a running replica, whose clock has jumped by 31 days, looks for old submissions. */
  waitsForSweep: boolean;
}

const HOUR_MS = 3_600_000;
const MONTH_MS = 31 * 24 * HOUR_MS;
const LEASE_MS = 3000;
const SWEEP_MS = 32_000;
/** Longest wait for the breaker to close. Milliseconds. */
const GIVE_UP_MS = 30_000;
const STATUSES = ["IN_PROGRESS", "PENDING", "ON_HOLD", "CLOSE", "OPEN"] as const;

/**
 * Runs two replicas whose clocks are wrong by an hour, and steps the clocks. With PostgreSQL each replica has its own clock. Processes
 * that share SQLite are on one machine, so there both clocks step together.
 */
export async function clocks({ engine, server, steps, waitsForSweep }: ClocksPlan, tell: Tell) {
  await using place = await placeFor(engine, server);
  await using sandbox = await openSandbox({ keep: 100_000 });
  await using sql = await sqlOn(place);
  const config = { leaseMs: LEASE_MS, SOCIOMILE_TIMEOUT_MS: 2500 };
  const start = (clockAheadMs: number) =>
    startReplica({ vendorUrl: sandbox.url, ledgerUrl: place.url, clockAheadMs, config });
  const isShared = engine === "SQLite";
  await using ahead = await start(HOUR_MS);
  await using other = await start(isShared ? HOUR_MS : -HOUR_MS);
  const scene: Scene = { ahead, other, sandbox };
  const report = {
    updates: 0,
    staleStatuses: 0, // updates after which the answer, or a read at a replica, did not show the new status; must be 0
    lostCalls: 0, // calls under way whose caller was not told CONFIRMED; must be 0
    earlyDoubts: 0, // calls under way that another replica turned into doubts; must be 0 when the clock is the database's
    missedDoubts: 0, // calls of a killed replica that did not become doubts in time; must be 0
    breakerClosedAfterMs: 0, // from the end of a vendor's outage, during which the clock steps, to a ticket
    deleted: 0, // submissions and tickets that a replica 31 days ahead deleted; must be 0
  };
  for (let step = 1; step <= steps; step++) {
    const to = (step % 2 === 0 ? 1 : -1) * HOUR_MS;
    const { isLost, isDoubted } = await duringCall(scene, `${KEY}-${step}`, () =>
      Promise.all([ahead.setClockAhead(to), other.setClockAhead(isShared ? to : -to)]),
    );
    if (isLost) report.lostCalls++;
    if (isDoubted) report.earlyDoubts++;
    report.updates += STATUSES.length;
    report.staleStatuses += await staleStatuses(scene);
    tell(`${step} steps, ${report.updates} updates`, step / steps);
  }
  await other.setClockAhead(0);
  if (await isDeathMissed(scene, await start(isShared ? 0 : HOUR_MS))) report.missedDoubts++;
  report.breakerClosedAfterMs = Math.round(await untilBreakerCloses(scene));
  // Data may be a month old when nobody has opened the file for a month.
  if (!isShared) report.deleted += await deletedBy(() => start(MONTH_MS), sql);
  if (waitsForSweep) {
    report.deleted += await deletedBy(async () => {
      await ahead.setClockAhead(MONTH_MS);
      await sleep(SWEEP_MS);
      return ahead;
    }, sql);
  }
  return report;
}

interface Scene {
  ahead: Replica;
  other: Replica;
  sandbox: Sandbox;
}

const KEY = "a-key-of-wrong-clocks";

/** Steps the clocks while a call is under way at one replica. Asks the other replica for it before and after. */
async function duringCall(
  { ahead, other, sandbox }: Scene,
  idempotencyKey: string,
  step: () => Promise<unknown>,
): Promise<{ isLost: boolean; isDoubted: boolean }> {
  sandbox.setMood("slow", { delayMs: 1500, times: 1 });
  const call = await begun(sandbox, () => mutate(other, "createVoiceTicket", { idempotencyKey }));
  const before = mutate(ahead, "createVoiceTicket", { idempotencyKey });
  await sleep(200);
  await step();
  const after = mutate(ahead, "createVoiceTicket", { idempotencyKey });
  const seen = await Promise.all([before, after]);
  return {
    isLost: (await call.answer).payload?.submission?.state !== "CONFIRMED",
    isDoubted: seen.some(({ payload }) => payload?.problems[0]?.code === "OUTCOME_UNKNOWN"),
  };
}

/** Begins a call. Resolves when Sociomile has received it, or it has ended; its answer may come later. */
async function begun<Answer>(
  sandbox: Sandbox,
  call: () => Promise<Answer>,
): Promise<{ answer: Promise<Answer> }> {
  const before = sandbox.received.length;
  const answer = call();
  const over = new AbortController();
  void answer.finally(() => over.abort()).catch(() => undefined);
  while (!over.signal.aborted && sandbox.received.length === before) await sleep(10);
  return { answer };
}

/** Kills a replica during its call. Returns true when the call still counts as under way after its lease. */
async function isDeathMissed({ other, sandbox }: Scene, dying: Replica): Promise<boolean> {
  const idempotencyKey = `${KEY}-dying`;
  sandbox.setMood("hang", { times: 1 });
  await begun(sandbox, () => mutate(dying, "createVoiceTicket", { idempotencyKey }).catch(() => undefined));
  await dying.kill();
  await sleep(LEASE_MS);
  // With the machine's clock the lease may start again once, because the other replica's clock has just been set.
  const until = performance.now() + 2 * LEASE_MS;
  do {
    const { payload } = await mutate(other, "createVoiceTicket", { idempotencyKey });
    if (payload?.problems[0]?.code === "OUTCOME_UNKNOWN") return false;
  } while (performance.now() < until);
  return true;
}

/** Updates one ticket many times, at both replicas by turns. Returns the number of updates that a replica did not show at once. */
async function staleStatuses({ ahead, other }: Scene): Promise<number> {
  const opened = await mutate(ahead, "createVoiceTicket");
  const ticketId = opened.payload?.ticket?.id ?? "";
  let stale = 0;
  for (const [turn, status] of STATUSES.entries()) {
    const { payload } = await mutate(turn % 2 === 0 ? ahead : other, "updateTicketStatus", {
      ticketId,
      status,
    });
    const reads = await Promise.all(
      [ahead, other].map((replica) => replica.execute(TicketDocument, { id: ticketId })),
    );
    const seen = [payload?.ticket?.status, ...reads.map(({ data }) => data.ticket?.status)];
    if (seen.some((each) => each !== status)) stale++;
  }
  return stale;
}

/** Steps the clock back by an hour while a half-open breaker's call hangs. Returns the time from the vendor's return to a ticket, in ms. */
async function untilBreakerCloses({ ahead, sandbox }: Scene): Promise<number> {
  await ahead.setClockAhead(HOUR_MS);
  sandbox.setMood("cut-after");
  const state = () => ahead.events.findLast(({ event }) => event === "sociomile.breaker")?.["state"];
  while (state() !== "open") await mutate(ahead, "createVoiceTicket");
  sandbox.setMood("hang");
  while (state() === "open") await sleep(50);
  const call = mutate(ahead, "createVoiceTicket");
  await sleep(300);
  await ahead.setClockAhead(0);
  await call;
  sandbox.setMood("well");
  const since = performance.now();
  while (performance.now() < since + GIVE_UP_MS) {
    const { payload } = await mutate(ahead, "createVoiceTicket");
    if (payload?.ticket) break;
    await sleep(100);
  }
  return performance.now() - since;
}

/** Counts the rows that are missing after a replica 31 days ahead has looked for old ones. */
async function deletedBy(jump: () => Promise<AsyncDisposable>, sql: Sql): Promise<number> {
  const count = async () => {
    const rows = await sql.run(
      "SELECT (SELECT count(*) FROM submissions) + (SELECT count(*) FROM tickets) AS number",
    );
    return Number(rows[0]?.["number"]);
  };
  const before = await count();
  await using _ = await jump();
  await sleep(1000);
  return before - (await count());
}
