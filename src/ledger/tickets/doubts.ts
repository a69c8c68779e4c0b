/** Submissions in doubt: their number and age, and the statuses that they may have set. */
import { type Kysely, sql } from "kysely";
import type { TicketStatus } from "../../tickets/ticket.ts";
import type { LedgerContext } from "../context.ts";
import type { Tables } from "../database/tables.ts";

/** Counts the doubts, and returns the age of the oldest one in seconds. */
export async function countDoubts({
  db,
  clock,
}: Pick<LedgerContext, "db" | "clock">): Promise<{ count: number; oldestSeconds: number }> {
  const { count, age } = await db
    .selectFrom("submissions")
    .select((eb) => [
      eb.fn.countAll<number>().as("count"),
      sql<number | null>`${clock.sql} - min(settled_at)`.as("age"),
    ])
    .where("state", "=", "UNCERTAIN")
    .executeTakeFirstOrThrow();
  return { count, oldestSeconds: Math.max(0, (age ?? 0) / 1000) };
}

/** Returns the status that the last update in doubt of each ticket asked for. Null: none is in doubt. */
export async function statusesInDoubt(
  ticketIds: readonly string[],
  db: Kysely<Tables>,
): Promise<(TicketStatus | null)[]> {
  const rows = await db
    .selectFrom("submissions")
    .select(["ticket_id", "requested_status"])
    .where("ticket_id", "in", ticketIds)
    .where("requested_status", "is not", null)
    .where("state", "=", "UNCERTAIN")
    .orderBy("update_order")
    .execute();
  const last = new Map(rows.map((row) => [row.ticket_id, row.requested_status])); // the last row of a ticket stays
  return ticketIds.map((id) => last.get(id) ?? null);
}
