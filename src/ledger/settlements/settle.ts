import type { Settled } from "../../tickets/ports.ts";
import { apart, asError, inRounds, isRefusal } from "../database/group.ts";
import type { LedgerContext } from "../context.ts";
import type { TimedEnding } from "./outcomes.ts";
import { settlingCreates } from "./settle-creates.ts";
import { settlingInTransaction } from "./settle-in-transaction.ts";

/**
 * Settles many attempts: records outcomes, stores tickets, and closes doubts of earlier updates. An Error is the answer to one attempt,
 * which is not settled. A late outcome of one attempt may come with that of the next attempt of its submission: they conflict, so each
 * must see what the other has left.
 */
export function settling(
  context: LedgerContext,
): (endings: readonly TimedEnding[]) => Promise<(Settled | Error)[]> {
  const inTransaction = apart(settlingInTransaction(context));
  const together = context.repeatsStatements ? inTransaction : atOnceOr(inTransaction, context);
  return inRounds(({ reserved }) => reserved.id, together);
}

type Settling = (endings: readonly TimedEnding[]) => Promise<readonly (Settled | Error)[]>;

/** Settles with one statement what it can, for an engine where each statement is a round trip. Settles the others in a transaction. */
function atOnceOr(inTransaction: Settling, context: LedgerContext): Settling {
  const settleCreates = settlingCreates(context);
  return async (endings) => {
    const settled = await settleCreates(endings).catch(noneIfRefused);
    const others = endings.filter(({ reserved }) => !settled.has(reserved.id));
    // The statement has committed its part, so an error of the transaction is the answer to the others only.
    const further = await inTransaction(others).catch((error: unknown) => others.map(() => asError(error)));
    const byEnding = new Map(others.map((ending, nth) => [ending, further[nth]!]));
    return endings.map((ending) => byEnding.get(ending) ?? settled.get(ending.reserved.id)!);
  };
}

/** A transaction has limits and an isolation level of its own, so it may succeed where the single statement is refused. */
function noneIfRefused(error: unknown): Map<string, Settled> {
  if (isRefusal(error)) return new Map();
  throw error;
}
