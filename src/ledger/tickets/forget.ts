/** Deletion of tickets: on request, and after their retention. */
import { type RawBuilder, sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { HAS_LOST_TICKET, HAS_OPENED, IS_OPEN } from "../database/schema.ts";
import { opened } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";

/** Condition for doubts about updates before the last accepted one of their ticket. They do not decide what it shows. */
export const IS_PASSED = sql<boolean>`state = 'UNCERTAIN' AND EXISTS (SELECT 1 FROM submissions AS later
  WHERE later.ticket_id = submissions.ticket_id AND later.requested_status IS NOT NULL AND later.state = 'CONFIRMED'
    AND later.moment > submissions.moment)`;

/**
 * Deletes what is known about a ticket: the report, the submitted details, Sociomile's words, and every number that finds it. Its submissions stay, so that nothing is
 * sent twice. False: nothing was known.
 */
export function forgetTicket(ticketId: string, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db }) => {
    const reports = await db.deleteFrom("tickets").where("id", "=", ticketId).executeTakeFirst();
    const isAccepted = sql`ticket_id = ${ticketId} AND requested_status IS NOT NULL AND state = 'CONFIRMED'`;
    const rows = await sql`UPDATE submissions SET is_forgotten = 1, details = NULL
      WHERE (${opened(ticketId)} OR (${isAccepted})) AND is_forgotten = 0`.execute(db);
    await sql`UPDATE submissions SET answer = NULL
      WHERE ${opened(ticketId)} OR (ticket_id = ${ticketId} AND requested_status IS NOT NULL)`.execute(db);
    return reports.numDeletedRows + rows.numAffectedRows! > 0n;
  });
}

/**
 * Deletes those of the tickets whose last news is older than `before`, with all that is confirmed about them and doubts about updates before their
 * last accepted one, and returns their ids. It leaves those with another open update or a conflict, and what others hold. Null: `most` updates were
 * deleted, and more are left.
 */
export function deleteOldTickets(
  ticketIds: readonly string[],
  before: number,
  most: number,
  { db, engine }: LedgerContext,
): Promise<ReadonlySet<string> | null> {
  return db.transaction().execute(async (within) => {
    let old: ReadonlySet<string> = await engine.lockFree(ticketIds, within);
    for (const kept of [reportedSince, keptByRows]) {
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

/** Condition of an index, as those of the schema. */
const ARE_UPDATES = sql`requested_status IS NOT NULL`;

/** Rows of a ticket in the order in which they leave, each kind by an index. Doubts leave before the accepted updates that show them to be passed. */
const DOUBTS = sql`${ARE_UPDATES} AND state = 'UNCERTAIN'`;
const ACCEPTED = sql`${ARE_UPDATES} AND state = 'CONFIRMED'`;
const PARTS = [DOUBTS, ACCEPTED, sql`${HAS_LOST_TICKET} AND state = 'CONFIRMED'`, HAS_OPENED];
const MAY_BE_MANY: ReadonlySet<RawBuilder<unknown>> = new Set([DOUBTS, ACCEPTED]);

/** Statement about tickets with a report since a time. It comes first and nearly always tells, because a ticket may have thousands of updates. */
const reportedSince = (some: RawBuilder<unknown>, time: number) =>
  sql<{ id: string }>`SELECT id FROM tickets WHERE id IN (${some}) AND observed_at >= ${time}`;

/** Statement about tickets with an open update, a conflict, or anything else since a time. */
const keptByRows = (some: RawBuilder<unknown>, time: number) => sql<{ id: string }>`
  SELECT ticket_id AS id FROM submissions WHERE ticket_id IN (${some}) AND ${ARE_UPDATES} AND ${IS_OPEN} AND NOT (${IS_PASSED})
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${ARE_UPDATES} AND state = 'CONFIRMED' AND settled_at >= ${time}
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${HAS_OPENED} AND (settled_at >= ${time} OR conflicting_ticket_id IS NOT NULL)
  UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IN (${some})`;
