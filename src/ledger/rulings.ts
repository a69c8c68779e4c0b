import { type Kysely, sql } from "kysely";
import type { Ruling, RulingResult, SubmissionQuery } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import { KIND_MADE_BY } from "../tickets/ticket.ts";
import type { LedgerKeys } from "./keys.ts";
import { submissionOf } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** Submissions from the newest on: one page, and one more. */
export async function listSubmissions(
  { state, first, after }: SubmissionQuery,
  db: Kysely<Tables>,
): Promise<Submission[]> {
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .$if(state !== null, (query) => query.where("state", "=", state!))
    .$if(after !== null, (query) => query.where("id", "<", after!))
    .orderBy("id", "desc")
    .limit(first + 1)
    .execute();
  return rows.map(submissionOf);
}

/** Applies an operator's ruling to a doubt, if it still is one. A ticket that the operator found is remembered. */
export function applyRuling(
  { id, operation }: Submission,
  ruling: Ruling,
  db: Kysely<Tables>,
  keys: LedgerKeys,
): Promise<RulingResult> {
  const now = Date.now();
  const created = ruling.verdict === "CREATED";
  return db.transaction().execute(async (transaction) => {
    const ruled = await transaction
      .updateTable("submissions")
      .set({
        state: created ? "CONFIRMED" : "NOT_EXECUTED",
        reason: created ? "CREATED_SAYS_OPERATOR" : "NOT_CREATED_SAYS_OPERATOR",
        settled_at: now,
        ticket_id: ruling.ticketId,
        ticket_number: ruling.ticketNumber,
        verdict: ruling.verdict,
        ruled_by: ruling.by,
        ruled_at: now,
        ruling_note: ruling.note,
      })
      .where("id", "=", id)
      .where("state", "=", "UNCERTAIN")
      .returningAll()
      .executeTakeFirst();
    if (!ruled) {
      const row = await transaction
        .selectFrom("submissions")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row ? { kind: "notInDoubt", submission: submissionOf(row) } : { kind: "notFound" };
    }
    if (ruling.ticketId !== null) {
      await transaction
        .insertInto("tickets")
        .values({
          id: ruling.ticketId,
          kind: KIND_MADE_BY[operation],
          number: ruling.ticketNumber,
          bsg_ticket_id: null,
          details: null,
          key_id: keys.id,
          observed_at: now,
        })
        // What Sociomile itself has told of the ticket stays as it is.
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet({
            kind: sql`coalesce(tickets.kind, excluded.kind)`,
            number: sql`coalesce(tickets.number, excluded.number)`,
          }),
        )
        .execute();
    }
    return { kind: "resolved", submission: submissionOf(ruled) };
  });
}
