import { enumOf } from "./enum-of.ts";

/** States of a ticket, as the vendor defines them. BSG's front ends set them, and Sociomile reports them. */
export const TicketStatus = enumOf({
  OPEN: "Nobody has begun to work on the ticket. Sociomile: `Open`",
  IN_PROGRESS: "Somebody is working on the ticket. Sociomile: `InProgress`",
  PENDING: "The ticket is waiting. Sociomile: `Pending`",
  PENDING_APPROVAL: "The ticket is waiting for an approval. Sociomile: `Pending Approval`",
  ON_HOLD: "Work on the ticket is suspended. Sociomile: `On Hold`",
  CLOSE: "The ticket is closed. Sociomile: `Close`",
});
export type TicketStatus = keyof typeof TicketStatus;

export const TicketKind = enumOf({
  HELPDESK: "Helpdesk of the bank. createHelpdeskTicket opens such tickets.",
  VOICE: "Voice desk (Omnix). createVoiceTicket opens such tickets.",
});
export type TicketKind = keyof typeof TicketKind;

/** Details that Sociomile reports under a title, in the order of its document. `statusLabel` is the status in its words. */
const TITLED = [
  "statusLabel",
  "customerPhone",
  "customerName",
  "customerEmail",
  "maskedTicketId",
  "sourceTicketId",
  "subject",
  "content",
  "createdAt",
  "closedAt",
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
export type TitledDetail = (typeof TITLED)[number];

type Time = "createdAt" | "closedAt";

/** True for a detail that is a time. The others are text. */
export function isTime(detail: TitledDetail): detail is Time {
  return detail === "createdAt" || detail === "closedAt";
}

/** Point in time, as Temporal.Instant is. Tickets that are read have plain objects, because an Instant takes longer to make and to print. */
export type Instant = Pick<Temporal.Instant, "epochMilliseconds">;

/** Details of a ticket. Sociomile reports them when the status is changed. Null: not reported, or empty. */
export type TicketDetails = Record<Exclude<TitledDetail, Time>, string | null> &
  Record<Time, Instant | null> & {
    /** Null also when this service does not know the `statusLabel`. */
    status: TicketStatus | null;
    isEscalated: boolean | null;
  };

/** Origin of a ticket's details: the create that opened it, or a report of Sociomile. */
export const TicketDetailsSource = enumOf({
  SUBMITTED: "The request that opened the ticket. Sociomile has not reported the ticket yet.",
  REPORTED: "The last report of Sociomile.",
});
export type TicketDetailsSource = keyof typeof TicketDetailsSource;

/** A status of a ticket, with Sociomile's words for it. */
export type ShownStatus = Pick<TicketDetails, "status" | "statusLabel">;

/** Statuses that updates of a ticket asked for and that nobody knows to be set. Null: there is no such update. */
export interface OpenStatuses {
  /** Of the last update in doubt that asked for another status than the one that is shown. */
  statusInDoubt: TicketStatus | null;
  /** Of the last update that waits for delivery. */
  statusQueued: TicketStatus | null;
}

/** A ticket as it is known now, with the time of Sociomile's last report about it. */
export interface Ticket extends TicketDetails, OpenStatuses {
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
  observedAt: Instant;
}

/** Details of a ticket about which nothing has been reported yet. */
export const NO_DETAILS = Object.fromEntries(
  [...TITLED, "status", "isEscalated"].map((detail) => [detail, null]),
) as { [Detail in keyof TicketDetails]: null };

export const NO_OPEN_STATUSES = { statusInDoubt: null, statusQueued: null } as const satisfies OpenStatuses;

/** Fields of a ticket that tell about its customer or an agent. All that was submitted does. */
const PERSONAL = ["customerPhone", "customerName", "customerEmail", "subject", "content"] as const;
const OF_AGENT = ["createdByName", "createdById"] as const;
export const PERSONAL_FIELDS: ReadonlySet<string> = new Set([...PERSONAL, ...OF_AGENT, "submitted"]);

/** Returns a ticket without the details from Sociomile, except the status. */
export function withoutDetails({ id, number, kind, bsgTicketId, status, observedAt }: Ticket): Ticket {
  const ofCreate = { helpdeskTicketNumber: null, branchComplaintNumber: null, branchCode: null };
  return {
    ...NO_DETAILS,
    ...NO_OPEN_STATUSES,
    ...ofCreate,
    detailsFrom: null,
    id,
    number,
    kind,
    bsgTicketId,
    status,
    observedAt,
  };
}
