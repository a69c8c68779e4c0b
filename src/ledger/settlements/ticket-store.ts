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
 * or its retention is over. A ticket with an update is left out, because it may have thousands of submissions.
 */
const IS_KNOWN = sql<number>`CASE WHEN reported_order IS NULL AND EXISTS (SELECT 1 FROM submissions
  WHERE submissions.ticket_id = tickets.id AND requested_status IS NULL AND state = 'CONFIRMED' AND submissions.id <> tickets.opened_by)
  THEN 1 ELSE 0 END`;

/** A ticket as it is stored. */
export type StoredTicket = Selectable<TicketRow> & { is_known: number };

/** Stores versions of tickets. The newest wins; values that it lacks stay. Returns the rows as stored, by ticket id. */
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
    // One statement cannot write a row twice. Of two creates with one ticket, the first opened it, and each is known to the other.
    const byId = Map.groupBy(versions, ({ ticket }) => ticket.id);
    const [stored, after]: [TicketVersion[], TicketVersion[]] = [[], []];
    const disputed = new Set<string>();
    for (const [id, ofTicket] of byId) {
      const [creates, updates] = [
        ofTicket.filter(isCreate),
        ofTicket.filter((version) => !isCreate(version)),
      ];
      if (creates.length > 1) disputed.add(id);
      const report = updates.length > 0 ? updates.reduce(merged) : null;
      stored.push(creates[0] ?? report!);
      // The create may turn out to be answered with the ticket of another one. The report must not get lost with it.
      if (creates.length > 0 && report) after.push(report);
    }
    const rows = await store(stored, transaction);
    const known = new Map(rows.map((row) => [row.id, disputed.has(row.id) ? 0 : row.is_known]));
    const last = [...rows, ...(await store(after, transaction))];
    return new Map(last.map((row) => [row.id, { ...row, is_known: known.get(row.id)! }]));
  };
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

/** True when this submission, and no other one, opened the ticket of a stored row. */
export function isOpenedBy({ opened_by, is_known }: StoredTicket, submissionId: string): boolean {
  return opened_by !== null && textOf(opened_by) === submissionId && is_known === 0;
}
