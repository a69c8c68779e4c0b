/**
 * Reservation of creates, many with one insert, and of updates, one at a time for each ticket. Rows that stand in the way of others are read and
 * explained.
 */
import { numberOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { insertingMany } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { hexOf } from "../ids.ts";
import { roomInQueue } from "./counts.ts";
import { answersFromKeys, rowsUnderKeys } from "./existing-keys.ts";
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
import { unlessOvertaken, withTicket } from "./with-ticket.ts";

/** Looks for what stands in the way of reservations, while other calls change that. */
const LOOKS = 3;

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
      // Nearly all keys are new. Rows are read only for what an insert has left.
      const rows = await rowsUnderKeys(looks > 0 ? open : [], context);
      const rivals = await rivalsOf(open, context);
      const repeated = open.flatMap((one) => {
        const row = rows.get(one);
        return row ? [{ ...one, row, opened: rivals.get(one) ?? null }] : [];
      });
      const free = open.filter((one) => !rows.has(one) && !rivals.has(one));
      const done = [...(await answersFromKeys(repeated, context)), ...(await insert(free))];
      for (const [id, answer] of done) answers.set(id, answer);
      if (looks > 0)
        for (const [one, opened] of rivals)
          if (!rows.has(one)) answers.set(one.id, { kind: "alreadyOpened", ...opened });
    }
    const notInTime = new LedgerUnavailable("SLOW", "Not reserved in time.");
    return reservations.map(({ id }) => answers.get(id) ?? notInTime);
  };
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

/** Reserves the key of an update. Rejects when other calls keep changing what stands in its way. */
export async function reserveUpdate(
  reservation: NewReservation,
  context: LedgerContext,
): Promise<Reservation> {
  const { details } = reservation.intent.request;
  const ticketId = "ticketId" in details ? details.ticketId : "";
  const answer = await unlessOvertaken(context, () =>
    withTicket(ticketId, context, (within) => reserveOnce(ticketId, reservation, within)),
  );
  if (answer instanceof Error) throw answer;
  return answer;
}

/** Null: something in the way has changed, and must be read again. */
async function reserveOnce(
  ticketId: string,
  reservation: NewReservation,
  context: LedgerContext,
): Promise<Reservation | Error | null> {
  if (isAbandoned(reservation)) throw new LedgerUnavailable("SLOW", "Not reserved in time.");
  const { id, intent, declined } = reservation;
  const row = (await rowsUnderKeys([reservation], context)).get(reservation);
  const others = await otherUpdates(ticketId, row?.id, context);
  if (others.abandoned) {
    await loseOwner(others.abandoned, context);
    return null;
  }
  const mayWait =
    intent.whenUnavailable === "DELIVER_LATER" && (declined !== null || others.isSending || others.isQueued);
  const hasRoom = mayWait && (await roomInQueue(context))(intent.clientId);
  const begins = beginningOf(intent, declined, hasRoom, others);
  if (!row && begins === null) return { kind: "ticketBusy" };
  const begun = { ...reservation, begins, updateOrder: others.nextOrder };
  const answers = row
    ? await answersFromKeys([{ ...begun, row, opened: null }], context)
    : await inserting(context)([begun]);
  return answers.get(id) ?? null;
}

/** Prepares the insert of new rows. It answers those that it has inserted. */
function inserting(context: LedgerContext): (some: readonly Begun[]) => Promise<Answers> {
  const into = (state: "SENDING" | "NOT_EXECUTED" | "QUEUED") =>
    insertingMany(context, timesOf(state, context));
  const inserts = { SENDING: into("SENDING"), NOT_EXECUTED: into("NOT_EXECUTED"), QUEUED: into("QUEUED") };
  return async (some) => {
    const answers: Answers = new Map();
    // Two replicas whose statements insert the same keys, or the same numbers, in opposite orders would wait for each other.
    for (const part of Map.groupBy(some.toSorted(inOneOrder), statementOf).values()) {
      const rows = part.map((one) => newRow(one, context.cipher));
      const results = await inserts[part[0]!.begins!.state](rows);
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
