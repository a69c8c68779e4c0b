import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { SubmissionQuery } from "../tickets/ports.ts";
import type { TicketReference, TicketReferenceType } from "../tickets/fields/references.ts";
import type { Submission } from "../tickets/submission.ts";
import { bytesOf, firstIdAt } from "./ids.ts";
import { submissionOf } from "./rows.ts";
import type { SubmissionRow, Tables } from "./database/tables.ts";
import { ticketsUnder } from "./settlements/ticket-references.ts";

/** Lists submissions, newest first: one page and one submission more. */
export async function listSubmissions(query: SubmissionQuery, db: Kysely<Tables>): Promise<Submission[]> {
  const { state, operation, ticketId, reference, createdAfter, createdBefore, first, after } = query;
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .$if(state !== null, (some) => some.where("state", "=", state!))
    .$if(operation !== null, (some) => some.where("operation", "=", operation!))
    .$if(ticketId !== null, (some) => some.where("ticket_id", "=", ticketId!))
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

/** Column of a submission that holds a reference. The other types are known only for tickets. */
const COLUMNS: Partial<Record<TicketReferenceType, keyof SubmissionRow>> = {
  HELPDESK_TICKET_NUMBER: "helpdesk_ticket_number",
  BRANCH_COMPLAINT_NUMBER: "branch_complaint_number",
  SOURCE_TICKET_ID: "source_ticket_id",
  BSG_TICKET_ID: "bsg_ticket_id",
};

/** Selects the ids of submissions that have a reference, or whose ticket has it. */
function idsUnder({ type, value }: TicketReference, eb: ExpressionBuilder<Tables, "submissions">) {
  const tickets = sql<string>`(SELECT ticket_id FROM (${ticketsUnder({ type, value })}) AS named)`;
  const ofTickets = eb.selectFrom("submissions").select("id").where("ticket_id", "in", tickets);
  const column = COLUMNS[type];
  // A union, because for OR the database may look at every submission.
  return column
    ? ofTickets.union(eb.selectFrom("submissions").select("id").where(column, "=", value))
    : ofTickets;
}
