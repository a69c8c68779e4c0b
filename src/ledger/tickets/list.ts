import { type ExpressionBuilder, type RawBuilder, sql } from "kysely";
import type { SubmissionKey, SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt, textOf } from "../ids.ts";
import { keyHashOf } from "../submissions/reservation.ts";
import { TICKET_REFERENCE_COLUMNS, submissionOf } from "../submissions/row.ts";
import { ticketsNamed } from "./read.ts";

/** Lists submissions, newest first: one page and one submission more. */
export async function listSubmissions(query: SubmissionQuery, { db }: LedgerContext): Promise<Submission[]> {
  const { state, operation, ticketId, reference, createdAfter, createdBefore, first, after } = query;
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .$if(state !== null, (some) => some.where("state", "=", state!))
    .$if(operation !== null, (some) => some.where("operation", "=", operation!))
    .$if(ticketId !== null, (some) => some.where((eb) => eb("id", "in", idsOfTickets([ticketId!], eb))))
    .$if(reference !== null, (some) => some.where((eb) => eb("id", "in", idsUnder(reference!, eb))))
    // Ids sort by the time of the first call.
    .$if(createdAfter !== null, (some) => some.where("id", ">=", firstIdAt(createdAfter!.epochMilliseconds)))
    .$if(createdBefore !== null, (some) => some.where("id", "<", firstIdAt(createdBefore!.epochMilliseconds)))
    .$if(after !== null, (some) => some.where("id", "<", bytesOf(after!)))
    .orderBy("id", "desc")
    .limit(first + 1)
    .execute();
  return rows.map(submissionOf);
}

/** Returns submissions in the order of the ids; null for each unknown one. */
export async function findSubmissions(
  ids: readonly string[],
  { db }: LedgerContext,
): Promise<(Submission | null)[]> {
  const rows = await db.selectFrom("submissions").selectAll().where("id", "in", ids.map(bytesOf)).execute();
  const byId = new Map(rows.map((row) => [textOf(row.id), submissionOf(row)]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** Returns the submission that has a key. Null: there is none. */
export async function findByKey(
  { clientId, operation, idempotencyKey }: SubmissionKey,
  { db }: LedgerContext,
): Promise<Submission | null> {
  const row = await db
    .selectFrom("submissions")
    .selectAll()
    .where("key_hash", "=", keyHashOf({ clientId, idempotencyKey, request: { operation } }))
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

type Expressions = ExpressionBuilder<Tables, "submissions">;

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTickets(ticketIds: readonly string[] | RawBuilder<string>, eb: Expressions) {
  const ids = eb.selectFrom("submissions").select("id");
  const some = ids.where("ticket_id", "in", ticketIds);
  return some
    .where("requested_status", "is not", null)
    .union(
      some
        .where("requested_status", "is", null)
        .where("state", "=", "CONFIRMED")
        .where("holds_ticket", "=", 1),
    )
    .union(ids.where("conflicting_ticket_id", "in", ticketIds));
}

/** Selects the ids of submissions that have a reference, or whose ticket has it. */
function idsUnder(reference: TicketReference, eb: Expressions) {
  const column = TICKET_REFERENCE_COLUMNS[reference.type];
  const tickets = sql<string>`(SELECT ticket_id FROM (${ticketsNamed(reference)}) AS named)`;
  const ids = eb.selectFrom("submissions").select("id").where(column, "=", reference.value);
  // A union, because for OR the database may look at every submission.
  return idsOfTickets(tickets, eb).union(ids.where(sql<boolean>`length(${sql.ref(column)}) <= 255`));
}
