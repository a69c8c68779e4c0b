/** Records outcomes: by one statement, or as `decideSettlement` says. The ledger repeats it until it succeeds. */
import { type RawBuilder, sql } from "kysely";
import { reportedReferences } from "../../tickets/fields/references.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Settled } from "../../tickets/ports.ts";
import { type Ending, applyOutcome, decideSettlement, toAnsweredLate, toDoubt } from "../../tickets/decisions.ts";
import { type LedgerContext, inTransaction } from "../context.ts";
import { storeReport } from "../database/row-statements.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, instantOf } from "../clock.ts";
import { NEXT_NTH, NO_REQUEST, change } from "./changes.ts";
import { admitToQueue } from "./stored.ts";
import { keepForgotten, lockedRow, openedSql, otherOf, submissionOf } from "./row.ts";
import { sealAnswer, sealReport, sealRequest } from "../cipher.ts";

export interface TimedEnding extends Ending {
  reservedRow: SubmissionRow;
  /** Time of the end, because recording may need several tries. Monotonic clock, in milliseconds. */
  endedAt: number;
}

/** Applies an outcome at the estimated time of its end. */
export function settledAs(ending: TimedEnding, { clock }: LedgerContext): Settled {
  const ago = performance.now() - ending.endedAt;
  return applyOutcome(ending, instantOf(Math.floor(clock.estimate() - ago)));
}

/** Returns the columns of an outcome. Its time is given in milliseconds from now. */
function outcomeRow({ submission }: Settled, { outcome, answer, endedAt }: TimedEnding, { cipher }: LedgerContext) {
  return {
    attempts: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    settled_at: Math.round(endedAt - performance.now()),
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
    answer: answer ? sealAnswer(answer, outcome, submission.id, cipher) : null,
  };
}

/** Returns the columns of Sociomile's report in the acceptance of an update. */
function reportRow({ ticket }: Settled, { cipher }: LedgerContext) {
  const { MASKED_TICKET_ID = null, SOURCE_TICKET_ID = null } = ticket ? reportedReferences(ticket) : {};
  const report = ticket && sealReport(ticket, cipher);
  return { report, reported_masked: MASKED_TICKET_ID, reported_source: SOURCE_TICKET_ID };
}

/** Records the outcome of an attempt. It rejects when the ledger does not accept the outcome now. */
export async function settle(ending: TimedEnding, context: LedgerContext): Promise<Settled> {
  const settled = settledAs(ending, context);
  if (settled.submission.state !== "QUEUED") {
    const { id, reservation_id: expected_reservation } = ending.reservedRow;
    const row = { id, expected_reservation, ...outcomeRow(settled, ending, context) };
    const isSettled = OPERATIONS[ending.request.operation].isCreate
      ? context.writers.settleCreate(row)
      : context.writers.settleUpdate({ ...row, ...reportRow(settled, context) });
    if (await isSettled) return settled;
  }
  return inTransaction("outcomes", context, (within) => settleInTransaction(ending, within));
}

async function settleInTransaction(attempt: TimedEnding, context: LedgerContext): Promise<Settled> {
  const { reserved, reservedRow } = attempt;
  const row = await lockedRow(reserved.id, context);
  // A request that is not in the queue any more is not executed: its key may have been used again meanwhile.
  const mayWait = attempt.pauseMs !== null && row !== null && (await mayQueue(attempt, row, context));
  const ending = { ...attempt, pauseMs: mayWait ? attempt.pauseMs : null };
  const settled = await unlessRepeated(settledAs(ending, context), context);
  if (row === null) return restore(ending, settled, context);
  const { state } = settled.submission;
  const found = submissionOf(row);
  const hasReservation = Buffer.compare(row.reservation_id, reservedRow.reservation_id) === 0;
  const decision = decideSettlement(found, hasReservation, settled);
  switch (decision) {
    case "settle":
    case "settleLate":
      return writeOutcome(row, ending, settled, decision, context);
    case "conflict":
      await keepConflict(row, ending, settled, context);
      break;
    case "refused":
      context.observe("ledger.outcome_refused", { submissionId: found.id, state, recorded: row.state });
      break;
    case "recorded":
      // An earlier try, without its acknowledgement, may have found the queue full, or may have come too late.
      if (row.reason === "ANSWERED_LATE" || (state === "QUEUED" && ["NOT_EXECUTED", "QUEUED"].includes(row.state)))
        return { submission: found, ticket: null };
  }
  return settled;
}

/** True when the queue admits a request. One that is there already keeps its position. */
async function mayQueue({ reserved, outcome }: TimedEnding, row: SubmissionRow, context: LedgerContext) {
  if (outcome.outcome !== "notExecuted" || row.forgotten_at !== null) return false;
  if (row.deliver_by !== null) return true;
  const isExpired = reserved.deliverBy !== null; // its request was erased meanwhile
  return !isExpired && (await admitToQueue([row.client_id], context))[0]!;
}

/** Condition for an update beside others of its ticket of which none may have been executed after it. */
const IS_LAST_SQL = sql`NOT EXISTS (SELECT 1 FROM submissions AS other
  WHERE other.ticket_id = submissions.ticket_id AND other.requested_status IS NOT NULL
    AND (other.state = 'SENDING' OR (other.state = 'UNCERTAIN' OR other.state = 'CONFIRMED') AND other.nth > submissions.nth))`;

