/** One round: many histories side by side on one ledger, with faults that the seed decides, until everything is quiet. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../support/client.ts";
import type { Engine } from "../../support/ledgers.ts";
import { makeDue } from "../../support/queued.ts";
import { startReplica } from "../../support/replicas.ts";
import { sqlOn } from "../../support/sql.ts";
import { type Random, seeded } from "../torture/chance.ts";
import { forEachOf } from "../loops.ts";
import { GIVEN_BACK_MS } from "./about-requests.ts";
import { call, judge, look, rowsAt } from "./asking.ts";
import { history } from "./history.ts";
import { FAULTS, type Fault, type Log, type Request, type Row, markerOf, ticketIn } from "./record.ts";
import { LEASE_MS, type Place, type Scene, openScene } from "./scene.ts";
import { causeFaults, changeMoods, executeLate } from "./weather.ts";

const CALLS_OF_ONE = 36;
const AT_ONCE = 40;
const FAULT_SHARE = 0.4;
/** Longest time until everything is delivered or ended, once all is well. Milliseconds. */
const QUIET_WITHIN_MS = 60_000;
/** Most verdicts on one ticket in the end. */
const JUDGED_AT_MOST = 60;

/** Plays a round, and returns what was seen. `round` is a part of the seed. */
export async function playRound(place: Place, seed: number, round: number, calls: number): Promise<Log> {
  const random = (...parts: number[]) => seeded(seed, round, ...parts);
  await using scene = await openScene(place, faultsOf(place.engine, random(0)));
  const over = new AbortController();
  const weather = [changeMoods, causeFaults, executeLate].map((each, nth) =>
    each(scene, random(1 + nth), over.signal),
  );
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
    (fault) =>
      !(fault === "clock" && (isKilled || isSqlite)) && !(fault === "ledgerClock" && isKilled && isSqlite),
  );
}

/** Waits until all is quiet and repeats the keys. Then an operator closes every doubt, and all is quiet again. */
async function conclude(scene: Scene, random: Random): Promise<void> {
  const { requests, tickets } = scene.log;
  await sleep(Math.max(LEASE_MS, GIVEN_BACK_MS)); // nothing may be made due before lost reservations are given back
  await using reader = await startReplica(scene.settings, scene.heard); // its start ends the leases of killed processes
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
  // A verdict may wait for that on a later update, or for what is queued.
  for (let rounds = 0; rounds < JUDGED_AT_MOST; rounds++) {
    const open = await rowsAt(reader, "UNCERTAIN");
    if (open.length === 0) break;
    const ofTickets = Map.groupBy(open, placeIn(scene)).values();
    // The newest first, and then the others: ids do not sort by moments where the ledger's clock was set.
    const some = [...ofTickets].map(
      (rows) => rows.toSorted((a, b) => (a.id < b.id ? 1 : -1))[rounds % rows.length]!,
    );
    await judged(
      some.map((row) =>
        Object.assign(requests.get(markerOf(row))!, { row: requests.get(markerOf(row))!.row ?? row }),
      ),
      false,
    );
    await untilQuiet(scene, reader);
  }
  await untilQuiet(scene, reader);
  for (const row of await rowsAt(reader)) requests.get(markerOf(row))!.lastRow = row;
  for (const { id, status, request } of scene.sandbox.tickets)
    Object.assign(ticketIn(scene.log, id), { marker: String(request["content"]), held: status });
  await forEachOf([...tickets.keys()], (id) => look(scene, id, reader));
  for (const { marker, ...arrival } of scene.arrivals()) requests.get(marker)?.arrivals.push(arrival);
}

/** Returns the function that finds the ticket of an update, or the number of a create. */
const placeIn =
  ({ log }: Scene) =>
  (row: Row) => {
    const { ticketId, number } = log.requests.get(markerOf(row))!;
    return ticketId ?? number;
  };

/** Waits until nothing is sent or queued any more. What is behind a doubt waits for an operator. */
async function untilQuiet(scene: Scene, reader: Client): Promise<void> {
  await using sql = await sqlOn({ url: scene.settings.ledgerUrl });
  const placeOf = placeIn(scene);
  for (const giveUpAt = performance.now() + QUIET_WITHIN_MS; performance.now() < giveUpAt; await sleep(500)) {
    const states = ["SENDING", "QUEUED", "UNCERTAIN"] as const;
    const [sending, queued, doubts] = await Promise.all(states.map((state) => rowsAt(reader, state)));
    const doubtful = new Set(doubts!.map(placeOf));
    if (sending!.length === 0 && queued!.every((row) => doubtful.has(placeOf(row)))) return;
    await makeDue(sql);
  }
}
