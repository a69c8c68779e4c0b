import { hash } from "node:crypto";
import { canonicalText, referencesOf, requestedStatusOf } from "../../tickets/operations.ts";
import type { NotExecutedReason } from "../../tickets/outcome.ts";
import { FIRST_DELIVERY_MS, type Intent, type Reservation } from "../../tickets/ports.ts";
import type { Beginning } from "../../tickets/reservation.ts";
import type { References } from "../../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
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

/** A reservation, with the way in which its request begins. */
export interface Begun extends NewReservation {
  /** Null: it must wait for another update of its ticket, and is not recorded. */
  begins: Beginning | null;
  /** Position of an update among those of its ticket. Null: a create. */
  updateOrder: number | null;
}

/** Answers by the ids of reservations. An Error is the answer to one of them; one that is left out must be looked at again. */
export type Answers = Map<string, Reservation | Error>;

/** True when the caller of a reservation has stopped waiting. */
export function isAbandoned({ decidedAt }: NewReservation): boolean {
  return performance.now() > decidedAt + LEDGER_WAIT_MS;
}

export type NewRow = ReturnType<typeof newRow>;

/** Makes the row of a new submission. Its times come from the ledger's clock; the other columns have their usual values. */
export function newRow({ id, intent, input, keyHash, begins, updateOrder }: Begun, cipher: LedgerCipher) {
  const { request } = intent;
  const { state, reason } = begins!;
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
    update_order: updateOrder,
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
  if (state === "SENDING") return { lease_until, settled_at: "NULL" };
  if (state === "NOT_EXECUTED") return { lease_until, settled_at: now };
  const deliver_by = `${now} + ${queue.deliverWithinMs}`;
  const not_before = `${now} + ${FIRST_DELIVERY_MS}`;
  return { lease_until, settled_at: now, deliver_by, handed_in_at: now, not_before, tries: "0" };
}

/** Answers a reservation whose row has just been written, with the times that it has as far as is known. */
export function answerTo(
  { decidedAt }: NewReservation,
  written: Omit<SubmissionRow, "lease_until" | "settled_at" | "deliver_by" | "not_before">,
  { clock, leaseMs, queue }: LedgerContext,
): Reservation {
  const now = Math.floor(clock.estimate());
  const { state } = written;
  const settled_at = state === "SENDING" ? null : now;
  const deliver_by = state === "QUEUED" ? now + queue.deliverWithinMs : null;
  const not_before = state === "QUEUED" ? now + FIRST_DELIVERY_MS : null;
  const row: SubmissionRow = { ...written, lease_until: now + leaseMs, settled_at, deliver_by, not_before };
  const submission = submissionOf(row);
  if (state === "SENDING") return { kind: "reserved", submission, decidedAt, row };
  return { kind: state === "QUEUED" ? "queued" : "declined", submission };
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
