/** Tickets as they are known: read from the row of their create, Sociomile's report, and the updates that were accepted. */
import { type RawBuilder, sql } from "kysely";
import { type SubmittedDetails, shownDetailsOf } from "../../tickets/operations.ts";
import { type Room, TICKETS_A_REFERENCE } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import { bareTicket } from "../../tickets/settlement.ts";
import { type OpenStatuses, type Ticket, type TicketStatus, statusOf } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { type ReportRow, type SubmissionRow, TICKET_REFERENCE_COLUMNS } from "../database/tables.ts";
import { isStorable, textOf } from "../ids.ts";
import { REFERENCE_COLUMNS, fieldsIn, openSubmitted } from "../submissions/row.ts";
import { IS_OPEN } from "../submissions/updates.ts";
import { openReport } from "./reports.ts";

const { ticketId: _ticketId, bsgTicketId: _bsgTicketId, ...REFERENCES_OF_CREATE } = REFERENCE_COLUMNS;
/** Columns of the create, or of one whose ticket came after an operator's decision. */
const OF_CREATE = [
  ...(["operation", "settled_at", "ticket_number"] as const),
  ...Object.values(REFERENCES_OF_CREATE),
];

/** Everything that is known about one ticket id. Columns of the create are null when none has opened it, and so on. */
type KnownTicket = { ticket_id: string } & Nullable<
  Pick<SubmissionRow, (typeof OF_CREATE)[number] | "bsg_ticket_id"> &
    Pick<ReportRow, "reported_order" | "observed_at"> &
    Record<"create_id" | "sealed", Uint8Array> &
    Record<"accepted_order" | "accepted_at", number> & { accepted_status: TicketStatus }
>;
type Nullable<Row> = { [Column in keyof Row]: Row[Column] | null };

/** Reads tickets, in the order of the ids; null for each unknown one. Rejects when the room for them is too little. */
export async function readTickets(ids: readonly string[], context: LedgerContext, room?: Room) {
  const known = await readKnown(ids, "tickets.details, opened.details, conflict.details", context, room);
  return ids.map((id) => ticketFrom(known.get(id), context.cipher));
}

/** Reads what the creates of tickets submitted, in the order of the ids. Null: no create is known. Rejects as readTickets does. */
export async function readSubmitted(ids: readonly string[], context: LedgerContext, room?: Room) {
  const known = await readKnown(ids, "opened.details, conflict.details", context, room);
  return ids.map((id) => submittedIn(known.get(id), context.cipher));
}

/** Reads what is known about tickets, with sealed details from the first of these columns that has any. Too many bytes of them do not leave the database: PostgreSQL sends each as two digits. */
async function readKnown(
  ids: readonly string[],
  details: string,
  { db }: LedgerContext,
  room: Room = { bytes: Infinity },
): Promise<Map<string, KnownTicket>> {
  const wanted = [...new Set(ids.filter(isStorable))].map((id) => sql`(cast(${id} as text))`);
  if (wanted.length === 0) return new Map();
  const sealed = sql.raw(`coalesce(${details})`);
  const most = Math.min(room.bytes, Number.MAX_SAFE_INTEGER);
  const known = sql<
    KnownTicket & { bytes: number | string }
  >`WITH wanted (ticket_id) AS (VALUES ${sql.join(wanted)}),
    needed (bytes) AS (SELECT coalesce(sum(octet_length(${sealed})), 0) ${CREATES_AND_REPORTS})
    SELECT needed.bytes, CASE WHEN needed.bytes <= ${most} THEN ${sealed} END AS sealed, ${COLUMNS}
    ${CREATES_AND_REPORTS} ${ACCEPTED_UPDATES} CROSS JOIN needed`;
  const { rows } = await known.execute(db);
  room.bytes -= Number(rows[0]!.bytes);
  if (room.bytes < 0) throw new Error("The tickets take too many bytes.");
  return new Map(rows.map((row) => [row.ticket_id, row]));
}

const CREATE_COLUMNS = OF_CREATE.map((name) => `coalesce(opened.${name}, conflict.${name}) AS ${name}`);
const COLUMNS =
  sql.raw(`wanted.ticket_id, coalesce(opened.id, conflict.id) AS create_id, ${CREATE_COLUMNS.join(", ")},
    tickets.reported_order, tickets.observed_at,
    accepted.update_order AS accepted_order, accepted.requested_status AS accepted_status, accepted.settled_at AS accepted_at,
    accepted.bsg_ticket_id`);
const CREATES_AND_REPORTS = sql.raw(`FROM wanted
  LEFT JOIN submissions AS opened ON opened.ticket_id = wanted.ticket_id AND opened.requested_status IS NULL
    AND opened.state = 'CONFIRMED' AND opened.holds_ticket = 1 AND opened.is_forgotten = 0
  LEFT JOIN submissions AS conflict ON opened.id IS NULL AND conflict.conflicting_ticket_id = wanted.ticket_id
    AND conflict.is_forgotten = 0
  LEFT JOIN tickets ON tickets.id = wanted.ticket_id`);
const ACCEPTED_UPDATES =
  sql.raw(`LEFT JOIN submissions AS accepted ON accepted.ticket_id = wanted.ticket_id AND accepted.requested_status IS NOT NULL
    AND accepted.state = 'CONFIRMED' AND accepted.holds_ticket = 1 AND accepted.is_forgotten = 0 AND accepted.update_order = (
      SELECT max(update_order) FROM submissions AS later WHERE later.ticket_id = wanted.ticket_id
        AND later.requested_status IS NOT NULL AND later.state = 'CONFIRMED' AND later.holds_ticket = 1)`);

