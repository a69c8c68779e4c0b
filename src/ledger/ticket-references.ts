/** Numbers and ids by which people find tickets. A row lives as long as its ticket. */
import { type Transaction, sql } from "kysely";
import { TICKETS_A_REFERENCE } from "../tickets/ports.ts";
import { type Referenced, type TicketReference, ticketReferencesOf } from "../tickets/references.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerContext } from "./context.ts";
import { ticketOf } from "./rows.ts";
import type { Tables, TicketReferenceRow, TicketRow } from "./tables.ts";

const COLUMNS = [
  "ticket_id",
  "type",
  "value",
  "noted_at",
  "submitted",
] as const satisfies (keyof TicketReferenceRow)[];

/** Stores references of tickets, beside those that are stored already. */
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
    await insert(withoutRepeats(tickets.flatMap(referenceRows)).toSorted(byTicket), transaction);
  };
}

/** A ticket with its references, and the time at which they became known. `isSubmitted`: a create opened it with them. */
type Noted = Referenced & Pick<Ticket, "id" | "observedAt"> & { isSubmitted: boolean };

function referenceRows(ticket: Noted): TicketReferenceRow[] {
  return ticketReferencesOf(ticket).map((reference) => ({
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
    ({ type, value }, nth) => sql`
    SELECT ${sql.lit(nth)} AS nth, found.noted_at AS noted_at, tickets.*
    FROM (SELECT ticket_id, noted_at FROM ticket_references
      WHERE value = ${value} AND type = ${type}
      ORDER BY noted_at DESC LIMIT ${sql.lit(TICKETS_A_REFERENCE)}) AS found
    JOIN tickets ON tickets.id = found.ticket_id`,
  );
  const { rows } = await sql<TicketRow & { nth: number }>`
    ${sql.join(each, sql` UNION ALL `)} ORDER BY nth, noted_at DESC`.execute(db);
  const found = Map.groupBy(rows, ({ nth }) => nth);
  return references.map((_, nth) => (found.get(nth) ?? []).map((row) => ticketOf(row, cipher)));
}
