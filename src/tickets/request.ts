import { withoutCardNumbers } from "./fields/card-number.ts";
import type { TicketDetails, TicketKind, TicketStatus } from "./ticket.ts";

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

/** A call that the voice desk (Omnix) has taken. */
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

/** A change of a ticket's status. */
export interface StatusChange {
  ticketId: string;
  bsgTicketId: string;
  status: TicketStatus;
}

/** Every request that this service sends to Sociomile. */
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
export type DetailsOf<Operation> = Extract<TicketRequest, { operation: Operation }>["details"];

/** Treatment of a request that Sociomile does not take: the caller learns it, or it is stored and sent later. */
export const WhenUnavailable = { FAIL: "FAIL", DELIVER_LATER: "DELIVER_LATER" } as const;
export type WhenUnavailable = keyof typeof WhenUnavailable;

/** Properties of an operation. Code decides by them and does not compare an operation with a name. */
interface Traits {
  /** `opens`: creates a ticket; an operator resolves a doubt. `moves`: sets a status; a later update replaces a doubt. */
  effect: "opens" | "moves";
  /** Kind of the ticket that the operation creates; null when it creates none. */
  kind: TicketKind | null;
}

export const OPERATIONS = {
  CREATE_HELPDESK_TICKET: { effect: "opens", kind: "HELPDESK" },
  CREATE_VOICE_TICKET: { effect: "opens", kind: "VOICE" },
  UPDATE_TICKET_STATUS: { effect: "moves", kind: null },
} as const satisfies Record<TicketOperation, Traits>;

/** Returns the details that a ticket shows until Sociomile reports. Null for an update. They hold no card or account number: one in text is masked. */
export function submittedDetailsOf(request: TicketRequest): Partial<TicketDetails> | null {
  switch (request.operation) {
    case "CREATE_HELPDESK_TICKET": {
      const { customerName, content, customerEmail = null } = request.details;
      return withoutCardNumbers({ customerName, content, customerEmail });
    }
    case "CREATE_VOICE_TICKET": {
      const { connectId: _connectId, firstStreamText: _text, ...details } = request.details;
      return withoutCardNumbers(details satisfies OnlyDetails<typeof details>);
    }
    case "UPDATE_TICKET_STATUS":
      return null;
  }
}

/** Type that fails to compile when `Fields` holds more than details: a new field could be a card number, and would be stored. */
type OnlyDetails<Fields> = {
  [Field in keyof Fields]: Field extends keyof TicketDetails ? Fields[Field] : never;
};

/** Returns the number by which a create is told from others of the same operation, and its field. Null: it has none. */
export function numberOf(request: TicketRequest): { field: string; value: string } | null {
  switch (request.operation) {
    case "CREATE_HELPDESK_TICKET":
      return { field: "helpdeskTicketNumber", value: request.details.helpdeskTicketNumber };
    case "CREATE_VOICE_TICKET": {
      const { sourceTicketId: value } = request.details;
      return value === undefined ? null : { field: "sourceTicketId", value };
    }
    case "UPDATE_TICKET_STATUS":
      return null;
  }
}
