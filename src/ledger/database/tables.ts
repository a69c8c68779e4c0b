import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { TicketOperation } from "../../tickets/request.ts";
import type { SubmissionReason, SubmissionState } from "../../tickets/submission.ts";
import type { TicketStatus } from "../../tickets/ticket.ts";
import type { SealedDataKey } from "../cipher.ts";

/** Tables for Kysely, as far as it builds statements. Times: milliseconds since the epoch. `schema.ts` explains columns. */
export interface Tables {
  submissions: SubmissionRow;
  tickets: { id: string };
  ledger_keys: SealedDataKey;
}

/** Tables with the rows of a ledger, by the columns of their primary keys. What rows of one refer to stands before it. */
export const TABLES = {
  ledger_keys: ["sealed_by"], // it has one row
  submissions: ["id"],
  actions: ["nth"],
  action_subjects: ["subject", "action"],
  tickets: ["id"],
  ticket_references: ["ticket_id", "type", "value"],
} as const;

export const TICKET_REFERENCE_COLUMNS = {
  HELPDESK_TICKET_NUMBER: "helpdesk_ticket_number",
  BRANCH_COMPLAINT_NUMBER: "branch_complaint_number",
  SOURCE_TICKET_ID: "source_ticket_id",
  MASKED_TICKET_ID: "masked_ticket_id",
  BSG_TICKET_ID: "bsg_ticket_id",
  SOCIOMILE_TICKET_NUMBER: "ticket_number",
} as const satisfies Record<TicketReferenceType, string>;
type TicketReferenceColumn = (typeof TICKET_REFERENCE_COLUMNS)[TicketReferenceType];

/** Columns of submissions, by the types of their values. Times are in milliseconds since the epoch. */
const BYTES = ["id", "fingerprint", "reservation_id"] as const;
const BYTES_OR_NULL = ["key_hash", "details", "answer", "request"] as const;
const NUMBERS = ["attempts", "opens_once", "changed_at"] as const;
const NUMBERS_OR_NULL = ["nth"] as const;
/** Times that a statement about one row is given in milliseconds from now. */
export const TIMES = ["sent_at", "settled_at", "deliver_by", "handed_in_at", "not_before"] as const;
const TIMES_OR_NULL = [...TIMES, "forgotten_at"] as const;
const TEXTS_OR_NULL = [
  ...(["ticket_id", "conflicting_ticket_id", "branch_code", "requested_by"] as const),
  ...(["refused_field", "trace_id"] as const),
];
const WORDS = ["client_id", "operation", "state", "reason", "requested_status"] as const;

export interface SubmissionRow
  extends
    Record<(typeof BYTES)[number], Uint8Array>,
    Record<(typeof BYTES_OR_NULL)[number], Uint8Array | null>,
    Record<(typeof NUMBERS)[number], number>,
    Record<(typeof NUMBERS_OR_NULL)[number] | (typeof TIMES_OR_NULL)[number], number | null>,
    Record<(typeof TEXTS_OR_NULL)[number] | TicketReferenceColumn, string | null> {
  client_id: string;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  requested_status: TicketStatus | null;
}

const ALL_NUMBERS = [...NUMBERS, ...NUMBERS_OR_NULL, ...TIMES_OR_NULL];
const ALL_BYTES = [...BYTES, ...BYTES_OR_NULL];
const ALL_TEXTS = [...WORDS, ...TEXTS_OR_NULL, ...Object.values(TICKET_REFERENCE_COLUMNS)];

/** Type of each column of a submission in PostgreSQL, but that numbers may be smaller there. */
export const COLUMN_TYPES: ReadonlyMap<string, "blob" | "bigint" | "text"> = new Map([
  ...ALL_BYTES.map((column) => [column, "blob"] as const),
  ...ALL_NUMBERS.map((column) => [column, "bigint"] as const),
  ...ALL_TEXTS.map((column) => [column, "text"] as const),
]);
