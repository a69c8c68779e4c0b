/** Leases of submissions that are being sent. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { IS_NOT_CONFIRMED_SQL, IS_UPDATE_SQL } from "../database/schema.ts";
import { textOf } from "../ids.ts";
import { NEXT_NTH_SQL, change } from "./changes.ts";
import type { RowNow } from "./row.ts";

/** Turns submissions whose owner died into doubts. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  const { clock, db } = context;
  await clock.read(db);
  // The clock was ahead, and is right again: what was sent meanwhile would be open for as long as it was ahead. What was accepted after that stays after it.
  const isAhead = sql`sent_at > ${clock.sql} AND state IN ('SENDING', 'UNCERTAIN') AND ${IS_NOT_CONFIRMED_SQL}`;
  const begunAnew = sql`UPDATE submissions SET sent_at = ${clock.sql}, changed_at = ${clock.sql}`;
  await sql`${begunAnew} WHERE ${IS_UPDATE_SQL} AND state = 'CONFIRMED' AND sent_at > ${clock.sql}
    AND ticket_id IN (SELECT ticket_id FROM submissions WHERE ${IS_UPDATE_SQL} AND ${isAhead})`.execute(db);
  await sql`${begunAnew} WHERE ${isAhead}`.execute(db);
  await endLeases(context);
}

/** True for a submission whose lease is over: its owner died. */
export function isLeaseOver(
  { state, sent_at, now }: Pick<RowNow, "state" | "sent_at" | "now">,
  { leaseMs }: LedgerContext,
): boolean {
  return state === "SENDING" && sent_at! < now - leaseMs;
}

/** Ends the leases that are over, or only that of a row that was met after its end. */
export async function endLeases(context: LedgerContext, met?: Pick<RowNow, "id">): Promise<void> {
  const { clock, leaseMs, observe } = context;
  const ending = { reason: "OWNER_DIED", settled_at: clock.sql, nth: NEXT_NTH_SQL } as const;
  const isOver = sql`sent_at < ${clock.after(-leaseMs)} AND ${met ? sql`id = ${met.id}` : IS_NOT_CONFIRMED_SQL}`;
  const expired = await change(context, "loseOwner", "UNCERTAIN", ending, isOver);
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}
