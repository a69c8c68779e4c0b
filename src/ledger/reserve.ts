import { type Selectable, sql } from "kysely";
import type { NotExecutedReason } from "../tickets/outcome.ts";
import { type Intent, LedgerUnavailable, type Reservation } from "../tickets/ports.ts";
import { canonicalText, referencesOf } from "../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "./available.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerContext } from "./context.ts";
import { answerFor, reservingAgain } from "./existing-keys.ts";
import type { SubmissionRow } from "./tables.ts";

/** An intent with the id that its submission will have if it is new. */
export interface NewReservation {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
  /** Why nothing is sent now, where that is known already. */
  declined: NotExecutedReason | null;
  /** When the caller stops waiting for it, on the monotonic clock. */
  giveUpAt: number;
}

export function newReservation(
  id: string,
  intent: Intent,
  declined: NotExecutedReason | null,
): NewReservation {
  const giveUpAt = performance.now() + LEDGER_WAIT_MS;
  return { id, intent, input: canonicalText(intent.request), declined, giveUpAt };
}

/** The columns of a new row that come from its reservation; its times come from the ledger's clock, the rest is null. */
const NEW_COLUMNS = [
  "id",
  "client_id",
  "operation",
  "idempotency_key",
  "fingerprint",
  "key_id",
  "state",
  "reason",
  "attempt",
  "reservation_id",
  "ticket_id",
  "bsg_ticket_id",
  "helpdesk_ticket_number",
  "branch_complaint_number",
  "source_ticket_id",
  "branch_code",
] as const satisfies (keyof SubmissionRow)[];
export type NewRow = Pick<SubmissionRow, (typeof NEW_COLUMNS)[number]>;

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

export function newRow(
  { id, intent, input, declined }: Omit<NewReservation, "giveUpAt">,
  cipher: LedgerCipher,
): NewRow {
  const references = referencesOf(intent.request);
  return {
    id,
    client_id: intent.clientId,
    operation: intent.request.operation,
    idempotency_key: intent.idempotencyKey,
    fingerprint: cipher.fingerprint(input, id),
    key_id: cipher.id,
    state: declined ? "NOT_EXECUTED" : "SENDING",
    reason: declined,
    attempt: 1,
    reservation_id: id,
    ticket_id: references.ticketId,
    bsg_ticket_id: references.bsgTicketId,
    helpdesk_ticket_number: references.helpdeskTicketNumber,
    branch_complaint_number: references.branchComplaintNumber,
    source_ticket_id: references.sourceTicketId,
    branch_code: references.branchCode,
  };
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
