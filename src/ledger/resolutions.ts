import { type Kysely, type Transaction, sql } from "kysely";
import type { ResolveRequest, ResolutionResult } from "../tickets/ports.ts";
import type { Resolution, Submission } from "../tickets/submission.ts";
import { OPERATIONS } from "../tickets/request.ts";
import type { LedgerContext } from "./context.ts";
import { bytesOf, textOf } from "./ids.ts";
import { resolutionOf, submissionOf } from "./rows.ts";
import type { Tables } from "./tables.ts";
import { storingReferences } from "./ticket-references.ts";

/**
 * Applies an operator's verdict to a doubt that still exists and is at least `minAgeMs` milliseconds old. Stores the ticket
 * that the operator found.
 */
export function applyResolution(
  submission: Submission,
  resolution: ResolveRequest,
  minAgeMs: number,
  context: LedgerContext,
): Promise<ResolutionResult> {
  const { db, cipher, clock } = context;
  const { operation } = submission;
  const id = bytesOf(submission.id);
  const created = resolution.verdict === "CREATED";
  return db.transaction().execute(async (transaction) => {
    const resolved = await transaction
      .updateTable("submissions")
      .set({
        state: created ? "CONFIRMED" : "NOT_EXECUTED",
        reason: created ? "CREATED_SAYS_OPERATOR" : "NOT_CREATED_SAYS_OPERATOR",
        settled_at: clock.sql,
        ticket_id: resolution.ticketId,
        ticket_number: resolution.ticketNumber,
      })
      .where("id", "=", id)
      .where("attempt", "=", submission.attempts)
      .where("state", "=", "UNCERTAIN")
      .where("settled_at", "<=", sql<number>`${clock.sql} - ${minAgeMs}`)
      .returningAll()
      .executeTakeFirst();
    if (!resolved) return refusal(id, minAgeMs, transaction, clock.sql);
    const closed = submissionOf(resolved);
    await transaction
      .insertInto("resolutions")
      .values({
        submission_id: id,
        // The update above has locked the submission, so no other transaction takes the same number.
        nth: sql`(SELECT coalesce(max(nth), 0) + 1 FROM resolutions WHERE submission_id = ${id})`,
        verdict: resolution.verdict,
        ticket_id: resolution.ticketId,
        ticket_number: resolution.ticketNumber,
        resolved_by: resolution.by,
        by_person: resolution.byPerson,
        resolved_at: clock.sql,
        note: resolution.note,
      })
      .execute();
    if (resolution.ticketId !== null) {
      await transaction
        .insertInto("tickets")
        .values({
          id: resolution.ticketId,
          kind: OPERATIONS[operation].kind,
          number: resolution.ticketNumber,
          bsg_ticket_id: null,
          helpdesk_ticket_number: submission.helpdeskTicketNumber,
          branch_complaint_number: submission.branchComplaintNumber,
          branch_code: submission.branchCode,
          details: null,
          details_from: null,
          key_id: cipher.id,
          observed_at: clock.sql,
          reported_order: null,
          opened_by: id,
        })
        // Keeps what Sociomile itself has reported about the ticket.
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet({
            kind: sql`coalesce(tickets.kind, excluded.kind)`,
            number: sql`coalesce(tickets.number, excluded.number)`,
            opened_by: sql`coalesce(tickets.opened_by, excluded.opened_by)`,
          }),
        )
        .execute();
      await storingReferences(context)(
        [
          {
            ...submission,
            number: resolution.ticketNumber,
            id: resolution.ticketId,
            observedAt: closed.settledAt!,
          },
        ],
        transaction,
      );
    }
    return { kind: "resolved", submission: closed };
  });
}

/** Finds the reason for which a verdict was not applied. */
async function refusal(
  id: Uint8Array,
  minAgeMs: number,
  transaction: Transaction<Tables>,
  now: LedgerContext["clock"]["sql"],
): Promise<ResolutionResult> {
  const row = await transaction
    .selectFrom("submissions")
    .selectAll()
    .select(now.as("now"))
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) return { kind: "notFound" };
  const submission = submissionOf(row);
  if (row.state !== "UNCERTAIN") return { kind: "notInDoubt", submission };
  return { kind: "tooEarly", submission, leftMs: (row.settled_at ?? row.now) + minAgeMs - row.now };
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
