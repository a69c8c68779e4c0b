/** Translates rows into submissions and tickets, and details into sealed bytes. */
import type { Selectable } from "kysely";
import type { Resolution, Submission } from "../tickets/submission.ts";
import { DETAIL_TIMES, NO_DETAILS, type Ticket, type TicketDetails } from "../tickets/ticket.ts";
import type { LedgerCipher } from "./cipher.ts";
import { hexOf, textOf, timeIn } from "./ids.ts";
import type { ResolutionRow, SubmissionRow, TicketRow } from "./database/tables.ts";

export function submissionOf(row: Selectable<SubmissionRow>): Submission {
  return {
    id: textOf(row.id),
    clientId: row.client_id,
    requestedBy: row.requested_by,
    keyHash: row.key_hash && hexOf(row.key_hash),
    operation: row.operation,
    state: row.state,
    reason: row.reason,
    attempts: row.attempt,
    reservationOrder: row.reservation_order,
    createdAt: instantOf(timeIn(row.id)),
    settledAt: row.settled_at === null ? null : instantOf(row.settled_at),
    deliverBy: row.deliver_by === null ? null : instantOf(row.deliver_by),
    ticketId: row.ticket_id,
    ticketNumber: row.ticket_number,
    bsgTicketId: row.bsg_ticket_id,
    helpdeskTicketNumber: row.helpdesk_ticket_number,
    branchComplaintNumber: row.branch_complaint_number,
    sourceTicketId: row.source_ticket_id,
    branchCode: row.branch_code,
    requestedStatus: row.requested_status,
    refusedField: row.refused_field,
    traceId: row.trace_id,
    opensOnce: row.opens_once === 1,
  };
}

export function resolutionOf(row: ResolutionRow): Resolution {
  return {
    verdict: row.verdict,
    ticketId: row.ticket_id,
    ticketNumber: row.ticket_number,
    by: row.resolved_by,
    byPerson: row.by_person,
    at: instantOf(row.resolved_at),
    note: row.note,
  };
}

/** Columns of which a ticket is made. To read the others as well took a twelfth of the time of a reference. */
export const TICKET_COLUMNS = [
  "id",
  "kind",
  "number",
  "bsg_ticket_id",
  "helpdesk_ticket_number",
  "branch_complaint_number",
  "branch_code",
  "details",
  "details_from",
  "key_id",
  "observed_at",
] as const satisfies (keyof TicketRow)[];
type ShownTicket = Pick<TicketRow, (typeof TICKET_COLUMNS)[number]>;

export function ticketOf(row: ShownTicket, cipher: LedgerCipher): Ticket {
  const details = row.details && openDetails(row.details, row, cipher);
  return {
    ...NO_DETAILS,
    ...details,
    id: row.id,
    kind: row.kind,
    number: row.number,
    bsgTicketId: row.bsg_ticket_id,
    helpdeskTicketNumber: row.helpdesk_ticket_number,
    branchComplaintNumber: row.branch_complaint_number,
    branchCode: row.branch_code,
    detailsFrom: details && row.details_from,
    observedAt: { epochMilliseconds: row.observed_at },
  };
}

const DETAILS = Object.keys(NO_DETAILS) as (keyof TicketDetails)[];
/** Details that are not null. In JSON the times among them are text. */
type KnownDetails = Partial<Record<keyof TicketDetails, unknown>>;

/** Encrypts personal data. It can be read only with the ledger key, and only in the row of its own ticket. */
export function sealDetails(details: TicketDetails, ticketId: string, cipher: LedgerCipher): Uint8Array {
  const known: KnownDetails = {};
  for (const detail of DETAILS) {
    if (details[detail] !== null) known[detail] = details[detail]; // null means absent, and takes room
  }
  for (const time of DETAIL_TIMES) {
    if (details[time] !== null) known[time] = new Date(details[time].epochMilliseconds).toISOString();
  }
  return cipher.seal(JSON.stringify(known), ticketId);
}

function openDetails(
  sealed: Uint8Array,
  { id, key_id }: Pick<TicketRow, "id" | "key_id">,
  cipher: LedgerCipher,
) {
  const text = cipher.open(sealed, key_id, id);
  if (text === null) return null;
  const details = JSON.parse(text) as KnownDetails;
  for (const time of DETAIL_TIMES) {
    if (details[time] !== undefined)
      details[time] = { epochMilliseconds: Date.parse(details[time] as string) };
  }
  return details as Partial<TicketDetails>;
}

export function instantOf(milliseconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds);
}
