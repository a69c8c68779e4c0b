/** Updates of tickets, as decisions about them need them (`tickets/ticket-updates.ts`). All of this runs under the locks of the tickets. */
import { type RawBuilder, sql } from "kysely";
import type { SubmissionReason } from "../../tickets/submission.ts";
import { type TicketUpdate, isOvertaken, isVoid } from "../../tickets/ticket-updates.ts";
import type { LedgerContext } from "../context.ts";
import { IS_OPEN_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { textOf } from "../ids.ts";
import { change } from "./changes.ts";
import type { RowNow } from "./row.ts";
import { withTicket } from "./with-ticket.ts";

/** Most tickets of which one sweep looks at doubts. The next sweep goes on after them. */
const TICKETS_A_SWEEP = 1000;
/** Time before a sweep at whose doubts it looks once more. Milliseconds. */
const SWEPT_AGAIN_MS = 60_000;

/** SQL after SELECT: accepted updates of a ticket, the last one first. */
const acceptedSql = (ticket: string, isOfSociomile = false) =>
  sql`FROM submissions AS accepted WHERE accepted.ticket_id = ${sql.raw(ticket)} AND ${IS_UPDATE_SQL}
    AND state = 'CONFIRMED' ${sql.raw(isOfSociomile ? "AND reason = 'ACCEPTED_BY_SOCIOMILE'" : "")}
    ORDER BY moment DESC LIMIT 1`;
/** Selects the last accepted update of each ticket: what one meets that is handed in. */
export const LAST_ACCEPTED_SQL = sql`SELECT (SELECT id ${acceptedSql("ticket")}) AS id FROM wanted`;
const LAST_TWO_ACCEPTED_SQL = sql`${LAST_ACCEPTED_SQL}
  UNION ALL SELECT (SELECT id ${acceptedSql("ticket")} OFFSET 1) FROM wanted
  UNION ALL SELECT (SELECT id ${acceptedSql("ticket", true)}) FROM wanted`;

/**
 * Reads the open updates of tickets, the accepted ones that `accepted` selects, and the rows under these keys; and the ledger's time. Open ones and
 * keys are no part of a join: PostgreSQL may expect many of them, and would then read the whole table.
 */
export async function readUpdates(
  ticketIds: readonly string[],
  accepted: RawBuilder<unknown>,
  { db, clock }: LedgerContext,
  keyHashes: readonly Uint8Array[] = [],
) {
  const askedAt = performance.now();
  const some = sql`UNION ALL SELECT submissions.*, ${clock.sql} AS now FROM submissions WHERE`;
  const underKeys = sql`${some} key_hash IN (${sql.join([...keyHashes])})`;
  const { rows } = await sql<Omit<RowNow, "id"> & { id: Uint8Array | null }>`
    WITH wanted (ticket) AS (VALUES ${sql.join(ticketIds.map((id) => sql`(cast(${id} as text))`))}),
    accepted AS MATERIALIZED (${accepted})
    SELECT submissions.*, ${clock.sql} AS now FROM accepted LEFT JOIN submissions ON submissions.id = accepted.id
    ${some} ticket_id IN (${sql.join(ticketIds)}) AND ${IS_UPDATE_SQL} AND ${IS_OPEN_SQL}
    ${keyHashes.length === 0 ? sql`` : underKeys}`.execute(db);
  const { now } = rows[0]!; // a ticket without an accepted one has an empty row
  clock.learn(now, askedAt);
  const byId = new Map(rows.map((row) => [row.id?.toHex(), row]));
  byId.delete(undefined);
  return { rows: [...byId.values()] as RowNow[], now };
}

/** An update that decides about others, and its row. */
type UpdateOfRow = TicketUpdate & { row: RowNow };

/** Reads the updates of tickets that decide about others: open ones, the last two accepted, and the last that Sociomile accepted; and the ledger's time. */
export async function updatesOf(ticketIds: readonly string[], context: LedgerContext) {
  const { rows, now } = await readUpdates(ticketIds, LAST_TWO_ACCEPTED_SQL, context);
  const byTicket = Map.groupBy(rows, ({ ticket_id }) => ticket_id);
  return { now, of: (ticketId: string): UpdateOfRow[] => (byTicket.get(ticketId) ?? []).map(updateOf) };
}

export function updateOf<Row extends SubmissionRow>(row: Row) {
  return {
    row,
    id: textOf(row.id),
    state: row.state,
    reason: row.reason,
    status: row.requested_status!,
    moment: row.moment,
    sentAt: row.sent_at,
    mayRunUntil: row.until,
    settledAt: row.settled_at,
    deliverBy: row.deliver_by,
  };
}

/** Ends what has become void on tickets: queued updates that are overtaken, and doubts. Returns their rows. */
export async function supersede(
  ticketIds: readonly string[],
  context: LedgerContext,
): Promise<SubmissionRow[]> {
  const { db, clock } = context;
  const { now, of } = await updatesOf(ticketIds, context);
  const [overtaken, doubts]: UpdateOfRow[][] = [[], []];
  for (const updates of ticketIds.map(of)) {
    overtaken!.push(...updates.filter((own) => isOvertaken(own, updates)));
    // After a step of the clock the times of doubts mean nothing until they have started again.
    const voidIn = (some: UpdateOfRow[]) =>
      clock.hasStepped ? [] : some.filter((own) => isVoid(own, some, now));
    const first = voidIn(updates);
    const left = updates.filter((own) => !first.includes(own)); // a void doubt keeps no other one open
    doubts!.push(...first, ...(first.length > 0 ? voidIn(left) : []));
  }
  const end = (updates: UpdateOfRow[], reason: SubmissionReason) => {
    if (updates.length === 0) return [];
    const ids = sql.join(updates.map(({ row }) => row.id));
    return change(db, "supersede", "SUPERSEDED", { reason, settled_at: clock.sql }, sql`id IN (${ids})`);
  };
  return [
    ...(await end(overtaken!, "NOT_SENT_LATER_UPDATE_ACCEPTED")),
    ...(await end(doubts!, "LATER_UPDATE_ACCEPTED")),
  ];
}

/** Condition for doubts that are void, in SQL: the same as isVoid. */
export function isVoidSql({ clock }: Pick<LedgerContext, "clock">) {
  const own = sql.raw("coalesce(submissions.until, submissions.settled_at)");
  const isLater = sql.raw("accepted.moment > submissions.moment");
  return sql<boolean>`state = 'UNCERTAIN' AND ${IS_UPDATE_SQL} AND ${own} <= ${clock.sql} AND EXISTS (
    SELECT 1 FROM submissions AS accepted
    WHERE accepted.id = (SELECT id ${acceptedSql("submissions.ticket_id", true)}) AND ${isLater}
      AND (accepted.sent_at > ${own} OR accepted.requested_status = submissions.requested_status
        AND accepted.id = (SELECT id ${acceptedSql("submissions.ticket_id")})
        AND NOT EXISTS (SELECT 1 FROM submissions AS other
          WHERE other.ticket_id = submissions.ticket_id AND other.requested_status <> submissions.requested_status
            AND other.state IN ('SENDING', 'UNCERTAIN'))))`;
}

/** Prepares the sweep of doubts that are void because their time is over. The first one looks at all, later ones at those whose time ended since. */
export function createVoidDoubtsSweep() {
  let since: number | null = null;
  return async (context: LedgerContext): Promise<void> => {
    const { db, clock } = context;
    const lastEnd = clock.estimate() - SWEPT_AGAIN_MS;
    const isNew = since === null ? sql`true` : sql`until > ${Math.floor(Math.min(since, lastEnd))}`; // the clock may have been set back
    const { rows } = await sql<{ ticket_id: string }>`SELECT DISTINCT ticket_id FROM submissions
      WHERE ${isVoidSql(context)} AND ${isNew} LIMIT ${sql.lit(TICKETS_A_SWEEP)}`.execute(db);
    for (const { ticket_id } of rows)
      await withTicket(ticket_id, context, (within) => supersede([ticket_id], within));
    if (rows.length < TICKETS_A_SWEEP) since = lastEnd;
  };
}
