import { hash } from "node:crypto";
import { canonicalText, referencesOf, requestedStatusOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import { FIRST_DELIVERY_MS, type Intent, type SubmissionKey } from "../../tickets/ports.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import { MAY_BE_EXECUTED_MS } from "../../tickets/ticket-updates.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { NO_REQUEST } from "./changes.ts";
import { columnsOf, sealRequest } from "./row.ts";

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
  /** Null: it must wait for another update of its ticket, and is not recorded. */
  begins: Beginning | null;
  /** Moment of an update that begins now. Null: a create. */
  moment: number | null;
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
    requested_status: requestedStatusOf(request),
    refused_field: null,
    trace_id: null,
    conflicting_ticket_id: null,
    details: null,
    answer: null,
    ...beginningColumns(begun, bytesOf(id), 1, context),
  };
}

/** Columns of a row whose request begins, or begins again. Its times are given in milliseconds from now. */
export function beginningColumns(
  { id, intent, begins, moment }: Begun,
  rowId: Uint8Array,
  attempt: number,
  { cipher, queue }: LedgerContext,
) {
  const { state, reason } = begins!;
  const isSent = state === "SENDING";
  return {
    attempt,
    state,
    reason,
    reservation_id: bytesOf(id),
    sent_at: isSent ? 0 : null,
    until: isSent ? MAY_BE_EXECUTED_MS : null,
    settled_at: isSent ? null : 0,
    moment: state === "NOT_EXECUTED" ? null : moment,
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
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
