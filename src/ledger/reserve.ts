import { type Selectable, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../tickets/ports.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { answerFor, reservingAgain } from "./existing-keys.ts";
import { bytesOf, textOf } from "./ids.ts";
import { NEW_COLUMNS, type NewReservation, type NewRow, newRow } from "./reservation.ts";
import type { SubmissionRow } from "./tables.ts";

/** Reserves many keys with one insert. A key that it does not insert exists already. An Error is the answer to one reservation. */
export function reserving(
  context: LedgerContext,
): (reservations: readonly NewReservation[]) => Promise<(Reservation | Error)[]> {
  const insert = inserting(context);
  const reserveAgain = reservingAgain(context);
  return async (reservations) => {
    const decidedAt = performance.now();
    const awaited = reservations.filter(({ giveUpAt }) => giveUpAt > decidedAt);
    // Most requests that will be declined were declined before. Then nothing needs to be written.
    const answers = await reserveAgain(
      awaited.filter(({ declined }) => declined),
      decidedAt,
    );
    const fresh = awaited.filter(({ id }) => !answers.has(id));
    const inserted = await insert(fresh);
    const existing = fresh.filter(({ id }) => !inserted.has(id));
    for (const [id, answer] of await reserveAgain(existing, decidedAt)) answers.set(id, answer);
    return reservations.map((reservation) => {
      const row = inserted.get(reservation.id);
      if (row) return answerFor(reservation, row, decidedAt);
      return (
        answers.get(reservation.id) ?? new LedgerUnavailable("Not reserved in time, or deleted meanwhile")
      );
    });
  };
}

type Row = Selectable<SubmissionRow>;

/** Inserts new rows. Returns the inserted ones by id. */
function inserting({ db, cipher, clock, leaseMs }: LedgerContext) {
  const statement = (settledAt: "now" | "never") =>
    batch<NewRow, Times>(
      db,
      NEW_COLUMNS,
      (
        values,
      ) => sql`INSERT INTO submissions (${listOf(NEW_COLUMNS)}, lease_until, settled_at) VALUES ${values}
      ON CONFLICT DO NOTHING RETURNING id, lease_until, settled_at, reservation_order`,
      {
        same: [
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
    return new Map(
      times.map((row) => {
        const id = textOf(row.id);
        return [id, { ...NULL_COLUMNS, ...rows.get(id)!, ...row }];
      }),
    );
  };
}

type Times = Pick<Row, "id" | "lease_until" | "settled_at" | "reservation_order">;

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

/** Undoes reservations for which nothing was sent, if the ledger has committed them. Returns the ids of the undone ones. */
export async function release(
  reservationIds: readonly string[],
  { db, clock }: LedgerContext,
): Promise<string[]> {
  const released = await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", settled_at: clock.sql })
    .where("reservation_id", "in", reservationIds.map(bytesOf))
    .where((eb) =>
      eb.or([eb("state", "=", "SENDING"), eb("state", "=", "UNCERTAIN").and("reason", "=", "OWNER_DIED")]),
    )
    .returning("reservation_id")
    .execute();
  return released.map((row) => textOf(row.reservation_id));
}
