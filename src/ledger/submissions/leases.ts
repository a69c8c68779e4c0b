/** Leases of submissions that are being sent. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { IS_NOT_CONFIRMED_SQL } from "../database/schema.ts";
import { textOf } from "../ids.ts";
import { NEXT_NTH_SQL, change } from "./changes.ts";
import type { RowNow } from "./row.ts";

/** Turns submissions whose owner died into doubts. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  const { clock, db } = context;
  await clock.read(db);
  // The clock was ahead, and is right again: what was sent meanwhile would be open too long. One statement changes updates that
  // were accepted later too: otherwise the doubt would seem to be over before the acceptance.
  const isOpen = sql`open.sent_at > ${clock.sql} AND open.state IN ('SENDING', 'UNCERTAIN') AND open.state <> 'CONFIRMED'`;
  await sql`UPDATE submissions SET sent_at = ${clock.sql}, changed_at = ${clock.sql} WHERE id IN (
    SELECT id FROM submissions AS open WHERE ${isOpen}
    UNION SELECT accepted.id FROM submissions AS open JOIN submissions AS accepted ON accepted.ticket_id = open.ticket_id
      AND accepted.requested_status IS NOT NULL AND accepted.state = 'CONFIRMED' AND accepted.sent_at > ${clock.sql}
      WHERE ${isOpen} AND open.requested_status IS NOT NULL)`.execute(db);
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
