import type { TicketDetails } from "./ticket.ts";

/** A ticket as the answer to an accepted request shows it. */
export interface AcceptedTicket {
  id: string;
  number: string | null;
  /** Null when the answer holds no details. */
  details: TicketDetails | null;
}

export const REJECTION_REASONS = {
  REFUSED_BY_SOCIOMILE: "REJECTED: Sociomile named a field with a wrong value.",
  TOO_LARGE_FOR_SOCIOMILE: "REJECTED: the request was too large for Sociomile.",
} as const;
type RejectionReason = keyof typeof REJECTION_REASONS;

/** Reasons for which a request certainly had no effect. */
export const NOT_EXECUTED_REASONS = {
  SOCIOMILE_UNREACHABLE: "NOT_EXECUTED or QUEUED: no connection to Sociomile could be opened.",
  SOCIOMILE_CERTIFICATE_INVALID: "NOT_EXECUTED or QUEUED: the certificate of Sociomile is invalid.",
  SOCIOMILE_SETTINGS_REFUSED:
    "NOT_EXECUTED or QUEUED: Sociomile, or the proxy on the way to it, refused the settings of this service.",
  SOCIOMILE_THROTTLED: "NOT_EXECUTED or QUEUED: Sociomile asked for fewer requests.",
  NOT_SENT_IN_TIME:
    "NOT_EXECUTED or QUEUED: it was too late to send the request. The mutations before it in the document had used the time, or this service was delayed or was stopping.",
  OVERLOADED: "NOT_EXECUTED or QUEUED: too many requests to Sociomile were in progress.",
  CIRCUIT_OPEN: "NOT_EXECUTED or QUEUED: Sociomile was failing, and this service paused its requests.",
} as const;
export type NotExecutedReason = keyof typeof NOT_EXECUTED_REASONS;

export interface NotExecuted {
  outcome: "notExecuted";
  reason: NotExecutedReason;
  /** Null: unknown. */
  retryAfterSeconds: number | null;
}

/** Reasons for which a request is queued: it was not executed, or an older update of its ticket is open. */
export type QueuedReason = NotExecutedReason | "OLDER_UPDATE_QUEUED";

/** Reasons for which nobody knows whether a request had an effect. */
export const UNKNOWN_REASONS = {
  ANSWER_TIMED_OUT: "UNCERTAIN: the request was sent, and no answer came in time.",
  CONNECTION_LOST: "UNCERTAIN: the request was sent, and the connection broke before an answer came.",
  ANSWER_NOT_UNDERSTOOD: "UNCERTAIN: Sociomile gave an answer that its document does not describe.",
  TICKET_ID_REPEATED:
    "UNCERTAIN: the answer held the ticket id of another submission or of a forgotten ticket, so it may be the answer to another request.",
} as const;
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

/** End of an attempt, of four kinds, after which the caller shows the ticket, corrects the input, repeats it, or asks an operator to look. */
export type Outcome =
  | { outcome: "accepted"; ticket: AcceptedTicket }
  | { outcome: "rejected"; reason: RejectionReason; field: string | null; traceId: string | null }
  | NotExecuted
  | { outcome: "unknown"; reason: UnknownReason; traceId: string | null };
