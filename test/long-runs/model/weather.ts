import { setTimeout as sleep } from "node:timers/promises";
import type { Mood } from "../../../sandbox/server.ts";
import type { FaultyDatabase } from "../../support/faulty-database.ts";
import type { MessageFault } from "../../support/faulty-network.ts";
import { lockOn } from "../../support/sql.ts";
import { type Random, between, oneOf, seeded } from "../../support/chance.ts";
import { databaseFault, pause } from "./database-faults.ts";
import { type Fault, markerIn } from "./record.ts";
import { LEASE_MS, REPLICAS, type Scene, TIMEOUT_MS } from "./scene.ts";

/** Moods of the vendor. A slow answer comes in time or, with this share, too late. */
const OFTEN = ["slow", "slow", "slow", "unauthorized", "unauthorized", "well"] as const;
const SELDOM = ["throttle", "hang", "refuse", "cut-after", "error-500"] as const;
/** Moods in which the vendor may execute an update late: it did not answer. */
const BEFORE: readonly [Mood, ...Mood[]] = ["hang-before", "cut-before", "cut-before"];
const BEFORE_SHARE = 0.4;
const SELDOM_SHARE = 0.35;
const TOO_LATE = 0.12;
/** Times by which a clock is ahead. */
const CLOCKS_MS = [3_600_000, 0, -3_600_000] as const;
const [COMMIT, RESERVES, CHANGES] = [/^commit/i, /insert into submissions/i, /update submissions/i];

/** Causes of faults. Each resolves when the fault is over. */
const CAUSES: Readonly<Record<Fault, (scene: Scene, random: Random) => Promise<void>>> = {
  async outage({ vendor }, random) {
    vendor.refuse();
    if (random() < 0.5) vendor.cut();
    await sleep(random() < 0.7 ? between(50, 500, random) : between(1000, 2500, random));
    await vendor.recover();
  },
  async kill({ fleet }, random) {
    const replica = fleet.at(oneOf(REPLICAS, random));
    if (replica) await fleet.killOne(replica);
  },
  async stop({ fleet }, random) {
    const pid = fleet.at(oneOf(REPLICAS, random))?.process.pid;
    // A stop that is longer than the lease lets the other replica take this one for dead.
    const ms = random() < 0.3 ? LEASE_MS + between(500, 2000, random) : between(100, 2500, random);
    if (pid !== undefined) await pause(pid, ms);
  },
  async database({ database, postgres, settings }, random) {
    if (!database) {
      await using _ = await lockOn({ url: settings.ledgerUrl });
      await sleep(between(200, 2500, random));
    } else if (postgres && random() < 0.1) {
      await postgres.halt(random() < 0.5 ? "crash" : "stop");
      await sleep(between(100, 1500, random));
      await postgres.resume();
    } else await (random() < 0.4 ? databaseFault(database) : loseAnswers(database, random));
  },
  async clock({ fleet }, random) {
    await fleet.at(oneOf(REPLICAS, random))?.setClockAhead(oneOf(CLOCKS_MS, random));
  },
  async ledgerClock(scene, random) {
    await setLedgerAhead(scene, oneOf(CLOCKS_MS, random));
  },
};

/** Sets the clock that all replicas share: that of PostgreSQL, or of the machine where they share a file. It may end the 15 minutes of every update. */
async function setLedgerAhead({ fleet, log, setDatabaseAhead }: Scene, ms: number): Promise<void> {
  for (const marker of log.requests.keys()) log.over.add(marker);
  if (setDatabaseAhead) await setDatabaseAhead(ms);
  else await Promise.all(fleet.serving().map((replica) => replica.setClockAhead(ms)));
}

/** Keeps the vendor's mood changing until `signal` is aborted. */
export async function changeMoods({ sandbox }: Scene, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const usual = random() < SELDOM_SHARE ? SELDOM : OFTEN;
    const mood = oneOf<Mood>(random() < BEFORE_SHARE ? BEFORE : usual, random);
    const longest = mood === "slow" ? 0.9 : 0.1;
    const isTooLate = mood === "slow" && random() < TOO_LATE;
    const delayMs = TIMEOUT_MS * (isTooLate ? 1.2 : between(0, longest, random));
    const path = random() < 0.7 ? "update-status" : "create";
    sandbox.setMood(mood, { times: Math.ceil(between(0, 5, random)), path, delayMs });
    await sleep(between(20, 200, random));
  }
  sandbox.setMood("well");
}

/** Share of the updates without an answer that is ever executed. */
const LATE = 0.7;

/** Lets the vendor execute an update late, as long as its 15 minutes last by the test's clock. False: there is none. */
export function executeOneLate({ log, sandbox }: Scene, random: Random): boolean {
  const tickets = new Map(sandbox.tickets.map((ticket) => [ticket.id, ticket]));
  const waiting = sandbox.received.flatMap((request) => {
    const { body, executed, mood, path } = request;
    const isLate = !executed && BEFORE.includes(mood) && path.endsWith("update-status");
    const marker = markerIn(body);
    if (!isLate || log.over.has(marker) || seeded(Number(/\d+/.exec(marker)))() > LATE) return [];
    const { sociomile_ticket_id: id = "", status = "" } = JSON.parse(body) as Record<string, string>;
    const ticket = tickets.get(id);
    return ticket && !log.over.has(id) ? { request, ticket, status } : [];
  });
  const one = oneOf(waiting, random);
  if (!one) return false;
  one.ticket.status = one.status;
  return (one.request.executed = true);
}

/** Lets the vendor execute updates late until `signal` is aborted. */
export async function executeLate(scene: Scene, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(between(200, 1500, random));
    executeOneLate(scene, random);
  }
}

/** Causes one fault after the other until `signal` is aborted. In the end none is left. */
export async function causeFaults(scene: Scene, random: Random, signal: AbortSignal): Promise<void> {
  const { faults, happened } = scene.log;
  while (!signal.aborted && faults.length > 0) {
    await sleep(between(200, 2000, random));
    const fault = oneOf(faults, random)!;
    const from = Date.now();
    await CAUSES[fault](scene, random);
    happened.push({ fault, from, to: Date.now() });
  }
  await scene.fleet.whole();
  if (faults.includes("clock")) await Promise.all(scene.fleet.serving().map((each) => each.setClockAhead(0)));
  if (faults.includes("ledgerClock")) await setLedgerAhead(scene, 0);
}

/** Loses the answers to some statements. At times everything after them is lost, too, for longer than the lease. */
async function loseAnswers({ ways }: FaultyDatabase, random: Random): Promise<void> {
  const { network } = oneOf(ways, random)!;
  const isLong = random() < 0.4;
  const faults: MessageFault[] = isLong ? ["loseAnswer"] : ["loseAnswer", "cutAfter", { delayAnswerMs: 1500 }];
  const patterns = isLong ? [oneOf([RESERVES, CHANGES], random)] : [RESERVES, CHANGES, COMMIT, COMMIT];
  const met = patterns.map((pattern) => network.next(pattern, oneOf(faults, random)!));
  await Promise.race([Promise.all(met), sleep(700)]);
  await sleep(20); // the statement itself reaches the server
  if (isLong) network.blackhole({ swallowNew: true });
  await sleep(isLong ? LEASE_MS + between(500, 4000, random) : between(100, 500, random));
  await network.recover();
}
