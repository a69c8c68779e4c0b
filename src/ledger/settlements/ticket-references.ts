/**
 * Numbers and ids by which people find tickets, for as long as the ticket lives. Those of a create stand in its submission. The database
 * hands them over to the ticket when that is deleted. All others have rows of their own from the start.
 */
import { type Kysely, type RawBuilder, type Transaction, sql } from "kysely";
import { TICKETS_A_REFERENCE } from "../../tickets/ports.ts";
import {
  type Referenced,
  type TicketReference,
  type TicketReferenceType,
  ticketReferencesOf,
} from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerContext } from "../context.ts";
import { ticketOf } from "../rows.ts";
import type { SubmissionRow, Tables, TicketReferenceRow, TicketRow } from "../database/tables.ts";

const COLUMNS = [
  "ticket_id",
  "type",
  "value",
  "noted_at",
  "submitted",
] as const satisfies (keyof TicketReferenceRow)[];

/** References that stand in the submission of a create: fields and columns. */
const HELD = {
  HELPDESK_TICKET_NUMBER: { field: "helpdeskTicketNumber", column: "helpdesk_ticket_number" },
  BRANCH_COMPLAINT_NUMBER: { field: "branchComplaintNumber", column: "branch_complaint_number" },
  SOURCE_TICKET_ID: { field: "sourceTicketId", column: "source_ticket_id" },
  SOCIOMILE_TICKET_NUMBER: { field: "ticketNumber", column: "ticket_number" },
  MASKED_TICKET_ID: null,
  BSG_TICKET_ID: null,
} as const satisfies Record<
  TicketReferenceType,
  { field: keyof Submission; column: keyof SubmissionRow } | null
>;

/** Stores references of tickets that do not stand in submissions, beside those that are stored already. */
export function storingReferences(context: Pick<LedgerContext, "db" | "repeatsStatements">) {
  const insert = batch<TicketReferenceRow, never>(
    context,
    COLUMNS,
    (values) =>
      sql`INSERT INTO ticket_references (${listOf(COLUMNS)}) VALUES ${values}
        ON CONFLICT (ticket_id, type, value) DO UPDATE SET submitted = 1
        WHERE excluded.submitted = 1 AND ticket_references.submitted = 0`,
  );
  return async (tickets: readonly Noted[], transaction: Transaction<Tables>): Promise<void> => {
    await insert(withoutRepeats(tickets.flatMap(furtherReferences)).toSorted(byTicket), transaction);
  };
}

/**
 * A ticket with its references, and the time at which they became known. `isSubmitted`: a create opened it with them. `heldBy`: the
 * submission of that create, when it names the ticket.
 */
type Noted = Referenced &
  Pick<Ticket, "id" | "observedAt"> & { isSubmitted: boolean; heldBy: Submission | null };

/** Returns the rows of a ticket's references that do not stand in the submission of its create. */
export function furtherReferences(ticket: Noted): TicketReferenceRow[] {
  const { heldBy } = ticket;
  const further = ticketReferencesOf(ticket).filter(({ type, value }) => {
    const held = HELD[type];
    return !heldBy || !held || heldBy[held.field] !== value;
  });
  return further.map((reference) => ({
    ticket_id: ticket.id,
    ...reference,
    noted_at: ticket.observedAt.epochMilliseconds,
    submitted: ticket.isSubmitted ? 1 : 0,
  }));
}

/** Leaves one row for each reference of a ticket, because one statement cannot write a row twice. */
function withoutRepeats(rows: readonly TicketReferenceRow[]): TicketReferenceRow[] {
  const unique = new Map<string, TicketReferenceRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.ticket_id, row.type, row.value]);
    if (row.submitted === 1 || !unique.has(key)) unique.set(key, row);
  }
  return [...unique.values()];
}

