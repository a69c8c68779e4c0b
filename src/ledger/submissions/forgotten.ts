/** Data that was deleted on request, and does not come back. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";

/** Keeps the id of a ticket without its data, so that no report restores that. A settlement locks rows first, so this is last. */
export async function keepForgotten(ticketId: string, { db, clock }: LedgerContext): Promise<void> {
  await sql`INSERT INTO tickets (id, forgotten_at) VALUES (${ticketId}, ${clock.sql}) ON CONFLICT (id)
    DO UPDATE SET details = NULL, reported_nth = NULL, observed_at = NULL, forgotten_at = excluded.forgotten_at`.execute(
    db,
  );
  await sql`DELETE FROM ticket_references WHERE ticket_id = ${ticketId}`.execute(db);
}