/** Makes a ticket of what is known about it. Null: nothing is known. */
function ticketFrom(row: KnownTicket | undefined, cipher: LedgerCipher): Ticket | null {
  const at = row?.observed_at ?? row?.settled_at ?? row?.accepted_at ?? null;
  if (row === undefined || at === null) return null;
  const { reported_order: reportedOrder, accepted_order: acceptedOrder } = row;
  const reported = reportedOrder === null ? null : openReport(row.sealed!, row.ticket_id, cipher);
  const submitted = reportedOrder === null ? shownDetailsOf(submittedIn(row, cipher)) : null;
  const { status = null, statusLabel = null } = reported ?? {};
  const facts = { id: row.ticket_id, number: row.ticket_number, observedAt: { epochMilliseconds: at } };
  return {
    ...bareTicket(row.operation, fieldsIn(REFERENCE_COLUMNS, row), facts),
    sourceTicketId: reported ? null : row.source_ticket_id,
    maskedTicketId: reported ? null : row.masked_ticket_id,
    ...(reported ?? submitted),
    ...statusOf(
      acceptedOrder === null ? null : { order: acceptedOrder, requestedStatus: row.accepted_status! },
      reported && { status, statusLabel, order: reportedOrder! },
    ),
    detailsFrom: reported ? "REPORTED" : submitted && "SUBMITTED",
  };
}

/** Decrypts what the create submitted, and completes it with what has columns. */
function submittedIn(row: KnownTicket | undefined, cipher: LedgerCipher): SubmittedDetails | null {
  if (!row?.sealed) return null;
  const details = openSubmitted(row.sealed, textOf(row.create_id!), cipher);
  return details && ({ ...details, ...fieldsIn(REFERENCE_COLUMNS, row) } as SubmittedDetails);
}

/** Finds the ids of the newest tickets of each reference. */
export async function findByReference(references: readonly TicketReference[], { db }: LedgerContext) {
  const newest = references.map(
    (reference, nth) => sql`SELECT * FROM (
      SELECT ${sql.lit(nth)} AS nth, ticket_id, max(known_at) AS known_at FROM (${ticketsNamed(reference)}) AS named
      GROUP BY ticket_id ORDER BY known_at DESC, ticket_id LIMIT ${sql.lit(TICKETS_A_REFERENCE)}) AS newest`,
  );
  const { rows } = await sql<{ nth: number; ticket_id: string }>`
    SELECT nth, ticket_id FROM (${sql.join(newest, sql` UNION ALL `)}) AS named
    ORDER BY nth, known_at DESC, ticket_id`.execute(db);
  const found = Map.groupBy(rows, ({ nth }) => nth);
  return references.map((_, nth) => (found.get(nth) ?? []).map(({ ticket_id }) => ticket_id));
}

/** Most submissions and reports with one number that a search for tickets looks at. A placeholder such as 0 may stand in any number of them. */
const MOST_NAMING = sql.lit(500);

/** Selects `ticket_id` and `known_at` of the newest tickets that a reference names; some of them twice. */
export function ticketsNamed({ type, value }: TicketReference): RawBuilder<unknown> {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  // An update's request names the ticket by BSG's id. The other numbers are those of the create. The index of ticket_number needs every condition.
  const isWanted = sql.raw(`requested_status IS ${type === "BSG_TICKET_ID" ? "NOT NULL" : "NULL"}`);
  const naming = sql`FROM (
    SELECT ticket_id, conflicting_ticket_id, settled_at, state, holds_ticket, requested_status, is_forgotten FROM submissions
    WHERE ${column} = ${value} AND length(${column}) <= 255 AND ${isWanted}
    ORDER BY id DESC LIMIT ${MOST_NAMING}) AS naming WHERE is_forgotten = 0`;
  return sql`
    SELECT * FROM (SELECT ticket_id, noted_at AS known_at FROM ticket_references WHERE value = ${value} AND type = ${type}
      ORDER BY noted_at DESC LIMIT ${MOST_NAMING}) AS reported
    UNION ALL SELECT ticket_id, settled_at ${naming} AND state = 'CONFIRMED' AND (holds_ticket = 1 OR requested_status IS NOT NULL)
    UNION ALL SELECT conflicting_ticket_id, settled_at ${naming} AND conflicting_ticket_id IS NOT NULL`;
}

/** Returns the statuses that the last updates of each ticket asked for, in doubt and in the queue. */
export async function openStatuses(ticketIds: readonly string[], { db }: LedgerContext) {
  const { rows } = await sql<Pick<SubmissionRow, "ticket_id" | "requested_status" | "state">>`
    SELECT ticket_id, requested_status, state FROM submissions
    WHERE ticket_id IN (${sql.join(ticketIds)}) AND requested_status IS NOT NULL
      AND ${IS_OPEN} AND (state = 'UNCERTAIN' OR deliver_by IS NOT NULL)
    ORDER BY update_order`.execute(db);
  const open = new Map<string | null, OpenStatuses>();
  const none = { inDoubt: null, queued: null };
  for (const { ticket_id: id, requested_status: status, state } of rows) {
    const which = state === "UNCERTAIN" ? "inDoubt" : "queued";
    open.set(id, { ...none, ...open.get(id), [which]: status }); // the last one of a ticket stays
  }
  return ticketIds.map((id) => open.get(id) ?? none);
}
