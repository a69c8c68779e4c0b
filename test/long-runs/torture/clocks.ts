import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../../sandbox/server.ts";
import { TicketDocument } from "../../generated/graphql.ts";
import { type Engine, placeFor } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { type Replica, startReplica } from "../../support/replicas.ts";
import { openSandbox } from "../../support/vendor.ts";
import type { Tell } from "../watched.ts";

type Scene = Readonly<{ ahead: Replica; other: Replica; sandbox: Sandbox }>;

const HOUR_MS = 3_600_000;
const LEASE_MS = 3000;
const STATUSES = ["IN_PROGRESS", "PENDING", "ON_HOLD", "CLOSE", "OPEN"] as const;
const KEY = "a-key-of-wrong-clocks";

/**
 * Runs two replicas whose clocks are wrong by an hour, and steps the clocks, each time with a few updates and a call under way. With PostgreSQL each
 * replica has its own clock. Processes that share SQLite are on one machine, so there both clocks step together.
 */
export async function clocks(plan: { engine: Engine; server: string; steps: number }, tell: Tell) {
  const { engine, server, steps } = plan;
  await using place = await placeFor(engine, server);
  await using sandbox = await openSandbox({ keep: 100_000 });
  const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, config: { leaseMs: LEASE_MS } };
  const start = (clockAheadMs: number) => startReplica({ ...settings, clockAheadMs });
  const isShared = engine === "SQLite";
  await using ahead = await start(HOUR_MS);
  await using other = await start(isShared ? HOUR_MS : -HOUR_MS);
  const scene = { ahead, other, sandbox };
  const report = {
    updates: 0,
    staleStatuses: 0, // updates after which the answer, or a read at a replica, did not show the new status; must be 0
    lostCalls: 0, // calls under way whose caller did not get CONFIRMED; must be 0
    earlyDoubts: 0, // calls under way that another replica turned into doubts; must be 0 when the clock is the database's
    missedDoubts: 0, // calls of a killed replica that did not become doubts in time; must be 0
  };
  for (let step = 1; step <= steps; step++) {
    const to = (step % 2 === 0 ? 1 : -1) * HOUR_MS;
    const [own, ...others] = await duringCall(scene, `${KEY}-${step}`, () =>
      Promise.all([ahead.setClockAhead(to), other.setClockAhead(isShared ? to : -to)]),
    );
    if (own !== "CONFIRMED") report.lostCalls++;
    if (others.includes("OUTCOME_UNKNOWN")) report.earlyDoubts++;
    report.updates += STATUSES.length;
    report.staleStatuses += await staleStatuses(scene);
    tell(`${step} steps, ${report.updates} updates`, step / steps);
  }
  await other.setClockAhead(0);
  if (await isDeathMissed(scene, await start(isShared ? 0 : HOUR_MS))) report.missedDoubts++;
  return report;
}

/** Opens a ticket. Returns the code of the problem, or else the state of the submission. */
async function stateShownTo(replica: Replica, idempotencyKey: string): Promise<string | undefined> {
  const { payload } = await mutate(replica, "createVoiceTicket", { idempotencyKey });
  return payload?.problems[0]?.code ?? payload?.submission?.state;
}

/** Steps the clocks while a call is under way at one replica. Returns its answer, and the other replica before and after the step. */
async function duringCall({ ahead, other, sandbox }: Scene, key: string, step: () => Promise<unknown>) {
  sandbox.setMood("slow", { delayMs: 1500, times: 1 });
  const call = stateShownTo(other, key);
  await untilReceived(sandbox, call);
  const before = stateShownTo(ahead, key);
  await sleep(200);
  await step();
  return Promise.all([call, before, stateShownTo(ahead, key)]);
}

/** Waits until Sociomile has received a call that has just begun, or it has ended. */
async function untilReceived(sandbox: Sandbox, call: Promise<unknown>): Promise<void> {
  const before = sandbox.received.length;
  const over = new AbortController();
  void call.catch(() => undefined).finally(() => over.abort());
  while (!over.signal.aborted && sandbox.received.length === before) await sleep(10);
}

/** Kills a replica during its call. Returns true when the call still counts as under way after its lease. */
async function isDeathMissed({ other, sandbox }: Scene, dying: Replica): Promise<boolean> {
  sandbox.setMood("hang", { times: 1 });
  await untilReceived(sandbox, stateShownTo(dying, `${KEY}-dying`));
  await dying.kill();
  await sleep(LEASE_MS);
  // With the machine's clock the lease may start again once, because the other replica's clock has just been set.
  const until = performance.now() + 2 * LEASE_MS;
  while (performance.now() < until) if ((await stateShownTo(other, `${KEY}-dying`)) === "OUTCOME_UNKNOWN") return false;
  return true;
}

/** Updates one ticket many times, at both replicas by turns. Returns the number of updates that a replica did not show at once. */
async function staleStatuses({ ahead, other }: Scene): Promise<number> {
  const ticketId = (await mutate(ahead, "createVoiceTicket")).payload?.ticket?.id ?? "";
  let stale = 0;
  for (const [turn, status] of STATUSES.entries()) {
    const update = { ticketId, status };
    const { payload } = await mutate(turn % 2 === 0 ? ahead : other, "updateTicketStatus", update);
    const reads = [ahead, other].map((replica) => replica.execute(TicketDocument, { id: ticketId }));
    const shown = (await Promise.all(reads)).map(({ data }) => data.ticket?.status);
    if ([payload?.ticket?.status, ...shown].some((each) => each !== status)) stale++;
  }
  return stale;
}
