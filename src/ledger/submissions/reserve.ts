/** Reservation of creates: many with one insert. Rows that stand in the way of others are read and explained. */
import { numberOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { type Beginning, beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { insertingMany } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { hexOf } from "../ids.ts";
import { roomInQueue } from "./counts.ts";
import { answerFromKey, rowsUnderKeys } from "./existing-keys.ts";
import {
  NEW_ROW_TYPES,
  type NewReservation,
  type NewRow,
  answerFrom,
  isAbandoned,
  newRow,
  timesOf,
} from "./reservation.ts";
import { rivalsOf } from "./rivals.ts";
import { inTransaction } from "./with-ticket.ts";

/** Tries to reserve a key while other calls change what stands in its way. */
const TRIES = 3;
const STATES = ["SENDING", "NOT_EXECUTED", "QUEUED"] as const;

/** A reservation, with the way in which its request begins. */
interface Begun extends NewReservation {
  begins: Beginning;
}
/** Answers by the id of the reservation. */
type Answers = Map<string, Reservation | Error>;

/** Reserves the keys of creates. An Error is the answer to one reservation. */
export function reservingCreates(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const { cipher, clock, engine } = context;
  const inserts = Object.fromEntries(
    STATES.map((state) => [state, insertingMany<NewRow>(context, NEW_ROW_TYPES, timesOf(state, context))]),
  ) as Record<Beginning["state"], ReturnType<typeof insertingMany<NewRow>>>;

  return async (reservations) => {
    const answers: Answers = new Map();
    const begun = await beginning(reservations.filter((reservation) => !isAbandoned(reservation)));
    const open = () => begun.filter(({ id }) => !answers.has(id));
    for (let tries = 0; open().length > 0 && tries < TRIES; tries++) {
      const rivals = await rivalsOf(open(), context);
      const free = open().filter((reservation) => !rivals.has(reservation));
      await insert(free, answers);
      if (open().length > 0) for (const [id, answer] of await explain(open())) answers.set(id, answer);
    }
    const notInTime = new LedgerUnavailable("Not reserved in time");
    return reservations.map(({ id }) => answers.get(id) ?? notInTime);
  };

  /** Decides how each request begins. The queue has room for some of them. */
  async function beginning(reservations: readonly NewReservation[]): Promise<Begun[]> {
    const takesRoom = reservations.some(isWaiting) ? await roomInQueue(context) : () => false;
    return reservations.map((reservation) => {
      const hasRoom = isWaiting(reservation) && takesRoom(reservation.intent.clientId);
      return { ...reservation, begins: beginningOf(reservation.intent, reservation.declined, hasRoom)! };
    });
  }

  /** Inserts rows, and answers those that it inserted. */
  async function insert(some: readonly Begun[], answers: Answers): Promise<void> {
    // Two replicas whose statements insert the same keys, or the same numbers, in opposite orders would wait for each other.
    const inOrder = engine.runsRowByRow ? some : some.toSorted(inOneOrder);
    for (const part of Map.groupBy(inOrder, statementOf).values()) {
      const rows = part.map((reservation) => newRow(reservation, reservation.begins, cipher));
      const results = await inserts[part[0]!.begins.state](rows);
      for (const [nth, reservation] of part.entries()) {
        const result = results[nth]!;
        if (result === "done") answers.set(reservation.id, answerFrom(inserted(rows[nth]!), reservation));
        else if (result instanceof Error) answers.set(reservation.id, result);
      }
    }
  }

  /** Completes a row that was inserted, with the times that it has as far as is known. */
  function inserted(row: NewRow): SubmissionRow {
    const now = Math.floor(clock.estimate());
    return {
      ...NULL_COLUMNS,
      ...row,
      lease_until: now + context.leaseMs,
      settled_at: row.state === "SENDING" ? null : now,
      deliver_by: row.state === "QUEUED" ? now + context.queue.deliverWithinMs : null,
    };
  }

  /** Answers reservations from the rows that stand in their way. One without an answer is tried again. */
  async function explain(some: readonly Begun[]): Promise<Answers> {
    const rows = await rowsUnderKeys(some, context);
    const rivals = await rivalsOf(some, context);
    const answerAll = async (within: LedgerContext) => {
      const answers: Answers = new Map();
      // Two replicas that change the same rows in opposite orders would wait for each other until a lock times out.
      for (const reservation of some.toSorted(inOneOrder)) {
        const opened = rivals.get(reservation) ?? null;
        const row = rows.get(reservation);
        const answer = row
          ? await answerFromKey(row, reservation, reservation.begins, within, opened, null)
          : opened && ({ kind: "alreadyOpened", ...opened } as const);
        if (answer) answers.set(reservation.id, answer);
      }
      return answers;
    };
    // After an outage many keys come again at once: one commit is enough for them.
    const runAgain = [...rows.values()].filter(({ state }) => state === "NOT_EXECUTED").length;
    const answering = runAgain > 1 ? inTransaction(context, answerAll) : answerAll(context);
    return answering.catch((error: unknown) => {
      if (engine.isDuplicate(error)) return answerAll(context); // another create with one of their numbers was faster
      throw error;
    });
  }
}

/** Columns that are null in a new row, or have their usual value. */
const NULL_COLUMNS: Omit<SubmissionRow, keyof NewRow | "lease_until" | "settled_at" | "deliver_by"> = {
  update_order: null,
  ticket_number: null,
  refused_field: null,
  trace_id: null,
  conflicting_ticket_id: null,
  holds_ticket: 1,
  is_forgotten: 0,
  details: null,
  handed_in_at: null,
  not_before: null,
  tries: null,
};

/** True for a request that goes into the queue when there is room. */
function isWaiting({ intent, declined }: NewReservation): boolean {
  return declined !== null && intent.whenUnavailable === "DELIVER_LATER";
}

/** Requests that one statement inserts. Those with unlessAlreadyOpened are unique by their number, the others by their key. */
function statementOf({ intent, begins }: Begun): string {
  return `${begins.state} ${intent.unlessAlreadyOpened}`;
}

function inOneOrder(a: Begun, b: Begun): number {
  const [one, other] = [a, b].map(({ intent: { request, unlessAlreadyOpened }, keyHash }) =>
    unlessAlreadyOpened ? `${request.operation} ${numberOf(request)?.value}` : keyHash ? hexOf(keyHash) : "",
  ) as [string, string];
  return one < other ? -1 : one === other ? 0 : 1;
}