/** Writes an outcome into the locked row of its attempt. An update becomes a doubt when another may have been executed later. */
async function writeOutcome(
  row: SubmissionRow,
  ending: TimedEnding,
  settled: Settled,
  name: "settle" | "settleLate",
  context: LedgerContext,
): Promise<Settled> {
  const { db, clock, engine } = context;
  const isUpdate = !OPERATIONS[ending.request.operation].isCreate;
  const put = async (what: Settled, which: RawBuilder<unknown>, more = {}) => {
    const { state, settled_at, ...values } = outcomeRow(what, ending, context);
    const outcome = {
      ...values,
      ...(state === "QUEUED" && queueColumns(ending, row, context)),
      settled_at: clock.after(settled_at),
      ...more,
    };
    const [changed] = await change(context, name, state as "CONFIRMED", outcome, sql`id = ${row.id} AND ${which}`);
    return changed;
  };
  const isLate = name === "settleLate";
  const isAccepted = settled.ticket !== null;
  const changed = await put(
    settled,
    isLate && isUpdate && isAccepted ? IS_LAST_SQL : sql`true`,
    isLate ? {} : NEXT_NTH,
  );
  if (!changed) {
    const late = toAnsweredLate(settled);
    const doubt = await put(late, sql`true`, { sent_at: clock.sql, ...NEXT_NTH });
    return { ...late, submission: submissionOf(doubt!) };
  }
  if (isUpdate && isAccepted) await storeReport({ id: row.id, ...reportRow(settled, context) }, db, engine);
  if (!isUpdate && isAccepted && row.forgotten_at !== null) await keepForgotten(settled.ticket!.id, context);
  return { ...settled, submission: submissionOf(changed) };
}

/** Returns the columns of a request that enters the queue, for the first time or again. Its earlier reservations end. */
function queueColumns(ending: TimedEnding, row: SubmissionRow, { clock, cipher, queue }: LedgerContext) {
  const least = row.request === null ? FIRST_DELIVERY_MS : 0;
  const pause = Math.round(Math.min(Math.max(Number(ending.pauseMs), least), LONGEST_PAUSE_MS));
  const not_before = ending.pauseMs === "person" ? null : clock.after(pause);
  const again = { reservation_id: bytesOf(clock.newId()), not_before };
  if (row.request !== null) return again;
  const request = sealRequest(ending.request, ending.reserved.id, cipher);
  return { ...again, request, deliver_by: clock.after(queue.deliverWithinMs), handed_in_at: clock.sql };
}

/** Turns a create into a doubt when another create has its ticket: its answer may belong to another request. */
async function unlessRepeated(settled: Settled, { db, observe }: LedgerContext): Promise<Settled> {
  const { submission, ticket } = settled;
  if (!ticket || !OPERATIONS[submission.operation].isCreate) return settled;
  if ((await otherOf(openedSql(ticket.id), submission.id, db)) === null) return settled;
  observe("sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id });
  return toDoubt(settled);
}

/** Keeps the ticket of a create beside what has become of its row since. */
async function keepConflict(
  row: SubmissionRow,
  { reservedRow }: TimedEnding,
  { submission, ticket }: Settled,
  context: LedgerContext,
): Promise<void> {
  const { db, clock, observe } = context;
  const ticketId = ticket!.id;
  // A state without a ticket has emptied what was submitted.
  const details = row.forgotten_at === null ? (row.details ?? reservedRow.details) : null;
  await sql`UPDATE submissions SET conflicting_ticket_id = ${ticketId}, details = ${details}, opens_once = 0,
    changed_at = ${clock.sql} WHERE id = ${row.id}`.execute(db);
  if (row.forgotten_at !== null) await keepForgotten(ticketId, context);
  observe("submission.conflict", { submissionId: submission.id, ticketId });
}

/** Reports a row that an asynchronous failover dropped. Inserts that of a create again if it was accepted or is in doubt. */
async function restore(ending: TimedEnding, settled: Settled, context: LedgerContext): Promise<Settled> {
  const { db, clock, observe } = context;
  const { state, ticketId, ...submission } = settled.submission;
  if (state !== "CONFIRMED" && state !== "UNCERTAIN") return settled;
  const outcome = outcomeRow(settled, ending, context);
  const times = { settled_at: clock.after(outcome.settled_at), changed_at: clock.sql };
  const insert = db
    .insertInto("submissions")
    .values({ ...ending.reservedRow, ...outcome, ...times, ...NO_REQUEST, opens_once: 0 }) // kept, whatever came meanwhile
    .onConflict((conflict) => conflict.doNothing())
    .returning("id");
  const isRestored = OPERATIONS[ending.request.operation].isCreate && (await insert.executeTakeFirst()) !== undefined;
  const { id: submissionId, operation, helpdeskTicketNumber, branchComplaintNumber, sourceTicketId } = submission;
  const numbers = { helpdeskTicketNumber, branchComplaintNumber, sourceTicketId };
  observe("ledger.row_lost", { submissionId, operation, state, ticketId, ...numbers, isRestored });
  return settled;
}
