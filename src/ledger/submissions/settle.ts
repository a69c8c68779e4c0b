/**
 * Decides what the row of an attempt becomes: of many creates by one statement, of updates and the rest one by one, whatever has happened to the rows
 * meanwhile. The ledger calls it after each attempt and again until it succeeds. It never loses an outcome in silence.
 */
import { sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Reserved, type Settled } from "../../tickets/ports.ts";
import { type Ending, toDoubt, lateOutcome, toUnknownOrder, settle } from "../../tickets/settlement.ts";
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
  reservedRow: Reserved["row"];
  /** Time until a queued request is tried again, in milliseconds. */
  pauseMs: number;
  /** Time of the end, because recording may take several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
}

/** Returns the outcome that an attempt has, at the estimated time of its end. */
export function settledAs(ending: TimedEnding, { clock }: LedgerContext): Settled {
  const ago = performance.now() - ending.endedAt;
  return settle(ending, instantOf(Math.floor(clock.estimate() - ago)));
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
  const alone = async (ending: TimedEnding) =>
    (await withTicket(null, context, (within) => settleOne(ending, within), "creates")).settled;
  return async (endings: readonly TimedEnding[]) => {
    const together = await settleTogether(endings, context);
    return endings.map((ending, nth) => together[nth]?.settled ?? alone(ending));
  };
}

/** An outcome as it is recorded. `isChanged`: false when its row was not changed, because it has the outcome already or refuses it. */
interface Recorded {
  settled: Settled;
  isChanged: boolean;
}

/** Prepares the settlement of what one statement can settle. It answers each of the others with null. */
export function createSettleMany(engine: Engine) {
  const settleMany = createSettleRows(engine);
  return async (endings: readonly TimedEnding[], context: LedgerContext): Promise<(Recorded | null)[]> => {
    const settled = endings.map((ending) => settledAs(ending, context));
    // A late outcome may come with that of the next attempt of its submission. Each must see what the other has left.
    const ids = endings.map(({ reserved }) => reserved.id);
    const many = [...ids.keys()].filter((nth) => !endings[nth]!.isQueued && ids.indexOf(ids[nth]!) === nth);
    const rows = many.map((nth) => ({ ...outcomeRow(settled[nth]!, endings[nth]!, context), ...NO_REQUEST }));
    const results = await settleMany(rows, context.db);
    const done = new Set(many.filter((_, nth) => results[nth] === true));
    return settled.map((each, nth) => (done.has(nth) ? { settled: each, isChanged: true } : null));
  };
}

/** Records an outcome, in a transaction. Null: a row was inserted at this moment, and must be read first. */
export async function settleOne(attempt: TimedEnding, context: LedgerContext): Promise<Recorded | null> {
  const row = await lockedRow(attempt.reserved.id, context);
  // A request comes into the queue only when there is room. One that is there already keeps its position.
  const isNew = attempt.isQueued && row?.deliver_by === null;
  const isExpired = isNew && attempt.reserved.deliverBy !== null; // its request was erased meanwhile
  const hasRoom = !isNew || (!isExpired && (await roomInQueue(context)(row.client_id)));
  const ending = { ...attempt, isQueued: attempt.isQueued && hasRoom };
  const ended = await unlessHeld(settledAs(ending, context), row, context);
  const name = row && changeBy(row, ended);
  const lost = ending.reservedRow as SubmissionRow;
  const isLate = row === null || (name !== null && name !== "settle");
  const settled = isLate ? await unlessOrderUnknown(ended, row ?? lost, context) : ended;
  if (row === null) {
    const restored = await restore(ending, settled, context);
    return restored && { settled: restored, isChanged: true };
  }
  if (name !== null) {
    const { id, reserved_attempt, state, ...values } = outcomeRow(settled, ending, context);
    const outcome = {
      ...values,
      details: sql<Uint8Array>`CASE WHEN is_forgotten = 0 THEN coalesce(cast(${values.details} as blob), details) END`, // a conflict's
      ...(state === "QUEUED" && queueColumns(ending, row, context)),
      settled_at: context.clock.after(values.settled_at),
    };
    const isOfAttempt = sql`id = ${id} AND attempt = ${reserved_attempt}`;
    const [changed] = await change(context.db, name, state as "CONFIRMED", outcome, isOfAttempt);
    if (changed) return { settled: { ...settled, submission: submissionOf(changed) }, isChanged: true };
  }
  const isRecorded = (await keepLate(row, ending, ended, context)) === "recorded";
  // An earlier try, whose acknowledgement was lost, may have found the queue full, or may not have known the order of an acceptance. Its row also has
  // the times of a queued request.
  const isQueued = ended.submission.state === "QUEUED" && ["NOT_EXECUTED", "QUEUED"].includes(row.state);
  const isAsInRow = isRecorded && (isQueued || row.requested_status !== null);
  return { settled: isAsInRow ? { submission: submissionOf(row), ticket: null } : ended, isChanged: false };
}

/** Returns the change by which a row may accept the outcome of its attempt. Null: there is none. */
function changeBy({ state, reason }: SubmissionRow, { submission }: Settled): Change | null {
  if (state === "SENDING") return "settle";
  if (reason === "OWNER_DIED") return submission.state === "UNCERTAIN" ? null : "settleLate";
  return state === "SUPERSEDED" && submission.state === "CONFIRMED" ? "acceptLate" : null;
}

/** Returns the columns of a request that goes back into the queue, or into it for the first time. */
function queueColumns(
  { request, reserved, tries, pauseMs }: TimedEnding,
  row: SubmissionRow,
  context: LedgerContext,
) {
  const pause = Math.round(Math.min(pauseMs, LONGEST_PAUSE_MS));
  const further = tries > 0 ? 1 : 0;
  if (row.request !== null)
    return { tries: (row.tries ?? 0) + further, not_before: context.clock.after(pause) };
  return {
    request: sealRequest(request, reserved.id, context.cipher),
    deliver_by: context.clock.after(context.queue.deliverWithinMs),
    handed_in_at: context.clock.sql,
    not_before: context.clock.after(Math.max(pause, FIRST_DELIVERY_MS)),
    tries: further,
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

/** Keeps what an outcome tells beside the decision of its row. Returns why the row did not accept it. */
async function keepLate(
  row: SubmissionRow,
  { request }: TimedEnding,
  settled: Settled,
  { db, cipher, observe }: LedgerContext,
) {
  const { submission, ticket } = settled;
  const submissionId = submission.id;
  const isOfUnknownOrder = row.until === null && row.attempt === submission.attempts;
  const late = isOfUnknownOrder ? "recorded" : lateOutcome(submissionOf(row), settled);
  if (late === "refused")
    observe("ledger.outcome_refused", { submissionId, state: submission.state, recorded: row.state });
  if (late === "conflict") {
    const details = row.is_forgotten ? null : sealSubmitted(request, submissionId, cipher);
    await sql`UPDATE submissions SET conflicting_ticket_id = ${ticket!.id}, details = ${details}
      WHERE id = ${row.id}`.execute(db);
    observe("submission.conflict", { submissionId, ticketId: ticket!.id });
  }
  return late;
}

/**
 * Inserts the row of a reservation again, with the outcome of its attempt. It gives way to what was recorded meanwhile: it has no key when
 * another submission has it, and never comes back into the queue. Null: something was inserted at this moment, and must be read first.
 */
async function restore(ending: TimedEnding, wanted: Settled, context: LedgerContext) {
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
