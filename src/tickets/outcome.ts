import meanings from "./meanings.json" with { type: "json" };
import type { TicketDetails } from "./ticket.ts";

/** A ticket as the answer to an accepted request shows it. */
export interface AcceptedTicket {
  id: string;
  number: string | null;
  /** Null when the answer holds no details. */
  details: TicketDetails | null;
}

export const REJECTION_REASONS = meanings.rejectionReason;
type RejectionReason = keyof typeof REJECTION_REASONS;

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
