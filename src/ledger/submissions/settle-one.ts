/** Settlement of one attempt, whatever has happened to its row meanwhile. It runs in a transaction. */
import { sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Settled } from "../../tickets/ports.ts";
import { doubted, lateOutcome } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { change } from "./changes.ts";
import { type TimedEnding, outcomeRow, settledAs } from "./outcomes.ts";
import { queueTimes } from "./reservation.ts";
import { roomInQueue } from "./reserve.ts";
import { restore } from "./restore.ts";
import { holderOf, opened, rowOf, sealRequest, sealSubmitted, submissionOf } from "./row.ts";

/**
 * Records an outcome. Returns it as it is recorded, and the row when this changed it. Null: the row was changed at this moment, and must be
 * read again.
 */
export async function settleOne(
  attempt: TimedEnding,
  context: LedgerContext,
): Promise<{ settled: Settled; changed: SubmissionRow | null } | null> {
  const row = await rowOf(attempt.reserved.id, context.db);
  const ending = await withinRoom(attempt, row, context);
  const settled = await unlessTaken(settledAs(ending, context), context);
  if (row === null) return restore(ending, settled, context);
  const name = changeFor(row, ending, settled);
  if (name === null) {
    await keepLate(row, ending, settled, context);
    return { settled, changed: null };
  }
  const { id, reserved_attempt, ended_ago, state, ...values } = outcomeRow(settled, ending, context);
  const changed = await change(context.db, name, state as "CONFIRMED", {
    ...values,
    settled_at: sql<number>`${context.clock.sql} - ${ended_ago}`,
    ...(state === "QUEUED" && queueColumns(ending, row, context)),
  })
    .where("id", "=", id)
    .where("attempt", "=", reserved_attempt)
    .returningAll()
    .executeTakeFirst();
  if (!changed) return null;
  return { settled: { ...settled, submission: submissionOf(changed) }, changed };
}

/** Returns the change by which a row accepts an outcome. Null: it does not accept it. */
function changeFor(
  { state, reason, attempt }: SubmissionRow,
  { reserved }: TimedEnding,
  { submission }: Settled,
): "settle" | "settleLate" | "acceptLate" | null {
  if (attempt !== reserved.attempts) return null;
  if (state === "SENDING") return "settle";
  if (state === "UNCERTAIN" && reason === "OWNER_DIED" && submission.state !== "UNCERTAIN")
    return "settleLate";
  const isLate =
    state === "SUPERSEDED" && reason === "LATER_UPDATE_ACCEPTED" && submission.state === "CONFIRMED";
  return isLate ? "acceptLate" : null;
}

/** A request comes into the queue only when there is room. One that is there already keeps its place. */
async function withinRoom(
  ending: TimedEnding,
  row: SubmissionRow | null,
  context: LedgerContext,
): Promise<TimedEnding> {
  const isNew = ending.isQueued && row !== null && row.deliver_by === null;
  return isNew && (await roomInQueue(context)) <= 0 ? { ...ending, isQueued: false } : ending;
}

/** Returns the columns of a request that goes back into the queue, or into it for the first time. */
function queueColumns(
  { request, reserved, tries, pauseMs }: TimedEnding,
  row: SubmissionRow,
  { cipher, clock, engine, queue }: LedgerContext,
) {
  const pause = Math.min(pauseMs ?? 0, LONGEST_PAUSE_MS);
  const further = tries > 0 ? 1 : 0;
  if (row.request !== null)
    return {
      tries: (row.tries ?? 0) + further,
      not_before: sql<number>`${clock.sql} + ${sql.lit(Math.round(pause))}`,
    };
  const times = queueTimes(Math.max(Math.round(pause), FIRST_DELIVERY_MS), { now: engine.now, queue });
  return {
    request: sealRequest(request, reserved.id, cipher),
    deliver_by: sql.raw<number>(times.deliver_by),
    handed_in_at: sql.raw<number>(times.handed_in_at),
    not_before: sql.raw<number>(times.not_before),
    tries: further,
  };
}

/** Turns a create into a doubt when another create has its ticket. Where the setting accepts that, it takes the ticket over. */
async function unlessTaken(
  settled: Settled,
  { db, repeatedTicketIds, observe }: LedgerContext,
): Promise<Settled> {
  const { submission, ticket } = settled;
  if (!ticket || !OPERATIONS[submission.operation].isCreate) return settled;
  if ((await holderOf(ticket.id, submission.id, db)) === null) return settled;
  observe("sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id });
  if (repeatedTicketIds === "doubt") return doubted(settled);
  await db
    .updateTable("submissions")
    .set({ holds_ticket: 0 })
    .where(opened(ticket.id))
    .where("id", "<>", bytesOf(submission.id))
    .execute();
  return settled;
}

/** Keeps what an outcome tells beside the decision of its row. */
async function keepLate(
  row: SubmissionRow,
  { request }: TimedEnding,
  settled: Settled,
  { db, cipher, observe }: LedgerContext,
): Promise<void> {
  const { submission, ticket } = settled;
  switch (lateOutcome(submissionOf(row), settled)) {
    case "recorded":
      return;
    case "refused":
      observe("ledger.outcome_refused", {
        submissionId: submission.id,
        state: submission.state,
        recorded: row.state,
      });
      return;
    case "conflict":
      await db
        .updateTable("submissions")
        .set({
          conflicting_ticket_id: ticket!.id,
          details: row.is_forgotten ? null : sealSubmitted(request, submission.id, cipher),
        })
        .where("id", "=", row.id)
        .execute();
      observe("submission.conflict", { submissionId: submission.id, ticketId: ticket!.id });
  }
}
