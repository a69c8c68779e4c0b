import type { TicketKind, TicketStatus } from "./ticket.ts";

/** A complaint from BSG's helpdesk. Digits and amounts are text: a JavaScript number would lose some. */
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

/** A call that Omnix, the voice desk, has taken. */
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
  /** `H…H:MM:SS`; hours may pass 23. */
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

/** A ticket's move to another status. */
export interface StatusChange {
  ticketId: string;
  bsgTicketId: string;
  status: TicketStatus;
}

/** Everything that this service asks of Sociomile. */
export type TicketRequest =
  | { operation: "CREATE_HELPDESK_TICKET"; details: HelpdeskTicket }
  | { operation: "CREATE_VOICE_TICKET"; details: VoiceTicket }
  | { operation: "UPDATE_TICKET_STATUS"; details: StatusChange };

export const TicketOperation = {
  CREATE_HELPDESK_TICKET: "CREATE_HELPDESK_TICKET",
  CREATE_VOICE_TICKET: "CREATE_VOICE_TICKET",
  UPDATE_TICKET_STATUS: "UPDATE_TICKET_STATUS",
} as const satisfies { [Name in TicketRequest["operation"]]: Name };
export type TicketOperation = TicketRequest["operation"];

/** Properties by which this service decides; never compare an operation with a name. */
interface Traits {
  /** `opens`: makes a ticket, so a doubt asks for an operator. `moves`: sets a state, so a later update can replace it. */
  effect: "opens" | "moves";
  /** Kind of the ticket that the operation makes; null when it makes none. */
  kind: TicketKind | null;
}

export const OPERATIONS = {
  CREATE_HELPDESK_TICKET: { effect: "opens", kind: "HELPDESK" },
  CREATE_VOICE_TICKET: { effect: "opens", kind: "VOICE" },
  UPDATE_TICKET_STATUS: { effect: "moves", kind: null },
} as const satisfies Record<TicketOperation, Traits>;
