/** Leases of submissions that are being sent. A lease that is over shows that its owner died. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { textOf } from "../ids.ts";

/** Turns submissions whose owner died into doubts. After a step of the ledger's clock every lease starts again instead. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  await context.clock.read(context.db);
  if (context.clock.hasStepped) return renewLeases(context);
  await shortenLeases(context);
  await expireLeases(context);
}

/** Turns submissions whose lease is over into doubts: all of them, or only those with `ids`. */
export async function expireLeases(
  { db, clock, observe }: LedgerContext,
  ids?: readonly Uint8Array[],
): Promise<void> {
  const expired = await db
    .updateTable("submissions")
    .set({ state: "UNCERTAIN", reason: "OWNER_DIED", settled_at: clock.sql, deliver_by: null })
    .where("state", "=", "SENDING")
    .where("lease_until", "<", clock.sql)
    .$if(ids !== undefined, (query) => query.where("id", "in", ids!))
    .returning("id")
    .execute();
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}

/** Starts every lease again, because times from before a step of the clock mean nothing after it. */
export async function renewLeases({ db, clock, leaseMs, observe }: LedgerContext): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ lease_until: sql`${clock.sql} + ${leaseMs}` })
    .where("state", "=", "SENDING")
    .execute();
  clock.acceptStep();
  observe("ledger.clock_stepped", {});
}

/** Shortens leases that end too late, because the clock was set back while no process was running. */
async function shortenLeases({ db, clock, leaseMs }: LedgerContext): Promise<void> {
  const longest = sql<number>`${clock.sql} + ${leaseMs}`;
  await db
    .updateTable("submissions")
    .set({ lease_until: longest })
    .where("state", "=", "SENDING")
    .where("lease_until", ">", longest)
    .execute();
}
