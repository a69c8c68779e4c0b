import type { QueuedReason, RejectionReason, UnknownReason } from "./outcome.ts";
import type { TicketOperation, TicketRequest } from "./request.ts";
import type { TicketStatus } from "./ticket.ts";

/** State of a submission. This service sends a submission again only when it is NOT_EXECUTED or QUEUED. */
export const SubmissionState = {
  SENDING: "SENDING",
  CONFIRMED: "CONFIRMED",
  REJECTED: "REJECTED",
  NOT_EXECUTED: "NOT_EXECUTED",
  UNCERTAIN: "UNCERTAIN",
  SUPERSEDED: "SUPERSEDED",
  QUEUED: "QUEUED",
} as const;
export type SubmissionState = keyof typeof SubmissionState;

/** Reason for the state of a submission: one value for each way into a state. */
export const SubmissionReason = {
  ACCEPTED_BY_SOCIOMILE: "ACCEPTED_BY_SOCIOMILE",
  CREATED_SAYS_OPERATOR: "CREATED_SAYS_OPERATOR",
  APPLIED_SAYS_OPERATOR: "APPLIED_SAYS_OPERATOR",
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
  NOT_APPLIED_SAYS_OPERATOR: "NOT_APPLIED_SAYS_OPERATOR",
  ANSWER_TIMED_OUT: "ANSWER_TIMED_OUT",
  CONNECTION_LOST: "CONNECTION_LOST",
  ANSWER_NOT_UNDERSTOOD: "ANSWER_NOT_UNDERSTOOD",
  TICKET_ID_REPEATED: "TICKET_ID_REPEATED",
  OWNER_DIED: "OWNER_DIED",
  LATER_UPDATE_ACCEPTED: "LATER_UPDATE_ACCEPTED",
  OLDER_UPDATE_QUEUED: "OLDER_UPDATE_QUEUED",
  CANCELLED: "CANCELLED",
  DELIVERY_EXPIRED: "DELIVERY_EXPIRED",
  ALREADY_OPENED: "ALREADY_OPENED",
  REQUEST_UNREADABLE: "REQUEST_UNREADABLE",
} as const satisfies { [Name in RejectionReason | QueuedReason | UnknownReason]: Name } & Record<
  string,
  string
>;
export type SubmissionReason = keyof typeof SubmissionReason;

/** Numbers and ids by which an operator finds a request in Sociomile. No personal data. */
export interface References {
  ticketId: string | null;
  bsgTicketId: string | null;
  helpdeskTicketNumber: string | null;
  branchComplaintNumber: string | null;
  sourceTicketId: string | null;
  branchCode: string | null;
}

export const Verdict = {
  CREATED: "CREATED",
  NOT_CREATED: "NOT_CREATED",
  APPLIED: "APPLIED",
  NOT_APPLIED: "NOT_APPLIED",
} as const;
export type Verdict = keyof typeof Verdict;

/** Effect of each verdict: the operations to which it applies, and the state and reason to which it brings a submission. */
export const VERDICTS = {
  CREATED: { effect: "opens", state: "CONFIRMED", reason: "CREATED_SAYS_OPERATOR" },
  NOT_CREATED: { effect: "opens", state: "NOT_EXECUTED", reason: "NOT_CREATED_SAYS_OPERATOR" },
  APPLIED: { effect: "moves", state: "CONFIRMED", reason: "APPLIED_SAYS_OPERATOR" },
  NOT_APPLIED: { effect: "moves", state: "NOT_EXECUTED", reason: "NOT_APPLIED_SAYS_OPERATOR" },
} as const satisfies Record<Verdict, { effect: string; state: SubmissionState; reason: SubmissionReason }>;

/** Reasons of submissions that an operator resolved. */
export const OPERATOR_REASONS: readonly SubmissionReason[] = Object.values(VERDICTS).map(
  ({ reason }) => reason,
);

/** True when an operator decided the state of a submission. */
export function isResolved({ reason }: Pick<Submission, "reason">): boolean {
  return reason !== null && OPERATOR_REASONS.includes(reason);
}

/** An operator's decision about a doubt. */
export interface Resolution {
  verdict: Verdict;
  ticketId: string | null;
  ticketNumber: string | null;
  /** Client id of the operator. */
  by: string;
  /** Id of the person at that client. Null: not told. */
  byPerson: string | null;
  at: Temporal.Instant;
  note: string;
}

/** One request of one client under one key, with its state. */
export interface Submission extends References {
  /** A UUID version 7 (RFC 9562): ids sort by time. */
  id: string;
  clientId: string;
  /** Id of the person who asked first. Null: not told. */
  requestedBy: string | null;
  /** Its idempotency key as the ledger stores it: a hash, in hexadecimal digits. Null: no key. */
  keyHash: string | null;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  /** Number of tries to reach Sociomile. */
  attempts: number;
  /** Place of its last reservation among the updates of all tickets; null for a create. */
  reservationOrder: number | null;
  createdAt: Temporal.Instant;
  /** Time when it left SENDING: for UNCERTAIN, the beginning of the doubt. */
  settledAt: Temporal.Instant | null;
  /** Time until which its stored request may be sent. Null: no request is stored. */
  deliverBy: Temporal.Instant | null;
  ticketNumber: string | null;
  /** Status that an update asks for; null for a create. */
  requestedStatus: TicketStatus | null;
  /** Our name of the field that Sociomile refused. */
  refusedField: string | null;
  traceId: string | null;
  /** True: sent with unlessAlreadyOpened. */
  opensOnce: boolean;
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

export function requestedStatusOf({ details }: TicketRequest): TicketStatus | null {
  return "status" in details ? details.status : null;
}

/** Writes a request as text. Two texts are equal only when the requests are: absent fields are left out, and keys are sorted. */
export function canonicalText({ details }: TicketRequest): string {
  const values: Readonly<Record<string, unknown>> = { ...details };
  let text = "";
  // Each value follows its length, because it may hold any character. JSON.stringify took twice as long for instants.
  for (const field of Object.keys(values).toSorted()) {
    const value = String(values[field]);
    text += `${field}:${value.length}:${value},`;
  }
  return text;
}

/** An id of a submission, as text. */
export const SUBMISSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Fields of a submission that neither the schema nor an operator shows. */
export const UNSHOWN = [
  "keyHash",
  "opensOnce",
  "reservationOrder",
  "ticketNumber",
] as const satisfies (keyof Submission)[];
