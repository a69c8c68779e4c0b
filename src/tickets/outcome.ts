import type { TicketDetails } from "./ticket.ts";

/** What an accepted request told about its ticket. */
export interface AcceptedTicket {
  id: string;
  number: string | null;
  /** Null when the answer carried nothing about the ticket but its id. */
  details: TicketDetails | null;
}

/** Why a request was refused for good. */
export type RejectionReason = "REFUSED_BY_SOCIOMILE" | "TOO_LARGE_FOR_SOCIOMILE";

/** Why a request certainly had no effect. */
export type NotExecutedReason =
  | "SOCIOMILE_UNREACHABLE"
  | "SOCIOMILE_CERTIFICATE_INVALID"
  | "SOCIOMILE_SETTINGS_REFUSED"
  | "SOCIOMILE_THROTTLED"
  | "NOT_SENT_IN_TIME"
  | "OVERLOADED"
  | "CIRCUIT_OPEN";

export interface NotExecuted {
  outcome: "notExecuted";
  reason: NotExecutedReason;
  /** Null: not known. */
  retryAfterSeconds: number | null;
}

/** Why nobody can tell whether a request had an effect. */
export type UnknownReason = "ANSWER_TIMED_OUT" | "CONNECTION_LOST" | "ANSWER_NOT_UNDERSTOOD";

/**
 * How a request to the desk ended. Exactly one of four, because each asks for something else: a ticket
 * to show, input to correct, a retry, or a look into Sociomile.
 */
export type DeskAnswer =
  | { outcome: "accepted"; report: AcceptedTicket }
  | { outcome: "rejected"; reason: RejectionReason; field: string | null; traceId: string | null }
  | NotExecuted
  | { outcome: "unknown"; reason: UnknownReason; traceId: string | null };
