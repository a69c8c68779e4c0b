/** Leases of submissions that are being sent, and the times until which doubts may be executed. */
import { type RawBuilder, sql } from "kysely";
import { MAY_BE_EXECUTED_MS } from "../../tickets/ticket-updates.ts";
import type { LedgerContext } from "../context.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";
import { textOf } from "../ids.ts";
import { change } from "./changes.ts";
import type { RowNow } from "./row.ts";

/** Turns submissions whose owner died into doubts. After a step of the ledger's clock their times start again instead. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  const { clock, db } = context;
  await clock.read(db);
  // A time lies too far ahead when the clock was set back while no process was running.
  if (!clock.hasStepped) await startAgain(context, sql`until > ${clock.after(MAY_BE_EXECUTED_MS)}`);
  await endLeases(context);
}

/** True for a submission whose lease is over: its owner died. */
export function isLeaseOver(
  { state, sent_at, now }: Pick<RowNow, "state" | "sent_at" | "now">,
  { leaseMs }: LedgerContext,
): boolean {
  return state === "SENDING" && sent_at! < now - leaseMs;
}

/** Ends the leases that are over, or only that of a row that was met after its end. Times from before a step of the clock mean nothing after it. */
export async function endLeases(context: LedgerContext, met?: Pick<RowNow, "id" | "now">): Promise<void> {
  const { db, clock, leaseMs, observe } = context;
  if (met) clock.learn(met.now);
  if (clock.hasStepped) {
    await startAgain(context, sql`true`);
    clock.hasStepped = false;
    observe("ledger.clock_stepped", {});
    return;
  }
  const ending = { reason: "OWNER_DIED", settled_at: clock.sql } as const;
  const isOver = sql`sent_at < ${clock.after(-leaseMs)} AND ${met ? sql`id = ${met.id}` : sql`true`}`;
  const expired = await change(db, "loseOwner", "UNCERTAIN", ending, isOver);
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}

/** Starts the times of what is sent or in doubt again, and of accepted updates that would seem to be sent after those. */
async function startAgain({ db, clock }: LedgerContext, which: RawBuilder<unknown>): Promise<void> {
  const isSent = sql`(state = 'SENDING' OR state = 'UNCERTAIN') AND until IS NOT NULL AND ${which}`;
  const tickets = sql`SELECT ticket_id FROM submissions WHERE ${isSent} AND ${IS_UPDATE_SQL}`;
  await sql`UPDATE submissions SET sent_at = ${clock.sql} WHERE ticket_id IN (${tickets})
    AND ${IS_UPDATE_SQL} AND state = 'CONFIRMED' AND sent_at > ${clock.sql}`.execute(db);
  await sql`UPDATE submissions SET until = ${clock.after(MAY_BE_EXECUTED_MS)},
    sent_at = CASE WHEN state = 'SENDING' OR sent_at > ${clock.sql} THEN ${clock.sql} ELSE sent_at END
    WHERE ${isSent}`.execute(db);
}
