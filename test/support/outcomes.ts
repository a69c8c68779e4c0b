import type { NotExecutedReason, Outcome, UnknownReason } from "../../src/tickets/submission.ts";
import { NO_DETAILS, type TicketDetails } from "../../src/tickets/ticket.ts";

/** Outcomes of a request at Sociomile. */

export function unknown(reason: UnknownReason, traceId: string | null = null): Outcome {
  return { outcome: "unknown", reason, traceId };
}
export function notExecuted(reason: NotExecutedReason, retryAfterSeconds: number | null = null): Outcome {
  return { outcome: "notExecuted", reason, retryAfterSeconds };
}
export const rejected = (
  field: string | null,
  traceId: string | null,
  reason: Extract<Outcome, { outcome: "rejected" }>["reason"] = "REFUSED_BY_SOCIOMILE",
): Outcome => ({ outcome: "rejected", reason, field, traceId });

export const UNKNOWN = unknown("ANSWER_TIMED_OUT");
export const REJECTED = rejected("customerName", "trace-1");
export const NOT_EXECUTED = notExecuted("SOCIOMILE_UNREACHABLE");

export function accepted(
  id: string,
  details: Partial<TicketDetails> | null = null,
  number: string | null = null,
): Outcome {
  return { outcome: "accepted", ticket: { id, number, details: details && { ...NO_DETAILS, ...details } } };
}
