/**
 * Records outcomes: many by one statement, and the rest one by one, as `decideSettlement` says, whatever has happened to the rows meanwhile. The ledger
 * calls it after each attempt and again until it succeeds. It never loses an outcome in silence.
 */
import { type RawBuilder, sql } from "kysely";
import { reportedReferences } from "../../tickets/fields/references.ts";
import { OPERATIONS } from "../../tickets/operations.ts";
import { FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Settled } from "../../tickets/ports.ts";
import {
  type Ending,
  applyOutcome,
  decideSettlement,
  toAnsweredLate,
  toDoubt,
} from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { type GivenRow, type ManyRows, storeReport } from "../database/many.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import { NEXT_NTH_SQL, NO_REQUEST, change, createSettleCreates, createSettleUpdates } from "./changes.ts";
import { roomInQueue } from "./counts.ts";
import {
  instantOf,
  lockedRow,
  openedSql,
  otherOf,
  sealAnswer,
  sealReport,
  sealRequest,
  sealSubmitted,
  submissionOf,
} from "./row.ts";
import { inTransaction } from "./transaction.ts";

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
    answer: answer ? sealAnswer(answer, outcome, submission.id, cipher) : null,
  };
}

/** Returns the columns of Sociomile's report in the acceptance of an update. */
function reportRow({ ticket }: Settled, { cipher }: LedgerContext) {
  const { MASKED_TICKET_ID = null, SOURCE_TICKET_ID = null } = ticket ? reportedReferences(ticket) : {};
  const report = ticket && sealReport(ticket, cipher);
  return { report, reported_masked: MASKED_TICKET_ID, reported_source: SOURCE_TICKET_ID };
}

const isOfCreate = ({ request }: TimedEnding) => OPERATIONS[request.operation].isCreate;

/** Returns the function that records the outcome of an attempt. It rejects when the ledger does not accept the outcome now. */
export function createSettle(context: LedgerContext): (ending: TimedEnding) => Promise<Settled> {
  const settleCreates = createSettleCreates(context.engine);
  const settleUpdates = createSettleUpdates(context.engine);
  const groupOf = (settleMany: ManyRows, columns: (settled: Settled) => Partial<GivenRow>) =>
    createGroup(async (endings: readonly TimedEnding[]) => {
      const settled = endings.map((ending) => settledAs(ending, context));
      // A late outcome may come with that of the next attempt of its submission. Each must see what the other has left.
      const ids = endings.map(({ reserved }) => reserved.id);
      const isQueued = (nth: number) => settled[nth]!.submission.state === "QUEUED";
      const many = [...ids.keys()].filter((nth) => !isQueued(nth) && ids.indexOf(ids[nth]!) === nth);
      const rows = many.map((nth) => ({
        ...outcomeRow(settled[nth]!, endings[nth]!, context),
        ...NO_REQUEST,
        ...columns(settled[nth]!),
      }));
      const results = await settleMany(rows, context.db);
      const done = new Set(many.filter((_, nth) => results[nth] === true));
      return endings.map((ending, nth) => (done.has(nth) ? settled[nth]! : alone(ending)));
    });
  const alone = (ending: TimedEnding) =>
    inTransaction("outcomes", context, (within) => settleOne(ending, within));
  const creates = groupOf(settleCreates, () => ({}));
  const updates = groupOf(settleUpdates, (settled) => reportRow(settled, context));
  return (ending) => (isOfCreate(ending) ? creates : updates)(ending);
}

/** Records an outcome, in a transaction. */
export async function settleOne(attempt: TimedEnding, context: LedgerContext): Promise<Settled> {
  const { id: submissionId, attempts } = attempt.reserved;
  const row = await lockedRow(submissionId, context);
  // A request that was lost from the queue is not executed: its key may have been used again meanwhile.
  const mayWait = attempt.pauseMs !== null && row !== null && (await mayQueue(attempt, row, context));
  const ending = { ...attempt, pauseMs: mayWait ? attempt.pauseMs : null };
  const settled = await unlessHeld(settledAs(ending, context), row, context);
  if (row === null) return restore(ending, settled, context);
  const { state } = settled.submission;
  const found = submissionOf(row);
  const decision = decideSettlement(found, attempts, settled);
  switch (decision) {
    case "settle":
    case "settleLate":
      return write(row, ending, settled, decision, context);
    case "conflict":
      await keepConflict(row, ending, settled, context);
      break;
    case "refused":
      context.observe("ledger.outcome_refused", { submissionId, state, recorded: row.state });
      break;
    case "recorded":
      // An earlier try, whose acknowledgement was lost, may have found the queue full, or may have come too late.
      if (
        row.reason === "ANSWERED_LATE" ||
        (state === "QUEUED" && ["NOT_EXECUTED", "QUEUED"].includes(row.state))
      )
        return { submission: found, ticket: null };
  }
  return settled;
}

