/** Leases of submissions that are being sent. A lease that is over shows that its owner died. */
import { type RawBuilder, sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { textOf } from "../ids.ts";
import { change } from "./changes.ts";
import type { RowNow } from "./row.ts";

/** Turns submissions whose owner died into doubts. After a step of the ledger's clock every lease starts again instead. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  const { clock, db, leaseMs } = context;
  await clock.read(db);
  // A lease ends too late when the clock was set back while no process was running.
  if (!clock.hasStepped) await startLeases(context, sql`lease_until > ${clock.after(leaseMs)}`);
  await endLeases(context);
}

/** Ends the leases that are over, or only that of a row that was met after its end. Times from before a step of the clock mean nothing after it. */
export async function endLeases(context: LedgerContext, met?: Pick<RowNow, "id" | "now">): Promise<void> {
  const { db, clock, observe } = context;
  if (met) clock.learn(met.now);
  if (clock.hasStepped) {
    await startLeases(context, sql`true`);
    clock.hasStepped = false;
    observe("ledger.clock_stepped", {});
    return;
  }
  const ending = { reason: "OWNER_DIED", settled_at: clock.sql } as const;
  const isOver = sql`lease_until < ${clock.sql} AND ${met ? sql`id = ${met.id}` : sql`true`}`;
  const expired = await change(db, "loseOwner", "UNCERTAIN", ending, isOver);
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}

async function startLeases({ db, clock, leaseMs }: LedgerContext, which: RawBuilder<unknown>): Promise<void> {
  await sql`UPDATE submissions SET lease_until = ${clock.after(leaseMs)}
    WHERE state = 'SENDING' AND ${which}`.execute(db);
}
