/** Tickets as Sociomile last told about them, by whichever replica, and in whatever order that is recorded. */
import { type Selectable, type Transaction, sql } from "kysely";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../tickets/ticket.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerContext } from "./context.ts";
import { sealDetails, ticketOf } from "./rows.ts";
import type { Tables, TicketRow } from "./tables.ts";

/** A ticket as one answer told it. */
export interface Report {
  ticket: Ticket;
  /** The order of the update that told it; null from a create, which tells no details. */
  order: number | null;
  /** The submission whose create made the ticket; null from an update. */
  openedBy: string | null;
}

/** An answer to an update that is not older than the one whose details are known. */
const NEWS = sql`coalesce(excluded.reported_order, -1) >= coalesce(tickets.reported_order, -1)`;

const COLUMNS = [
  "id",
  "kind",
  "number",
  "bsg_ticket_id",
  "details",
  "key_id",
  "observed_at",
  "reported_order",
  "opened_by",
] as const satisfies (keyof TicketRow)[];

/** Stores reports; newer news wins, and what it does not tell stays. Gives the tickets as now known, by id. */
export function storingTickets({ db, cipher }: LedgerContext) {
  const upsert = batch<TicketRow, Selectable<TicketRow>>(
    db,
    COLUMNS,
    (values) => sql`
    INSERT INTO tickets (${listOf(COLUMNS)}) VALUES ${values}
    ON CONFLICT (id) DO UPDATE SET
      kind = coalesce(tickets.kind, excluded.kind),
      number = coalesce(tickets.number, excluded.number),
      bsg_ticket_id = CASE WHEN ${NEWS}
        THEN coalesce(excluded.bsg_ticket_id, tickets.bsg_ticket_id)
        ELSE coalesce(tickets.bsg_ticket_id, excluded.bsg_ticket_id) END,
      details = CASE WHEN ${NEWS} THEN coalesce(excluded.details, tickets.details) ELSE tickets.details END,
      key_id = CASE WHEN ${NEWS} AND excluded.details IS NOT NULL THEN excluded.key_id ELSE tickets.key_id END,
      reported_order = CASE WHEN ${NEWS} THEN excluded.reported_order ELSE tickets.reported_order END,
      observed_at = CASE WHEN excluded.observed_at > tickets.observed_at THEN excluded.observed_at ELSE tickets.observed_at END,
      opened_by = coalesce(tickets.opened_by, excluded.opened_by)
    RETURNING ${listOf(COLUMNS)}`,
  );
  return async (
    reports: readonly Report[],
    transaction: Transaction<Tables>,
  ): Promise<ReadonlyMap<string, Report>> => {
    const byId = new Map<string, Report>(); // one statement cannot write a row twice
    for (const report of reports) {
      const earlier = byId.get(report.ticket.id);
      byId.set(report.ticket.id, earlier ? merged(earlier, report) : report);
    }
    // In one order for all: replicas that write the same tickets would otherwise wait for each other.
    const inOrder = [...byId.values()].toSorted((a, b) => (a.ticket.id < b.ticket.id ? -1 : 1));
    const rows = await upsert(
      inOrder.map((report) => ticketRow(report, cipher)),
      transaction,
    );
    return new Map(
      rows.map((row) => [
        row.id,
        { ticket: ticketOf(row, cipher), order: row.reported_order, openedBy: row.opened_by },
      ]),
    );
  };
}

/** Two reports of the same ticket as one, by the rules of the statement above. */
function merged(a: Report, b: Report): Report {
  const [older, newer] = (a.order ?? -1) > (b.order ?? -1) ? [b, a] : [a, b];
  const { ticket } = newer;
  return {
    order: newer.order,
    openedBy: a.openedBy ?? b.openedBy,
    ticket: {
      ...withKnown(ticket, older.ticket),
      observedAt: laterOf(ticket.observedAt, older.ticket.observedAt),
    },
  };
}

function laterOf(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}

/** A ticket as it was just told, with all else that is known about it. */
export function withKnown(told: Ticket, known: Ticket | undefined): Ticket {
  if (!known) return told;
  return {
    ...(isTold(told) ? told : { ...known, observedAt: told.observedAt }),
    kind: known.kind ?? told.kind,
    number: known.number ?? told.number,
    bsgTicketId: told.bsgTicketId ?? known.bsgTicketId,
  };
}

/** Whether a report told anything but which ticket it is. */
function isTold(ticket: Ticket): boolean {
  return (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).some((field) => ticket[field] !== null);
}

function ticketRow({ ticket, order, openedBy }: Report, cipher: LedgerCipher): TicketRow {
  const { id, kind, number, bsgTicketId, observedAt, ...details } = ticket;
  return {
    id,
    kind,
    number,
    bsg_ticket_id: bsgTicketId,
    details: isTold(ticket) ? sealDetails(details, id, cipher) : null,
    key_id: cipher.id,
    observed_at: observedAt.epochMilliseconds,
    reported_order: order,
    opened_by: openedBy,
  };
}
