/**
 * Records outcomes: many by one statement, and the rest one by one, as `decideSettlement` says, whatever has happened to the rows meanwhile. The ledger
 * calls it after each attempt and again until it succeeds. It never loses an outcome in silence.
 */
import { sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Settled } from "../../tickets/ports.ts";
import {
  type Ending,
  applyOutcome,
  decideSettlement,
  toDoubt,
  toUnknownOrder,
} from "../../tickets/settlement.ts";
import { acceptanceOf } from "../../tickets/ticket-updates.ts";
import type { LedgerContext } from "../context.ts";
import type { Engine } from "../database/engine.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { type Change, NO_REQUEST, change, createSettleRows } from "./changes.ts";
import { roomInQueue } from "./counts.ts";
import {
  instantOf,
  lockedRow,
  openedSql,
  otherOf,
  sealAnswer,
  sealRequest,
  sealSubmitted,
  submissionOf,
} from "./row.ts";
import { updateOf, updatesOf } from "./updates.ts";
import { withTicket } from "./with-ticket.ts";

/** An attempt that has ended. */
export interface TimedEnding extends Ending {
  reservedRow: SubmissionRow;
  /** Time of the end, because recording may take several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
}

/** Applies an outcome at the estimated time of its end. */
export function settledAs(ending: TimedEnding, { clock }: LedgerContext): Settled {
  const ago = performance.now() - ending.endedAt;
  return applyOutcome(ending, instantOf(Math.floor(clock.estimate() - ago)));
}

/** Returns the columns of an outcome. Its time is given in milliseconds from now. */
function outcomeRow(
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

/** Settles attempts of creates. Rejects one when the ledger does not accept its outcome now. */
export function createSettleCreates(context: LedgerContext) {
  const settleTogether = createSettleMany(context.engine);
  const alone = (ending: TimedEnding) =>
    withTicket(null, context, (within) => settleOne(ending, within), "creates");
  return async (endings: readonly TimedEnding[]) => {
    const together = await settleTogether(endings, context);
    return endings.map((ending, nth) => together[nth] ?? alone(ending));
  };
}

/** An outcome as it is recorded. `isChanged`: false when its row has the outcome already, or refuses it. */
type Recorded = Settled & { isChanged: boolean };

/** Prepares the settlement of what one statement can settle. It answers each of the others with null. */
export function createSettleMany(engine: Engine) {
  const settleMany = createSettleRows(engine);
  return async (endings: readonly TimedEnding[], context: LedgerContext): Promise<(Recorded | null)[]> => {
    const settled = endings.map((ending) => settledAs(ending, context));
    // A late outcome may come with that of the next attempt of its submission. Each must see what the other has left.
    const ids = endings.map(({ reserved }) => reserved.id);
    const isQueued = (nth: number) => settled[nth]!.submission.state === "QUEUED";
    const many = [...ids.keys()].filter((nth) => !isQueued(nth) && ids.indexOf(ids[nth]!) === nth);
    const rows = many.map((nth) => ({ ...outcomeRow(settled[nth]!, endings[nth]!, context), ...NO_REQUEST }));
    const results = await settleMany(rows, context.db);
    const done = new Set(many.filter((_, nth) => results[nth] === true));
    return settled.map((each, nth) => (done.has(nth) ? { ...each, isChanged: true } : null));
  };
}

/** Records an outcome, in a transaction. Null: a row was inserted at this moment, and must be read first. */
export async function settleOne(attempt: TimedEnding, context: LedgerContext): Promise<Recorded | null> {
  const { id: submissionId, attempts } = attempt.reserved;
  const row = await lockedRow(submissionId, context);
  // A request that was lost from the queue is not executed: its key may have been used again meanwhile.
  const mayWait = attempt.pauseMs !== null && row !== null && (await mayQueue(attempt, row, context));
  const ending = { ...attempt, pauseMs: mayWait ? attempt.pauseMs : null };
  const settled = await unlessHeld(settledAs(ending, context), row, context);
  if (row === null) return restore(ending, settled, context);
  const { state } = settled.submission;
  const found = { submission: submissionOf(row), mayRunUntil: row.until };
  const decision = decideSettlement(found, attempts, settled);
  switch (decision) {
    case "settle":
      return write(row, ending, settled, decision, context);
    case "settleLate":
    case "acceptLate":
      return write(row, ending, await unlessOrderUnknown(settled, row, context), decision, context);
    case "conflict":
      await keepConflict(row, ending, settled, context);
      break;
    case "refused":
      context.observe("ledger.outcome_refused", { submissionId, state, recorded: row.state });
      break;
    case "recorded":
      // An earlier try, whose acknowledgement was lost, may have found the queue full, or may not have known the order of an acceptance.
      if (
        row.requested_status !== null ||
        (state === "QUEUED" && ["NOT_EXECUTED", "QUEUED"].includes(row.state))
      )
        return { submission: found.submission, ticket: null, isChanged: false };
  }
  return { ...settled, isChanged: false };
}

/** True when the queue has room for a request that comes into it. One that is there already keeps its position. */
async function mayQueue({ reserved, outcome }: TimedEnding, row: SubmissionRow, context: LedgerContext) {
  if (outcome.outcome !== "notExecuted") return false;
  if (row.deliver_by !== null) return true;
  const isExpired = reserved.deliverBy !== null; // its request was erased meanwhile
  return !isExpired && (await roomInQueue(context)(row.client_id));
}

/** Writes an outcome into the locked row of its attempt. */
async function write(
  row: SubmissionRow,
  ending: TimedEnding,
  settled: Settled,
  name: Change,
  context: LedgerContext,
): Promise<Recorded> {
  const { id, reserved_attempt: _attempt, state, ...values } = outcomeRow(settled, ending, context);
  const outcome = {
    ...values,
    details: sql<Uint8Array>`CASE WHEN is_forgotten = 0 THEN coalesce(cast(${values.details} as blob), details) END`, // a conflict's
    ...(state === "QUEUED" && queueColumns(ending, row, context)),
    settled_at: context.clock.after(values.settled_at),
  };
  const [changed] = await change(context.db, name, state as "CONFIRMED", outcome, sql`id = ${id}`);
  return { ...settled, submission: submissionOf(changed!), isChanged: true };
}

/** Returns the columns of a request that goes back into the queue, or into it for the first time. */
function queueColumns(ending: TimedEnding, row: SubmissionRow, { clock, cipher, queue }: LedgerContext) {
  const pause = Math.round(Math.min(ending.pauseMs!, LONGEST_PAUSE_MS));
  const tries = (row.tries ?? 0) + (ending.tries > 0 ? 1 : 0);
  if (row.request !== null) return { tries, not_before: clock.after(pause) };
  return {
    request: sealRequest(ending.request, ending.reserved.id, cipher),
    deliver_by: clock.after(queue.deliverWithinMs),
    handed_in_at: clock.sql,
    not_before: clock.after(Math.max(pause, FIRST_DELIVERY_MS)),
    tries,
  };
}

/** Turns a create into a doubt when another create has its ticket. Where the setting accepts that, it holds the ticket from then on. */
async function unlessHeld(
  settled: Settled,
  row: SubmissionRow | null,
  { db, repeatedTicketIds, observe }: LedgerContext,
): Promise<Settled> {
  const { submission, ticket } = settled;
  if (!ticket || !OPERATIONS[submission.operation].isCreate) return settled;
  if (row?.state === "CONFIRMED" && row.ticket_id === ticket.id) return settled; // recorded before, and another may hold it since
  if ((await otherOf(openedSql(ticket.id), submission.id, db)) === null) return settled;
  observe("sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id });
  if (repeatedTicketIds === "doubt") return toDoubt(settled);
  // Nobody could read its details any more.
  await sql`UPDATE submissions SET holds_ticket = 0, details = NULL
    WHERE ${openedSql(ticket.id)} AND id <> ${bytesOf(submission.id)}`.execute(db);
  return settled;
}

/** Turns the acceptance of an update that is not being sent any more into a doubt, unless it was certainly executed last. */
async function unlessOrderUnknown(settled: Settled, row: SubmissionRow, context: LedgerContext) {
  const ticketId = row.ticket_id;
  if (!settled.ticket || row.requested_status === null || ticketId === null) return settled;
  const updates = await updatesOf([ticketId], context);
  return acceptanceOf(updateOf(row), updates.of(ticketId)) === "counts" ? settled : toUnknownOrder(settled);
}

/** Keeps the ticket of a create beside the decision of an operator. */
async function keepConflict(
  row: SubmissionRow,
  { request }: TimedEnding,
  { submission, ticket }: Settled,
  { db, cipher, observe }: LedgerContext,
): Promise<void> {
  const details = row.is_forgotten ? null : sealSubmitted(request, submission.id, cipher);
  await sql`UPDATE submissions SET conflicting_ticket_id = ${ticket!.id}, details = ${details}
    WHERE id = ${row.id}`.execute(db);
  observe("submission.conflict", { submissionId: submission.id, ticketId: ticket!.id });
}

/** Inserts a lost row again, with the outcome of its attempt, and without its key when another submission has that. Null: something must be read first. */
async function restore(
  ending: TimedEnding,
  ended: Settled,
  context: LedgerContext,
): Promise<Recorded | null> {
  const { db, clock, observe } = context;
  const lost = ending.reservedRow;
  const settled = await unlessOrderUnknown(ended, lost, context);
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
      ...NO_REQUEST,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!restored) return null;
  const { id: submissionId, state, ticketId } = settled.submission;
  observe("ledger.row_restored", { submissionId, state, ticketId });
  if (!hasKey && ticketId !== null) observe("submission.conflict", { submissionId, ticketId });
  return { ...settled, submission: submissionOf(restored), isChanged: true };
}
