/** Transactions about single rows. */
import { LedgerUnavailable } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";

/** Tries of work that other calls overtake. */
const TRIES = 3;

/**
 * Runs `work` in a transaction, and reports its events after the commit. Repeats it a little while it returns null, or a unique
 * index refuses it. Rejects after a second's wait. `waitsAs`: the connections are shared fairly among these names.
 */
export async function inTransaction<Result>(
  waitsAs: string,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result | null>,
): Promise<Result> {
  const until = performance.now() + LEDGER_WAIT_MS; // then its caller has gone
  for (let tries = 0; tries < TRIES; tries++) {
    const leftMs = until - performance.now();
    const turn = leftMs < 0 ? "late" : await context.transactions.acquire(waitsAs, leftMs);
    if (typeof turn === "string") throw new LedgerUnavailable("SLOW", "Too many transactions wait.");
    using _ = turn;
    const result = await run(context, work).catch((error: unknown) => {
      if (context.engine.isDuplicate(error)) return null;
      throw error;
    });
    if (result !== null) return result;
  }
  throw new Error("Other calls keep changing the row");
}

async function run<Result>(context: LedgerContext, work: (within: LedgerContext) => Promise<Result>) {
  const events: Parameters<LedgerContext["observe"]>[] = [];
  const observe = (...event: (typeof events)[number]) => void events.push(event);
  const result = await context.db.transaction().execute((db) => work({ ...context, db, observe }));
  for (const event of events) context.observe(...event);
  return result;
}
