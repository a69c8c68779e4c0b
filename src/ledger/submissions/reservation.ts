/** Rows of reservations, and what prevents them: a row under their key, a create with their number, an update of their ticket. */
import { hash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { canonicalText, numberOf, referencesOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import { FIRST_DELIVERY_MS, type Intent, type SubmissionKey } from "../../tickets/ports.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { BEFORE_IDS, bytesOf } from "../ids.ts";
import { NO_REQUEST, otherCreatesSql, mayHaveTicket } from "./changes.ts";
import { JUST_NOW, type RowNow, columnsOf, sealRequest, sealSubmitted } from "./row.ts";

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
    answer: null,
    nth: null,
    forgotten_at: null,
    changed_at: JUST_NOW,
    ...columnsOfBeginning(begun, id, 0, context),
  };
}

/** Columns of a row whose request begins, or begins again after some attempts. Its times are given in milliseconds from now. */
export function columnsOfBeginning(
  { id, intent: { request, unlessAlreadyOpened }, begins: { state, reason } }: Begun,
  rowId: string,
  attemptsBefore: number,
  { cipher, queue }: LedgerContext,
) {
  const isSent = state === "SENDING";
  return {
    attempts: attemptsBefore + (isSent ? 1 : 0),
    state,
    reason,
    reservation_id: bytesOf(id),
    sent_at: isSent ? 0 : null,
    settled_at: isSent ? null : 0,
    opens_once: unlessAlreadyOpened && numberOf(request) ? 1 : 0,
    details: mayHaveTicket(state) ? sealSubmitted(request, rowId, cipher) : null,
    ...NO_REQUEST,
    ...(state === "QUEUED" && {
      request: sealRequest(request, rowId, cipher),
      deliver_by: queue.deliverWithinMs,
      handed_in_at: 0,
      not_before: FIRST_DELIVERY_MS,
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

/** Returns the functions that read what prevents a reservation. Each reads for many at once, as when a service repeats a lot. */
export function createLooks({ db, clock }: LedgerContext) {
  const rowsBy = (column: "key_hash" | "ticket_id", which: RawBuilder<unknown>) =>
    createGroup(async (values: readonly (Uint8Array | string)[]) => {
      const { rows } = await sql<RowNow>`SELECT *, ${clock.sql} AS now FROM submissions
        WHERE ${sql.ref(column)} IN (${sql.join([...values])}) AND ${which}`.execute(db);
      const byValue = new Map(rows.map((row) => [textIn(row[column]!), row]));
      return values.map((value) => byValue.get(textIn(value)));
    });
  const rowUnderKey = rowsBy("key_hash", sql`true`);
  const updateOf = rowsBy("ticket_id", sql`${IS_UPDATE_SQL} AND state = 'SENDING'`);
  const otherCreateOf = createGroup(async (wanted: readonly Wanted[]) => {
    const list = wanted.map(
      ({ operation, number, id }, nth) =>
        sql`(${sql.lit(nth)}, cast(${operation} as text), cast(${number} as text), cast(${id} as blob))`,
    );
    const opened = sql`SELECT id ${OTHER_CREATES_SQL}
      AND (other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL) LIMIT 1`;
    const { rows } = await sql<
      RowNow & { position: number }
    >`WITH wanted (position, operation, number, id) AS (VALUES ${sql.join(list)}),
      found AS MATERIALIZED (
        SELECT position, coalesce((${opened}), (SELECT id ${OTHER_CREATES_SQL} LIMIT 1)) AS other_id FROM wanted)
      SELECT submissions.*, position, ${clock.sql} AS now FROM found CROSS JOIN submissions
      WHERE submissions.id = other_id`.execute(db);
    return wanted.map((_, nth) => rows.find(({ position }) => position === nth));
  });
  return {
    /** Reads the row under the key of a reservation. */
    underKey: async ({ keyHash }: NewReservation) => (keyHash ? rowUnderKey(keyHash) : undefined),

    /** Reads the update of its ticket that is being sent, or another create with its number. `own`: row under its key. */
    async inTheWay({ intent, begins }: Begun, own: RowNow | undefined) {
      const { ticketId } = referencesOf(intent.request);
      if (ticketId !== null && begins.state === "SENDING") return updateOf(ticketId);
      const number = intent.unlessAlreadyOpened ? numberOf(intent.request) : null;
      const { operation } = intent.request;
      return number ? otherCreateOf({ operation, number: number.value, id: own?.id ?? BEFORE_IDS }) : undefined;
    },
  };
}

const textIn = (value: Uint8Array | string) => (typeof value === "string" ? value : value.toHex());
type Wanted = { operation: TicketOperation; number: string; id: Uint8Array };
const OTHER_CREATES_SQL = sql.raw(otherCreatesSql((column) => `wanted.${column}`, "wanted.number"));
