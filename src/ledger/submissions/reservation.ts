import { hash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { canonicalText, referencesOf, requestedStatusOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import { FIRST_DELIVERY_MS, type Intent, type Reservation } from "../../tickets/ports.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import type { References } from "../../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { ColumnTypes } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { REFERENCE_COLUMNS, sealRequest, submissionOf } from "./row.ts";

/** An intent with the id that its submission has when its key is new. */
export interface NewReservation {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
  keyHash: Uint8Array | null;
  /** Reason for which nothing can be sent now; null when the request can be sent. */
  declined: NotExecutedReason | null;
  /** Time of the decision to send. Monotonic clock, in milliseconds. */
  decidedAt: number;
}

export function newReservation(
  id: string,
  intent: Intent,
  declined: NotExecutedReason | null,
): NewReservation {
  const input = canonicalText(intent.request);
  return { id, intent, input, keyHash: keyHashOf(intent), declined, decidedAt: performance.now() };
}

/** True when the caller of a reservation has stopped waiting. */
export function isAbandoned({ decidedAt }: NewReservation): boolean {
  return performance.now() > decidedAt + LEDGER_WAIT_MS;
}

/** Answers a reservation by the row that it has inserted or changed. */
export function answerFrom(row: SubmissionRow, { decidedAt }: NewReservation): Reservation {
  const submission = submissionOf(row);
  if (row.state === "SENDING") return { kind: "reserved", submission, decidedAt, row };
  return { kind: row.state === "QUEUED" ? "queued" : "declined", submission };
}

/** Columns of a new row that come from its reservation. Times come from the ledger's clock; the other columns are null. */
export const NEW_ROW_TYPES = {
  id: "blob",
  client_id: "text",
  requested_by: "text",
  operation: "text",
  key_hash: "blob",
  fingerprint: "blob",
  state: "text",
  reason: "text",
  attempt: "bigint",
  reservation_id: "blob",
  ticket_id: "text",
  bsg_ticket_id: "text",
  helpdesk_ticket_number: "text",
  branch_complaint_number: "text",
  source_ticket_id: "text",
  masked_ticket_id: "text",
  branch_code: "text",
  requested_status: "text",
  opens_once: "bigint",
  request: "blob",
} as const;
export type NewRow = Pick<SubmissionRow, keyof typeof NEW_ROW_TYPES>;
NEW_ROW_TYPES satisfies ColumnTypes<NewRow>;

/** Makes the row of a new submission. */
export function newRow(
  { id, intent, input, keyHash }: NewReservation,
  { state, reason }: Beginning,
  cipher: LedgerCipher,
): NewRow {
  const { request } = intent;
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: request.operation,
    key_hash: keyHash,
    fingerprint: cipher.fingerprint(input, id),
    state,
    reason,
    attempt: 1,
    reservation_id: bytesOf(id),
    ...referenceColumnsOf(referencesOf(request)),
    requested_status: requestedStatusOf(request),
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
    request: state === "QUEUED" ? sealRequest(request, id, cipher) : null,
  };
}

function referenceColumnsOf(references: References) {
  const columns = Object.entries(REFERENCE_COLUMNS) as [keyof References, string][];
  return Object.fromEntries(columns.map(([field, column]) => [column, references[field]])) as Pick<
    SubmissionRow,
    (typeof REFERENCE_COLUMNS)[keyof References]
  >;
}

/** SQL of the times of a row that begins in a state, or begins again. */
export function timesOf(
  state: Beginning["state"],
  { engine: { now }, leaseMs, queue }: LedgerContext,
): Record<string, string> {
  const lease_until = `${now} + ${leaseMs}`;
  if (state === "SENDING") return { lease_until };
  if (state === "NOT_EXECUTED") return { lease_until, settled_at: now };
  const deliver_by = `${now} + ${queue.deliverWithinMs}`;
  const not_before = `${now} + ${FIRST_DELIVERY_MS}`;
  return { lease_until, settled_at: now, deliver_by, handed_in_at: now, not_before, tries: "0" };
}

/** Returns the same times as columns of a statement. */
export function timeColumns(state: Beginning["state"], context: LedgerContext) {
  const times = Object.entries(timesOf(state, context)).map(([column, text]) => [column, sql.raw(text)]);
  return Object.fromEntries(times) as { lease_until: RawBuilder<number> };
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** Hash that stands for an idempotency key among those of one client and one operation. Null: no key. */
export function keyHashOf({
  clientId,
  idempotencyKey,
  request: { operation },
}: Pick<Intent, "clientId" | "idempotencyKey"> & {
  request: Pick<Intent["request"], "operation">;
}): Uint8Array | null {
  if (idempotencyKey === null) return null;
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return hash("sha256", text, "buffer").subarray(0, KEY_HASH_BYTES);
}
