/** Deletion of tickets: on request, and after their retention. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Operator } from "../../tickets/ports.ts";
import { type LedgerContext, inTransaction } from "../context.ts";
import { HAS_OPENED_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, textOf } from "../clock.ts";
import { NO_REQUEST, change } from "../submissions/changes.ts";
import { keepForgotten, openedSql } from "../submissions/row.ts";
import { forgetNotes, keepAction } from "./actions.ts";

/**
 * Deletes all data of a ticket, what operators wrote about it, and every number that finds it. Its submissions and id stay, so
 * that nothing is sent twice, and no report restores the data. `note`: why. False: nothing was known.
 */
export function forgetTicket(ticketId: string, by: Operator, note: string | null, context: LedgerContext) {
  return inTransaction<boolean>("forgotten", context, async (within) => {
    const { db, clock, observe } = within;
    const isUpdate = sql`ticket_id = ${ticketId} AND ${IS_UPDATE_SQL}`;
    // In the order of a settlement: rows, then what is reported.
    const rows = await sql`UPDATE submissions SET ${forgottenSql(clock)}
      WHERE (${openedSql(ticketId)} OR (${isUpdate} AND state = 'CONFIRMED')) AND forgotten_at IS NULL`.execute(db);
    // An update that may still be accepted would bring data.
    const open = await sql`UPDATE submissions SET answer = NULL, changed_at = ${clock.sql}
      WHERE ${isUpdate} AND state <> 'CONFIRMED'`.execute(db);
    const reports = await sql`UPDATE tickets SET observed_at = NULL
      WHERE id = ${ticketId} AND observed_at IS NOT NULL`.execute(db);
    const creates = await sql<Pick<SubmissionRow, "id">>`SELECT id FROM submissions
      WHERE ${openedSql(ticketId)}`.execute(db);
    const subjects = [ticketId, ...creates.rows.map(({ id }) => textOf(id))];
    const hadNotes = await forgetNotes(subjects, db);
    if (!hadNotes && [rows, open, reports].every(({ numAffectedRows }) => numAffectedRows === 0n)) return false;
    await keepForgotten(ticketId, within);
    await keepAction("FORGET", by, subjects, within, { note });
    observe("ticket.forgotten", { ticketId, by: by.byPerson });
    return true;
  });
}

/** Deletes what a create without a ticket submitted, also for a late ticket, and cancels it. False: nothing is kept of it. */
export function forgetSubmission(id: string, by: Operator, note: string | null, context: LedgerContext) {
  return inTransaction<boolean>("forgotten", context, async (within) => {
    const { db, clock, observe } = within;
    const isThis = sql`id = ${bytesOf(id)}`;
    const ending = { reason: "CANCELLED", settled_at: clock.sql } as const;
    // The mark comes first: no settlement queues a marked row. A row that has got a ticket meanwhile belongs to that.
    const { numAffectedRows } = await sql`UPDATE submissions SET ${forgottenSql(clock)} WHERE ${isThis}
      AND forgotten_at IS NULL AND ticket_id IS NULL AND conflicting_ticket_id IS NULL`.execute(db);
    const hadNotes = await forgetNotes([id], db);
    if (numAffectedRows === 0n && !hadNotes) return false;
    const cancelled = await change(within, "end", "NOT_EXECUTED", ending, isThis);
    const erasing = db.updateTable("submissions").set({ ...NO_REQUEST, changed_at: clock.sql });
    await erasing.where(sql<boolean>`${isThis} AND request IS NOT NULL`).execute();
    await keepAction("FORGET", by, [id], within, { note });
    const { by: client, byPerson } = by;
    if (cancelled.length > 0) observe("submission.cancelled", { submissionId: id, by: client, byPerson });
    observe("submission.forgotten", { submissionId: id, by: byPerson });
    return true;
  });
}

