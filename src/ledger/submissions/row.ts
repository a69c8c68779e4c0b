/** Rows of submissions, as the domain sees them, and what is sealed in them. */
import { type Kysely, sql } from "kysely";
import { type SubmittedDetails, submittedDetailsOf } from "../../tickets/operations.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import type { TicketReferenceType } from "../../tickets/fields/references.ts";
import type { References, Submission } from "../../tickets/submission.ts";
import type { Instant } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, textOf, timeIn } from "../ids.ts";

/** Column of each number and id by which people find a submission. */
export const REFERENCE_COLUMNS = {
  ticketId: "ticket_id",
  bsgTicketId: "bsg_ticket_id",
  helpdeskTicketNumber: "helpdesk_ticket_number",
  branchComplaintNumber: "branch_complaint_number",
  sourceTicketId: "source_ticket_id",
  maskedTicketId: "masked_ticket_id",
  branchCode: "branch_code",
} as const satisfies Record<keyof References, keyof SubmissionRow>;

/** Column that holds each type of reference to a ticket. */
export const TICKET_REFERENCE_COLUMNS = {
  HELPDESK_TICKET_NUMBER: "helpdesk_ticket_number",
  BRANCH_COMPLAINT_NUMBER: "branch_complaint_number",
  SOURCE_TICKET_ID: "source_ticket_id",
  MASKED_TICKET_ID: "masked_ticket_id",
  BSG_TICKET_ID: "bsg_ticket_id",
  SOCIOMILE_TICKET_NUMBER: "ticket_number",
} as const satisfies Record<TicketReferenceType, keyof SubmissionRow>;

/** Columns of a submission as the domain sees it. The sealed ones, which may be long, are not among them. */
export const SUBMISSION_COLUMNS = [
  "id",
  "client_id",
  "requested_by",
  "operation",
  "state",
  "reason",
  "attempt",
  "settled_at",
  "deliver_by",
  "ticket_number",
  "requested_status",
  "refused_field",
  "trace_id",
  "conflicting_ticket_id",
  ...Object.values(REFERENCE_COLUMNS),
] as const satisfies (keyof SubmissionRow)[];

export function submissionOf(row: Pick<SubmissionRow, (typeof SUBMISSION_COLUMNS)[number]>): Submission {
  return {
    id: textOf(row.id),
    clientId: row.client_id,
    requestedBy: row.requested_by,
    operation: row.operation,
    state: row.state,
    reason: row.reason,
    attempts: row.attempt,
    createdAt: instantOf(timeIn(row.id)),
    settledAt: row.settled_at === null ? null : instantOf(row.settled_at),
    deliverBy: row.deliver_by === null ? null : instantOf(row.deliver_by),
    ticketId: row.ticket_id,
    ticketNumber: row.ticket_number,
    bsgTicketId: row.bsg_ticket_id,
    helpdeskTicketNumber: row.helpdesk_ticket_number,
    branchComplaintNumber: row.branch_complaint_number,
    sourceTicketId: row.source_ticket_id,
    maskedTicketId: row.masked_ticket_id,
    branchCode: row.branch_code,
    requestedStatus: row.requested_status,
    refusedField: row.refused_field,
    traceId: row.trace_id,
    conflictingTicketId: row.conflicting_ticket_id,
  };
}

/** Returns the row of a submission. Null: there is none. */
export async function rowOf(id: string, db: Kysely<Tables>): Promise<SubmissionRow | null> {
  return (
    (await db.selectFrom("submissions").selectAll().where("id", "=", bytesOf(id)).executeTakeFirst()) ?? null
  );
}

/** Condition for the create that has a ticket, or that Sociomile answered with it after an operator had decided otherwise. */
export function opened(ticketId: string) {
  return sql<boolean>`(conflicting_ticket_id = ${ticketId}
    OR (ticket_id = ${ticketId} AND requested_status IS NULL AND state = 'CONFIRMED' AND holds_ticket = 1))`;
}

/** Returns the id of the create that has a ticket, other than `except`. Null: there is none. */
export async function holderOf(ticketId: string, except: string, db: Kysely<Tables>): Promise<string | null> {
  const row = await db
    .selectFrom("submissions")
    .select("id")
    .where(opened(ticketId))
    .where("id", "<>", bytesOf(except))
    .limit(1)
    .executeTakeFirst();
  return row ? textOf(row.id) : null;
}

/** Submitted details that stand in columns of the row. JSON leaves them out. */
const HAVE_COLUMNS = Object.fromEntries(Object.keys(REFERENCE_COLUMNS).map((field) => [field, undefined]));
/** Fields of submitted details that are times. In JSON they are text. */
const SUBMITTED_TIMES = ["claimDate", "createdAt", "closedAt"] as const;

/** Encrypts what a create submitted, but what has columns. Null for an update. It can be read only with the ledger key, and only in its own row. */
export function sealSubmitted(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array | null {
  const submitted = submittedDetailsOf(request);
  return submitted && cipher.seal(JSON.stringify({ ...submitted, ...HAVE_COLUMNS }), `details ${id}`);
}

/** Decrypts what a create submitted. Its times are plain objects. Null: its key is not here, or it was changed. */
export function openSubmitted(sealed: Uint8Array, id: string, cipher: LedgerCipher): SubmittedDetails | null {
  const text = cipher.open(sealed, `details ${id}`);
  if (text === null) return null;
  const details = JSON.parse(text) as Record<string, unknown>;
  for (const time of SUBMITTED_TIMES)
    if (details[time] !== undefined) details[time] = timeFrom(details[time]);
  return details;
}

/** Reads a time of sealed details as a plain object. */
export function timeFrom(text: unknown): Instant {
  return { epochMilliseconds: Date.parse(text as string) };
}

/** Encrypts a request that waits for delivery. Times are marked, so that they can be told from text. */
export function sealRequest(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array {
  const text = JSON.stringify(request, function (this: Record<string, unknown>, field, value: unknown) {
    return this[field] instanceof Temporal.Instant ? { instant: value } : value; // the time is text by then
  });
  return cipher.seal(text, `request ${id}`);
}

/** Decrypts a stored request. Null when its ledger key is not here, or when it was changed. */
export function openRequest(sealed: Uint8Array, id: string, cipher: LedgerCipher): TicketRequest | null {
  const text = cipher.open(sealed, `request ${id}`);
  if (text === null) return null;
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "object" && value !== null && "instant" in value
      ? Temporal.Instant.from(String(value.instant))
      : value,
  ) as TicketRequest;
}

export function instantOf(milliseconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds);
}
