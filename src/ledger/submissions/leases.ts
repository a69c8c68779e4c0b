/** Leases of submissions that are being sent. A lease that is over shows that its owner died. */
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { textOf } from "../ids.ts";
import { change } from "./changes.ts";

/** Turns submissions whose owner died into doubts. After a step of the ledger's clock every lease starts again instead. */
export async function sweepLeases(context: LedgerContext): Promise<void> {
  await context.clock.read(context.db);
  if (context.clock.hasStepped) return renewLeases(context);
  await shortenLeases(context);
  await expireLeases(context);
}

/** Ends the lease of a submission that somebody met after its end. `now`: the ledger's time when the row was read. */
export async function loseOwner(
  { id, now }: Pick<SubmissionRow, "id"> & { now: number },
  context: LedgerContext,
): Promise<void> {
  context.clock.learn(now);
  await (context.clock.hasStepped ? renewLeases(context) : expireLeases(context, id));
}

/** Turns submissions whose lease is over into doubts: all of them, or only the one with `id`. */
async function expireLeases({ db, clock, observe }: LedgerContext, id?: Uint8Array): Promise<void> {
  const expired = await change(db, "loseOwner", "UNCERTAIN", { reason: "OWNER_DIED", settled_at: clock.sql })
    .where("lease_until", "<", clock.sql)
    .$if(id !== undefined, (query) => query.where("id", "=", id!))
    .returning("id")
    .execute();
  for (const row of expired) observe("submission.owner_died", { submissionId: textOf(row.id) });
}

/** Starts every lease again, because times from before a step of the clock mean nothing after it. */
async function renewLeases({ db, clock, leaseMs, observe }: LedgerContext): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ lease_until: clock.after(leaseMs) })
    .where("state", "=", "SENDING")
    .execute();
  clock.hasStepped = false;
  observe("ledger.clock_stepped", {});
}

/** Shortens leases that end too late, because the clock was set back while no process was running. */
async function shortenLeases({ db, clock, leaseMs }: LedgerContext): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ lease_until: clock.after(leaseMs) })
    .where("state", "=", "SENDING")
    .where("lease_until", ">", clock.after(leaseMs))
    .execute();
}
