import { type Kysely, type Transaction, sql } from "kysely";
import type { DeskAnswer, TicketReport } from "../tickets/outcome.ts";
import type { Settled } from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { Submission } from "../tickets/submission.ts";
import { KIND_MADE_BY, NOTHING_TOLD, type Ticket } from "../tickets/ticket.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerKeys } from "./keys.ts";
import { instantOf } from "./rows.ts";
import { remembering, withKnown } from "./snapshots.ts";
import type { Tables } from "./tables.ts";

/** How a claimed submission ended. */
export interface Ending {
  claimed: Submission;
  request: TicketRequest;
  answer: DeskAnswer;
  /** How often it was tried to reach the vendor. */
  tries: number;
  /** When it ended, in milliseconds since the epoch. */
  at: number;
}

/** What the caller is told of an ending, whether or not it could be recorded. */
export function settledBy({ claimed, request, answer, tries, at }: Ending): Settled {
  const submission = {
    ...claimed,
    attempts: claimed.attempts + Math.max(0, tries - 1),
    settledAt: instantOf(at),
  };
  switch (answer.outcome) {
    case "accepted":
      return {
        submission: {
          ...submission,
          state: "CONFIRMED",
          reason: "ACCEPTED_BY_SOCIOMILE",
          ticketId: answer.report.id,
          ticketNumber: answer.report.number,
        },
        ticket: reportedTicket(request, answer.report, at),
      };
    case "rejected": {
      const { reason, field: refusedField, traceId } = answer;
      return {
        submission: { ...submission, state: "REJECTED", reason, refusedField, traceId },
        ticket: null,
      };
    }
    case "notExecuted":
      return { submission: { ...submission, state: "NOT_EXECUTED", reason: answer.reason }, ticket: null };
    case "unknown":
      return {
        submission: { ...submission, state: "UNCERTAIN", reason: answer.reason, traceId: answer.traceId },
        ticket: null,
      };
  }
}

function reportedTicket(request: TicketRequest, { id, number, details }: TicketReport, at: number): Ticket {
  const bsgTicketId = request.operation === "UPDATE_TICKET_STATUS" ? request.details.bsgTicketId : null;
  const kind = KIND_MADE_BY[request.operation];
  return { ...NOTHING_TOLD, ...details, id, number, kind, bsgTicketId, observedAt: instantOf(at) };
}

/** An acceptance that came after an operator had ruled otherwise: kept beside the ruling, never applied. */
export interface Conflict {
  submissionId: string;
  ticketId: string;
}

/** Records many in one transaction: outcomes, what was told about tickets, and the doubts that this closes. */
export function settling(
  db: Kysely<Tables>,
  keys: LedgerKeys,
): (endings: readonly Ending[]) => Promise<{ settled: Settled[]; conflicts: Conflict[] }> {
  const recordOutcomes = recordingOutcomes(db);
  const rememberTickets = remembering(db, keys);
  return (endings) =>
    db.transaction().execute(async (transaction) => {
      const settled = endings.map(settledBy);
      const recorded = await recordOutcomes(
        endings.map((ending, index) => outcomeRow(ending, settled[index]!)),
        transaction,
      );
      const applied = new Set(recorded.map(({ id }) => id));
      const known = await rememberTickets(
        settled.flatMap(({ ticket }) => ticket ?? []),
        transaction,
      );
      await supersede(settled, transaction);
      const late = settled.filter(({ submission, ticket }) => ticket && !applied.has(submission.id));
      return {
        settled: settled.map(({ submission, ticket }) => ({
          submission,
          ticket: ticket && withKnown(ticket, known),
        })),
        conflicts: await recordConflicts(late, transaction),
      };
    });
}

/** What is recorded of an ending, with the types that PostgreSQL must be told. */
const OUTCOME_COLUMNS = {
  id: "text",
  claimed_attempt: "bigint",
  attempt: "bigint",
  state: "text",
  reason: "text",
  at: "bigint",
  ticket_id: "text",
  ticket_number: "text",
  refused_field: "text",
  trace_id: "text",
} as const;
type OutcomeRow = Record<keyof typeof OUTCOME_COLUMNS, string | number | null>;

function outcomeRow({ claimed, at }: Ending, { submission }: Settled): OutcomeRow {
  return {
    id: submission.id,
    claimed_attempt: claimed.attempts,
    attempt: submission.attempts,
    state: submission.state,
    reason: submission.reason,
    at,
    ticket_id: submission.ticketId,
    ticket_number: submission.ticketNumber,
    refused_field: submission.refusedField,
    trace_id: submission.traceId,
  };
}

/**
 * Compare-and-set on id, attempt and state. SENDING takes any outcome; a doubt that the sweeper made of this very attempt
 * takes the evidence that its owner still has. Gives the ids that took theirs.
 */
function recordingOutcomes(db: Kysely<Tables>) {
  const columns = Object.keys(OUTCOME_COLUMNS) as (keyof OutcomeRow)[];
  return batch<OutcomeRow, { id: string }>(
    db,
    columns,
    (values) => sql`
    WITH outcome (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET
      attempt = outcome.attempt,
      state = outcome.state,
      reason = outcome.reason,
      settled_at = outcome.at,
      ticket_id = outcome.ticket_id,
      ticket_number = outcome.ticket_number,
      refused_field = outcome.refused_field,
      trace_id = outcome.trace_id
    FROM outcome
    WHERE submissions.id = outcome.id
      AND submissions.attempt = outcome.claimed_attempt
      AND (submissions.state = 'SENDING'
        OR (submissions.state = 'UNCERTAIN' AND submissions.reason = 'OWNER_DIED' AND outcome.state <> 'UNCERTAIN'))
    RETURNING submissions.id`,
    OUTCOME_COLUMNS,
  );
}

/** An accepted update closes the doubts about earlier updates of the same ticket. */
async function supersede(settled: readonly Settled[], transaction: Transaction<Tables>): Promise<void> {
  for (const { submission } of settled) {
    if (submission.operation !== "UPDATE_TICKET_STATUS" || submission.state !== "CONFIRMED") continue;
    await transaction
      .updateTable("submissions")
      .set({ state: "SUPERSEDED", reason: "LATER_UPDATE_ACCEPTED" })
      .where("ticket_id", "=", submission.ticketId)
      .where("operation", "=", "UPDATE_TICKET_STATUS")
      .where("state", "=", "UNCERTAIN")
      .where("id", "<", submission.id)
      .execute();
  }
}

async function recordConflicts(
  late: readonly Settled[],
  transaction: Transaction<Tables>,
): Promise<Conflict[]> {
  const conflicts: Conflict[] = [];
  for (const { submission, ticket } of late) {
    const contradicted = await transaction
      .updateTable("submissions")
      .set({ conflicting_ticket_id: ticket!.id })
      .where("id", "=", submission.id)
      .where("verdict", "is not", null)
      .where((eb) => eb.or([eb("verdict", "=", "NOT_CREATED"), eb("ticket_id", "!=", ticket!.id)]))
      .returning("id")
      .execute();
    if (contradicted.length > 0) conflicts.push({ submissionId: submission.id, ticketId: ticket!.id });
  }
  return conflicts;
}
