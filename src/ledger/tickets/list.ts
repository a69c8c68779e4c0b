import { type RawBuilder, sql } from "kysely";
import type { SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, firstIdAt, textOf } from "../ids.ts";
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
    .$if(ticketId !== null, (some) =>
      some.where("id", "in", sql<Uint8Array>`(${idsOfTickets(sql`${ticketId}`)})`),
    )
    .$if(reference !== null, (some) => some.where("id", "in", sql<Uint8Array>`(${idsUnder(reference!)})`))
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

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTickets(tickets: RawBuilder<unknown>): RawBuilder<Uint8Array> {
  return sql`SELECT id FROM submissions WHERE ticket_id IN (${tickets}) AND requested_status IS NOT NULL
    UNION SELECT id FROM submissions WHERE ticket_id IN (${tickets}) AND requested_status IS NULL
      AND state = 'CONFIRMED' AND holds_ticket = 1
    UNION SELECT id FROM submissions WHERE conflicting_ticket_id IN (${tickets})`;
}

/** Selects the ids of submissions that have a reference, or whose ticket has it. */
function idsUnder(reference: TicketReference): RawBuilder<Uint8Array> {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[reference.type]);
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamed(reference)}) AS named`;
  // A union, because for OR the database may look at every submission.
  return sql`${idsOfTickets(tickets)}
    UNION SELECT id FROM submissions WHERE ${column} = ${reference.value} AND length(${column}) <= 255`;
}
