/** Outcomes that the rows of their submissions did not take: the row is gone, has the outcome already, or is decided otherwise. */
import { type Selectable, type Transaction, sql } from "kysely";
import type { EventName, Events } from "../../telemetry/events.ts";
import type { Intent, Settled } from "../../tickets/ports.ts";
import { settledBy } from "../../tickets/settlement.ts";
import { type SubmissionReason, canonicalText, isResolved } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { newRow } from "../reservations/reservation.ts";
import { instantOf } from "../rows.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import type { Recorded, TimedEnding } from "./outcomes.ts";

/** Log event about a settlement, written after the commit. */
export type Finding = { [Name in EventName]: readonly [Name, Events[Name]] }[
  "submission.conflict" | "ledger.outcome_refused" | "ledger.row_restored" | "sociomile.ticket_id_repeated"];

/**
 * Settles attempts whose rows did not take the outcome. Returns the rows after that by id, the ids of restored rows, and those of rows that
 * had the outcome already.
 */
export async function settleMissed(
  missed: readonly TimedEnding[],
  transaction: Transaction<Tables>,
  context: LedgerContext,
  findings: Finding[],
): Promise<{ rows: Map<string, Recorded>; restored: string[]; unchanged: string[] }> {
  if (missed.length === 0) return { rows: new Map(), restored: [], unchanged: [] };
  const ids = missed.map(({ reserved }) => bytesOf(reserved.id));
  const rows = await transaction.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
  const found = new Map(rows.map((row) => [textOf(row.id), row]));
  const recorded = new Map<string, Recorded>(found);
  const [restored, unchanged]: [string[], string[]] = [[], []];
  for (const ending of missed) {
    const submissionId = ending.reserved.id;
    const row = found.get(submissionId);
    if (!row) {
      recorded.set(submissionId, await restore(ending, transaction, context, findings));
      restored.push(submissionId);
      continue;
    }
    const { submission, ticket } = settledBy(ending, instantOf(0));
    if (
      submission.state === row.state &&
      submission.reason === row.reason &&
      submission.ticketId === row.ticket_id
    )
      unchanged.push(submissionId);
    if (ticket?.kind && ticket.id !== row.ticket_id) {
      const isNoted = ticket.id === row.conflicting_ticket_id || row.reason === "TICKET_ID_REPEATED";
      if (isNoted) continue;
      // The row was decided otherwise meanwhile. The ticket is noted beside that decision and does not replace it.
      await transaction
        .updateTable("submissions")
        .set({ conflicting_ticket_id: ticket.id })
        .where("id", "=", row.id)
        .execute();
      findings.push(["submission.conflict", { submissionId, ticketId: ticket.id }]);
    } else if (!isExpected(submission, row)) {
      findings.push([
        "ledger.outcome_refused",
        { submissionId, state: submission.state, recorded: row.state },
      ]);
    }
  }
  return { rows: recorded, restored, unchanged };
}

/** Reasons of requests that left the queue without an attempt. */
const LEFT_QUEUE: ReadonlySet<SubmissionReason> = new Set([
  "CANCELLED",
  "DELIVERY_EXPIRED",
  "ALREADY_OPENED",
]);

/**
 * True when something explains that a row did not take an outcome. The row may have it already, because the acknowledgement
 * of the commit was lost, and may have changed since. Or the row and the outcome are both a doubt.
 */
function isExpected({ state, attempts }: Settled["submission"], row: Selectable<SubmissionRow>): boolean {
  if (row.state === state || row.attempt > attempts || isResolved(row)) return true;
  if (state === "QUEUED" && row.reason !== null && LEFT_QUEUE.has(row.reason)) return true;
  return row.state === "SUPERSEDED" || (state === "UNCERTAIN" && row.state !== "SENDING");
}

/**
 * Writes the row of a submission that the database has lost, for example in a failover to a standby that had not received it.
 * When its key has been reserved again meanwhile, one request may have two tickets: a conflict. A request for the queue then stays out of
 * it, because it would be sent a second time.
 */
async function restore(
  ending: TimedEnding,
  transaction: Transaction<Tables>,
  { cipher, clock, queue }: LedgerContext,
  findings: Finding[],
): Promise<Recorded> {
  const { reserved, request, endedAt } = ending;
  const { id, clientId, requestedBy, keyHash } = reserved;
  const { submission } = settledBy(ending, instantOf(0));
  const { state, reason, attempts, deliverBy, ticketId, ticketNumber, refusedField, traceId } = submission;
  const intent: Intent = {
    clientId,
    requestedBy,
    idempotencyKey: null,
    request,
    unlessAlreadyOpened: state === "QUEUED" && reserved.opensOnce, // what has been sent already is kept whatever came meanwhile
    whenUnavailable: "FAIL",
  };
  const row = {
    ...newRow({ id, intent, input: canonicalText(request), declined: null, queued: null }, cipher),
    state,
    reason,
    attempt: attempts,
    reservation_order: reserved.reservationOrder,
    lease_until: reserved.createdAt.epochMilliseconds,
    settled_at: sql<number>`${clock.sql} - ${Math.round(performance.now() - endedAt)}`,
    deliver_by:
      state !== "QUEUED"
        ? null
        : (deliverBy?.epochMilliseconds ?? sql<number>`${clock.sql} + ${queue.deliverWithinMs}`),
    ticket_id: ticketId,
    ticket_number: ticketNumber,
    refused_field: refusedField,
    trace_id: traceId,
  };
  const insert = (changes: Partial<typeof row>) =>
    transaction
      .insertInto("submissions")
      .values({ ...row, ...changes })
      .onConflict((conflict) => conflict.doNothing())
      .returning(["state", "settled_at", "deliver_by", "reservation_order"])
      .executeTakeFirst();
  const restored = await insert({ key_hash: keyHash === null ? null : Buffer.from(keyHash, "hex") });
  const beside = restored ?? (await insert(state === "QUEUED" ? NOT_QUEUED : {}));
  if (!beside) throw new Error("The row was restored by an earlier try"); // the next try finds it
  findings.push(["ledger.row_restored", { submissionId: id, state: beside.state, ticketId }]);
  if (!restored && ticketId !== null) findings.push(["submission.conflict", { submissionId: id, ticketId }]);
  return beside;
}

/** Changes of a restored row whose key or number another submission has by now. */
const NOT_QUEUED = { state: "NOT_EXECUTED", deliver_by: null, opens_once: 0 } as const;
