import type { NotExecutedReason, Outcome, UnknownReason } from "../../src/tickets/outcome.ts";
import { CREATED } from "./answers.ts";

/** Outcome of a create that the vendor answers as in CREATED. */
export const ACCEPTED: Outcome = {
  outcome: "accepted",
  ticket: { id: CREATED.data.ticketId, number: "32197", details: null },
};

export function notExecuted(reason: NotExecutedReason): Outcome {
  return { outcome: "notExecuted", reason, retryAfterSeconds: null };
}

export function unknown(reason: UnknownReason): Outcome {
  return { outcome: "unknown", reason, traceId: null };
}
