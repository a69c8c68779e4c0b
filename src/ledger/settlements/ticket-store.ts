/** Stores tickets as they were submitted, and as Sociomile last reported them. Replicas may store the versions in any order. */
import { type RawBuilder, type Selectable, type Transaction, sql } from "kysely";
import { type Instant, NO_DETAILS, type Ticket, type TicketDetails } from "../../tickets/ticket.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { TICKET_COLUMNS, sealDetails } from "../rows.ts";
import type { Tables, TicketRow } from "../database/tables.ts";

/** A ticket as one create submitted it, or as the answer to one update shows it. */
export interface TicketVersion {
  ticket: Ticket;
  /** Place of the update among all updates; null for a create. */
  order: number | null;
  /** Submission that created the ticket; null for an update. */
  openedBy: string | null;
}

/** True when a version is not older than the stored one. */
const IS_NEWER = sql`coalesce(excluded.reported_order, -1) >= coalesce(tickets.reported_order, -1)`;
/** True unless two creates were answered with the same ticket. Then it may be the ticket of another customer. */
const IS_SAME = sql`(tickets.opened_by IS NULL OR excluded.opened_by IS NULL OR tickets.opened_by = excluded.opened_by)`;
/** True when the details of a version replace the stored ones. Reported details replace submitted ones. */
const BRINGS_DETAILS = sql`(excluded.details IS NOT NULL AND ${IS_SAME} AND (tickets.details IS NULL
  OR (tickets.details_from = 'SUBMITTED' AND excluded.details_from = 'REPORTED')
  OR (tickets.details_from = excluded.details_from AND ${IS_NEWER})))`;

const COLUMNS = [...TICKET_COLUMNS, "reported_order", "opened_by"] as const satisfies (keyof TicketRow)[];

/** Columns that the statement always returns. It returns details only of tickets with an update: they complete its answer. */
const RETURNED = COLUMNS.filter((column) => column !== "details");

/**
 * True when the ledger knows another create that was answered with the ticket, although the ticket itself was not stored: it was forgotten,
 * or its retention is over. It leaves out tickets with an update, because such a ticket may have thousands of submissions. `openedByOthers`
 * searches those, only for a create that would be the first of such a ticket.
 */
const IS_KNOWN = sql<number>`CASE WHEN reported_order IS NULL AND EXISTS (SELECT 1 FROM submissions
  WHERE submissions.ticket_id = tickets.id AND requested_status IS NULL AND state = 'CONFIRMED' AND submissions.id <> tickets.opened_by)
  THEN 1 ELSE 0 END`;

/** A ticket as it is stored. */
export type StoredTicket = Selectable<TicketRow> & { is_known: number };

/**
 * Stores versions of tickets. The newest wins; values that it lacks stay. Returns the rows as stored, by ticket id. A ticket
 * has versions of creates or of updates here, and not of both (`inTurn`).
 */
