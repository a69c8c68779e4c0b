import { type ExpressionBuilder, type RawBuilder, sql } from "kysely";
import type { HistoryPage, SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt, textOf } from "../ids.ts";
import { SUBMISSION_COLUMNS, TICKET_REFERENCE_COLUMNS, submissionOf } from "../submissions/row.ts";
import { ticketsNamed } from "./read.ts";

/** Lists submissions, newest first: one page and one submission more. */
export async function listSubmissions(query: SubmissionQuery, { db }: LedgerContext): Promise<Submission[]> {
  const { state, operation, ticketId, reference, createdAfter, createdBefore, first, after } = query;
  const rows = await db
    .selectFrom("submissions")
    .select(SUBMISSION_COLUMNS)
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

/** Lists the submissions of each ticket, newest first: one page and one submission more. */
export async function listHistories(
  pages: readonly HistoryPage[],
  { db }: LedgerContext,
): Promise<Submission[][]> {
  const wanted = pages.map(({ ticketId, first, after }, nth) => {
    const before = after === null ? NO_ID : bytesOf(after);
    return sql`(${sql.lit(nth)}, cast(${ticketId} as text), cast(${before} as blob), ${sql.lit(first)})`;
  });
  const columns = SUBMISSION_COLUMNS.map((column) => sql.ref(`submissions.${column}`));
  const { rows } = await sql<SubmissionRow & { page: number }>`
    WITH wanted (page, of_ticket, before, first) AS (VALUES ${sql.join(wanted)}),
    history AS (
      SELECT wanted.*, id FROM wanted JOIN submissions ON ticket_id = of_ticket AND requested_status IS NOT NULL
      UNION SELECT wanted.*, id FROM wanted JOIN submissions ON ticket_id = of_ticket AND requested_status IS NULL
        AND state = 'CONFIRMED' AND holds_ticket = 1
      UNION SELECT wanted.*, id FROM wanted JOIN submissions ON conflicting_ticket_id = of_ticket),
    newest AS (SELECT page, first, id, row_number() OVER (PARTITION BY page ORDER BY id DESC) AS nth FROM history WHERE id < before)
    SELECT page, ${sql.join(columns)} FROM newest JOIN submissions ON submissions.id = newest.id
    WHERE nth <= first + 1 ORDER BY page, nth`.execute(db);
  const found = Map.groupBy(rows, ({ page }) => page);
  return pages.map((_, nth) => (found.get(nth) ?? []).map(submissionOf));
}

/** Bytes above those of every id. */
const NO_ID = new Uint8Array(16).fill(0xff);

/** Returns submissions in the order of the ids; null for each unknown one. */
export async function findSubmissions(
  ids: readonly string[],
  { db }: LedgerContext,
): Promise<(Submission | null)[]> {
  const rows = await db
    .selectFrom("submissions")
    .select(SUBMISSION_COLUMNS)
    .where("id", "in", ids.map(bytesOf))
    .execute();
  const byId = new Map(rows.map((row) => [textOf(row.id), submissionOf(row)]));
  return ids.map((id) => byId.get(id) ?? null);
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
