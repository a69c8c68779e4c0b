/** Outcomes of attempts as the ledger records them. */
import { type Selectable, sql } from "kysely";
import type { Requeue } from "../../tickets/ports.ts";
import type { Ending } from "../../tickets/settlement.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { batch, listOf } from "../database/batch.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";

/** An attempt that has ended. */
export interface TimedEnding extends Ending {
  /** Time of its end, because recording may take several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
  /** As in Ledger.settle. */
  requeue: Requeue | null;
}

/** Part of a row that a settlement goes on with. */
export type Recorded = Pick<Selectable<SubmissionRow>, "settled_at" | "deliver_by" | "reservation_order">;

/** Columns of an outcome, with the types that PostgreSQL needs. */
export const OUTCOME_COLUMNS = {
  id: "blob",
  reserved_attempt: "bigint",
  attempt: "bigint",
  state: "text",
  reason: "text",
  ended_ago: "bigint",
  deliver_by: "bigint",
  ticket_id: "text",
  ticket_number: "text",
  refused_field: "text",
  trace_id: "text",
} as const;
export type OutcomeRow = Record<keyof typeof OUTCOME_COLUMNS, Uint8Array | string | number | null>;

/** Returns the row of an outcome that brings a submission to the state that it shows. `now`: monotonic time, in milliseconds. */
export function outcomeRow(
  submission: Submission,
  { reserved, endedAt }: Pick<TimedEnding, "reserved" | "endedAt">,
  now: number,
): OutcomeRow {
  return {
    id: bytesOf(submission.id),
    reserved_attempt: reserved.attempts,
    attempt: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    ended_ago: Math.round(now - endedAt),
    deliver_by: submission.deliverBy && submission.deliverBy.epochMilliseconds,
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
  };
}

/**
 * Condition for a submission that may take the outcome in the table `outcome`. SENDING takes any outcome. A doubt of the same attempt with
 * reason OWNER_DIED takes the late outcome of its owner. CASE in place of OR keeps PostgreSQL from the indexes of these states: they have
 * an entry for every row that was ever SENDING, until the next vacuum.
 */
export const MAY_TAKE_OUTCOME = sql`submissions.id = outcome.id AND submissions.attempt = outcome.reserved_attempt
  AND CASE submissions.state WHEN 'SENDING' THEN true
    WHEN 'UNCERTAIN' THEN submissions.reason = 'OWNER_DIED' AND outcome.state <> 'UNCERTAIN' END`;

/** Assignments of a submission that takes the outcome in the table `outcome`. */
export const TAKES_OUTCOME = sql`
  attempt = outcome.attempt,
  state = outcome.state,
  reason = outcome.reason,
  ticket_id = outcome.ticket_id,
  ticket_number = outcome.ticket_number,
  refused_field = outcome.refused_field,
  trace_id = outcome.trace_id`;

/** Records outcomes by compare-and-set on id, attempt and state. Returns the rows that took their outcome. */
export function recordingOutcomes(context: LedgerContext) {
  const { clock, queue } = context;
  const columns = Object.keys(OUTCOME_COLUMNS) as (keyof OutcomeRow)[];
  return batch<OutcomeRow, Recorded & { id: Uint8Array }>(
    context,
    columns,
    (values) => sql`
    WITH outcome (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET ${TAKES_OUTCOME},
      settled_at = ${clock.sql} - outcome.ended_ago,
      deliver_by = CASE WHEN outcome.state = 'QUEUED'
        THEN coalesce(submissions.deliver_by, outcome.deliver_by, ${clock.sql} + ${sql.lit(queue.deliverWithinMs)}) END
    FROM outcome
    WHERE ${MAY_TAKE_OUTCOME}
    RETURNING submissions.id, submissions.settled_at, submissions.deliver_by, submissions.reservation_order`,
    { types: OUTCOME_COLUMNS },
  );
}
