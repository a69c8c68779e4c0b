/** Rows of submissions that the database has lost, for example in a failover to a standby that had not received them. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { submissionOf } from "./row.ts";
import { type TimedEnding, outcomeRow } from "./outcomes.ts";

/**
 * Inserts the row of a reservation again, with the outcome of its attempt. It gives way to what was recorded meanwhile: it has no key when
 * another submission has it, and never comes back into the queue. Null: something was inserted at this moment, and must be read first.
 */
export async function restore(ending: TimedEnding, wanted: Settled, context: LedgerContext) {
  const { db, clock, observe } = context;
  const lost = ending.reservedRow as SubmissionRow;
  // A request that was lost from the queue is not executed: its key may have been used again meanwhile.
  const state = wanted.submission.state === "QUEUED" ? "NOT_EXECUTED" : wanted.submission.state;
  const settled = { ...wanted, submission: { ...wanted.submission, state, deliverBy: null } };
  const ofKey = db.selectFrom("submissions").select("id").where("key_hash", "=", lost.key_hash);
  const hasKey = lost.key_hash === null || !(await ofKey.executeTakeFirst());
  const { reserved_attempt: _attempt, ...outcome } = outcomeRow(settled, ending, context);
  const restored = await db
    .insertInto("submissions")
    .values({
      ...lost,
      ...outcome,
      settled_at: clock.after(outcome.settled_at),
      key_hash: hasKey ? lost.key_hash : null,
      opens_once: 0, // a request that was sent is kept, whatever came meanwhile
      request: null,
      deliver_by: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!restored) return null;
  const { id: submissionId, ticketId } = settled.submission;
  observe("ledger.row_restored", { submissionId, state, ticketId });
  if (!hasKey && ticketId !== null) observe("submission.conflict", { submissionId, ticketId });
  return { ...settled, submission: submissionOf(restored) };
}
