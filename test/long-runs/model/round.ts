/** One round: many histories side by side on one ledger, with faults that the seed decides, until everything is quiet. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import type { Engine } from "../../support/ledgers.ts";
import { mutate } from "../../support/mutations.ts";
import { makeDue } from "../../support/queued.ts";
import { startReplica } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, oneOf, seeded } from "../../support/chance.ts";
import { forEachOf } from "../loops.ts";
import { RELEASED_MS } from "./about-requests.ts";
import { call, judge, look, lookAt, passTime, rowsAt } from "./asking.ts";
import { STATUSES, history } from "./history.ts";
import { FAULTS, type Fault, type Log, type Request, type Row, markerOf, ticketIn } from "./record.ts";
import { LEASE_MS, type Place, type Scene, openScene } from "./scene.ts";
import { causeFaults, changeMoods, executeLate, executeOneLate } from "./weather.ts";

const CALLS_OF_ONE = 36;
const AT_ONCE = 40;
const FAULT_SHARE = 0.4;
/** Longest time until everything is delivered or ended, once all is well. Milliseconds. */
const QUIET_WITHIN_MS = 60_000;
/** Most verdicts on one create in the end. */
const JUDGED_AT_MOST = 10;
/** Most tries to set a status in the end. */
const SET_AT_MOST = 10;

/** Plays a round, and returns what was seen. `round` is a part of the seed. */
export async function playRound(place: Place, seed: number, round: number, calls: number): Promise<Log> {
  const random = (...parts: number[]) => seeded(seed, round, ...parts);
  await using scene = await openScene(place, faultsOf(place.engine, random(0)));
  const over = new AbortController();
  const weather = [changeMoods, causeFaults, executeLate].map((each, nth) => each(scene, random(1 + nth), over.signal));
  const one = (nth: number) => history(scene, nth, CALLS_OF_ONE, random(5, nth));
  await forEachOf(Array(Math.ceil(calls / CALLS_OF_ONE)).keys(), one, AT_ONCE);
  over.abort();
  await Promise.all(weather);
  await conclude(scene, random(4));
  return scene.log;
}

/** Chooses the faults of a round. A replica that starts anew would not know how its clock is set. Those that share a file have one clock. */
function faultsOf(engine: Engine, random: Random): Fault[] {
  const isSqlite = engine === "SQLite";
  const faults = FAULTS.filter(() => random() < FAULT_SHARE);
  const isKilled = faults.includes("kill");
  return faults.filter(
    (fault) => !(fault === "clock" && (isKilled || isSqlite)) && !(fault === "ledgerClock" && isKilled && isSqlite),
  );
}

/** Waits until all is quiet and repeats the keys. Then an operator closes every doubt about a create, and the status of each ticket is set once more. */
async function conclude(scene: Scene, random: Random): Promise<void> {
  const { requests, tickets } = scene.log;
  await sleep(Math.max(LEASE_MS, RELEASED_MS)); // nothing may be made due before unanswered reservations are released
  await using reader = await startReplica(scene.settings, scene.onEvent); // its start ends the leases of killed processes
  await untilQuiet(scene, reader);
  for (const row of await rowsAt(reader)) requests.get(markerOf(row))!.row = row;
  scene.log.quietAt = Date.now();
  // A repeated NOT_EXECUTED would be sent.
  const lasting = [...requests.values()].filter(({ row }) => row && row.state !== "NOT_EXECUTED");
  await forEachOf(lasting, (request) => call(reader, request));
  const judged = (some: readonly Request[], replacesEarlier: boolean) =>
    forEachOf(some, (request) => {
      const verdict = { submissionId: request.row!.id, isRight: true, replacesEarlier, random };
      return judge(scene, reader, request, verdict);
    });
  // A mistaken verdict may have given a create the ticket of another. TICKET_ID_TAKEN asks for its correction first.
  const owners = new Map(scene.sandbox.tickets.map(({ id, request }) => [id, request["content"]]));
  const holds = ({ ticketId, row, marker }: Request) =>
    ticketId === null && row!.ticketId !== null && owners.get(row!.ticketId) !== marker;
  await judged(lasting.filter(holds), true);
  // A create that waited for a verdict may become a doubt itself.
  for (let rounds = 0; rounds < JUDGED_AT_MOST; rounds++) {
    const open = (await rowsAt(reader, "UNCERTAIN")).filter(isOfCreate);
    if (open.length === 0) break;
    await judged(
      open.map((row) => Object.assign(requests.get(markerOf(row))!, { row })),
      false,
    );
    await untilQuiet(scene, reader);
  }
  for (const row of await rowsAt(reader)) requests.get(markerOf(row))!.lastRow = row;
  for (const { id, request } of scene.sandbox.tickets) ticketIn(scene.log, id).marker = String(request["content"]);
  while (executeOneLate(scene, random));
  await forEachOf([...tickets.keys()], (id) => lookAt(scene, id, reader));
  for (const { marker, ...arrival } of scene.arrivals()) requests.get(marker)?.arrivals.push(arrival);
  await setOnceMore(scene, reader, random);
}

/** Sets the status of each ticket under a new key when nothing that is in doubt can be executed any more, and looks at it. */
async function setOnceMore(scene: Scene, reader: Client, random: Random): Promise<void> {
  const { requests, tickets } = scene.log;
  const updated = new Set([...requests.values()].flatMap(({ ticketId }) => ticketId ?? []));
  await forEachOf(updated, async (ticketId) => {
    for (let tries = 0; tries < SET_AT_MOST; tries++) {
      await passTime(scene, ticketId);
      const update = { ticketId, status: oneOf(STATUSES, random) };
      // A busy machine may be too slow for an answer.
      if ((await mutate(reader, "updateTicketStatus", update)).payload?.ticket) break;
    }
    tickets.get(ticketId)!.lastLook = (await look(scene, ticketId, reader)) ?? null;
  });
}

const isOfCreate = ({ requestedStatus }: Row) => requestedStatus === null;

/** Waits until nothing is sent or queued any more. A create with the number of one in doubt waits for an operator. */
async function untilQuiet(scene: Scene, reader: Client): Promise<void> {
  await using sql = await sqlOn({ url: scene.settings.ledgerUrl });
  const numberOf = (row: Row) => scene.log.requests.get(markerOf(row))!.number;
  for (const giveUpAt = performance.now() + QUIET_WITHIN_MS; performance.now() < giveUpAt; await sleep(500)) {
    const states = ["SENDING", "QUEUED", "UNCERTAIN"] as const;
    const [sending, queued, doubts] = await Promise.all(states.map((state) => rowsAt(reader, state)));
    const doubtful = new Set(doubts!.filter(isOfCreate).map(numberOf));
    if (sending!.length === 0 && queued!.every((row) => doubtful.has(numberOf(row)))) return;
    await makeDue(sql);
  }
}
