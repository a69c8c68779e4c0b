/**
 * Reservation of creates, many with one insert, and of updates, one at a time for each ticket. Rows that stand in the way of others are read and
 * explained.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import { numberOf, referencesOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { insertingMany } from "../database/many.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { hexOf } from "../ids.ts";
import { roomInQueue } from "./counts.ts";
import { type Repeated, answersFromKeys, rowsUnderKeys } from "./existing-keys.ts";
import { loseOwner } from "./leases.ts";
import {
  type Answers,
  type Begun,
  type NewReservation,
  type NewRow,
  answerTo,
  isAbandoned,
  newRow,
  timesOf,
} from "./reservation.ts";
import { rivalsOf } from "./rivals.ts";
import { otherUpdates } from "./updates.ts";
import { withTickets } from "./with-ticket.ts";

/** Looks for what stands in the way of reservations, while other calls change that. */
const LOOKS = 3;
/** Pause before a third look and later ones: PostgreSQL tells that it refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** Reserves the keys of creates. An Error is the answer to one reservation. */
export function reservingCreates(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const insert = inserting(context);
  return async (reservations) => {
    const answers: Answers = new Map();
    const begun = await beginning(reservations, context);
    for (let looks = 0; looks <= LOOKS; looks++) {
      const open = begun.filter(({ id }) => !answers.has(id));
      if (open.length === 0) break;
      if (looks > 1) await sleep(LOOK_AGAIN_MS);
      // Nearly all keys are new. Rows are read only for what an insert has left.
      const rows = await rowsUnderKeys(looks > 0 ? open : [], context);
      const rivals = await rivalsOf(open, context);
      const repeated = open.flatMap((one) => {
        const row = rows.get(one);
        return row ? [{ ...one, row, opened: rivals.get(one) ?? null }] : [];
      });
      const free = open.filter((one) => !rows.has(one) && !rivals.has(one));
      const done = [...(await answersFromKeys(repeated, context)), ...(await insert(free, context.db))];
      for (const [id, answer] of done) answers.set(id, answer);
      if (looks > 0)
        for (const [one, opened] of rivals)
          if (!rows.has(one)) answers.set(one.id, { kind: "alreadyOpened", ...opened });
    }
    return reservations.map(({ id }) => answers.get(id) ?? notInTime());
  };
}

function notInTime(): LedgerUnavailable {
  return new LedgerUnavailable("SLOW", "Not reserved in time.");
}

/** Decides how each request begins whose caller still waits. The queue has room for some of them. */
async function beginning(reservations: readonly NewReservation[], context: LedgerContext): Promise<Begun[]> {
  const takesRoom = reservations.some(isWaiting) ? await roomInQueue(context) : () => false;
  return reservations
    .filter((reservation) => !isAbandoned(reservation))
    .map((reservation) => {
      const hasRoom = isWaiting(reservation) && takesRoom(reservation.intent.clientId);
      const begins = beginningOf(reservation.intent, reservation.declined, hasRoom);
      return { ...reservation, begins, updateOrder: null };
    });
}

/** True for a request that goes into the queue when there is room. */
function isWaiting({ intent, declined }: NewReservation): boolean {
  return declined !== null && intent.whenUnavailable === "DELIVER_LATER";
}

/** Reserves the keys of updates. Rejects one when other calls keep changing what stands in its way. */
export function reservingUpdates(context: LedgerContext) {
  const insert = inserting(context);
  return withTickets(ticketOf, context, async (reservations: readonly NewReservation[], within) => {
    const answers: Answers = new Map();
    const rows = await rowsUnderKeys(reservations, within);
    const othersOf = await otherUpdates(reservations.map(ticketOf), within);
    let room: Promise<(clientId: string) => boolean> | undefined;
    const repeated: Repeated[] = [];
    const fresh: Begun[] = [];
    for (const reservation of reservations) {
      const { id, intent, declined } = reservation;
      const row = rows.get(reservation);
      const others = othersOf(ticketOf(reservation), row?.id);
      if (isAbandoned(reservation)) answers.set(id, notInTime());
      else if (others.abandoned) await loseOwner(others.abandoned, within);
      else {
        const isHeldUp = declined !== null || others.isSending || others.isQueued;
        const mayWait = intent.whenUnavailable === "DELIVER_LATER" && isHeldUp;
        const hasRoom = mayWait && (await (room ??= roomInQueue(within)))(intent.clientId);
        const begins = beginningOf(intent, declined, hasRoom, others);
        const begun = { ...reservation, begins, updateOrder: others.nextOrder };
        if (row) repeated.push({ ...begun, row, opened: null });
        else if (begins) fresh.push(begun);
        else answers.set(id, { kind: "ticketBusy" });
      }
    }
    const done = [...(await answersFromKeys(repeated, within)), ...(await insert(fresh, within.db))];
    for (const [id, answer] of done) answers.set(id, answer);
    return reservations.map(({ id }) => answers.get(id) ?? null);
  });
}

function ticketOf({ intent }: NewReservation): string {
  return referencesOf(intent.request).ticketId!;
}

/** Prepares the insert of new rows. It answers those that it has inserted. */
function inserting(context: LedgerContext): (some: readonly Begun[], db: Kysely<Tables>) => Promise<Answers> {
  const into = (state: "SENDING" | "NOT_EXECUTED" | "QUEUED") =>
    insertingMany(context.engine, timesOf(state, context));
  const inserts = { SENDING: into("SENDING"), NOT_EXECUTED: into("NOT_EXECUTED"), QUEUED: into("QUEUED") };
  return async (some, db) => {
    const answers: Answers = new Map();
    // Two replicas whose statements insert the same keys, or the same numbers, in opposite orders would wait for each other.
    for (const part of Map.groupBy(some.toSorted(inOneOrder), statementOf).values()) {
      const rows = part.map((one) => newRow(one, context.cipher));
      const results = await inserts[part[0]!.begins!.state](rows, db);
      for (const [nth, one] of part.entries()) {
        const result = results[nth]!;
        if (result === "done")
          answers.set(one.id, answerTo(one, { ...USUAL_COLUMNS, ...rows[nth]! }, context));
        else if (result instanceof Error) answers.set(one.id, result);
      }
    }
    return answers;
  };
}

/** Columns that a new row does not name. */
const USUAL_COLUMNS: Omit<
  SubmissionRow,
  keyof NewRow | "lease_until" | "settled_at" | "deliver_by" | "not_before"
> = {
  ticket_number: null,
  refused_field: null,
  trace_id: null,
  conflicting_ticket_id: null,
  holds_ticket: 1,
  is_forgotten: 0,
  details: null,
  handed_in_at: null,
  tries: null,
};

/** Requests that one statement inserts. Those with unlessAlreadyOpened are unique by their number, the others by their key. */
function statementOf({ intent, begins }: Begun): string {
  return `${begins!.state} ${intent.unlessAlreadyOpened}`;
}

function inOneOrder(a: Begun, b: Begun): number {
  const [one, other] = [a, b].map(({ intent: { request, unlessAlreadyOpened }, keyHash }) =>
    unlessAlreadyOpened ? `${request.operation} ${numberOf(request)?.value}` : keyHash ? hexOf(keyHash) : "",
  ) as [string, string];
  return one < other ? -1 : one === other ? 0 : 1;
}
