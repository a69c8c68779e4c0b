/** Settlement of one attempt, whatever has happened to its row meanwhile. It runs in a transaction. */
import { type RawBuilder, sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Reserved, type Settled } from "../../tickets/ports.ts";
import { type Ending, doubted, lateOutcome, settledBy } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { type OutcomeRow, change } from "./changes.ts";
import { queueTimes } from "./reservation.ts";
import { roomInQueue } from "./reserve.ts";
import { restore } from "./restore.ts";
import { holderOf, instantOf, opened, rowOf, sealRequest, sealSubmitted, submissionOf } from "./row.ts";

/** An attempt that has ended. */
export interface TimedEnding extends Ending {
  reservedRow: Reserved["row"];
  /** Time until a queued request is tried again, in milliseconds. Null: it is not queued. */
  pauseMs: number | null;
  /** Time of the end, because recording may take several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
}

/** Returns the outcome that an attempt has, at the estimated time of its end. */
export function settledAs(ending: TimedEnding, { clock }: Pick<LedgerContext, "clock">): Settled {
  const ago = performance.now() - ending.endedAt;
  return settledBy(ending, instantOf(Math.floor(clock.estimate() - ago)));
}

/** Returns the row of an outcome. */
export function outcomeRow(
  { submission, ticket }: Settled,
  { reserved, request, endedAt }: TimedEnding,
  { cipher }: Pick<LedgerContext, "cipher">,
): OutcomeRow {
  return {
    id: bytesOf(submission.id),
    reserved_attempt: reserved.attempts,
    attempt: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    ended_ago: Math.round(performance.now() - endedAt),
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
    details: ticket && sealSubmitted(request, submission.id, cipher),
  };
}

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
  const raw = (text: string): RawBuilder<number> => sql.raw(text);
  return {
    request: sealRequest(request, reserved.id, cipher),
    deliver_by: raw(times.deliver_by),
    handed_in_at: raw(times.handed_in_at),
    not_before: raw(times.not_before),
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
