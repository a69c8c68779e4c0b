import type { Outcome } from "../../src/tickets/outcome.ts";
import { NO_DETAILS, type TicketDetails } from "../../src/tickets/ticket.ts";

/** Outcomes of a request at Sociomile. */

export const UNKNOWN: Outcome = { outcome: "unknown", reason: "ANSWER_TIMED_OUT", traceId: null };
export const REJECTED: Outcome = {
  outcome: "rejected",
  reason: "REFUSED_BY_SOCIOMILE",
  field: "customerName",
  traceId: "trace-1",
};
export const NOT_EXECUTED: Outcome = {
  outcome: "notExecuted",
  reason: "SOCIOMILE_UNREACHABLE",
  retryAfterSeconds: null,
};

export function accepted(
  id: string,
  details: Partial<TicketDetails> | null = null,
  number: string | null = null,
): Outcome {
  return { outcome: "accepted", ticket: { id, number, details: details && { ...NO_DETAILS, ...details } } };
}
