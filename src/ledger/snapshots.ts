/** What is remembered of tickets: what Sociomile last told, whoever asked, and in whatever order it is recorded. */
import { type Kysely, type Selectable, type Transaction, sql } from "kysely";
import { NOTHING_TOLD, type Ticket, type TicketDetails } from "../tickets/ticket.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerKeys } from "./keys.ts";
import { sealDetails, ticketOf } from "./rows.ts";
import type { Tables, TicketRow } from "./tables.ts";

/** Something told about a ticket that is no older than what is known. */
const NEWS = sql`excluded.details IS NOT NULL AND excluded.observed_at >= tickets.observed_at`;

const COLUMNS = [
  "id",
  "kind",
  "number",
  "bsg_ticket_id",
  "details",
  "key_id",
  "observed_at",
] as const satisfies (keyof TicketRow)[];

/** Remembers what was told; newer news wins, and what it does not tell stays. Gives the tickets as now known, by id. */
export function remembering(db: Kysely<Tables>, keys: LedgerKeys) {
  const upsert = batch<TicketRow, Selectable<TicketRow>>(
    db,
    COLUMNS,
    (values) => sql`
    INSERT INTO tickets (${listOf(COLUMNS)}) VALUES ${values}
    ON CONFLICT (id) DO UPDATE SET
      kind = coalesce(tickets.kind, excluded.kind),
      number = coalesce(tickets.number, excluded.number),
      bsg_ticket_id = CASE WHEN excluded.observed_at >= tickets.observed_at
        THEN coalesce(excluded.bsg_ticket_id, tickets.bsg_ticket_id)
        ELSE coalesce(tickets.bsg_ticket_id, excluded.bsg_ticket_id) END,
      details = CASE WHEN ${NEWS} THEN excluded.details ELSE tickets.details END,
      key_id = CASE WHEN ${NEWS} THEN excluded.key_id ELSE tickets.key_id END,
      observed_at = CASE WHEN excluded.observed_at > tickets.observed_at THEN excluded.observed_at ELSE tickets.observed_at END
    RETURNING ${listOf(COLUMNS)}`,
  );
  return async (
    tickets: readonly Ticket[],
    transaction: Transaction<Tables>,
  ): Promise<ReadonlyMap<string, Ticket>> => {
    const newest = new Map<string, Ticket>(); // one statement cannot write a row twice
    for (const ticket of tickets) {
      const known = newest.get(ticket.id);
      newest.set(ticket.id, known ? merged(known, ticket) : ticket);
    }
    if (newest.size === 0) return newest;
    // In one order for all: replicas that write the same tickets would otherwise wait for each other.
    const inOrder = [...newest.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const rows = await upsert(
      inOrder.map((ticket) => ticketRow(ticket, keys)),
      transaction,
    );
    return new Map(rows.map((row) => [row.id, ticketOf(row, keys)]));
  };
}

/** What two reports of the same ticket tell together, by the rules of the statement above. */
function merged(a: Ticket, b: Ticket): Ticket {
  const [older, newer] = Temporal.Instant.compare(a.observedAt, b.observedAt) > 0 ? [b, a] : [a, b];
  return {
    ...(isTold(newer) ? newer : { ...older, observedAt: newer.observedAt }),
    kind: older.kind ?? newer.kind,
    number: older.number ?? newer.number,
    bsgTicketId: newer.bsgTicketId ?? older.bsgTicketId,
  };
}

/** Whether a report told anything but which ticket it is. */
function isTold(ticket: Ticket): boolean {
  return (Object.keys(NOTHING_TOLD) as (keyof TicketDetails)[]).some((field) => ticket[field] !== null);
}

function ticketRow(ticket: Ticket, keys: LedgerKeys): TicketRow {
  const { id, kind, number, bsgTicketId, observedAt, ...details } = ticket;
  return {
    id,
    kind,
    number,
    bsg_ticket_id: bsgTicketId,
    details: isTold(ticket) ? sealDetails(details, id, keys) : null,
    key_id: keys.id,
    observed_at: observedAt.epochMilliseconds,
  };
}

/** A ticket as it was just told, with all else that is known about it. */
export function withKnown(ticket: Ticket, known: ReadonlyMap<string, Ticket>): Ticket {
  const before = known.get(ticket.id);
  return before ? merged(before, ticket) : ticket;
}
