import { enumOf, type TicketStatus, type TicketDetails } from "./ticket.ts";
import meanings from "./meanings.json" with { type: "json" };
import { NO_REFERENCES, type References, type TicketOperation } from "./request.ts";

/** A ticket as the answer to an accepted request shows it. */
export interface AcceptedTicket {
  id: string;
  number: string | null;
  /** Null when the answer holds no details. */
  details: TicketDetails | null;
}

type RejectionReason = keyof typeof meanings.rejectionReason;

/** Reasons for which a request certainly had no effect. */
export const NOT_EXECUTED_REASONS = meanings.notExecutedReason;
export type NotExecutedReason = keyof typeof NOT_EXECUTED_REASONS;

export interface NotExecuted {
  outcome: "notExecuted";
  reason: NotExecutedReason;
  /** Null: unknown. */
  retryAfterSeconds: number | null;
}

/** Reasons for which nobody knows whether a request had an effect. */
export const UNKNOWN_REASONS = meanings.unknownReason;
export type UnknownReason = keyof typeof UNKNOWN_REASONS;

/** The ticketing system's own words in an answer, for operators. No secret, path, card number or submitted value is in them. */
export interface VendorAnswer {
  /** HTTP status. */
  status: number;
  contentType: string | null;
  /** Null: the answer has no sentence, or one that must not be kept. */
  message: string | null;
}

/** Names of outcomes for operators. */
export const OUTCOME_NAMES = {
  accepted: "ACCEPTED",
  rejected: "REJECTED",
  notExecuted: "NOT_EXECUTED",
  unknown: "UNKNOWN",
} as const;
export type OutcomeName = (typeof OUTCOME_NAMES)[Outcome["outcome"]];

/** End of an attempt. The caller then shows the ticket, corrects the input, repeats the request, or asks an operator to look. */
export type Outcome =
  | { outcome: "accepted"; ticket: AcceptedTicket }
  | { outcome: "rejected"; reason: RejectionReason; field: string | null; traceId: string | null }
  | NotExecuted
  | { outcome: "unknown"; reason: UnknownReason; traceId: string | null };

/** State of a submission. This service sends a submission again only when it is NOT_EXECUTED or QUEUED. */
export const SubmissionState = enumOf(meanings.submissionState);
export type SubmissionState = keyof typeof SubmissionState;

/** Reason for the state of a submission: one value for each way into a state. */
export const SubmissionReason = enumOf({
  ...meanings.confirmedReason,
  ...meanings.rejectionReason,
  ...NOT_EXECUTED_REASONS,
  ...meanings.notFoundReason,
  ...UNKNOWN_REASONS,
  ...meanings.otherReason,
});
export type SubmissionReason = keyof typeof SubmissionReason;

export const Verdict = enumOf(meanings.verdict);
export type Verdict = keyof typeof Verdict;

/** State and reason to which each verdict brings a create. */
export const VERDICTS = {
  CREATED: { state: "CONFIRMED", reason: "CREATED_SAYS_OPERATOR" },
  NOT_CREATED: { state: "NOT_EXECUTED", reason: "NOT_CREATED_SAYS_OPERATOR" },
} as const satisfies Record<Verdict, { state: SubmissionState; reason: SubmissionReason }>;

export const OPERATOR_REASONS: readonly SubmissionReason[] = Object.values(VERDICTS).map(({ reason }) => reason);

export function isResolved({ reason }: Pick<Submission, "reason">): boolean {
  return reason !== null && OPERATOR_REASONS.includes(reason);
}

/** True for a submission about which an operator may decide once more: one that was resolved, or has a conflict. */
export function isCorrectable(one: Pick<Submission, "state" | "reason" | "conflictingTicketId">): boolean {
  return isResolved(one) || (one.conflictingTicketId !== null && one.state !== "SENDING");
}

/** Changes of a submission that operators make. */
export const OperatorChange = enumOf(meanings.operatorChange);

/** SHOW and EXPORT: what is stored about a customer was shown, or handed over. */
export type ActionKind = keyof typeof OperatorChange | "SHOW" | "EXPORT";

/** Something that an operator did. */
export interface Action<Kind extends ActionKind = ActionKind> {
  /** Position in the order of all actions. */
  nth: number;
  kind: Kind;
  client: string;
  /** Id of the person at that client. Null: unknown. */
  person: string | null;
  at: Temporal.Instant;
  /** Null: none, or a subject was forgotten since. */
  note: string | null;
  /** These three are null for an action without a verdict. */
  verdict: Verdict | null;
  ticketId: string | null;
  ticketNumber: string | null;
}

/** One request of one client under one key, with its state. */
export interface Submission extends References {
  /** A UUID version 7 (RFC 9562): ids sort by time. */
  id: string;
  clientId: string;
  /** Id of the person who asked first. Null: unknown. */
  requestedBy: string | null;
  operation: TicketOperation;
  state: SubmissionState;
  reason: SubmissionReason | null;
  /** Number of tries to reach Sociomile. */
  attempts: number;
  createdAt: Temporal.Instant;
  /** Time when it reached its state: for UNCERTAIN, the beginning of the doubt. Null: it is being sent. */
  settledAt: Temporal.Instant | null;
  /** Time until which its stored request may be sent. Null: no request is stored. */
  deliverBy: Temporal.Instant | null;
  /** Time of the next attempt to send it. Null: it does not wait for delivery, or it waits until an operator says retry. */
  nextTryAt: Temporal.Instant | null;
  ticketNumber: string | null;
  /** Status that an update asks for; null for a create. */
  requestedStatus: TicketStatus | null;
  /** Our name of the field that Sociomile refused. */
  refusedField: string | null;
  traceId: string | null;
  /** Ticket that Sociomile has opened for it, although an operator had decided otherwise before. Null: there is none. */
  conflictingTicketId: string | null;
  /** Name of its present version: every change makes another one. Null: it was written just now, and not read since. */
  version: string | null;
}

/** True for a submission that is still as an operator has seen it. */
export function isAsSeen({ version }: Submission, { seen }: { seen?: string | null | undefined }): boolean {
  return seen == null || seen === version;
}

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns a submission with its outcome, and without its customer, ticket and person. */
export function withoutReferences(submission: Submission): Submission {
  const unknown = { requestedBy: null, requestedStatus: null, refusedField: null, traceId: null };
  return { ...submission, ...NO_REFERENCES, ...unknown };
}
