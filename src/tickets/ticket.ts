/** States of a ticket, as the vendor defines them. BSG's front ends set them, and Sociomile reports them. */
export const TicketStatus = {
  OPEN: "OPEN",
  IN_PROGRESS: "IN_PROGRESS",
  PENDING: "PENDING",
  PENDING_APPROVAL: "PENDING_APPROVAL",
  ON_HOLD: "ON_HOLD",
  CLOSE: "CLOSE",
} as const;
export type TicketStatus = keyof typeof TicketStatus;

/** Source of a ticket: the helpdesk or the voice desk. */
export const TicketKind = { HELPDESK: "HELPDESK", VOICE: "VOICE" } as const;
export type TicketKind = keyof typeof TicketKind;

/** Details that Sociomile reports as text, in the order of its document. `statusLabel` is the status in Sociomile's words. */
const TEXT_DETAILS = [
  "statusLabel",
  "customerPhone",
  "customerName",
  "customerEmail",
  "maskedTicketId",
  "sourceTicketId",
  "subject",
  "content",
  "handlingTime",
  "mainCategory",
  "categoryName",
  "categoryId",
  "subCategory",
  "detailSubCategory",
  "detailSubCategory2",
  "createdByName",
  "createdById",
] as const;
export type TextDetail = (typeof TEXT_DETAILS)[number];

/** Details that are times. */
const TIME_DETAILS = ["createdAt", "closedAt"] as const;
export type TimeDetail = (typeof TIME_DETAILS)[number];

/** Details of a ticket. Sociomile reports them when the status is changed. Null: not reported, or empty. */
export type TicketDetails = Record<TextDetail, string | null> &
  Record<TimeDetail, Temporal.Instant | null> & {
    /** Null also when this service does not know the `statusLabel`. */
    status: TicketStatus | null;
    isEscalated: boolean | null;
  };

/** Origin of a ticket's details: the create that opened it, or a report of Sociomile. */
export const TicketDetailsSource = { SUBMITTED: "SUBMITTED", REPORTED: "REPORTED" } as const;
export type TicketDetailsSource = keyof typeof TicketDetailsSource;

/** A ticket as it is known now, with the time of Sociomile's last report about it. */
export interface Ticket extends TicketDetails {
  id: string;
  /** Number that people see in Sociomile: digits, of any length. */
  number: string | null;
  kind: TicketKind | null;
  bsgTicketId: string | null;
  /** This and the two fields after it come from the create of a helpdesk ticket. */
  helpdeskTicketNumber: string | null;
  branchComplaintNumber: string | null;
  branchCode: string | null;
  /** Null: no details are known. */
  detailsFrom: TicketDetailsSource | null;
  observedAt: Temporal.Instant;
}

/** Details of a ticket about which nothing has been reported yet. */
export const NO_DETAILS = Object.fromEntries(
  [...TEXT_DETAILS, ...TIME_DETAILS, "status", "isEscalated"].map((detail) => [detail, null]),
) as { [Detail in keyof TicketDetails]: null };

/** Part of a ticket that only its create tells, and the source of its details, while neither is known. */
export const NO_ORIGIN = {
  helpdeskTicketNumber: null,
  branchComplaintNumber: null,
  branchCode: null,
  detailsFrom: null,
} as const;

/** A ticket without what Sociomile told about it, apart from the status. */
export function withoutDetails({ id, number, kind, bsgTicketId, status, observedAt }: Ticket): Ticket {
  return { ...NO_ORIGIN, ...NO_DETAILS, id, number, kind, bsgTicketId, status, observedAt };
}