/** True when the queue has room for a request that comes into it. One that is there already keeps its position. */
async function mayQueue({ reserved, outcome }: TimedEnding, row: SubmissionRow, context: LedgerContext) {
  if (outcome.outcome !== "notExecuted") return false;
  if (row.deliver_by !== null) return true;
  const isExpired = reserved.deliverBy !== null; // its request was erased meanwhile
  return !isExpired && (await roomInQueue(context)(row.client_id));
}

/** Condition for an update beside others of its ticket of which none may have been executed after it. */
const IS_LAST_SQL = sql`NOT EXISTS (SELECT 1 FROM submissions AS other
  WHERE other.ticket_id = submissions.ticket_id AND other.requested_status IS NOT NULL
    AND (other.state = 'SENDING' OR (other.state = 'UNCERTAIN' OR other.state = 'CONFIRMED') AND other.nth > submissions.nth))`;

/** Writes an outcome into the locked row of its attempt. An update that was accepted before another one may have been executed becomes a doubt. */
async function write(
  row: SubmissionRow,
  ending: TimedEnding,
  settled: Settled,
  name: "settle" | "settleLate",
  context: LedgerContext,
): Promise<Settled> {
  const { db, clock, engine } = context;
  const isUpdate = !isOfCreate(ending);
  const put = async (what: Settled, which: RawBuilder<unknown>, more = {}) => {
    const { id: _id, reserved_attempt: _attempt, state, ...values } = outcomeRow(what, ending, context);
    const outcome = {
      ...values,
      details: sql<Uint8Array>`CASE WHEN is_forgotten = 0 THEN coalesce(cast(${values.details} as blob), details) END`, // a conflict's
      ...(state === "QUEUED" && queueColumns(ending, row, context)),
      settled_at: clock.after(values.settled_at),
      ...more,
    };
    const [changed] = await change(db, name, state as "CONFIRMED", outcome, sql`id = ${row.id} AND ${which}`);
    return changed;
  };
  const isLate = name === "settleLate";
  const isAccepted = settled.ticket !== null;
  const changed = await put(
    settled,
    isLate && isUpdate && isAccepted ? IS_LAST_SQL : sql`true`,
    isLate ? {} : { nth: NEXT_NTH_SQL },
  );
  if (!changed) {
    const late = toAnsweredLate(settled);
    const doubt = await put(late, sql`true`, { sent_at: clock.sql, nth: NEXT_NTH_SQL });
    return { ...late, submission: submissionOf(doubt!) };
  }
  if (isUpdate && isAccepted) await storeReport({ id: row.id, ...reportRow(settled, context) }, db, engine);
  return { ...settled, submission: submissionOf(changed) };
}

/** Returns the columns of a request that goes back into the queue, or into it for the first time. */
function queueColumns(ending: TimedEnding, row: SubmissionRow, { clock, cipher, queue }: LedgerContext) {
  const least = row.request === null ? FIRST_DELIVERY_MS : 0;
  const pause = Math.round(Math.min(Math.max(Number(ending.pauseMs), least), LONGEST_PAUSE_MS));
  const not_before = ending.pauseMs === "person" ? null : clock.after(pause);
  const tries = (row.tries ?? 0) + (ending.tries > 0 ? 1 : 0);
  if (row.request !== null) return { tries, not_before };
  return {
    request: sealRequest(ending.request, ending.reserved.id, cipher),
    deliver_by: clock.after(queue.deliverWithinMs),
    handed_in_at: clock.sql,
    not_before,
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

/** Reports a row that an asynchronous failover has lost. A create that was accepted or is in doubt is inserted once more, without any decision. */
async function restore(ending: TimedEnding, settled: Settled, context: LedgerContext): Promise<Settled> {
  const { db, clock, observe } = context;
  const { state, ticketId, ...submission } = settled.submission;
  if (state !== "CONFIRMED" && state !== "UNCERTAIN") return settled;
  const { reserved_attempt: _attempt, ...outcome } = outcomeRow(settled, ending, context);
  const times = { settled_at: clock.after(outcome.settled_at), opens_once: 0 }; // a request that was sent is kept, whatever came meanwhile
  const insert = db
    .insertInto("submissions")
    .values({ ...ending.reservedRow, ...outcome, ...times, ...NO_REQUEST })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id");
  const isRestored = isOfCreate(ending) && (await insert.executeTakeFirst()) !== undefined;
  const {
    id: submissionId,
    operation,
    helpdeskTicketNumber,
    branchComplaintNumber,
    sourceTicketId,
  } = submission;
  const numbers = { helpdeskTicketNumber, branchComplaintNumber, sourceTicketId };
  observe("ledger.row_lost", { submissionId, operation, state, ticketId, ...numbers, isRestored });
  return settled;
}
