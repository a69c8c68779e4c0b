/** Deletion of tickets: on request, and after their retention. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { IS_OPEN } from "../database/schema.ts";
import { opened } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";

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

/** Deletes a ticket whose last news is older than `before`, with all that is confirmed about it, but none with an open update or a conflict. */
export function deleteOldTicket(ticketId: string, before: number, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db }) => {
    const { rows: staying } = await sql`
      SELECT 1 FROM submissions WHERE ticket_id = ${ticketId} AND requested_status IS NOT NULL
        AND (${IS_OPEN} OR (state = 'CONFIRMED' AND settled_at >= ${before}))
      UNION ALL SELECT 1 FROM submissions
        WHERE ${opened(ticketId)} AND (settled_at >= ${before} OR conflicting_ticket_id IS NOT NULL)
      UNION ALL SELECT 1 FROM tickets WHERE id = ${ticketId} AND observed_at >= ${before}
      LIMIT 1`.execute(db);
    if (staying.length > 0) return false;
    await db.deleteFrom("tickets").where("id", "=", ticketId).execute();
    await sql`DELETE FROM submissions
      WHERE ticket_id = ${ticketId} AND state = 'CONFIRMED' AND conflicting_ticket_id IS NULL`.execute(db);
    return true;
  });
}
