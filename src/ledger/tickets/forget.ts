/** Deletion of tickets: on request, and after their retention. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { IS_OPEN } from "../database/schema.ts";
import { opened } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";

/** Condition for doubts about updates before the last accepted one of their ticket. They do not decide what it shows. */
export const IS_PASSED = sql<boolean>`state = 'UNCERTAIN' AND EXISTS (SELECT 1 FROM submissions AS later
  WHERE later.ticket_id = submissions.ticket_id AND later.requested_status IS NOT NULL AND later.state = 'CONFIRMED'
    AND later.moment > submissions.moment)`;

/**
 * Deletes what is known about a ticket: the report, the submitted details, and every number that finds it. Its submissions stay, so that nothing is
 * sent twice. False: nothing was known.
 */
export function forgetTicket(ticketId: string, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db }) => {
    const reports = await db.deleteFrom("tickets").where("id", "=", ticketId).executeTakeFirst();
    const isAccepted = sql`ticket_id = ${ticketId} AND requested_status IS NOT NULL AND state = 'CONFIRMED'`;
    const rows = await sql`UPDATE submissions SET is_forgotten = 1, details = NULL
      WHERE (${opened(ticketId)} OR (${isAccepted})) AND is_forgotten = 0`.execute(db);
    return reports.numDeletedRows + rows.numAffectedRows! > 0n;
  });
}

/**
 * Deletes a ticket whose last news is older than `before`, with all that is confirmed about it, and doubts about updates before its last accepted one.
 * Any other open update, or a conflict, keeps it.
 */
export function deleteOldTicket(ticketId: string, before: number, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db }) => {
    const { rows: staying } = await sql`
      SELECT 1 FROM submissions WHERE ticket_id = ${ticketId} AND requested_status IS NOT NULL
        AND ((${IS_OPEN} AND NOT (${IS_PASSED})) OR (state = 'CONFIRMED' AND settled_at >= ${before}))
      UNION ALL SELECT 1 FROM submissions
        WHERE ${opened(ticketId)} AND (settled_at >= ${before} OR conflicting_ticket_id IS NOT NULL)
      UNION ALL SELECT 1 FROM tickets WHERE id = ${ticketId} AND observed_at >= ${before}
      LIMIT 1`.execute(db);
    if (staying.length > 0) return false;
    await db.deleteFrom("tickets").where("id", "=", ticketId).execute();
    await sql`DELETE FROM submissions
      WHERE ticket_id = ${ticketId} AND (state = 'CONFIRMED' OR state = 'UNCERTAIN') AND conflicting_ticket_id IS NULL`.execute(
      db,
    );
    return true;
  });
}
