/** Deletion of tickets: on request, and after their retention. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { opened } from "../submissions/row.ts";
import { updatesOf } from "../submissions/updates.ts";
import { withTicket } from "../submissions/with-ticket.ts";

/**
 * Deletes what is known about a ticket: the report, the submitted details, and every number that finds it. Its submissions stay, so that
 * nothing is sent twice. False: nothing was known.
 */
export async function forgetTicket(ticketId: string, context: LedgerContext): Promise<boolean> {
  const isForgotten = await withTicket(ticketId, context, async ({ db }) => {
    const reports = await db.deleteFrom("tickets").where("id", "=", ticketId).executeTakeFirst();
    const rows = await db
      .updateTable("submissions")
      .set({ is_forgotten: 1, details: null })
      .where(
        sql<boolean>`(${opened(ticketId)} OR (ticket_id = ${ticketId} AND requested_status IS NOT NULL AND state = 'CONFIRMED'))`,
      )
      .where("is_forgotten", "=", 0)
      .executeTakeFirst();
    return reports.numDeletedRows + rows.numUpdatedRows > 0n;
  });
  await context.engine.forgetChanges(context.db);
  return isForgotten;
}

/**
 * Deletes a ticket with everything that is confirmed about it, when the last of that is older than `before`. A ticket with an open update,
 * or with a conflict, stays. Returns true when it is deleted.
 */
export function deleteOldTicket(ticketId: string, before: number, context: LedgerContext): Promise<boolean> {
  return withTicket(ticketId, context, async ({ db }) => {
    const stays = await updatesOf(ticketId, db)
      .select("id")
      .where(
        sql<boolean>`(state = 'SENDING' OR state = 'QUEUED' OR state = 'UNCERTAIN' OR (state = 'CONFIRMED' AND settled_at >= ${before}))`,
      )
      .union(
        db
          .selectFrom("submissions")
          .select("id")
          .where(opened(ticketId))
          .where(sql<boolean>`(settled_at >= ${before} OR conflicting_ticket_id IS NOT NULL)`),
      )
      .executeTakeFirst();
    const reported = db.selectFrom("tickets").select("id").where("id", "=", ticketId);
    if (stays || (await reported.where("observed_at", ">=", before).executeTakeFirst())) return false;
    await db.deleteFrom("tickets").where("id", "=", ticketId).execute();
    await db
      .deleteFrom("submissions")
      .where("ticket_id", "=", ticketId)
      .where("state", "=", "CONFIRMED")
      .where("conflicting_ticket_id", "is", null)
      .execute();
    return true;
  });
}
