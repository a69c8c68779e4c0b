import type { NotExecutedReason, RejectionReason, UnknownReason } from "./outcome.ts";
import type { TicketOperation, TicketRequest } from "./request.ts";

/** Where a submission stands. Only NOT_EXECUTED may run again; UNCERTAIN never does, by us. */
export const SubmissionState = {
  SENDING: "SENDING",
  CONFIRMED: "CONFIRMED",
  REJECTED: "REJECTED",
  NOT_EXECUTED: "NOT_EXECUTED",
  UNCERTAIN: "UNCERTAIN",
  SUPERSEDED: "SUPERSEDED",
} as const;
export type SubmissionState = keyof typeof SubmissionState;

/** How a submission got to where it stands: one value for each way. */
export const SubmissionReason = {
  ACCEPTED_BY_SOCIOMILE: "ACCEPTED_BY_SOCIOMILE",
  CREATED_SAYS_OPERATOR: "CREATED_SAYS_OPERATOR",
  REFUSED_BY_SOCIOMILE: "REFUSED_BY_SOCIOMILE",
  TOO_LARGE_FOR_SOCIOMILE: "TOO_LARGE_FOR_SOCIOMILE",
  SOCIOMILE_UNREACHABLE: "SOCIOMILE_UNREACHABLE",
  SOCIOMILE_CERTIFICATE_INVALID: "SOCIOMILE_CERTIFICATE_INVALID",
  SOCIOMILE_SETTINGS_REFUSED: "SOCIOMILE_SETTINGS_REFUSED",
  SOCIOMILE_THROTTLED: "SOCIOMILE_THROTTLED",
  NOT_SENT_IN_TIME: "NOT_SENT_IN_TIME",
  OVERLOADED: "OVERLOADED",
  CIRCUIT_OPEN: "CIRCUIT_OPEN",
  NOT_CREATED_SAYS_OPERATOR: "NOT_CREATED_SAYS_OPERATOR",
  ANSWER_TIMED_OUT: "ANSWER_TIMED_OUT",
  CONNECTION_LOST: "CONNECTION_LOST",
  ANSWER_NOT_UNDERSTOOD: "ANSWER_NOT_UNDERSTOOD",
  TICKET_ID_REPEATED: "TICKET_ID_REPEATED",
  OWNER_DIED: "OWNER_DIED",
  LATER_UPDATE_ACCEPTED: "LATER_UPDATE_ACCEPTED",
} as const satisfies { [Name in RejectionReason | NotExecutedReason | UnknownReason]: Name } & Record<
  string,
  string
>;
export type SubmissionReason = keyof typeof SubmissionReason;

/** What an operator needs to find a request in Sociomile by hand. No personal data. */
export interface References {
  ticketId: string | null;
  bsgTicketId: string | null;
  helpdeskTicketNumber: string | null;
  branchComplaintNumber: string | null;
  sourceTicketId: string | null;
  branchCode: string | null;
}

export const Verdict = { CREATED: "CREATED", NOT_CREATED: "NOT_CREATED" } as const;
export type Verdict = keyof typeof Verdict;

/** What an operator found out about a doubt. */
export interface Resolution {
  verdict: Verdict;
  /** The client id of whoever said so. */
  by: string;
  /** Id of the person at that client. Null: not told. */
  byPerson: string | null;
  at: Temporal.Instant;
  note: string;
}

/** One request of one client under one key, and what became of it. */
export interface Submission extends References {
  /** A UUID version 7 (RFC 9562): ids sort by the time they were made. */
  id: string;
  clientId: string;
  /** Id of the person who asked first. Null: not told. */
  requestedBy: string | null;
  idempotencyKey: string | null;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  /** How many times it was tried to reach Sociomile. */
  attempts: number;
  createdAt: Temporal.Instant;
  /** When it left SENDING. For UNCERTAIN: since when it is in doubt. */
  settledAt: Temporal.Instant | null;
  ticketNumber: string | null;
  /** Our name of the field that Sociomile refused. */
  refusedField: string | null;
  traceId: string | null;
  resolution: Resolution | null;
}

export function referencesOf(request: TicketRequest): References {
  const none: References = {
    ticketId: null,
    bsgTicketId: null,
    helpdeskTicketNumber: null,
    branchComplaintNumber: null,
    sourceTicketId: null,
    branchCode: null,
  };
  switch (request.operation) {
    case "CREATE_HELPDESK_TICKET": {
      const { helpdeskTicketNumber, branchComplaintNumber, branchCode } = request.details;
      return { ...none, helpdeskTicketNumber, branchComplaintNumber, branchCode };
    }
    case "CREATE_VOICE_TICKET":
      return { ...none, sourceTicketId: request.details.sourceTicketId ?? null };
    case "UPDATE_TICKET_STATUS": {
      const { ticketId, bsgTicketId } = request.details;
      return { ...none, ticketId, bsgTicketId };
    }
  }
}

/** A request as text that is equal for equal requests, and for no others: absent is left out, and keys are sorted. */
export function canonicalText({ details }: TicketRequest): string {
  const values: Readonly<Record<string, unknown>> = { ...details };
  let text = "";
  // Lengths, because values may hold anything. JSON.stringify took twice as long for the instants among them.
  for (const field of Object.keys(values).toSorted()) {
    const value = String(values[field]);
    text += `${field}:${value.length}:${value},`;
  }
  return text;
}
