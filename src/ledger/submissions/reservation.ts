import { hash } from "node:crypto";
import { canonicalText, referencesOf, requestedStatusOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import { FIRST_DELIVERY_MS, type Intent, type Reservation, type SubmissionKey } from "../../tickets/ports.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { RowResult, ValueOf } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { sealRequest, submissionOf } from "./row.ts";

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
  const keyHash = keyHashOf({ ...intent, operation: intent.request.operation });
  return { id, intent, input, keyHash, declined, decidedAt: performance.now() };
}

/** A reservation, with the way in which its request begins. */
export interface Begun extends NewReservation {
  /** Null: it must wait for another update of its ticket, and is not recorded. */
  begins: Beginning | null;
  /** Position of an update among those of its ticket. Null: a create. */
  updateOrder: number | null;
}

/** Answers by the ids of reservations. An Error is the answer to one of them; one that is left out must be looked at again. */
export type Answers = Map<string, Reservation | Error>;

type NewRow = ReturnType<typeof newRow>;

/** Makes the row of a new submission. Its times come from the ledger's clock; the other columns have their usual values. */
export function newRow({ id, intent, input, keyHash, begins, updateOrder }: Begun, cipher: LedgerCipher) {
  const { request } = intent;
  const { state, reason } = begins!;
  const references = referencesOf(request);
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
    ticket_id: references.ticketId,
    bsg_ticket_id: references.bsgTicketId,
    helpdesk_ticket_number: references.helpdeskTicketNumber,
    branch_complaint_number: references.branchComplaintNumber,
    source_ticket_id: references.sourceTicketId,
    masked_ticket_id: references.maskedTicketId,
    branch_code: references.branchCode,
    requested_status: requestedStatusOf(request),
    update_order: updateOrder,
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
    request: state === "QUEUED" ? sealRequest(request, id, cipher) : null,
  };
}

/** SQL of the times of a row that begins in its state, or begins again. */
export function timesOf(value: ValueOf, { engine: { now }, leaseMs, queue }: LedgerContext) {
  const whenQueued = (text: string) => `CASE ${value("state")} WHEN 'QUEUED' THEN ${text} END`;
  return {
    lease_until: `${now} + ${leaseMs}`,
    settled_at: `CASE ${value("state")} WHEN 'SENDING' THEN NULL ELSE ${now} END`,
    deliver_by: whenQueued(`${now} + ${queue.deliverWithinMs}`),
    handed_in_at: whenQueued(now),
    not_before: whenQueued(`${now} + ${FIRST_DELIVERY_MS}`),
    tries: whenQueued("0"),
  };
}

type Written = Omit<SubmissionRow, "lease_until" | "settled_at" | "deliver_by" | "not_before">;

/** Columns that a new row does not name. */
export const USUAL_COLUMNS: Omit<Written, keyof NewRow> = {
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

/** Answers reservations whose rows have just been written, with the times that these have as far as is known, or refused by the database. */
export function answerWritten(
  answers: Answers,
  some: readonly NewReservation[],
  results: readonly RowResult[],
  rows: readonly Written[],
  { clock, leaseMs, queue }: LedgerContext,
): void {
  const now = Math.floor(clock.estimate());
  for (const [nth, { id, decidedAt }] of some.entries()) {
    const result = results[nth]!;
    if (result instanceof Error) answers.set(id, result);
    if (result !== "done") continue;
    const { state } = rows[nth]!;
    const settled_at = state === "SENDING" ? null : now;
    const deliver_by = state === "QUEUED" ? now + queue.deliverWithinMs : null;
    const not_before = state === "QUEUED" ? now + FIRST_DELIVERY_MS : null;
    const row = { ...rows[nth]!, lease_until: now + leaseMs, settled_at, deliver_by, not_before };
    const submission = submissionOf(row);
    if (state === "SENDING") answers.set(id, { kind: "reserved", submission, decidedAt, row });
    else answers.set(id, { kind: state === "QUEUED" ? "queued" : "declined", submission });
  }
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** Hash that stands for an idempotency key among those of one client and one operation. Null: no key. */
export function keyHashOf({
  clientId,
  operation,
  idempotencyKey,
}: Omit<SubmissionKey, "idempotencyKey"> & Pick<Intent, "idempotencyKey">): Uint8Array | null {
  if (idempotencyKey === null) return null;
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return hash("sha256", text, "buffer").subarray(0, KEY_HASH_BYTES);
}