const forgottenSql = ({ sql: now }: LedgerContext["clock"]) =>
  sql`forgotten_at = ${now}, details = NULL, answer = NULL, changed_at = ${now}`;

/**
 * Deletes those of the tickets whose last news is older than `before`, with all about them. Returns their ids. It leaves those
 * with a conflict or an update that is being sent. Null: `most` updates were deleted, and more are left.
 */
export function deleteOldTickets(
  ticketIds: readonly string[],
  before: number,
  most: number,
  { db, engine }: LedgerContext,
): Promise<ReadonlySet<string> | null> {
  return db.transaction().execute(async (within) => {
    const old = await oldAmong(ticketIds, before, within);
    if (old.size === 0) return old;
    // The last update goes last: a ticket that leaves in pieces shows its status, and the next one gets a later position.
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
    await sql`UPDATE tickets SET observed_at = NULL WHERE ${areOld} AND observed_at IS NOT NULL`.execute(within);
    return old;
  });
}

/** Rows of a ticket in the order of their deletion, each part by an index. */
const DOUBTS_SQL = sql`${IS_UPDATE_SQL} AND state = 'UNCERTAIN'`;
const ACCEPTED_SQL = sql`${IS_UPDATE_SQL} AND state = 'CONFIRMED'`;
const PARTS = [DOUBTS_SQL, ACCEPTED_SQL, HAS_OPENED_SQL];
const MAY_BE_MANY: ReadonlySet<RawBuilder<unknown>> = new Set([DOUBTS_SQL, ACCEPTED_SQL]);

/** Returns those of the tickets whose last news is older than `before`, and which no conflict and no open update keeps. */
export async function oldAmong(ticketIds: Iterable<string>, before: number, db: Kysely<Tables>) {
  let old: ReadonlySet<string> = new Set(ticketIds);
  for (const kept of [reportedSinceSql, keptByRowsSql]) {
    if (old.size === 0) return old;
    const { rows } = await kept(sql.join([...old]), before).execute(db);
    old = old.difference(new Set(rows.map(({ id }) => id)));
  }
  return old;
}

export async function lastNewsOf(ticketIds: ReadonlySet<string>, db: Kysely<Tables>): Promise<number[]> {
  const some = sql.join([...ticketIds]);
  const { rows } = await sql<{ at: number }>`SELECT max(at) AS at FROM (
    SELECT id AS ticket_id, observed_at AS at FROM tickets WHERE id IN (${some})
    UNION ALL SELECT ticket_id, settled_at FROM submissions
      WHERE ticket_id IN (${some}) AND ${IS_UPDATE_SQL} AND (state = 'UNCERTAIN' OR state = 'CONFIRMED')
    UNION ALL SELECT ticket_id, settled_at FROM submissions WHERE ticket_id IN (${some}) AND ${HAS_OPENED_SQL}) AS news
    GROUP BY ticket_id`.execute(db);
  return rows.flatMap(({ at }) => at ?? []);
}

/** Statement about tickets with a report since a time. It comes first, because a ticket may have thousands of updates. */
const reportedSinceSql = (some: RawBuilder<unknown>, time: number) =>
  sql<{ id: string }>`SELECT id FROM tickets WHERE id IN (${some}) AND observed_at >= ${time}`;

/** Statement about tickets with an update that is being sent, a conflict, or anything else since a time. */
const keptByRowsSql = (some: RawBuilder<unknown>, time: number) => sql<{ id: string }>`
  SELECT ticket_id AS id FROM submissions WHERE ticket_id IN (${some}) AND ${IS_UPDATE_SQL}
    AND (state = 'SENDING' OR (state = 'UNCERTAIN' OR state = 'CONFIRMED') AND settled_at >= ${time})
  UNION SELECT ticket_id FROM submissions
    WHERE ticket_id IN (${some}) AND ${HAS_OPENED_SQL} AND (settled_at >= ${time} OR conflicting_ticket_id IS NOT NULL)
  UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IN (${some})`;
