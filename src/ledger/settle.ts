import { type Selectable, type Transaction, sql } from "kysely";
import type { EventName, Events } from "../telemetry/events.ts";
import type { Settled } from "../tickets/ports.ts";
import { type Ending, doubted, settledBy } from "../tickets/settlement.ts";
import { canonicalText } from "../tickets/submission.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { newRow } from "./reservation.ts";
import { instantOf } from "./rows.ts";
import type { SubmissionRow, Tables } from "./tables.ts";
import { type Report, storingTickets, withKnown } from "./ticket-store.ts";

/** An attempt that has ended, and when that was, on the monotonic clock: recording it may take several tries. */
export interface TimedEnding extends Ending {
  endedAt: number;
}

/** Something that operators are told of a settlement once it is committed. */
type Finding = { [Name in EventName]: readonly [Name, Events[Name]] }[
  "submission.conflict" | "ledger.outcome_refused" | "ledger.row_restored" | "sociomile.ticket_id_repeated"];

/** Records many in one transaction: outcomes, the tickets that were told, and the doubts that this closes. */
export function settling(context: LedgerContext): (endings: readonly TimedEnding[]) => Promise<Settled[]> {
  const { db, observe } = context;
  const recordOutcomes = recordingOutcomes(context);
  const storeTickets = storingTickets(context);
  return async (endings) => {
    const findings: Finding[] = [];
    const settled = await db
      .transaction()
      .execute((transaction) => settleAll(endings, transaction, findings));
    for (const [event, fields] of findings) observe(event, fields as never);
    return settled;
  };

  async function settleAll(
    endings: readonly TimedEnding[],
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<Settled[]> {
    const now = performance.now();
    const outcomes = endings.map((ending) => outcomeRow(ending, now));
    const recorded = new Map((await recordOutcomes(outcomes, transaction)).map((row) => [row.id, row]));
    const missed = endings.filter(({ reserved }) => !recorded.has(reserved.id));
    for (const row of await settleMissed(missed, transaction, context, findings)) recorded.set(row.id, row);

    const settled = endings.map((ending) => {
      const at = recorded.get(ending.reserved.id)?.settled_at;
      return settledBy(ending, instantOf(at ?? Math.floor(context.clock.estimate())));
    });
    const reports = settled.flatMap(({ submission, ticket }): Report[] => {
      const order = recorded.get(submission.id)?.reservation_order ?? null;
      return ticket ? [{ ticket, order, openedBy: ticket.kind === null ? null : submission.id }] : [];
    });
    const known = await storeTickets(reports, transaction);
    await supersede(settled, recorded, transaction);
    const answers: Settled[] = [];
    for (const one of settled) answers.push(await answerWith(known, one, transaction, findings));
    return answers;
  }

  /** The settlement as the caller is told: with all that is known of the ticket, or as a doubt when it is another create's. */
  async function answerWith(
    known: ReadonlyMap<string, Report>,
    settled: Settled,
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<Settled> {
    const { submission, ticket } = settled;
    if (!ticket) return settled;
    const report = known.get(ticket.id);
    const isRepeated = ticket.kind !== null && report?.openedBy !== submission.id;
    if (!isRepeated) return { submission, ticket: withKnown(ticket, report?.ticket) };
    findings.push(["sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id }]);
    return context.repeatedTicketIds === "accept" ? settled : doubt(settled, transaction);
  }
}

/** Columns of an outcome, with the types that PostgreSQL must be told. */
const OUTCOME_COLUMNS = {
  id: "text",
  reserved_attempt: "bigint",
  attempt: "bigint",
  state: "text",
  reason: "text",
  ended_ago: "bigint",
  ticket_id: "text",
  ticket_number: "text",
  refused_field: "text",
  trace_id: "text",
} as const;
type OutcomeRow = Record<keyof typeof OUTCOME_COLUMNS, string | number | null>;

function outcomeRow(ending: TimedEnding, now: number): OutcomeRow {
  const { submission } = settledBy(ending, instantOf(0));
  return {
    id: submission.id,
    reserved_attempt: ending.reserved.attempts,
    attempt: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    ended_ago: Math.round(now - ending.endedAt),
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
  };
}

type Recorded = Pick<Selectable<SubmissionRow>, "id" | "settled_at" | "reservation_order">;

/**
 * Compare-and-set on id, attempt and state. SENDING takes any outcome; a doubt that the sweeper made of this very attempt
 * takes the evidence that its owner still has. Gives the rows that took theirs.
 */
function recordingOutcomes({ db, clock }: LedgerContext) {
  const columns = Object.keys(OUTCOME_COLUMNS) as (keyof OutcomeRow)[];
  return batch<OutcomeRow, Recorded>(
    db,
    columns,
    (values) => sql`
    WITH outcome (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET
      attempt = outcome.attempt,
      state = outcome.state,
      reason = outcome.reason,
      settled_at = ${clock.sql} - outcome.ended_ago,
      ticket_id = outcome.ticket_id,
      ticket_number = outcome.ticket_number,
      refused_field = outcome.refused_field,
      trace_id = outcome.trace_id
    FROM outcome
    WHERE submissions.id = outcome.id
      AND submissions.attempt = outcome.reserved_attempt
      AND (submissions.state = 'SENDING'
        OR (submissions.state = 'UNCERTAIN' AND submissions.reason = 'OWNER_DIED' AND outcome.state <> 'UNCERTAIN'))
    RETURNING submissions.id, submissions.settled_at, submissions.reservation_order`,
    { types: OUTCOME_COLUMNS },
  );
}

/** Settles endings whose rows did not take their outcome. Gives the rows as they then are. */
async function settleMissed(
  missed: readonly TimedEnding[],
  transaction: Transaction<Tables>,
  context: LedgerContext,
  findings: Finding[],
): Promise<Recorded[]> {
  if (missed.length === 0) return [];
  const ids = missed.map(({ reserved }) => reserved.id);
  const rows = await transaction.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
  const recorded: Recorded[] = [...rows];
  for (const ending of missed) {
    const row = rows.find(({ id }) => id === ending.reserved.id);
    if (!row) {
      recorded.push(await restore(ending, transaction, context, findings));
      continue;
    }
    const { submission, ticket } = settledBy(ending, instantOf(0));
    if (ticket?.kind && ticket.id !== row.ticket_id) {
      // Accepted, and by now decided otherwise: kept beside that decision, never applied.
      if (ticket.id === row.conflicting_ticket_id) continue; // the same evidence again
      await transaction
        .updateTable("submissions")
        .set({ conflicting_ticket_id: ticket.id })
        .where("id", "=", row.id)
        .execute();
      findings.push(["submission.conflict", { submissionId: row.id, ticketId: ticket.id }]);
    } else if (!isExpected(submission, row)) {
      const { id: submissionId, state } = submission;
      findings.push(["ledger.outcome_refused", { submissionId, state, recorded: row.state }]);
    }
  }
  return recorded;
}

/**
 * Whether a row that did not take an outcome has a reason for it: it has it already, because the acknowledgement was lost, and
 * may have gone on since; or it is in doubt, as the outcome would have it.
 */
function isExpected({ state, attempts }: Settled["submission"], row: Selectable<SubmissionRow>): boolean {
  if (row.state === state || row.attempt > attempts || row.verdict !== null) return true;
  return row.state === "SUPERSEDED" || (state === "UNCERTAIN" && row.state !== "SENDING");
}

/**
 * Writes the row of a submission that is gone, such as after a failover to a standby that had not received it. Where its key
 * has been reserved again meanwhile, two tickets may stand for one request: a conflict.
 */
async function restore(
  ending: TimedEnding,
  transaction: Transaction<Tables>,
  { cipher, clock }: LedgerContext,
  findings: Finding[],
): Promise<Recorded> {
  const { reserved, request, endedAt } = ending;
  const { id, clientId, requestedBy, idempotencyKey } = reserved;
  const { submission } = settledBy(ending, instantOf(0));
  const { state, reason, attempts, ticketId, ticketNumber, refusedField, traceId } = submission;
  const intent = { clientId, requestedBy, idempotencyKey, request };
  const row = {
    ...newRow({ id, intent, input: canonicalText(request), declined: null }, cipher),
    state,
    reason,
    attempt: attempts,
    created_at: reserved.createdAt.epochMilliseconds,
    lease_until: reserved.createdAt.epochMilliseconds,
    settled_at: sql<number>`${clock.sql} - ${Math.round(performance.now() - endedAt)}`,
    ticket_id: ticketId,
    ticket_number: ticketNumber,
    refused_field: refusedField,
    trace_id: traceId,
  };
  const insert = (idempotency_key: string | null) =>
    transaction
      .insertInto("submissions")
      .values({ ...row, idempotency_key })
      .onConflict((conflict) => conflict.doNothing())
      .returning(["id", "settled_at", "reservation_order"])
      .executeTakeFirst();
  findings.push(["ledger.row_restored", { submissionId: id, state, ticketId }]);
  const restored = await insert(idempotencyKey);
  if (restored) return restored;
  if (ticketId !== null) findings.push(["submission.conflict", { submissionId: id, ticketId }]);
  return (await insert(null))!;
}

/** Closes doubts about updates of a ticket that were reserved before an accepted one. */
async function supersede(
  settled: readonly Settled[],
  recorded: ReadonlyMap<string, Recorded>,
  transaction: Transaction<Tables>,
): Promise<void> {
  for (const { submission } of settled) {
    const order = recorded.get(submission.id)?.reservation_order ?? null;
    if (order === null || submission.state !== "CONFIRMED") continue;
    await transaction
      .updateTable("submissions")
      .set({ state: "SUPERSEDED", reason: "LATER_UPDATE_ACCEPTED" })
      .where("ticket_id", "=", submission.ticketId)
      .where("state", "=", "UNCERTAIN")
      .where("reservation_order", "<", order)
      .execute();
  }
}

/** Makes a doubt of a submission that was just recorded as confirmed. */
async function doubt(confirmed: Settled, transaction: Transaction<Tables>): Promise<Settled> {
  const settled = doubted(confirmed);
  const { id, state, reason, attempts } = settled.submission;
  await transaction
    .updateTable("submissions")
    .set({ state, reason, ticket_id: null, ticket_number: null })
    .where("id", "=", id)
    .where("state", "=", "CONFIRMED")
    .where("attempt", "=", attempts)
    .execute();
  return settled;
}
