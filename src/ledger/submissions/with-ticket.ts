/** Transactions, and those under the lock of a ticket. Their events are reported once, when they count. */
import type { Limiter } from "../../limiter.ts";
import { LedgerUnavailable } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";

/** Tries of work that other calls overtake. */
const TRIES = 3;

async function inTransaction<Result>(
  ticketId: string | null,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result>,
): Promise<Result> {
  const events: Parameters<LedgerContext["observe"]>[] = [];
  const report = () => {
    for (const event of events) context.observe(...event);
  };
  let counts: Awaited<ReturnType<LedgerContext["engine"]["commitOf"]>> | undefined;
  try {
    const result = await context.db.transaction().execute(async (db) => {
      if (ticketId !== null) await context.engine.lock(ticketId, db);
      const observe = (...event: (typeof events)[number]) => void events.push(event);
      const done = await work({ ...context, db, observe });
      if (events.length > 0) counts = await context.engine.commitOf(db);
      return done;
    });
    report();
    return result;
  } catch (error) {
    // A COMMIT without an acknowledgement may count.
    if (events.length > 0 && !context.engine.isRefusal(error))
      void context.repeated
        .repeat(async () => counts?.(context.db) ?? false)
        .then((isKept) => isKept && report());
    throw error;
  }
}

/**
 * Runs `work` in a transaction, which begins with the lock of a ticket when one is given: all that happens to updates runs under that of theirs.
 * Repeats it while others change what it has read: it returns null, or a unique index refuses it. Rejects when they go on, or after a second's wait.
 * `waitsAs`: the places are shared fairly among these names.
 */
export async function withTicket<Result>(
  ticketId: string | null,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result | null>,
  waitsAs = ticketId ?? "",
): Promise<Result> {
  const until = performance.now() + LEDGER_WAIT_MS; // then its caller has gone
  const waitIn = async (limiter: Limiter, name: string) => {
    const leftMs = until - performance.now();
    const place = leftMs < 0 ? "late" : await limiter.hold(name, leftMs);
    if (typeof place === "string") throw new LedgerUnavailable("SLOW", "Too many transactions wait.");
    return place;
  };
  const run = async () => {
    using held = new DisposableStack();
    if (ticketId !== null) held.use(await waitIn(context.lines, ticketId));
    held.use(await waitIn(context.transactions, waitsAs));
    return await inTransaction(ticketId, context, work);
  };
  for (let tries = 0; tries < TRIES; tries++) {
    const result = await run().catch((error: unknown) => {
      if (context.engine.isDuplicate(error)) return null;
      throw error;
    });
    if (result !== null) return result;
  }
  throw new Error("Other calls keep changing the row");
}

/**
 * Prepares `work` for items of many tickets. It runs in one transaction under the locks of all these tickets, with one item of each. An item
 * whose ticket is locked, one that `work` answers with null, and all of them when the database refuses the transaction, run alone.
 */
export function withTickets<Item, Result extends object>(
  ticketOf: (item: Item) => string,
  context: LedgerContext,
  work: (items: readonly Item[], within: LedgerContext) => Promise<(Result | Error | null)[]>,
): (items: readonly Item[]) => Promise<(Result | Error | Promise<Result>)[]> {
  const together = (items: readonly Item[]) =>
    inTransaction(null, context, async (within) => {
      const locked = await context.engine.lockFree(items.map(ticketOf), within.db);
      const some = items.filter((item) => locked.has(ticketOf(item)));
      const results = some.length === 0 ? [] : await work(some, within);
      return new Map(some.map((item, nth) => [item, results[nth]!]));
    }).catch((error: unknown) => {
      if (context.engine.isRefusal(error)) return new Map<Item, Result | Error | null>();
      throw error;
    });
  const alone = async (item: Item) => {
    const run = async (within: LedgerContext) => (await work([item], within))[0]!;
    const result = await withTicket(ticketOf(item), context, run);
    if (result instanceof Error) throw result;
    return result;
  };
  return async (items) => {
    const oneOfEach = [...Map.groupBy(items, ticketOf).values()].map(([first]) => first!);
    const done = oneOfEach.length > 1 ? await together(oneOfEach) : null;
    // Nobody waits for those that run alone but their own callers.
    return items.map((item) => done?.get(item) ?? alone(item));
  };
}
