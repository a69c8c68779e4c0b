import { type Transaction, sql } from "kysely";
import type { Ruling, RulingResult } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import { OPERATIONS } from "../tickets/request.ts";
import type { LedgerContext } from "./context.ts";
import { submissionOf } from "./rows.ts";
import type { Tables } from "./tables.ts";

/**
 * Applies an operator's verdict to a doubt, if it still is one and at least `minAgeMs` milliseconds old. A ticket that the
 * operator found is stored.
 */
export function applyRuling(
  submission: Submission,
  ruling: Ruling,
  minAgeMs: number,
  { db, cipher, clock }: LedgerContext,
): Promise<RulingResult> {
  const { id, operation } = submission;
  const created = ruling.verdict === "CREATED";
  return db.transaction().execute(async (transaction) => {
    const resolved = await transaction
      .updateTable("submissions")
      .set({
        state: created ? "CONFIRMED" : "NOT_EXECUTED",
        reason: created ? "CREATED_SAYS_OPERATOR" : "NOT_CREATED_SAYS_OPERATOR",
        settled_at: clock.sql,
        ticket_id: ruling.ticketId,
        ticket_number: ruling.ticketNumber,
        verdict: ruling.verdict,
        ruled_by: ruling.by,
        ruled_by_person: ruling.byPerson,
        ruled_at: clock.sql,
        ruling_note: ruling.note,
      })
      .where("id", "=", id)
      .where("state", "=", "UNCERTAIN")
      .where("settled_at", "<=", sql<number>`${clock.sql} - ${minAgeMs}`)
      .returningAll()
      .executeTakeFirst();
    if (!resolved) return refusal(id, minAgeMs, transaction, clock.sql);
    if (ruling.ticketId !== null) {
      await transaction
        .insertInto("tickets")
        .values({
          id: ruling.ticketId,
          kind: OPERATIONS[operation].kind,
          number: ruling.ticketNumber,
          bsg_ticket_id: null,
          details: null,
          key_id: cipher.id,
          observed_at: clock.sql,
          reported_order: null,
          opened_by: id,
        })
        // What Sociomile itself has told of the ticket stays as it is.
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet({
            kind: sql`coalesce(tickets.kind, excluded.kind)`,
            number: sql`coalesce(tickets.number, excluded.number)`,
            opened_by: sql`coalesce(tickets.opened_by, excluded.opened_by)`,
          }),
        )
        .execute();
    }
    return { kind: "resolved", submission: submissionOf(resolved) };
  });
}

/** Why a verdict was not applied. */
async function refusal(
  id: string,
  minAgeMs: number,
  transaction: Transaction<Tables>,
  now: LedgerContext["clock"]["sql"],
): Promise<RulingResult> {
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
