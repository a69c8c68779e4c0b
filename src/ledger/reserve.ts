import { type Selectable, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../tickets/ports.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { answerFor, reservingAgain } from "./existing-keys.ts";
import { NEW_COLUMNS, type NewReservation, type NewRow, newRow } from "./reservation.ts";
import type { SubmissionRow } from "./tables.ts";

/** Reserves many with one insert. What that does not insert is known already. An error is the answer to one of them alone. */
export function reserving(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const insert = inserting(context);
  const reserveAgain = reservingAgain(context);
  return async (reservations) => {
    const at = performance.now();
    const awaited = reservations.filter(({ giveUpAt }) => giveUpAt > at);
    // Most requests that will be declined have been before: nothing needs to be written for them.
    const answers = await reserveAgain(
      awaited.filter(({ declined }) => declined),
      at,
    );
    const fresh = awaited.filter(({ id }) => !answers.has(id));
    const inserted = await insert(fresh);
    const losers = fresh.filter(({ id }) => !inserted.has(id));
    for (const [id, answer] of await reserveAgain(losers, at)) answers.set(id, answer);
    return reservations.map((reservation) => {
      const row = inserted.get(reservation.id);
      if (row) return answerFor(reservation, row, at);
      return (
        answers.get(reservation.id) ?? new LedgerUnavailable("Not reserved in time, or deleted meanwhile")
      );
    });
  };
}

type Row = Selectable<SubmissionRow>;

/** Inserts new rows; gives those that were inserted, by id. */
function inserting({ db, cipher, clock, leaseMs }: LedgerContext) {
  const statement = (settledAt: "now" | "never") =>
    batch<NewRow, Times>(
      db,
      NEW_COLUMNS,
      (
        values,
      ) => sql`INSERT INTO submissions (${listOf(NEW_COLUMNS)}, created_at, lease_until, settled_at) VALUES ${values}
      ON CONFLICT DO NOTHING RETURNING id, created_at, lease_until, settled_at`,
      {
        same: [
          clock.sql,
          sql`${clock.sql} + ${sql.lit(leaseMs)}`,
          settledAt === "now" ? clock.sql : sql`cast(null as bigint)`,
        ],
      },
    );
  const [sending, declined] = [statement("never"), statement("now")];
  return async (reservations: readonly NewReservation[]): Promise<Map<string, Row>> => {
    const rows = new Map(reservations.map((reservation) => [reservation.id, newRow(reservation, cipher)]));
    const inOrder = [...rows.values()].toSorted(byKey);
    const times = [
      ...(await sending(
        inOrder.filter(({ state }) => state === "SENDING"),
        db,
      )),
      ...(await declined(
        inOrder.filter(({ state }) => state !== "SENDING"),
        db,
      )),
    ];
    return new Map(times.map((row) => [row.id, { ...NOTHING_ELSE, ...rows.get(row.id)!, ...row }]));
  };
}

type Times = Pick<SubmissionRow, "id" | "created_at" | "lease_until" | "settled_at">;

/** The other columns of a row as it is inserted. */
const NOTHING_ELSE: Omit<Row, keyof NewRow | keyof Times> = {
  reservation_order: null,
  ticket_number: null,
  refused_field: null,
  trace_id: null,
  verdict: null,
  ruled_by: null,
  ruled_by_person: null,
  ruled_at: null,
  ruling_note: null,
  conflicting_ticket_id: null,
};

/** Orders rows alike in all replicas: those that reserve the same keys would otherwise wait for each other. */
function byKey(a: NewRow, b: NewRow): number {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}

function keyOf({ client_id, operation, idempotency_key }: NewRow): string {
  return `${idempotency_key} ${operation} ${client_id}`;
}

/** Undoes reservations that nothing was sent for, where they were made. Gives the ids of those. */
export async function release(
  reservationIds: readonly string[],
  { db, clock }: LedgerContext,
): Promise<string[]> {
  const released = await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", settled_at: clock.sql })
    .where("reservation_id", "in", reservationIds)
    .where("state", "=", "SENDING")
    .returning("reservation_id")
    .execute();
  return released.map((row) => row.reservation_id);
}
