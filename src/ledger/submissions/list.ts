import { type ExpressionBuilder, type Kysely, type RawBuilder, sql } from "kysely";
import type { SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt } from "../ids.ts";
import { TICKET_REFERENCE_COLUMNS, submissionOf } from "./row.ts";

/** Lists submissions, newest first: one page and one submission more. `named` selects the ids of the tickets that a reference names. */
export async function listSubmissions(
  query: SubmissionQuery,
  db: Kysely<Tables>,
  named: (reference: TicketReference) => RawBuilder<unknown>,
): Promise<Submission[]> {
  const { state, operation, ticketId, reference, createdAfter, createdBefore, first, after } = query;
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .$if(state !== null, (some) => some.where("state", "=", state!))
    .$if(operation !== null, (some) => some.where("operation", "=", operation!))
    .$if(ticketId !== null, (some) => some.where((eb) => eb("id", "in", idsOfTicket(ticketId!, eb))))
    .$if(reference !== null, (some) => some.where((eb) => eb("id", "in", idsUnder(reference!, eb, named))))
    // Ids sort by the time of the first call.
    .$if(createdAfter !== null, (some) => some.where("id", ">=", firstIdAt(createdAfter!.epochMilliseconds)))
    .$if(createdBefore !== null, (some) => some.where("id", "<", firstIdAt(createdBefore!.epochMilliseconds)))
    .$if(after !== null, (some) => some.where("id", "<", bytesOf(after!)))
    .orderBy("id", "desc")
    .limit(first + 1)
    .execute();
  return rows.map(submissionOf);
}

type Expressions = ExpressionBuilder<Tables, "submissions">;

/** Selects the ids of the submissions of a ticket. Each part has an index: its updates, its create, and a conflict. */
function idsOfTicket(ticketId: string, eb: Expressions) {
  const ids = eb.selectFrom("submissions").select("id");
  return ids
    .where("ticket_id", "=", ticketId)
    .where("requested_status", "is not", null)
    .union(
      ids
        .where("ticket_id", "=", ticketId)
        .where("requested_status", "is", null)
        .where("state", "=", "CONFIRMED")
        .where("holds_ticket", "=", 1),
    )
    .union(ids.where("conflicting_ticket_id", "=", ticketId));
}

/** Selects the ids of submissions that have a reference, or whose ticket has it. */
function idsUnder(
  reference: TicketReference,
  eb: Expressions,
  named: (reference: TicketReference) => RawBuilder<unknown>,
) {
  const column = TICKET_REFERENCE_COLUMNS[reference.type];
  const tickets = sql<string>`(SELECT ticket_id FROM (${named(reference)}) AS named)`;
  const ids = eb.selectFrom("submissions").select("id");
  // A union, because for OR the database may look at every submission.
  return ids
    .where("ticket_id", "in", tickets)
    .where("requested_status", "is not", null)
    .union(
      ids
        .where("ticket_id", "in", tickets)
        .where("requested_status", "is", null)
        .where("state", "=", "CONFIRMED")
        .where("holds_ticket", "=", 1),
    )
    .union(ids.where(column, "=", reference.value).where(sql<boolean>`length(${sql.ref(column)}) <= 255`));
}
