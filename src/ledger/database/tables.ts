import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { SubmissionReason, SubmissionState } from "../../tickets/submission.ts";
import type { TicketStatus } from "../../tickets/ticket.ts";

/** Tables for Kysely, as far as statements are built with it. Times are in milliseconds since the epoch. `schema.ts` explains all columns. */
export interface Tables {
  submissions: SubmissionRow;
  tickets: { id: string };
  ledger_keys: { id: string; first_used_at: number };
}

/** Tables with the rows of a ledger, by the columns of their primary keys. What rows of one refer to stands before it. */
export const TABLES = {
  ledger_keys: ["id"],
  retention_clock: ["reached"], // it has one row
  submissions: ["id"],
  resolutions: ["submission_id", "nth"],
  tickets: ["id"],
  ticket_references: ["ticket_id", "type", "value"],
} as const;

export interface SubmissionRow
  extends
    Record<"id" | "fingerprint" | "reservation_id", Uint8Array>,
    Record<"key_hash" | "details" | "answer" | "request", Uint8Array | null>,
    Record<"attempt" | "opens_once" | "holds_ticket" | "is_forgotten", number>,
    Record<"sent_at" | "until" | "settled_at", number | null>,
    Record<"deliver_by" | "handed_in_at" | "not_before" | "tries" | "moment", number | null>,
    Record<"ticket_id" | "ticket_number" | "bsg_ticket_id" | "conflicting_ticket_id", string | null>,
    Record<"helpdesk_ticket_number" | "branch_complaint_number" | "source_ticket_id", string | null>,
    Record<"masked_ticket_id" | "branch_code", string | null>,
    Record<"requested_by" | "refused_field" | "trace_id", string | null> {
  client_id: string;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  requested_status: TicketStatus | null;
}

/** Columns of a new submission: all of them. */
export const ROW_COLUMNS: readonly (keyof SubmissionRow)[] = [
  "id",
  "client_id",
  "requested_by",
  "operation",
  "key_hash",
  "fingerprint",
  "reservation_id",
  "attempt",
  "state",
  "reason",
  "sent_at",
  "until",
  "settled_at",
  "moment",
  "opens_once",
  "holds_ticket",
  "is_forgotten",
  "ticket_id",
  "ticket_number",
  "bsg_ticket_id",
  "helpdesk_ticket_number",
  "branch_complaint_number",
  "source_ticket_id",
  "masked_ticket_id",
  "branch_code",
  "requested_status",
  "refused_field",
  "trace_id",
  "conflicting_ticket_id",
  "details",
  "answer",
  "request",
  "deliver_by",
  "handed_in_at",
  "not_before",
  "tries",
];

/** Column that holds each type of reference to a ticket. */
export const TICKET_REFERENCE_COLUMNS = {
  HELPDESK_TICKET_NUMBER: "helpdesk_ticket_number",
  BRANCH_COMPLAINT_NUMBER: "branch_complaint_number",
  SOURCE_TICKET_ID: "source_ticket_id",
  MASKED_TICKET_ID: "masked_ticket_id",
  BSG_TICKET_ID: "bsg_ticket_id",
  SOCIOMILE_TICKET_NUMBER: "ticket_number",
} as const satisfies Record<TicketReferenceType, keyof SubmissionRow>;
