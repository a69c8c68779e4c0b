import type { NotExecutedReason } from "../tickets/outcome.ts";
import type { Intent } from "../tickets/ports.ts";
import { canonicalText, referencesOf } from "../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "./available.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { SubmissionRow } from "./tables.ts";

/** An intent with the id that its submission has when its key is new. */
export interface NewReservation {
  id: string;
  intent: Intent;
  /** The input in canonical form, for its fingerprint. */
  input: string;
  /** Reason for which nothing will be sent; null when the request will be sent. */
  declined: NotExecutedReason | null;
  /** Time at which the caller stops waiting. Monotonic clock, in milliseconds. */
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

/** Columns of a new row that come from its reservation. Its times come from the ledger's clock; the other columns are null. */
export const NEW_COLUMNS = [
  "id",
  "client_id",
  "requested_by",
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

/** Makes the row of a new submission. */
export function newRow(
  { id, intent, input, declined }: Omit<NewReservation, "giveUpAt">,
  cipher: LedgerCipher,
): NewRow {
  const references = referencesOf(intent.request);
  return {
    id,
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
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
