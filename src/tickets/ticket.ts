import type { TicketOperation } from "./request.ts";

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

/** The kind of ticket that an operation makes. */
export const KIND_MADE_BY: Readonly<Record<TicketOperation, TicketKind | null>> = {
  CREATE_HELPDESK_TICKET: "HELPDESK",
  CREATE_VOICE_TICKET: "VOICE",
  UPDATE_TICKET_STATUS: null,
};

/** What Sociomile tells about a ticket when its status is changed. Null: not told, or empty. */
export interface TicketDetails {
  status: TicketStatus | null;
  /** The status in Sociomile's own words, also where `status` does not know it. */
  statusLabel: string | null;
  customerPhone: string | null;
  customerName: string | null;
  customerEmail: string | null;
  maskedTicketId: string | null;
  sourceTicketId: string | null;
  subject: string | null;
  content: string | null;
  createdAt: Temporal.Instant | null;
  closedAt: Temporal.Instant | null;
  handlingTime: string | null;
  mainCategory: string | null;
  categoryName: string | null;
  categoryId: string | null;
  subCategory: string | null;
  detailSubCategory: string | null;
  detailSubCategory2: string | null;
  createdByName: string | null;
  createdById: string | null;
  isEscalated: boolean | null;
}

/** A ticket as it is now known: what Sociomile last told, and when. */
export interface Ticket extends TicketDetails {
  id: string;
  /** The number people see in Sociomile; digits, of any length. */
  number: string | null;
  kind: TicketKind | null;
  bsgTicketId: string | null;
  observedAt: Temporal.Instant;
}

/** The details of a ticket about which nothing has been told yet. */
export const NOTHING_TOLD: TicketDetails = {
  status: null,
  statusLabel: null,
  customerPhone: null,
  customerName: null,
  customerEmail: null,
  maskedTicketId: null,
  sourceTicketId: null,
  subject: null,
  content: null,
  createdAt: null,
  closedAt: null,
  handlingTime: null,
  mainCategory: null,
  categoryName: null,
  categoryId: null,
  subCategory: null,
  detailSubCategory: null,
  detailSubCategory2: null,
  createdByName: null,
  createdById: null,
  isEscalated: null,
};
