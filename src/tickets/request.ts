import { enumOf } from "./enum-of.ts";
import meanings from "./meanings.json" with { type: "json" };
import type { TicketStatus } from "./ticket.ts";

/** A complaint from BSG's helpdesk. Numbers and amounts are text, because a JavaScript number would lose digits. */
export interface HelpdeskTicket {
  customerName: string;
  content: string;
  customerEmail?: string;
  connectId: string;
  transactionMedia: string;
  transactionType?: string;
  /** Rupiah, with at most two decimals. */
  amount: string;
  accountNumber?: string;
  cardNumber?: string;
  transactionId?: string;
  claimReason?: string;
  claimDate?: Temporal.Instant;
  branchCode: string;
  branchName: string;
  atmName: string;
  atmId: string;
  description?: string;
  helpdeskTicketNumber: string;
  branchComplaintNumber: string;
}

/** A call that the voice desk (Omnix) answered. */
export interface VoiceTicket {
  customerPhone: string;
  customerEmail: string;
  customerName: string;
  content: string;
  connectId: string;
  maskedTicketId?: string;
  sourceTicketId?: string;
  subject?: string;
  createdAt?: Temporal.Instant;
  closedAt?: Temporal.Instant;
  /** `H…H:MM:SS`; hours may exceed 23. */
  handlingTime?: string;
  mainCategory?: string;
  categoryName?: string;
  categoryId?: string;
  subCategory?: string;
  detailSubCategory?: string;
  detailSubCategory2?: string;
  createdByName?: string;
  createdById?: string;
  firstStreamText?: string;
}

export interface StatusChange {
  ticketId: string;
  bsgTicketId: string;
  status: TicketStatus;
}

/** Every request that this service sends to Sociomile. `traceParent`: trace of its caller, which a later delivery links to. */
export type TicketRequest = { traceParent?: string | null } & (
  | { operation: "CREATE_HELPDESK_TICKET"; details: HelpdeskTicket }
  | { operation: "CREATE_VOICE_TICKET"; details: VoiceTicket }
  | { operation: "UPDATE_TICKET_STATUS"; details: StatusChange }
);

export const TicketOperation = enumOf(meanings.ticketOperation);
export type TicketOperation = keyof typeof TicketOperation;
export type DetailsOf<Operation> = Extract<TicketRequest, { operation: Operation }>["details"];

/** Treatment of a request that Sociomile does not accept now: the caller learns it, or it is stored and sent later. */
export const WhenUnavailable = enumOf(meanings.whenUnavailable);
export type WhenUnavailable = keyof typeof WhenUnavailable;
