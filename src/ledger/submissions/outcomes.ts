/** Outcomes of attempts, as the ledger records them. */
import type { Reserved, Settled } from "../../tickets/ports.ts";
import { type Ending, settledBy } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf } from "../ids.ts";
import { instantOf, sealAnswer, sealSubmitted } from "./row.ts";

/** An attempt that has ended. */
export interface TimedEnding extends Ending {
  reservedRow: Reserved["row"];
  /** Time until a queued request is tried again, in milliseconds. */
  pauseMs: number;
  /** Time of the end, because recording may take several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
}

/** Returns the outcome that an attempt has, at the estimated time of its end. */
export function settledAs(ending: TimedEnding, { clock }: LedgerContext): Settled {
  const ago = performance.now() - ending.endedAt;
  return settledBy(ending, instantOf(Math.floor(clock.estimate() - ago)));
}

/** Returns the columns of an outcome. Its time is given in milliseconds from now. */
export function outcomeRow(
  { submission, ticket }: Settled,
  { reserved, request, outcome, answer, endedAt }: TimedEnding,
  { cipher }: LedgerContext,
) {
  return {
    id: bytesOf(submission.id),
    reserved_attempt: reserved.attempts,
    attempt: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    settled_at: Math.round(endedAt - performance.now()),
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
    details: ticket && sealSubmitted(request, submission.id, cipher),
    ...(submission.reason === "ORDER_UNKNOWN" && { until: null }), // it was executed before now
    answer: answer ? sealAnswer(answer, outcome, submission.id, cipher) : null,
  };
}
