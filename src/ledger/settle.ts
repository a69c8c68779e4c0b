import { type Selectable, type Transaction, sql } from "kysely";
import type { Settled } from "../tickets/ports.ts";
import { doubted, settledBy } from "../tickets/settlement.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { bytesOf, textOf } from "./ids.ts";
import { type Finding, type Recorded, type TimedEnding, settleMissed } from "./missed-outcomes.ts";
import { instantOf, ticketOf } from "./rows.ts";
import type { Tables, TicketRow } from "./tables.ts";
import { storingReferences } from "./ticket-references.ts";
import { type TicketVersion, isOpenedBy, storingTickets, withStored } from "./ticket-store.ts";

/** Settles many attempts in one transaction: records outcomes, stores tickets, and closes doubts of earlier updates. */
export function settling(context: LedgerContext): (endings: readonly TimedEnding[]) => Promise<Settled[]> {
  const { db, observe } = context;
  const recordOutcomes = recordingOutcomes(context);
  const storeTickets = storingTickets(context);
  const storeReferences = storingReferences(context);
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
    const recorded = new Map<string, Recorded>(
      (await recordOutcomes(outcomes, transaction)).map((row) => [textOf(row.id), row]),
    );
    const missed = endings.filter(({ reserved }) => !recorded.has(reserved.id));
    for (const [id, row] of await settleMissed(missed, transaction, context, findings)) recorded.set(id, row);

    const settled = endings.map((ending) => {
      const at = recorded.get(ending.reserved.id)?.settled_at;
      return settledBy(ending, instantOf(at ?? Math.floor(context.clock.estimate())));
    });
    const versions = settled.flatMap(({ submission, ticket }): TicketVersion[] => {
      const order = recorded.get(submission.id)?.reservation_order ?? null;
      return ticket ? [{ ticket, order, openedBy: ticket.kind === null ? null : submission.id }] : [];
    });
    const tickets = await storeTickets(versions, transaction);
    await supersede(settled, recorded, transaction);
    const answers: Settled[] = [];
    for (const one of settled) answers.push(await answerWith(tickets, one, transaction, findings));
    await storeReferences(
      settled.flatMap(({ ticket }, nth) => (ticket && answers[nth]?.ticket ? ticket : [])),
      transaction,
    );
    return answers;
  }

  /** Completes the ticket of a settlement. Turns the settlement into a doubt when another create opened the ticket. */
  async function answerWith(
    tickets: ReadonlyMap<string, Selectable<TicketRow>>,
    settled: Settled,
    transaction: Transaction<Tables>,
    findings: Finding[],
  ): Promise<Settled> {
    const { submission, ticket } = settled;
    if (!ticket) return settled;
    const stored = tickets.get(ticket.id)!;
    if (ticket.kind === null)
      return { submission, ticket: withStored(ticket, ticketOf(stored, context.cipher)) };
    // The answer to a create shows its own data: stored details could be those of another customer.
    if (isOpenedBy(stored, submission.id)) return settled;
    findings.push(["sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id }]);
    return context.repeatedTicketIds === "accept" ? settled : doubt(settled, transaction);
  }
}

/** Columns of an outcome, with the types that PostgreSQL needs. */
const OUTCOME_COLUMNS = {
  id: "blob",
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
type OutcomeRow = Record<keyof typeof OUTCOME_COLUMNS, Uint8Array | string | number | null>;

function outcomeRow(ending: TimedEnding, now: number): OutcomeRow {
  const { submission } = settledBy(ending, instantOf(0));
  return {
    id: bytesOf(submission.id),
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

/**
 * Records outcomes by compare-and-set on id, attempt and state. SENDING takes any outcome. A doubt of the same attempt with
 * reason OWNER_DIED takes the late outcome of its owner. Returns the rows that took their outcome.
 */
function recordingOutcomes(context: LedgerContext) {
  const columns = Object.keys(OUTCOME_COLUMNS) as (keyof OutcomeRow)[];
  return batch<OutcomeRow, Recorded & { id: Uint8Array }>(
    context,
    columns,
    (values) => sql`
    WITH outcome (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET
      attempt = outcome.attempt,
      state = outcome.state,
      reason = outcome.reason,
      settled_at = ${context.clock.sql} - outcome.ended_ago,
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

/** Closes doubts about updates of a ticket when an update that was reserved later is accepted. */
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

/** Turns a submission that was just recorded as confirmed into a doubt. */
async function doubt(confirmed: Settled, transaction: Transaction<Tables>): Promise<Settled> {
  const settled = doubted(confirmed);
  const { id, state, reason, attempts } = settled.submission;
  await transaction
    .updateTable("submissions")
    .set({ state, reason, ticket_id: null, ticket_number: null })
    .where("id", "=", bytesOf(id))
    .where("state", "=", "CONFIRMED")
    .where("attempt", "=", attempts)
    .execute();
  return settled;
}
