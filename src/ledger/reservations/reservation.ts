import { hash } from "node:crypto";
import type { Selectable } from "kysely";
import type { NotExecutedReason, QueuedReason } from "../../tickets/outcome.ts";
import type { Intent } from "../../tickets/ports.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import { canonicalText, referencesOf, requestedStatusOf } from "../../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerCipher } from "../cipher.ts";
import { bytesOf } from "../ids.ts";
import type { SubmissionRow } from "../database/tables.ts";

/** An intent with the id that its submission has when its key is new. */
export interface NewReservation {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
  /** Reason for which nothing will be sent; null when the request will be sent. */
  declined: NotExecutedReason | null;
  /** Reason for which the request is queued; null when it is not. The reservation decides it. */
  queued: QueuedReason | null;
  /** Time at which the caller stops waiting. Monotonic clock, in milliseconds. */
  giveUpAt: number;
}

export function newReservation(
  id: string,
  intent: Intent,
  declined: NotExecutedReason | null,
): NewReservation {
  const giveUpAt = performance.now() + LEDGER_WAIT_MS;
  return { id, intent, input: canonicalText(intent.request), declined, queued: null, giveUpAt };
}

/** Columns of a new row that come from its reservation. Its times come from the ledger's clock; the other columns are null. */
export const NEW_COLUMNS = [
  "id",
  "client_id",
  "requested_by",
  "operation",
  "key_hash",
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
  "requested_status",
  "opens_once",
] as const satisfies (keyof SubmissionRow)[];
export type NewRow = Pick<Selectable<SubmissionRow>, (typeof NEW_COLUMNS)[number]>;

/** Makes the row of a new submission. */
export function newRow(
  { id, intent, input, declined, queued }: Omit<NewReservation, "giveUpAt">,
  cipher: LedgerCipher,
): NewRow {
  const references = referencesOf(intent.request);
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: intent.request.operation,
    key_hash: keyHashOf(keyOf(intent)),
    fingerprint: cipher.fingerprint(input, id),
    key_id: cipher.id,
    state: queued ? "QUEUED" : declined ? "NOT_EXECUTED" : "SENDING",
    reason: queued ?? declined,
    attempt: 1,
    reservation_id: bytesOf(id),
    ticket_id: references.ticketId,
    bsg_ticket_id: references.bsgTicketId,
    helpdesk_ticket_number: references.helpdeskTicketNumber,
    branch_complaint_number: references.branchComplaintNumber,
    source_ticket_id: references.sourceTicketId,
    branch_code: references.branchCode,
    requested_status: requestedStatusOf(intent.request),
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
  };
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** An idempotency key with everything that it belongs to. */
type Key = Pick<Intent, "clientId" | "idempotencyKey"> & { operation: TicketOperation };

export function keyOf({ clientId, idempotencyKey, request }: Intent): Key {
  return { clientId, idempotencyKey, operation: request.operation };
}

/** Hash that stands for an idempotency key among those of one client and one operation. Null: no key. */
export function keyHashOf({ clientId, idempotencyKey, operation }: Key): Uint8Array | null {
  if (idempotencyKey === null) return null;
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return Buffer.from(hash("sha256", text, "hex").slice(0, 2 * KEY_HASH_BYTES), "hex"); // faster than a hash as bytes
}
