/** Operations of this service: one table of their differences, and the questions that it answers. */
import type { HelpdeskTicket, TicketOperation, TicketRequest, VoiceTicket } from "./request.ts";
import { REFERENCES, type References, type Submission } from "./submission.ts";
import { withoutCardNumbers } from "./fields/card-number.ts";
import { NO_DETAILS, type TicketDetails, type TicketKind } from "./ticket.ts";

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
  UPDATE_TICKET_STATUS: {
    isCreate: false,
    kind: null,
    number: null,
    references: ["ticketId", "bsgTicketId"],
  },
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

/** Returns a submission with its outcome, and without its customer, ticket and person. */
export function withoutReferences(submission: Submission): Submission {
  const unknown = { requestedBy: null, requestedStatus: null, refusedField: null, traceId: null };
  return { ...submission, ...NO_REFERENCES, ...unknown };
}

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

/** Submitted details by the details of their requests, while those are in memory: they are stored, and then shown. */
const submitted = new WeakMap<object, SubmittedDetails>();

/** Returns the details that are stored with the ticket of a create. Null for an update. */
export function submittedDetailsOf({ operation, details }: TicketRequest): SubmittedDetails | null {
  if (!OPERATIONS[operation].isCreate) return null;
  return submitted.getOrInsertComputed(details, () => {
    const stored = Object.entries(details).filter(([field]) => !NEVER_STORED.has(field));
    return withoutCardNumbers(Object.fromEntries(stored));
  });
}

/** Returns the submitted details that a ticket shows until Sociomile reports. Null: none were submitted. */
export function shownDetailsOf(details: SubmittedDetails | null): Partial<TicketDetails> | null {
  if (details === null) return null;
  return Object.fromEntries(Object.entries(details).filter(([field]) => field in NO_DETAILS));
}
