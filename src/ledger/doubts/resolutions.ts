/** Operators' decisions about doubts. Each is kept, and the newest counts. */
import { isDeepStrictEqual } from "node:util";
import { type ExpressionBuilder, type Kysely, type Transaction, sql } from "kysely";
import type { ResolutionResult, ResolveRequest } from "../../tickets/ports.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import { OPERATOR_REASONS, type Resolution, type Submission, VERDICTS } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { TicketTaken, storeTicket, withdraw } from "./found-tickets.ts";
import { bytesOf, textOf } from "../ids.ts";
import { resolutionOf, submissionOf } from "../rows.ts";
import type { Tables } from "../database/tables.ts";

/** Applies an operator's verdict to a doubt, or in place of an earlier one. Stores the ticket that the operator found. */
export async function applyResolution(
  submission: Submission,
  request: ResolveRequest,
  minAgeMs: number,
  context: LedgerContext,
): Promise<ResolutionResult> {
  try {
    return await context.db.transaction().execute(async (transaction) => {
      // Two corrections that swap their tickets would lock these in opposite orders.
      const ticketIds = [submission.ticketId, request.ticketId].filter((id) => id !== null);
      await context.lockTickets(ticketIds, transaction);
      const held = await lock(submission.id, transaction);
      const resolved = await decide(submission, request, minAgeMs, transaction, context);
      if (!held || !resolved) return refusal(submission.id, request, minAgeMs, transaction, context);
      await keep(request, transaction, context);
      const { ticketId } = held;
      if (request.correct && OPERATIONS[held.operation].effect === "opens" && ticketId !== null)
        await withdraw({ ...held, ticketId }, transaction, context);
      if (request.ticketId !== null)
        await storeTicket(resolved, request.ticketId, request.evenIfTaken, transaction, context);
      return { kind: "resolved", submission: resolved };
    });
  } catch (error) {
    if (error instanceof TicketTaken) return { kind: "taken", submission };
    throw error;
  }
}

/** Locks a submission and reads it: another operator may have corrected it since it was found. */
async function lock(id: string, transaction: Transaction<Tables>): Promise<Submission | null> {
  const row = await transaction
    .updateTable("submissions")
    .set((eb) => ({ attempt: eb.ref("attempt") })) // SQLite has no SELECT … FOR UPDATE
    .where("id", "=", bytesOf(id))
    .returningAll()
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** Brings a submission into the state of the verdict. Null when it is not in the state that the verdict is about. */
async function decide(
  { id, operation, attempts }: Submission,
  { verdict, correct, ticketId, ticketNumber }: ResolveRequest,
  minAgeMs: number,
  transaction: Transaction<Tables>,
  { clock }: LedgerContext,
): Promise<Submission | null> {
  const { state, reason } = VERDICTS[verdict];
  const isOpen = (eb: ExpressionBuilder<Tables, "submissions">) =>
    correct ? eb("reason", "in", OPERATOR_REASONS) : eb("state", "=", "UNCERTAIN");
  const row = await transaction
    .updateTable("submissions")
    .set({ state, reason, settled_at: clock.sql })
    .$if(OPERATIONS[operation].effect === "opens", (query) =>
      query.set({ ticket_id: ticketId, ticket_number: ticketNumber }),
    )
    // Another create may have been admitted with the same number since the first resolution.
    .$if(correct, (query) => query.set({ opens_once: 0 }))
    .where("id", "=", bytesOf(id))
    .where("attempt", "=", attempts)
    .where(isOpen)
    .$if(minAgeMs > 0, (query) =>
      query.where(beganAt(correct), "<=", sql<number>`${clock.sql} - ${minAgeMs}`),
    )
    .returningAll()
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** Column with the time from which a doubt's age counts. A resolution has replaced the time of the doubt itself. */
function beganAt(correct: boolean): "settled_at" | "lease_until" {
  return correct ? "lease_until" : "settled_at";
}

/** Adds the resolution to those of the submission. */
async function keep(
  request: ResolveRequest,
  transaction: Transaction<Tables>,
  { clock }: LedgerContext,
): Promise<void> {
  const id = bytesOf(request.submissionId);
  await transaction
    .insertInto("resolutions")
    .values({
      submission_id: id,
      // The submission is locked by now, so no other transaction takes the same number.
      nth: sql`(SELECT coalesce(max(nth), 0) + 1 FROM resolutions WHERE submission_id = ${id})`,
      verdict: request.verdict,
      ticket_id: request.ticketId,
      ticket_number: request.ticketNumber,
      resolved_by: request.by,
      by_person: request.byPerson,
      resolved_at: clock.sql,
      note: request.note,
    })
    .execute();
}

/** Finds the reason for which a verdict was not applied. */
async function refusal(
  id: string,
  { correct }: ResolveRequest,
  minAgeMs: number,
  transaction: Transaction<Tables>,
  { clock }: LedgerContext,
): Promise<ResolutionResult> {
  const row = await transaction
    .selectFrom("submissions")
    .selectAll()
    .select(clock.sql.as("now"))
    .where("id", "=", bytesOf(id))
    .executeTakeFirst();
  if (!row) return { kind: "notFound" };
  const submission = submissionOf(row);
  const isOpen = correct
    ? row.reason !== null && OPERATOR_REASONS.includes(row.reason)
    : row.state === "UNCERTAIN";
  if (!isOpen) return { kind: "notInDoubt", submission };
  return { kind: "tooEarly", submission, leftMs: (row[beganAt(correct)] ?? row.now) + minAgeMs - row.now };
}

/** Returns the resolutions of each submission, newest first. */
export async function resolutionsOf(
  submissionIds: readonly string[],
  db: Kysely<Tables>,
): Promise<Resolution[][]> {
  const rows = await db
    .selectFrom("resolutions")
    .selectAll()
    .where("submission_id", "in", submissionIds.map(bytesOf))
    .orderBy("nth", "desc")
    .execute();
  const byId = Map.groupBy(rows, (row) => textOf(row.submission_id));
  return submissionIds.map((id) => (byId.get(id) ?? []).map(resolutionOf));
}

/** True when this resolution is the newest one of its submission. */
export async function isNewest(
  { submissionId, verdict, ticketId, note, by, byPerson }: ResolveRequest,
  db: Kysely<Tables>,
): Promise<boolean> {
  const [[newest] = []] = await resolutionsOf([submissionId], db);
  const wanted = { verdict, ticketId, note, by, byPerson };
  return newest !== undefined && isDeepStrictEqual({ ...newest, ...wanted }, newest);
}
