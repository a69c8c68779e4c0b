import type { Generated } from "kysely";
import type { TicketOperation } from "../tickets/request.ts";
import type { SubmissionReason, SubmissionState, Verdict } from "../tickets/submission.ts";
import type { TicketKind } from "../tickets/ticket.ts";

/** The tables, as Kysely sees them. Times are the database's, in milliseconds since the epoch. The migrations say what each is for. */
export interface Tables {
  submissions: SubmissionRow;
  tickets: TicketRow;
  /** One row: the time up to which retention deletes. */
  retention_clock: { reached: number };
  ledger_keys: { id: string; first_used_at: number };
}

export interface SubmissionRow {
  id: string;
  client_id: string;
  requested_by: string | null;
  operation: TicketOperation;
  idempotency_key: string | null;
  fingerprint: Uint8Array;
  key_id: string;
  state: SubmissionState;
  reason: SubmissionReason | null;
  attempt: number;
  reservation_id: string;
  /** Null for creates: only updates have an order. The database numbers them. */
  reservation_order: Generated<number | null>;
  created_at: number;
  lease_until: number;
  settled_at: number | null;
  ticket_id: string | null;
  ticket_number: string | null;
  bsg_ticket_id: string | null;
  helpdesk_ticket_number: string | null;
  branch_complaint_number: string | null;
  source_ticket_id: string | null;
  branch_code: string | null;
  refused_field: string | null;
  trace_id: string | null;
  verdict: Verdict | null;
  ruled_by: string | null;
  ruled_by_person: string | null;
  ruled_at: number | null;
  ruling_note: string | null;
  conflicting_ticket_id: string | null;
}

export interface TicketRow {
  id: string;
  kind: TicketKind | null;
  number: string | null;
  bsg_ticket_id: string | null;
  details: Uint8Array | null;
  reported_order: number | null;
  opened_by: string | null;
  key_id: string;
  observed_at: number;
}
