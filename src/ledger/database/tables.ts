import type { Generated } from "kysely";
import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { SubmissionReason, SubmissionState, Verdict } from "../../tickets/submission.ts";
import type { TicketStatus } from "../../tickets/ticket.ts";

/** Tables for Kysely. Times come from the database, in milliseconds since the epoch. The migrations explain each column. */
export interface Tables {
  submissions: SubmissionTable;
  resolutions: ResolutionRow;
  tickets: ReportRow;
  ticket_references: TicketReferenceRow;
  /** Holds one row: the time up to which retention deletes. */
  retention_clock: { reached: number; advanced_at: number };
  ledger_keys: { id: string; first_used_at: number };
}

export interface SubmissionRow {
  id: Uint8Array;
  client_id: string;
  requested_by: string | null;
  operation: TicketOperation;
  key_hash: Uint8Array | null;
  fingerprint: Uint8Array;
  state: SubmissionState;
  reason: SubmissionReason | null;
  attempt: number;
  reservation_id: Uint8Array;
  lease_until: number;
  settled_at: number | null;
  update_order: number | null;
  ticket_id: string | null;
  ticket_number: string | null;
  bsg_ticket_id: string | null;
  helpdesk_ticket_number: string | null;
  branch_complaint_number: string | null;
  source_ticket_id: string | null;
  masked_ticket_id: string | null;
  branch_code: string | null;
  requested_status: TicketStatus | null;
  refused_field: string | null;
  trace_id: string | null;
  conflicting_ticket_id: string | null;
  opens_once: number;
  holds_ticket: number;
  is_forgotten: number;
  details: Uint8Array | null;
  request: Uint8Array | null;
  deliver_by: number | null;
  handed_in_at: number | null;
  not_before: number | null;
  tries: number | null;
}

/** An insert may leave out columns that may be null, or have a default. */
type SubmissionTable = {
  [Column in keyof SubmissionRow]: null extends SubmissionRow[Column]
    ? Generated<SubmissionRow[Column]>
    : Column extends "opens_once" | "holds_ticket" | "is_forgotten"
      ? Generated<SubmissionRow[Column]>
      : SubmissionRow[Column];
};

export interface ResolutionRow {
  submission_id: Uint8Array;
  nth: number;
  verdict: Verdict;
  ticket_id: string | null;
  ticket_number: string | null;
  resolved_by: string;
  by_person: string | null;
  resolved_at: number;
  note: string;
}

/** Row of `tickets`: Sociomile's last report about a ticket. */
export interface ReportRow {
  id: string;
  details: Uint8Array | null;
  reported_order: number | null;
  observed_at: number;
}

export interface TicketReferenceRow {
  ticket_id: string;
  type: TicketReferenceType;
  value: string;
  noted_at: number;
}
