/** Rows of reservations, and the rows in their way: those under their keys, and other creates with their numbers. */
import { hash } from "node:crypto";
import { sql } from "kysely";
import { canonicalText, numberOf, referencesOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import {
  FIRST_DELIVERY_MS,
  type Intent,
  type OpenedAlready,
  type SubmissionKey,
} from "../../tickets/ports.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { IS_UPDATE_SQL, LIVE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { NO_REQUEST } from "./changes.ts";
import { REFERENCE_COLUMNS, type RowNow, columnsOf, sealRequest } from "./row.ts";

/** An intent with the id that its submission has when its key is new. */
export type NewReservation = ReturnType<typeof newReservation>;

/** `declined`: reason for which nothing can be sent now; null when the request can be sent. */
export function newReservation(id: string, intent: Intent, declined: NotExecutedReason | null) {
  const { clientId, idempotencyKey, request } = intent;
  const key = idempotencyKey === null ? null : { clientId, operation: request.operation, idempotencyKey };
  return {
    id,
    intent,
    declined,
    /** The input in canonical form, for its fingerprint. */
    input: canonicalText(request),
    keyHash: key && keyHashOf(key),
    /** Time of the decision to send. Monotonic clock, in milliseconds. */
    decidedAt: performance.now(),
  };
}

/** A reservation, with the way in which its request begins. */
export interface Begun extends NewReservation {
  begins: Beginning;
}

/** Makes the row of a new submission. Its times are given in milliseconds from now. */
export function newRow(begun: Begun, context: LedgerContext): SubmissionRow {
  const { id, intent, input, keyHash } = begun;
  const { request } = intent;
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: request.operation,
    key_hash: keyHash,
    fingerprint: context.cipher.fingerprint(input, id),
    ...columnsOf(referencesOf(request)),
    ticket_number: null,
    requested_status: "status" in request.details ? request.details.status : null,
    refused_field: null,
    trace_id: null,
    conflicting_ticket_id: null,
    details: null,
    answer: null,
    ...columnsOfBeginning(begun, bytesOf(id), 1, context),
  };
}

/** Columns of a row whose request begins, or begins again. Its times are given in milliseconds from now. */
export function columnsOfBeginning(
  { id, intent, begins: { state, reason } }: Begun,
  rowId: Uint8Array,
  attempt: number,
  { cipher, queue }: LedgerContext,
) {
  const isSent = state === "SENDING";
  return {
    attempt,
    state,
    reason,
    reservation_id: bytesOf(id),
    sent_at: isSent ? 0 : null,
    settled_at: isSent ? null : 0,
    nth: null,
    opens_once: intent.unlessAlreadyOpened && numberOf(intent.request) ? 1 : 0,
    holds_ticket: 1,
    is_forgotten: 0, // an operator has found that the forgotten ticket was not its own
    ...NO_REQUEST,
    ...(state === "QUEUED" && {
      request: sealRequest(intent.request, textOf(rowId), cipher),
      deliver_by: queue.deliverWithinMs,
      handed_in_at: 0,
      not_before: FIRST_DELIVERY_MS,
      tries: 0,
    }),
  };
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** Hash that stands for an idempotency key among those of one client and one operation. */
export function keyHashOf({ clientId, operation, idempotencyKey }: SubmissionKey): Uint8Array {
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return hash("sha256", text, "buffer").subarray(0, KEY_HASH_BYTES);
}

/** Reads the rows under the keys of reservations. Returns the function that finds that of one. */
export async function rowsUnderKeys(reservations: readonly NewReservation[], { db, clock }: LedgerContext) {
  const hashes = reservations.flatMap(({ keyHash }) => keyHash ?? []);
  if (hashes.length === 0) return () => undefined;
  const { rows } = await sql<RowNow>`SELECT *, ${clock.sql} AS now FROM submissions
    WHERE key_hash IN (${sql.join(hashes)})`.execute(db);
  const byKey = new Map(rows.map((row) => [row.key_hash?.toHex(), row]));
  return ({ keyHash }: NewReservation) => (keyHash ? byKey.get(keyHash.toHex()) : undefined);
}

/** Reads the updates that are being sent, of the tickets of these reservations. Returns the function that finds that in the way of one. */
export async function updatesInTheWay(reservations: readonly NewReservation[], { db, clock }: LedgerContext) {
  const ticketOf = ({ intent }: NewReservation) => referencesOf(intent.request).ticketId;
  const tickets = reservations.flatMap((one) => ticketOf(one) ?? []);
  if (tickets.length === 0) return () => undefined;
  const { rows } = await sql<RowNow>`SELECT *, ${clock.sql} AS now FROM submissions
    WHERE ticket_id IN (${sql.join(tickets)}) AND ${IS_UPDATE_SQL} AND state = 'SENDING'`.execute(db);
  return (one: NewReservation) => rows.find(({ ticket_id }) => ticket_id === ticketOf(one));
}

/** Finds the reservations with unlessAlreadyOpened whose number another create has: one with a ticket, if there is one. */
export async function rivalsOf(reservations: readonly NewReservation[], { db }: LedgerContext) {
  const found = new Map<NewReservation, OpenedAlready>();
  const numbered = reservations.flatMap((reservation) => {
    const number = reservation.intent.unlessAlreadyOpened ? numberOf(reservation.intent.request) : null;
    return number ? { reservation, operation: reservation.intent.request.operation, ...number } : [];
  });
  for (const [operation, some] of Map.groupBy(numbered, (one) => one.operation)) {
    const column = sql.ref(REFERENCE_COLUMNS[some[0]!.field]);
    const numbers = new Set(some.map(({ value }) => value))
      .values()
      .map((value) => sql`(cast(${value} as text))`);
    const ticketId = sql`coalesce(ticket_id, conflicting_ticket_id)`;
    const those = sql`SELECT id FROM submissions WHERE ${column} = number AND operation = ${operation} AND ${LIVE_SQL}`;
    // Very many creates may have a placeholder, such as 0, as their number. Of two one is another's: a key has one row. That of the own key may
    // have ended when it is read itself, and then it runs again.
    const lookups = [sql`${those} AND ${ticketId} IS NOT NULL`, those].flatMap((one) =>
      [0, 1].map((nth) => sql`SELECT number, (${one} LIMIT 1 OFFSET ${sql.lit(nth)}) AS rival FROM numbers`),
    );
    const sending = sql`SELECT ${column}, id FROM submissions
      WHERE state = 'SENDING' AND operation = ${operation} AND ${column} IN (SELECT number FROM numbers)`;
    // SQLite keeps the order of a CROSS JOIN. It would look through all submissions for the few rivals.
    const { rows } = await sql<OpenedAlready & { number: string; key_hash: Uint8Array | null }>`
      WITH numbers (number) AS (VALUES ${sql.join([...numbers])}),
      rivals AS MATERIALIZED (${sql.join([...lookups, sending], sql` UNION ALL `)})
      SELECT number, key_hash, ${ticketId} AS "ticketId", client_id AS "clientId"
      FROM rivals CROSS JOIN submissions WHERE id = rival`.execute(db);
    for (const { reservation, value } of some) {
      const own = reservation.keyHash?.toHex() ?? "";
      const others = rows.filter((row) => row.number === value && row.key_hash?.toHex() !== own);
      const opened = others.find((row) => row.ticketId !== null) ?? others[0];
      if (opened) found.set(reservation, { ticketId: opened.ticketId, clientId: opened.clientId });
    }
  }
  return found;
}
