/** Stores tickets as Sociomile last reported them. Replicas may record the reports in any order. */
import { type Selectable, type Transaction, sql } from "kysely";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../tickets/ticket.ts";
import { batch, listOf } from "./batch.ts";
import type { LedgerCipher } from "./cipher.ts";
import type { LedgerContext } from "./context.ts";
import { bytesOf, textOf } from "./ids.ts";
import { sealDetails, ticketOf } from "./rows.ts";
import type { Tables, TicketRow } from "./tables.ts";

/** A ticket as one answer of Sociomile reports it. */
export interface Report {
  ticket: Ticket;
  /** Order of the update that reported it; null for a create, which reports no details. */
  order: number | null;
  /** Submission that created the ticket; null for an update. */
  openedBy: string | null;
}

/** True when a report is not older than the stored one. */
const IS_NEWER = sql`coalesce(excluded.reported_order, -1) >= coalesce(tickets.reported_order, -1)`;

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

/** Stores reports. A newer report wins; values that it lacks stay. Returns the tickets as stored, by id. */
export function storingTickets({ db, cipher }: LedgerContext) {
  const upsert = batch<TicketRow, Selectable<TicketRow>>(
    db,
    COLUMNS,
    (values) => sql`
    INSERT INTO tickets (${listOf(COLUMNS)}) VALUES ${values}
    ON CONFLICT (id) DO UPDATE SET
      kind = coalesce(tickets.kind, excluded.kind),
      number = coalesce(tickets.number, excluded.number),
      bsg_ticket_id = CASE WHEN ${IS_NEWER}
        THEN coalesce(excluded.bsg_ticket_id, tickets.bsg_ticket_id)
        ELSE coalesce(tickets.bsg_ticket_id, excluded.bsg_ticket_id) END,
      details = CASE WHEN ${IS_NEWER} THEN coalesce(excluded.details, tickets.details) ELSE tickets.details END,
      key_id = CASE WHEN ${IS_NEWER} AND excluded.details IS NOT NULL THEN excluded.key_id ELSE tickets.key_id END,
      reported_order = CASE WHEN ${IS_NEWER} THEN excluded.reported_order ELSE tickets.reported_order END,
      observed_at = CASE WHEN excluded.observed_at > tickets.observed_at THEN excluded.observed_at ELSE tickets.observed_at END,
      opened_by = coalesce(tickets.opened_by, excluded.opened_by)
    RETURNING ${listOf(COLUMNS)}`,
  );
  return async (
    reports: readonly Report[],
    transaction: Transaction<Tables>,
  ): Promise<ReadonlyMap<string, Report>> => {
    const byId = new Map<string, Report>(); // because one statement cannot write a row twice
    for (const report of reports) {
      const earlier = byId.get(report.ticket.id);
      byId.set(report.ticket.id, earlier ? merged(earlier, report) : report);
    }
    // All replicas use the same order, so that they cannot deadlock.
    const inOrder = [...byId.values()].toSorted((a, b) => (a.ticket.id < b.ticket.id ? -1 : 1));
    const rows = await upsert(
      inOrder.map((report) => ticketRow(report, cipher)),
      transaction,
    );
    return new Map(
      rows.map((row) => [
        row.id,
        {
          ticket: ticketOf(row, cipher),
          order: row.reported_order,
          openedBy: row.opened_by && textOf(row.opened_by),
        },
      ]),
    );
  };
}

/** Merges two reports about one ticket, by the rules of the statement above. */
function merged(a: Report, b: Report): Report {
  const [older, newer] = (a.order ?? -1) > (b.order ?? -1) ? [b, a] : [a, b];
  const { ticket } = newer;
  return {
    order: newer.order,
    openedBy: a.openedBy ?? b.openedBy,
    ticket: {
      ...withStored(ticket, older.ticket),
      observedAt: laterOf(ticket.observedAt, older.ticket.observedAt),
    },
  };
}

function laterOf(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) > 0 ? a : b;
}

/** Completes a ticket that was just reported with the values that are stored. */
export function withStored(reported: Ticket, stored: Ticket | undefined): Ticket {
  if (!stored) return reported;
  return {
    ...(hasDetails(reported) ? reported : { ...stored, observedAt: reported.observedAt }),
    kind: stored.kind ?? reported.kind,
    number: stored.number ?? reported.number,
    bsgTicketId: reported.bsgTicketId ?? stored.bsgTicketId,
  };
}

/** True when a report holds at least one detail. */
function hasDetails(ticket: Ticket): boolean {
  return (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).some((field) => ticket[field] !== null);
}

function ticketRow({ ticket, order, openedBy }: Report, cipher: LedgerCipher): TicketRow {
  const { id, kind, number, bsgTicketId, observedAt, ...details } = ticket;
  return {
    id,
    kind,
    number,
    bsg_ticket_id: bsgTicketId,
    details: hasDetails(ticket) ? sealDetails(details, id, cipher) : null,
    key_id: cipher.id,
    observed_at: observedAt.epochMilliseconds,
    reported_order: order,
    opened_by: openedBy === null ? null : bytesOf(openedBy),
  };
}
