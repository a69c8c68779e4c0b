import type { Generated } from "kysely";
import type { TicketOperation } from "../../tickets/request.ts";
import type { SubmissionReason, SubmissionState, Verdict } from "../../tickets/submission.ts";
import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { TicketDetailsSource, TicketKind, TicketStatus } from "../../tickets/ticket.ts";

/** Tables for Kysely. Times come from the database, in milliseconds since the epoch. The migrations explain each column. */
export interface Tables {
  submissions: SubmissionRow;
  resolutions: ResolutionRow;
  queued_requests: QueuedRequestRow;
  tickets: TicketRow;
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
  key_id: string;
  state: SubmissionState;
  reason: SubmissionReason | null;
  attempt: number;
  reservation_id: Uint8Array;
  /** Order of an update, numbered by the database; null for creates. */
  reservation_order: Generated<number | null>;
  lease_until: number;
  settled_at: number | null;
  deliver_by: number | null;
  ticket_id: string | null;
  ticket_number: string | null;
  bsg_ticket_id: string | null;
  helpdesk_ticket_number: string | null;
  branch_complaint_number: string | null;
  source_ticket_id: string | null;
  branch_code: string | null;
  requested_status: TicketStatus | null;
  refused_field: string | null;
  trace_id: string | null;
  conflicting_ticket_id: string | null;
  opens_once: Generated<number>;
}

export interface QueuedRequestRow {
  submission_id: Uint8Array;
  request: Uint8Array;
  key_id: string;
  handed_in_at: number;
  /** Order of an update as handed in; null for creates. */
  handed_in_order: number | null;
  not_before: number;
  tries: number;
}

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

export interface TicketRow {
  id: string;
  kind: TicketKind | null;
  number: string | null;
  bsg_ticket_id: string | null;
  helpdesk_ticket_number: string | null;
  branch_complaint_number: string | null;
  branch_code: string | null;
  details: Uint8Array | null;
  details_from: TicketDetailsSource | null;
  reported_order: number | null;
  opened_by: Uint8Array | null;
  key_id: string;
  observed_at: number;
}

export interface TicketReferenceRow {
  ticket_id: string;
  type: TicketReferenceType;
  value: string;
  noted_at: number;
  /** 1: the ticket was opened with this reference. 0: only Sociomile reported it. */
  submitted: 0 | 1;
}
