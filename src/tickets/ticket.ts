/** The states of a ticket, in the vendor's own set: BSG's front ends set them and Sociomile reports them. */
export const TicketStatus = {
  OPEN: "OPEN",
  IN_PROGRESS: "IN_PROGRESS",
  PENDING: "PENDING",
  PENDING_APPROVAL: "PENDING_APPROVAL",
  ON_HOLD: "ON_HOLD",
  CLOSE: "CLOSE",
} as const;
export type TicketStatus = keyof typeof TicketStatus;

/** Which desk a ticket was opened for. */
export const TicketKind = { HELPDESK: "HELPDESK", VOICE: "VOICE" } as const;
export type TicketKind = keyof typeof TicketKind;

/** Details that Sociomile tells as text, in the order of its document. `statusLabel` is the status in its own words. */
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

/** Details of a ticket, told by Sociomile when its status is changed. Null: not told, or empty. */
export type TicketDetails = Record<TextDetail, string | null> &
  Record<TimeDetail, Temporal.Instant | null> & {
    /** Null also where `statusLabel` is none of this service's. */
    status: TicketStatus | null;
    isEscalated: boolean | null;
  };

/** A ticket as it is now known, and when Sociomile last told about it. */
export interface Ticket extends TicketDetails {
  id: string;
  /** The number people see in Sociomile; digits, of any length. */
  number: string | null;
  kind: TicketKind | null;
  bsgTicketId: string | null;
  observedAt: Temporal.Instant;
}

/** Details of a ticket about which nothing has been told yet. */
export const NO_DETAILS = Object.fromEntries(
  [...TEXT_DETAILS, ...TIME_DETAILS, "status", "isEscalated"].map((detail) => [detail, null]),
) as { [Detail in keyof TicketDetails]: null };

/** A ticket without what Sociomile told about it, apart from the status. */
export function withoutDetails({ id, number, kind, bsgTicketId, status, observedAt }: Ticket): Ticket {
  return { ...NO_DETAILS, id, number, kind, bsgTicketId, status, observedAt };
}
