import { type RawBuilder, type Selectable, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { alreadyOpened } from "./already-opened.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerContext } from "../context.ts";
import { answerFor, reservingAgain } from "./existing-keys.ts";
import { bytesOf, textOf } from "../ids.ts";
import { decideQueued, queuedBy, storingRequests } from "../queue/queue.ts";
import { NEW_COLUMNS, type NewReservation, type NewRow, newRow } from "./reservation.ts";
import type { SubmissionRow } from "../database/tables.ts";

/** Reserves many keys with one insert. A key that it does not insert exists already. An Error is the answer to one reservation. */
export function reserving(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const { db } = context;
  const insert = inserting(context);
  const reserveAgain = reservingAgain(context);
  return async (reservations) => {
    const decidedAt = performance.now();
    const awaited = await decideQueued(
      reservations.filter(({ giveUpAt }) => giveUpAt > decidedAt),
      context,
    );
    // Most requests that will be declined were declined before. Then nothing needs to be written. A request with
    // unlessAlreadyOpened must not meet itself.
    const answers: Map<string, Reservation | Error> = await reserveAgain(
      awaited.filter(({ declined, queued, intent }) => declined || queued || intent.unlessAlreadyOpened),
      decidedAt,
    );
    const unanswered = () => awaited.filter(({ id }) => !answers.has(id));
    const note = (found: ReadonlyMap<string, Reservation | Error>) => {
      for (const [id, answer] of found) answers.set(id, answer);
    };
    note(await alreadyOpened(unanswered(), db));
    const inserted = await insert(unanswered());
    const existing = () => unanswered().filter(({ id }) => !inserted.has(id));
    note(await reserveAgain(existing(), decidedAt));
    note(await alreadyOpened(existing(), db)); // another one with the same number was inserted first
    const decided = new Map(awaited.map((reservation) => [reservation.id, reservation]));
    return reservations.map((reservation) => {
      const row = inserted.get(reservation.id);
      if (row) return answerFor(decided.get(reservation.id) ?? reservation, row, decidedAt);
      return (
        answers.get(reservation.id) ?? new LedgerUnavailable("Not reserved in time, or deleted meanwhile")
      );
    });
  };
}

type Row = Selectable<SubmissionRow>;

/** Inserts new rows, and the requests of those that are queued. Returns the inserted ones by id. */
function inserting(context: LedgerContext) {
  const { db, cipher, clock, leaseMs, queue } = context;
  const storeRequests = storingRequests(context);
  const never = sql`cast(null as bigint)`;
  const statement = (settledAt: RawBuilder<unknown>, deliverBy = never) =>
    batch<NewRow, Times>(
      context,
      NEW_COLUMNS,
      (
        values,
      ) => sql`INSERT INTO submissions (${listOf(NEW_COLUMNS)}, lease_until, settled_at, deliver_by) VALUES ${values}
      ON CONFLICT DO NOTHING RETURNING id, lease_until, settled_at, deliver_by, reservation_order`,
      { same: [sql`${clock.sql} + ${sql.lit(leaseMs)}`, settledAt, deliverBy] },
    );
  const sending = statement(never);
  const declined = statement(clock.sql);
  const queued = statement(clock.sql, sql`${clock.sql} + ${sql.lit(queue.deliverWithinMs)}`);
  const insertQueued = async (rows: readonly NewRow[], reservations: readonly NewReservation[]) => {
    if (rows.length === 0) return [];
    const byId = new Map(reservations.map((reservation) => [reservation.id, reservation]));
    return db.transaction().execute(async (transaction) => {
      const inserted = await queued(rows, transaction);
      const requests = inserted.map(({ id }) => queuedBy(byId.get(textOf(id))!, textOf(id)));
      await storeRequests(requests, transaction);
      return inserted;
    });
  };
  return async (reservations: readonly NewReservation[]): Promise<Map<string, Row>> => {
    const rows = new Map(reservations.map((reservation) => [reservation.id, newRow(reservation, cipher)]));
    const inOrder = [...rows.values()].toSorted(byKey);
    const kinds = Map.groupBy(inOrder, ({ state, opens_once }) =>
      opens_once === 1 && state !== "NOT_EXECUTED" ? (`${state} once` as const) : state,
    );
    const rowsOf = (kind: string) => kinds.get(kind as never) ?? [];
    const times = [
      ...(await sending(rowsOf("SENDING"), db)),
      ...(await sending(rowsOf("SENDING once").toSorted(byNumber), db)),
      ...(await declined(rowsOf("NOT_EXECUTED"), db)),
      ...(await insertQueued(rowsOf("QUEUED"), reservations)),
      ...(await insertQueued(rowsOf("QUEUED once").toSorted(byNumber), reservations)),
    ];
    return new Map(
      times.map((row) => {
        const id = textOf(row.id);
        return [id, { ...NULL_COLUMNS, ...rows.get(id)!, ...row }];
      }),
    );
  };
}

type Times = Pick<Row, "id" | "lease_until" | "settled_at" | "deliver_by" | "reservation_order">;

/** Columns that are null in a new row. */
const NULL_COLUMNS: Omit<Row, keyof NewRow | keyof Times> = {
  ticket_number: null,
  refused_field: null,
  trace_id: null,
  conflicting_ticket_id: null,
};

/** Orders rows by key. All replicas use the same order, so that they cannot deadlock. */
function byKey(a: NewRow, b: NewRow): number {
  return Buffer.compare(a.key_hash ?? NO_KEY, b.key_hash ?? NO_KEY);
}
const NO_KEY = Buffer.alloc(0);

/** Orders creates by number, because those with unlessAlreadyOpened wait for each other by number too. */
function byNumber(a: NewRow, b: NewRow): number {
  const [one, other] = [a, b].map(({ operation, helpdesk_ticket_number, source_ticket_id }) =>
    [operation, helpdesk_ticket_number, source_ticket_id].join(" "),
  ) as [string, string];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Undoes reservations for which nothing was sent, if the ledger has committed them. Returns the ids of the undone ones. */
export async function release(
  reservationIds: readonly string[],
  { db, clock }: LedgerContext,
): Promise<string[]> {
  const released = await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", settled_at: clock.sql, deliver_by: null })
    .where("reservation_id", "in", reservationIds.map(bytesOf))
    .where((eb) =>
      eb.or([eb("state", "=", "SENDING"), eb("state", "=", "UNCERTAIN").and("reason", "=", "OWNER_DIED")]),
    )
    .returning("reservation_id")
    .execute();
  return released.map((row) => textOf(row.reservation_id));
}
