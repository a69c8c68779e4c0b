/** Operations of this service: everything in which they differ, in one table, and the questions that are answered from it. */
import type { HelpdeskTicket, StatusChange, TicketOperation, TicketRequest, VoiceTicket } from "./request.ts";
import { REFERENCES, type References, type Submission } from "./submission.ts";
import { withoutCardNumbers } from "./fields/card-number.ts";
import { NO_DETAILS, type TicketDetails, type TicketKind, type TicketStatus } from "./ticket.ts";

/** `stored`: kept with the ticket and shown. `sent`: sent to Sociomile, and kept only while the request waits for delivery. */
type Use = "stored" | "sent";

/** Fields of a helpdesk ticket. Card and account numbers are never stored with a ticket. */
const HELPDESK_FIELDS = {
  customerName: "stored",
  content: "stored",
  customerEmail: "stored",
  connectId: "stored",
  transactionMedia: "stored",
  transactionType: "stored",
  amount: "stored",
  accountNumber: "sent",
  cardNumber: "sent",
  transactionId: "stored",
  claimReason: "stored",
  claimDate: "stored",
  branchCode: "stored",
  branchName: "stored",
  atmName: "stored",
  atmId: "stored",
  description: "stored",
  helpdeskTicketNumber: "stored",
  branchComplaintNumber: "stored",
} as const satisfies Record<keyof HelpdeskTicket, Use>;

const VOICE_FIELDS = {
  customerPhone: "stored",
  customerEmail: "stored",
  customerName: "stored",
  content: "stored",
  connectId: "stored",
  maskedTicketId: "stored",
  sourceTicketId: "stored",
  subject: "stored",
  createdAt: "stored",
  closedAt: "stored",
  handlingTime: "stored",
  mainCategory: "stored",
  categoryName: "stored",
  categoryId: "stored",
  subCategory: "stored",
  detailSubCategory: "stored",
  detailSubCategory2: "stored",
  createdByName: "stored",
  createdById: "stored",
  firstStreamText: "stored",
} as const satisfies Record<keyof VoiceTicket, Use>;

const STATUS_FIELDS = {
  ticketId: "sent",
  bsgTicketId: "sent",
  status: "sent",
} as const satisfies Record<keyof StatusChange, Use>;

interface Traits {
  /** True: it opens a ticket, and an operator resolves a doubt. False: it sets a status, and a later update replaces a doubt. */
  isCreate: boolean;
  /** Kind of the ticket that the operation creates; null when it creates none. */
  kind: TicketKind | null;
  /** Field with the number by which a create is told from others of its operation; null for an update. */
  number: "helpdeskTicketNumber" | "sourceTicketId" | null;
  /** Fields of the request that are references. */
  references: readonly (keyof References)[];
  fields: Readonly<Record<string, Use>>;
}

export const OPERATIONS = {
  CREATE_HELPDESK_TICKET: {
    isCreate: true,
    kind: "HELPDESK",
    number: "helpdeskTicketNumber",
    references: ["helpdeskTicketNumber", "branchComplaintNumber", "branchCode"],
    fields: HELPDESK_FIELDS,
  },
  CREATE_VOICE_TICKET: {
    isCreate: true,
    kind: "VOICE",
    number: "sourceTicketId",
    references: ["sourceTicketId", "maskedTicketId"],
    fields: VOICE_FIELDS,
  },
  UPDATE_TICKET_STATUS: {
    isCreate: false,
    kind: null,
    number: null,
    references: ["ticketId", "bsgTicketId"],
    fields: STATUS_FIELDS,
  },
} as const satisfies Record<TicketOperation, Traits>;

type Details = Readonly<Record<string, string | Temporal.Instant | undefined>>;

/** Selects fields of each operation. */
function fieldsOf(select: (fields: Traits["fields"]) => string[]): Record<TicketOperation, string[]> {
  const selected = Object.entries(OPERATIONS).map(([operation, { fields }]) => [operation, select(fields)]);
  return Object.fromEntries(selected) as Record<TicketOperation, string[]>;
}
const SORTED = fieldsOf((fields) => Object.keys(fields).toSorted());
/** Fields that are stored with the ticket. */
const STORED = fieldsOf((fields) => Object.keys(fields).filter((field) => fields[field] === "stored"));

/** Writes a request as text. Two texts are equal only when the requests are: absent fields are left out, and fields are sorted. */
export function canonicalText({ operation, details }: TicketRequest): string {
  const values = { ...details } as Details;
  let text = "";
  for (const field of SORTED[operation]) {
    const value = values[field];
    if (value === undefined) continue;
    const shown = typeof value === "string" ? value : String(value.epochMilliseconds);
    text += `${field}:${shown.length}:${shown},`; // with its length, because a value may hold any character
  }
  return text;
}

const NO_REFERENCES = Object.fromEntries(REFERENCES.map((field) => [field, null])) as References;

/** Returns a submission with its outcome, and without what tells about its customer, ticket and person. */
export function withoutReferences(submission: Submission): Submission {
  const unknown = { requestedBy: null, requestedStatus: null, refusedField: null, traceId: null };
  return { ...submission, ...NO_REFERENCES, ...unknown };
}

/** Returns the numbers and ids in a request by which people find it in Sociomile. */
export function referencesOf({ operation, details }: TicketRequest): References {
  const references = { ...NO_REFERENCES };
  const values = { ...details } as Details;
  for (const field of OPERATIONS[operation].references)
    references[field] = (values[field] ?? null) as string | null;
  return references;
}

/** Returns the status that an update asks for; null for a create. */
export function requestedStatusOf({ details }: TicketRequest): TicketStatus | null {
  return "status" in details ? details.status : null;
}

/** Returns the number by which a create is told from others of the same operation, and its field. Null: it has none. */
export function numberOf({ operation, details }: TicketRequest): { field: string; value: string } | null {
  const field = OPERATIONS[operation].number;
  const value = field && ({ ...details } as Details)[field];
  return field && typeof value === "string" ? { field, value } : null;
}

/** Details that a create submitted. They hold no card or account number. */
export type SubmittedDetails = Omit<Partial<HelpdeskTicket & VoiceTicket>, "accountNumber" | "cardNumber">;

/** Returns the details that are stored with the ticket of a create. Null for an update. */
export function submittedDetailsOf({ operation, details }: TicketRequest): SubmittedDetails | null {
  if (!OPERATIONS[operation].isCreate) return null;
  const values = { ...details } as Details;
  const stored: Record<string, unknown> = {};
  for (const field of STORED[operation]) if (values[field] !== undefined) stored[field] = values[field];
  return withoutCardNumbers(stored);
}

/** Returns the submitted details that a ticket shows until Sociomile reports. Null: none were submitted. */
export function shownDetailsOf(submitted: SubmittedDetails | null): Partial<TicketDetails> | null {
  if (submitted === null) return null;
  const shown = Object.entries(submitted).filter(([field]) => field in NO_DETAILS);
  return Object.fromEntries(shown);
}
