/** Requests of this service, with one table of the differences of its operations, and the questions that it answers. */
import { enumOf, NO_DETAILS } from "./ticket.ts";
import type { TicketDetails, TicketKind, TicketStatus, Time, TitledDetail } from "./ticket.ts";
import meanings from "./meanings.json" with { type: "json" };
import { withoutCardNumbers } from "./fields/card-number.ts";

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

type TitledText = Exclude<TitledDetail, Time | "statusLabel">;
/** A call that the voice desk (Omnix) answered. Sociomile reports each of these details when the status is changed, but two. */
export interface VoiceTicket extends Partial<Record<TitledText, string>>, Partial<Record<Time, Temporal.Instant>> {
  customerPhone: string;
  customerEmail: string;
  customerName: string;
  content: string;
  connectId: string;
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

/** Numbers and ids by which an operator finds a request in Sociomile. No personal data. */
export const REFERENCES = [
  "ticketId",
  "bsgTicketId",
  "helpdeskTicketNumber",
  "branchComplaintNumber",
  "sourceTicketId",
  "maskedTicketId",
  "branchCode",
] as const;
export type References = Record<(typeof REFERENCES)[number], string | null>;

interface Traits {
  /** True: it opens a ticket, and an operator resolves a doubt. False: it sets a status, and setting it again ends a doubt. */
  isCreate: boolean;
  /** Kind of the ticket that a create opens. */
  kind: TicketKind | null;
  /** Field with the number that tells a create from others of its operation; null for an update. */
  number: "helpdeskTicketNumber" | "sourceTicketId" | null;
  references: readonly (keyof References)[];
}

export const OPERATIONS = {
  CREATE_HELPDESK_TICKET: {
    isCreate: true,
    kind: "HELPDESK",
    number: "helpdeskTicketNumber",
    references: ["helpdeskTicketNumber", "branchComplaintNumber", "branchCode"],
  },
  CREATE_VOICE_TICKET: {
    isCreate: true,
    kind: "VOICE",
    number: "sourceTicketId",
    references: ["sourceTicketId", "maskedTicketId"],
  },
  UPDATE_TICKET_STATUS: { isCreate: false, kind: null, number: null, references: ["ticketId", "bsgTicketId"] },
} as const satisfies Record<TicketOperation, Traits>;

/** Writes a request as text. Two texts are equal only when the requests are. */
export function canonicalText({ details }: TicketRequest): string {
  let written = "";
  for (const field of Object.keys(details).toSorted()) {
    const value = details[field as never] as string | Temporal.Instant | undefined;
    const shown = typeof value === "string" ? value : String(value?.epochMilliseconds);
    written += `${field}:${shown.length}:${shown},`; // with its length, because a value may have any character
  }
  return written;
}

export const NO_REFERENCES = Object.fromEntries(REFERENCES.map((field) => [field, null])) as References;

/** Returns the numbers and ids in a request by which people find it in Sociomile. */
export function referencesOf({ operation, details }: TicketRequest): References {
  const references = { ...NO_REFERENCES };
  const values: Partial<References> = details;
  for (const field of OPERATIONS[operation].references) references[field] = values[field] ?? null;
  return references;
}

/** Zeros alone: a form's placeholder, which many complaints share. */
const NO_NUMBER = /^0+$/;

/** Returns the number that tells a create from others of its operation, and its field. Null: it has none. */
export function numberOf({ operation, details }: TicketRequest) {
  const field = OPERATIONS[operation].number;
  const value = field && (details as Partial<References>)[field];
  return field && value && !NO_NUMBER.test(value) ? { field, value } : null;
}

/** Fields that are sent to Sociomile and never stored with a ticket. They are kept only while the request waits for delivery. */
const PASSED_ON = ["accountNumber", "cardNumber"] as const;
export const NEVER_STORED: ReadonlySet<string> = new Set(PASSED_ON);
export type SubmittedDetails = Omit<Partial<HelpdeskTicket & VoiceTicket>, (typeof PASSED_ON)[number]>;

/** Returns the details that are stored with the ticket of a create. Null for an update. */
export function submittedDetailsOf({ operation, details }: TicketRequest): SubmittedDetails | null {
  if (!OPERATIONS[operation].isCreate) return null;
  const stored = Object.entries(details).filter(([field]) => !NEVER_STORED.has(field));
  return withoutCardNumbers(Object.fromEntries(stored));
}

/** Returns the submitted details that a ticket shows until Sociomile reports. Null: none were submitted. */
export function shownDetailsOf(details: SubmittedDetails | null): Partial<TicketDetails> | null {
  if (details === null) return null;
  return Object.fromEntries(Object.entries(details).filter(([field]) => field in NO_DETAILS));
}
