/** Deletion of tickets: on request, and after their retention. */
import { type RawBuilder, sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { HAS_LOST_TICKET_SQL, HAS_OPENED_SQL, IS_OPEN_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import { openedSql } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";

/** Condition for doubts about updates before the last accepted one of their ticket. They do not decide what it shows. */
export const IS_PASSED_SQL = sql<boolean>`state = 'UNCERTAIN' AND EXISTS (SELECT 1 FROM submissions AS later
  WHERE later.ticket_id = submissions.ticket_id AND ${IS_UPDATE_SQL} AND later.state = 'CONFIRMED'
    AND later.moment > submissions.moment)`;

/** Deletes all data of a ticket, and every number that finds it. Its submissions stay, so that nothing is sent twice. False: nothing was known. */
export function forgetTicket(ticketId: string, by: string | null, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db, observe }) => {
    const reports = await db.deleteFrom("tickets").where("id", "=", ticketId).executeTakeFirst();
    const isAccepted = sql`ticket_id = ${ticketId} AND ${IS_UPDATE_SQL} AND state = 'CONFIRMED'`;
    const rows = await sql`UPDATE submissions SET is_forgotten = 1, details = NULL
      WHERE (${openedSql(ticketId)} OR (${isAccepted})) AND is_forgotten = 0`.execute(db);
    await sql`UPDATE submissions SET answer = NULL WHERE coalesce(octet_length(answer), 0) > 0
      AND (${openedSql(ticketId)} OR ticket_id = ${ticketId} AND ${IS_UPDATE_SQL})`.execute(db);
    const wasKnown = reports.numDeletedRows + rows.numAffectedRows! > 0n;
    if (wasKnown) observe("ticket.forgotten", { ticketId, by });
    return wasKnown;
  });
}

/**
 * Deletes those of the tickets whose last news is older than `before`, with all that is confirmed about them and passed doubts, and returns their ids. It
 * leaves those with another open update or a conflict, and what others hold. Null: `most` updates were deleted, and more are left.
 */
export function deleteOldTickets(
  ticketIds: readonly string[],
  before: number,
  most: number,
  { db, engine }: LedgerContext,
): Promise<ReadonlySet<string> | null> {
  return db.transaction().execute(async (within) => {
    let old: ReadonlySet<string> = await engine.lockFree(ticketIds, within);
    for (const kept of [reportedSinceSql, keptByRowsSql]) {
      if (old.size === 0) return old;
      const { rows } = await kept(sql.join([...old]), before).execute(within);
      old = old.difference(new Set(rows.map(({ id }) => id)));
    }
    if (old.size === 0) return old;
    const isOld = sql`ticket_id IN (${sql.join([...old])}) AND conflicting_ticket_id IS NULL`;
    for (const part of PARTS) {
      const { numAffectedRows } = await sql`DELETE FROM submissions WHERE id IN (
        SELECT id FROM submissions WHERE ${isOld} AND ${part} LIMIT ${most} ${engine.skipLocked})`.execute(
        within,
      );
      if (numAffectedRows === BigInt(most) && MAY_BE_MANY.has(part)) return null;
    }
    await sql`DELETE FROM tickets WHERE id IN (${sql.join([...old])})`.execute(within);
    return old;
  });
}

/** Rows of a ticket in the order in which they leave, each kind by an index. Doubts leave before the accepted updates that show them to be passed. */
const DOUBTS_SQL = sql`${IS_UPDATE_SQL} AND state = 'UNCERTAIN'`;
const ACCEPTED_SQL = sql`${IS_UPDATE_SQL} AND state = 'CONFIRMED'`;
const PARTS = [DOUBTS_SQL, ACCEPTED_SQL, sql`${HAS_LOST_TICKET_SQL} AND state = 'CONFIRMED'`, HAS_OPENED_SQL];
const MAY_BE_MANY: ReadonlySet<RawBuilder<unknown>> = new Set([DOUBTS_SQL, ACCEPTED_SQL]);

/** Statement about tickets with a report since a time. It comes first and nearly always tells, because a ticket may have thousands of updates. */
const reportedSinceSql = (some: RawBuilder<unknown>, time: number) =>
  sql<{ id: string }>`SELECT id FROM tickets WHERE id IN (${some}) AND observed_at >= ${time}`;

/** Statement about tickets with an open update, a conflict, or anything else since a time. */
const keptByRowsSql = (some: RawBuilder<unknown>, time: number) => sql<{ id: string }>`
  SELECT ticket_id AS id FROM submissions WHERE ticket_id IN (${some}) AND ${IS_UPDATE_SQL} AND ${IS_OPEN_SQL} AND NOT (${IS_PASSED_SQL})
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${IS_UPDATE_SQL} AND state = 'CONFIRMED' AND settled_at >= ${time}
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${HAS_OPENED_SQL} AND (settled_at >= ${time} OR conflicting_ticket_id IS NOT NULL)
  UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IN (${some})`;