/** Deletes these references of a ticket. */
export async function forgetReferences(
  ticketId: string,
  references: readonly TicketReference[],
  transaction: Transaction<Tables>,
): Promise<void> {
  for (const { type, value } of references) {
    await transaction
      .deleteFrom("ticket_references")
      .where("ticket_id", "=", ticketId)
      .where("type", "=", type)
      .where("value", "=", value)
      .execute();
  }
}

/** Orders rows by ticket. All replicas use the same order, so that they cannot deadlock. */
function byTicket(a: TicketReferenceRow, b: TicketReferenceRow): number {
  return a.ticket_id === b.ticket_id ? 0 : a.ticket_id < b.ticket_id ? -1 : 1;
}

/** Returns the newest tickets of each reference, with one statement. */
export async function ticketsByReference(
  references: readonly TicketReference[],
  { db, cipher }: Pick<LedgerContext, "db" | "cipher">,
): Promise<Ticket[][]> {
  // One SELECT for each reference, because each has a limit of its own.
  const each = references.map(
    (reference, nth) => sql`
    SELECT ${sql.lit(nth)} AS nth, found.noted_at AS noted_at, tickets.*
    FROM (SELECT ticket_id, max(noted_at) AS noted_at FROM (${ticketsUnder(reference, NEWEST)}) AS named
      GROUP BY ticket_id) AS found
    JOIN tickets ON tickets.id = found.ticket_id`,
  );
  const { rows } = await sql<TicketRow & { nth: number }>`
    ${sql.join(each, sql` UNION ALL `)} ORDER BY nth, noted_at DESC`.execute(db);
  const found = Map.groupBy(rows, ({ nth }) => nth);
  return references.map((_, nth) =>
    (found.get(nth) ?? []).slice(0, TICKETS_A_REFERENCE).map((row) => ticketOf(row, cipher)),
  );
}

/** Limits of the two places in which references stand. An index has the rows in this order. Forgotten tickets take no place. */
const NEWEST = {
  held: sql`AND EXISTS (SELECT 1 FROM tickets WHERE tickets.id = submissions.ticket_id)
        ORDER BY id DESC LIMIT ${sql.lit(TICKETS_A_REFERENCE)}`,
  further: sql`ORDER BY noted_at DESC LIMIT ${sql.lit(TICKETS_A_REFERENCE)}`,
};
const ALL = { held: sql``, further: sql`` };

/** Selects `ticket_id` and `noted_at` of the tickets that a reference names; some of them twice, and with ALL some that are no longer kept. */
export function ticketsUnder({ type, value }: TicketReference, limits = ALL): RawBuilder<unknown> {
  const further = sql`SELECT ticket_id, noted_at FROM ticket_references
    WHERE value = ${value} AND type = ${type} ${limits.further}`;
  const held = HELD[type];
  if (!held) return further;
  // The index of ticket_number needs every condition.
  return sql`SELECT * FROM (${further}) AS further UNION ALL
    SELECT * FROM (SELECT ticket_id, settled_at AS noted_at FROM submissions
      WHERE ${sql.ref(held.column)} = ${value} AND length(${sql.ref(held.column)}) <= 255
        AND requested_status IS NULL AND state = 'CONFIRMED' ${limits.held}) AS held`;
}

/** Counts the references of all tickets: the same before and after retention has deleted their creates. */
export async function countReferences(db: Kysely<Tables>): Promise<number> {
  const held = Object.values(HELD).flatMap((one) =>
    one ? sql`count(CASE WHEN length(${sql.ref(one.column)}) <= 255 THEN 1 END)` : [],
  );
  const { rows } = await sql<{ count: number }>`
    SELECT ${sql.join(held, sql` + `)} + (SELECT count(*) FROM ticket_references) AS count FROM submissions
    WHERE requested_status IS NULL AND state = 'CONFIRMED'
      AND EXISTS (SELECT 1 FROM tickets WHERE tickets.id = submissions.ticket_id)`.execute(db);
  return rows[0]!.count;
}