export function storingTickets(context: LedgerContext) {
  const { cipher } = context;
  const [tickets, excluded] = [sql.ref("tickets"), sql.ref("excluded")];
  const either = (condition: RawBuilder<unknown>, column: keyof TicketRow) =>
    sql`${sql.ref(column)} = CASE WHEN ${condition} THEN ${excluded}.${sql.ref(column)} ELSE ${tickets}.${sql.ref(column)} END`;
  const keep = (column: keyof TicketRow) =>
    sql`${sql.ref(column)} = CASE WHEN ${IS_SAME}
      THEN coalesce(${tickets}.${sql.ref(column)}, ${excluded}.${sql.ref(column)}) ELSE ${tickets}.${sql.ref(column)} END`;
  const upsert = batch<TicketRow, StoredTicket>(
    context,
    COLUMNS,
    (values) => sql`
    INSERT INTO tickets (${listOf(COLUMNS)}) VALUES ${values}
    ON CONFLICT (id) DO UPDATE SET
      ${sql.join([
        ...(
          ["kind", "number", "helpdesk_ticket_number", "branch_complaint_number", "branch_code"] as const
        ).map(keep),
        ...(["details", "details_from", "key_id"] as const).map((column) => either(BRINGS_DETAILS, column)),
        either(IS_NEWER, "reported_order"),
        either(sql`excluded.observed_at > tickets.observed_at`, "observed_at"),
      ])},
      bsg_ticket_id = CASE WHEN ${IS_NEWER}
        THEN coalesce(excluded.bsg_ticket_id, tickets.bsg_ticket_id)
        ELSE coalesce(tickets.bsg_ticket_id, excluded.bsg_ticket_id) END,
      opened_by = coalesce(tickets.opened_by, excluded.opened_by)
    RETURNING ${listOf(RETURNED)}, CASE WHEN reported_order IS NULL THEN NULL ELSE details END AS details,
      ${IS_KNOWN} AS is_known`,
  );
  const store = (versions: readonly TicketVersion[], transaction: Transaction<Tables>) => {
    // All replicas use the same order, so that they cannot deadlock.
    const inOrder = versions.toSorted((a, b) => (a.ticket.id < b.ticket.id ? -1 : 1));
    return upsert(
      inOrder.map((version) => ticketRow(version, cipher)),
      transaction,
    );
  };
  return async (
    versions: readonly TicketVersion[],
    transaction: Transaction<Tables>,
  ): Promise<ReadonlyMap<string, StoredTicket>> => {
    // One statement cannot write a row twice. Of two creates with one ticket, the first opened it.
    const byId = Map.groupBy(versions, ({ ticket }) => ticket.id);
    const rows = await store(
      [...byId.values()].map((ofTicket) => ofTicket.find(isCreate) ?? ofTicket.reduce(merged)),
      transaction,
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    // The statement does not decide about tickets with an update, and of two creates in one commit each is CONFIRMED to the other.
    const undecided = versions.filter(({ ticket: { id }, openedBy }) => {
      if (openedBy === null) return false;
      const row = stored.get(id)!;
      return byId.get(id)!.length > 1 || (row.reported_order !== null && isOpenedBy(row, openedBy));
    });
    const known = await openedByOthers(undecided, transaction);
    for (const { ticket } of undecided)
      stored.set(ticket.id, { ...stored.get(ticket.id)!, is_known: known.has(ticket.id) ? 1 : 0 });
    return stored;
  };
}

/** Returns the ids of those tickets of these creates that the ledger knows from other creates. */
async function openedByOthers(
  creates: readonly TicketVersion[],
  transaction: Transaction<Tables>,
): Promise<Set<string>> {
  if (creates.length === 0) return new Set();
  const rows = await transaction
    .selectFrom("submissions")
    .select("ticket_id")
    .distinct()
    .where(
      "ticket_id",
      "in",
      creates.map(({ ticket }) => ticket.id),
    )
    .where("requested_status", "is", null)
    .where("state", "=", "CONFIRMED")
    .where(
      "id",
      "not in",
      creates.map(({ openedBy }) => bytesOf(openedBy!)),
    )
    .execute();
  return new Set(rows.flatMap((row) => row.ticket_id ?? []));
}

/**
 * Divides versions into those that are stored first, and reports about tickets that a create among the first brings. Such a create may
 * turn out to be a doubt and then loses its ticket. A report that is stored after that stays.
 */
export function inTurn(versions: readonly TicketVersion[]): {
  first: TicketVersion[];
  reports: TicketVersion[];
} {
  const opened = new Set(versions.filter(isCreate).map(({ ticket }) => ticket.id));
  const { first = [], reports = [] } = Object.groupBy(versions, (version) =>
    isCreate(version) || !opened.has(version.ticket.id) ? "first" : "reports",
  );
  return { first, reports };
}

function isCreate({ openedBy }: TicketVersion): boolean {
  return openedBy !== null;
}

/** Merges what two updates report about one ticket, by the rules of the statement above. */
function merged(a: TicketVersion, b: TicketVersion): TicketVersion {
  const [older, newer] = (a.order ?? -1) > (b.order ?? -1) ? [b, a] : [a, b];
  const { ticket } = newer;
  return {
    order: newer.order,
    openedBy: null,
    ticket: {
      ...withStored(ticket, older.ticket),
      observedAt: laterOf(ticket.observedAt, older.ticket.observedAt),
    },
  };
}

function laterOf(a: Instant, b: Instant): Instant {
  return a.epochMilliseconds > b.epochMilliseconds ? a : b;
}

/** Completes a ticket that was just reported with the values that are stored. */
export function withStored(reported: Ticket, stored: Ticket | undefined): Ticket {
  if (!stored) return reported;
  return {
    ...(hasDetails(reported) ? reported : { ...stored, observedAt: reported.observedAt }),
    kind: stored.kind ?? reported.kind,
    number: stored.number ?? reported.number,
    helpdeskTicketNumber: stored.helpdeskTicketNumber ?? reported.helpdeskTicketNumber,
    branchComplaintNumber: stored.branchComplaintNumber ?? reported.branchComplaintNumber,
    branchCode: stored.branchCode ?? reported.branchCode,
    bsgTicketId: reported.bsgTicketId ?? stored.bsgTicketId,
  };
}

/** True when at least one detail is known. */
function hasDetails(ticket: Ticket): boolean {
  return (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).some((field) => ticket[field] !== null);
}

/** Returns the row of a version, with its details sealed. */
export function ticketRow({ ticket, order, openedBy }: TicketVersion, cipher: LedgerCipher): TicketRow {
  const {
    id,
    kind,
    number,
    bsgTicketId,
    helpdeskTicketNumber,
    branchComplaintNumber,
    branchCode,
    detailsFrom,
    observedAt,
    ...details
  } = ticket;
  const known = hasDetails(ticket);
  return {
    id,
    kind,
    number,
    bsg_ticket_id: bsgTicketId,
    helpdesk_ticket_number: helpdeskTicketNumber,
    branch_complaint_number: branchComplaintNumber,
    branch_code: branchCode,
    details: known ? sealDetails(details, id, cipher) : null,
    details_from: known ? detailsFrom : null,
    key_id: cipher.id,
    observed_at: observedAt.epochMilliseconds,
    reported_order: order,
    opened_by: openedBy === null ? null : bytesOf(openedBy),
  };
}

/**
 * Takes from a ticket what this create has brought. What Sociomile has reported about it stays. Returns true when an update has reported
 * the ticket, false when none has. Null: this create did not open the ticket, and nothing changes.
 */
export async function disown(
  ticketId: string,
  submissionId: string,
  transaction: Transaction<Tables>,
): Promise<boolean | null> {
  const row = await transaction
    .updateTable("tickets")
    .set({
      kind: null,
      number: null,
      helpdesk_ticket_number: null,
      branch_complaint_number: null,
      branch_code: null,
      details: sql`CASE WHEN details_from = 'REPORTED' THEN details END`,
      details_from: sql`CASE WHEN details_from = 'REPORTED' THEN details_from END`,
      opened_by: null,
    })
    .where("id", "=", ticketId)
    .where("opened_by", "=", bytesOf(submissionId))
    .returning("reported_order")
    .executeTakeFirst();
  return row ? row.reported_order !== null : null;
}

/** True when this submission, and no other one, opened the ticket of a stored row. */
export function isOpenedBy({ opened_by, is_known }: StoredTicket, submissionId: string): boolean {
  return opened_by !== null && textOf(opened_by) === submissionId && is_known === 0;
}
