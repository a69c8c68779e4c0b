/** Reservation of creates: many with one insert. Rows that stand in the way of others are read and explained. */
import { type Selectable, sql } from "kysely";
import { numberOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { type Beginning, beginningOf, openedBy } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { insertingMany } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { hexOf } from "../ids.ts";
import { answerFromKey, rowsUnderKeys } from "./existing-keys.ts";
import { NEW_ROW_TYPES, type NewReservation, type NewRow, newRow, timesOf } from "./reservation.ts";
import { rivalsOf } from "./rivals.ts";
import { submissionOf } from "./row.ts";
import { inTransaction } from "./with-ticket.ts";

/** Tries to reserve a key while other calls change what stands in its way. */
const TRIES = 3;
const STATES = ["SENDING", "NOT_EXECUTED", "QUEUED"] as const;

/** A reservation, with the way in which its request begins. */
interface Begun {
  reservation: NewReservation;
  begins: Beginning;
}

/** Reserves the keys of creates. An Error is the answer to one reservation. */
export function reservingCreates(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const { db, cipher, clock, engine, queue } = context;
  const inserts = Object.fromEntries(
    STATES.map((state) => [state, insertingMany<NewRow>(context, NEW_ROW_TYPES, timesOf(state, context))]),
  ) as Record<Beginning["state"], ReturnType<typeof insertingMany<NewRow>>>;

  return async (reservations) => {
    const decidedAt = performance.now();
    const answers = new Map<NewReservation, Reservation | Error>();
    let open = await begun(reservations.filter(({ giveUpAt }) => giveUpAt > decidedAt));
    for (let tries = 0; open.length > 0 && tries < TRIES; tries++) {
      const rivals = await rivalsOf(
        open.map(({ reservation }) => reservation),
        db,
      );
      const isFree = ({ reservation }: Begun) => openedBy(rivals.get(reservation) ?? []) === null;
      await insert(open.filter(isFree), answers, decidedAt);
      open = open.filter(({ reservation }) => !answers.has(reservation));
      if (open.length > 0) await explain(open, answers, decidedAt);
      open = open.filter(({ reservation }) => !answers.has(reservation));
    }
    return reservations.map(
      (reservation) => answers.get(reservation) ?? new LedgerUnavailable("Not reserved in time"),
    );
  };

  /** Decides how each request begins. The queue has room for some of them. */
  async function begun(reservations: readonly NewReservation[]): Promise<Begun[]> {
    let room = reservations.some(isWaiting) ? await roomInQueue(context) : 0;
    return reservations.map((reservation) => {
      const { intent, declined } = reservation;
      const hasRoom = isWaiting(reservation) && room-- > 0;
      return { reservation, begins: beginningOf(intent, declined, hasRoom)! };
    });
  }

  /** Inserts rows, and answers those that it inserted. */
  async function insert(
    some: readonly Begun[],
    answers: Map<NewReservation, Reservation | Error>,
    decidedAt: number,
  ): Promise<void> {
    // Two replicas whose statements insert the same keys, or the same numbers, in opposite orders would wait for each other.
    const inOrder = engine.runsRowByRow ? some : some.toSorted(inOneOrder);
    for (const part of Map.groupBy(inOrder, statementOf).values()) {
      const rows = part.map(({ reservation, begins }) => newRow(reservation, begins, cipher));
      const results = await inserts[part[0]!.begins.state](rows);
      for (const [nth, { reservation }] of part.entries()) {
        const result = results[nth]!;
        if (result === "done") answers.set(reservation, answerFromNew(rows[nth]!, decidedAt));
        else if (result instanceof Error) answers.set(reservation, result);
      }
    }
  }

  /** Answers reservations from the rows that stand in their way. One without an answer is tried again. */
  async function explain(
    some: readonly Begun[],
    answers: Map<NewReservation, Reservation | Error>,
    decidedAt: number,
  ): Promise<void> {
    const reservations = some.map(({ reservation }) => reservation);
    const rows = await rowsUnderKeys(reservations, context);
    const rivals = await rivalsOf(reservations, db);
    const answerAll = async (within: LedgerContext) => {
      const found: [NewReservation, Reservation | Error][] = [];
      // Two replicas that change the same rows in opposite orders would wait for each other until a lock times out.
      for (const { reservation, begins } of some.toSorted(inOneOrder)) {
        const opened = openedBy(rivals.get(reservation) ?? []);
        const row = rows.get(reservation);
        const answer = row
          ? await answerFromKey(row, reservation, begins, opened, decidedAt, within)
          : opened && ({ kind: "alreadyOpened", ...opened } as const);
        if (answer) found.push([reservation, answer]);
      }
      return found;
    };
    // After an outage many keys come again at once: one commit is enough for them.
    const runAgain = [...rows.values()].filter(({ state }) => state === "NOT_EXECUTED").length;
    const answering = runAgain > 1 ? inTransaction(context, answerAll) : answerAll(context);
    const found = await answering.catch((error: unknown) => {
      if (engine.isDuplicate(error)) return answerAll(context); // another create with one of their numbers was faster
      throw error;
    });
    for (const [reservation, answer] of found) answers.set(reservation, answer);
  }

  function answerFromNew(row: NewRow, decidedAt: number): Reservation {
    const now = Math.floor(clock.estimate());
    const isSending = row.state === "SENDING";
    const complete: Selectable<SubmissionRow> = {
      ...NULL_COLUMNS,
      ...row,
      lease_until: now + context.leaseMs,
      settled_at: isSending ? null : now,
      deliver_by: row.state === "QUEUED" ? now + queue.deliverWithinMs : null,
    };
    const submission = submissionOf(complete);
    if (isSending) return { kind: "reserved", submission, decidedAt, row: complete };
    return { kind: row.state === "QUEUED" ? "queued" : "declined", submission };
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
function statementOf({ reservation: { intent }, begins }: Begun): string {
  return `${begins.state} ${intent.unlessAlreadyOpened}`;
}

function inOneOrder({ reservation: a }: Begun, { reservation: b }: Begun): number {
  const [one, other] = [a, b].map(({ intent: { request, unlessAlreadyOpened }, keyHash }) =>
    unlessAlreadyOpened ? `${request.operation} ${numberOf(request)?.value}` : hexOf(keyHash ?? NO_KEY),
  ) as [string, string];
  return one < other ? -1 : one === other ? 0 : 1;
}
const NO_KEY = new Uint8Array();

/** Returns the number of requests for which the queue has room. */
export async function roomInQueue({ db, queue }: Pick<LedgerContext, "db" | "queue">): Promise<number> {
  if (queue.max === 0) return 0;
  const { count } = await db
    .selectFrom("submissions")
    .select(sql<number>`count(*)`.as("count"))
    .where("deliver_by", "is not", null)
    .where("state", "<>", "UNCERTAIN")
    .executeTakeFirstOrThrow();
  return queue.max - count;
}
