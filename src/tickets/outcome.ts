import type { TicketDetails } from "./ticket.ts";

/** A ticket as the answer to an accepted request shows it. */
export interface AcceptedTicket {
  id: string;
  number: string | null;
  /** Null when the answer holds no details. */
  details: TicketDetails | null;
}

export const REJECTION_REASONS = ["REFUSED_BY_SOCIOMILE", "TOO_LARGE_FOR_SOCIOMILE"] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Reasons for which a request certainly had no effect. */
export const NOT_EXECUTED_REASONS = [
  "SOCIOMILE_UNREACHABLE",
  "SOCIOMILE_CERTIFICATE_INVALID",
  "SOCIOMILE_SETTINGS_REFUSED",
  "SOCIOMILE_THROTTLED",
  "NOT_SENT_IN_TIME",
  "OVERLOADED",
  "CIRCUIT_OPEN",
] as const;
export type NotExecutedReason = (typeof NOT_EXECUTED_REASONS)[number];

export interface NotExecuted {
  outcome: "notExecuted";
  reason: NotExecutedReason;
  /** Null: unknown. */
  retryAfterSeconds: number | null;
}

/** Reasons for which a request is queued: it was not executed, or an older update of its ticket is queued. */
export type QueuedReason = NotExecutedReason | "OLDER_UPDATE_QUEUED";

/** Reasons for which nobody knows whether a request had an effect. */
export const UNKNOWN_REASONS = [
  "ANSWER_TIMED_OUT",
  "CONNECTION_LOST",
  "ANSWER_NOT_UNDERSTOOD",
  "TICKET_ID_REPEATED",
] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/**
 * End of an attempt. There are four, because the caller acts differently after each: it shows the ticket, corrects the input,
 * repeats the request, or asks an operator to look in Sociomile.
 */
export type Outcome =
  | { outcome: "accepted"; ticket: AcceptedTicket }
  | { outcome: "rejected"; reason: RejectionReason; field: string | null; traceId: string | null }
  | NotExecuted
  | { outcome: "unknown"; reason: UnknownReason; traceId: string | null };
