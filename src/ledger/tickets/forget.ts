/** Deletion of tickets: on request, and after their retention. */
import { type RawBuilder, sql } from "kysely";
import type { Operator } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_LOST_TICKET_SQL, HAS_OPENED_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import { textOf } from "../ids.ts";
import { openedSql } from "../submissions/row.ts";
import { inTransaction } from "../submissions/transaction.ts";
import { forgetNotes, keepAction } from "./actions.ts";

/**
 * Deletes all data of a ticket, what operators wrote about it, and every number that finds it. Its submissions stay, so that nothing is sent twice, and so
 * does its id, so that no report brings the data back. `note`: why. False: nothing was known.
 */
export function forgetTicket(ticketId: string, by: Operator, note: string | null, context: LedgerContext) {
  return inTransaction<boolean>("forgotten", context, async (within) => {
    const { db, clock, observe } = within;
    const isAccepted = sql`ticket_id = ${ticketId} AND ${IS_UPDATE_SQL} AND state = 'CONFIRMED'`;
    // In the order of a settlement: rows, then what is reported.
    const rows = await sql`UPDATE submissions SET is_forgotten = 1, details = NULL
      WHERE (${openedSql(ticketId)} OR (${isAccepted})) AND is_forgotten = 0`.execute(db);
    await sql`UPDATE submissions SET answer = NULL WHERE coalesce(octet_length(answer), 0) > 0
      AND (${openedSql(ticketId)} OR ticket_id = ${ticketId} AND ${IS_UPDATE_SQL})`.execute(db);
    const reports =
      await sql`UPDATE tickets SET observed_at = NULL WHERE id = ${ticketId} AND observed_at IS NOT NULL`.execute(
        db,
      );
    // An update that may still be accepted would bring data.
    const open = await sql`SELECT id FROM submissions WHERE ticket_id = ${ticketId} AND ${IS_UPDATE_SQL}
      AND state IN ('SENDING', 'UNCERTAIN') LIMIT 1`.execute(db);
    const creates = await sql<{
      id: Uint8Array;
    }>`SELECT id FROM submissions WHERE ${openedSql(ticketId)}`.execute(db);
    const subjects = [ticketId, ...creates.rows.map(({ id }) => textOf(id))];
    const hadNotes = await forgetNotes(subjects, db);
    const isKnown = hadNotes || [rows, reports].some(({ numAffectedRows }) => numAffectedRows! > 0n);
    if (!isKnown && open.rows.length === 0) return false;
    await sql`INSERT INTO tickets (id, forgotten_at) VALUES (${ticketId}, ${clock.sql}) ON CONFLICT (id)
      DO UPDATE SET details = NULL, reported_nth = NULL, observed_at = NULL, forgotten_at = excluded.forgotten_at`.execute(
      db,
    );
    await sql`DELETE FROM ticket_references WHERE ticket_id = ${ticketId}`.execute(db);
    await keepAction("FORGET", by, subjects, within, { note });
    observe("ticket.forgotten", { ticketId, by: by.byPerson });
    return true;
  });
}

/**
 * Deletes those of the tickets whose last news is older than `before`, with all that is confirmed about them and doubts about their status, and returns
 * their ids. It leaves those with a conflict or an update that is being sent. Null: `most` updates were deleted, and more are left.
 */
export function deleteOldTickets(
  ticketIds: readonly string[],
  before: number,
  most: number,
  { db, engine }: LedgerContext,
): Promise<ReadonlySet<string> | null> {
  return db.transaction().execute(async (within) => {
    let old: ReadonlySet<string> = new Set(ticketIds);
    for (const kept of [reportedSinceSql, keptByRowsSql]) {
      if (old.size === 0) return old;
      const { rows } = await kept(sql.join([...old]), before).execute(within);
      old = old.difference(new Set(rows.map(({ id }) => id)));
    }
    if (old.size === 0) return old;
    // Rows that have come since are younger. The last update goes last: a ticket that leaves in pieces shows its status, and the next one gets a later position.
    const isOld = sql`ticket_id IN (${sql.join([...old])}) AND conflicting_ticket_id IS NULL AND settled_at < ${before}`;
    for (const part of PARTS) {
      const { numAffectedRows } = await sql`DELETE FROM submissions WHERE id IN (
        SELECT id FROM submissions WHERE ${isOld} AND ${part} ORDER BY nth LIMIT ${most} ${engine.skipLocked})`.execute(
        within,
      );
      if (numAffectedRows === BigInt(most) && MAY_BE_MANY.has(part)) return null;
    }
    const areOld = sql`id IN (${sql.join([...old])}) AND (observed_at IS NULL OR observed_at < ${before})`;
    await sql`DELETE FROM tickets WHERE ${areOld} AND forgotten_at IS NULL`.execute(within);
    await sql`UPDATE tickets SET observed_at = NULL WHERE ${areOld} AND observed_at IS NOT NULL`.execute(
      within,
    );
    return old;
  });
}

/** Rows of a ticket in the order in which they leave, each kind by an index. */
const DOUBTS_SQL = sql`${IS_UPDATE_SQL} AND state = 'UNCERTAIN'`;
const ACCEPTED_SQL = sql`${IS_UPDATE_SQL} AND state = 'CONFIRMED'`;
const PARTS = [DOUBTS_SQL, ACCEPTED_SQL, sql`${HAS_LOST_TICKET_SQL} AND state = 'CONFIRMED'`, HAS_OPENED_SQL];
const MAY_BE_MANY: ReadonlySet<RawBuilder<unknown>> = new Set([DOUBTS_SQL, ACCEPTED_SQL]);

/** Statement about tickets with a report since a time. It comes first and nearly always tells, because a ticket may have thousands of updates. */
const reportedSinceSql = (some: RawBuilder<unknown>, time: number) =>
  sql<{ id: string }>`SELECT id FROM tickets WHERE id IN (${some}) AND observed_at >= ${time}`;

/** Statement about tickets with an update that is being sent, a conflict, or anything else since a time. */
const keptByRowsSql = (some: RawBuilder<unknown>, time: number) => sql<{ id: string }>`
  SELECT ticket_id AS id FROM submissions WHERE ticket_id IN (${some}) AND ${IS_UPDATE_SQL}
    AND (state = 'SENDING' OR (state = 'UNCERTAIN' OR state = 'CONFIRMED') AND settled_at >= ${time})
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${HAS_OPENED_SQL} AND (settled_at >= ${time} OR conflicting_ticket_id IS NOT NULL)
  UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IN (${some})`;
