import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { LedgerUnavailable } from "../tickets/ports.ts";

const MAX_GROUP = 200;

/**
 * Runs concurrent items as one batch; the next one collects items meanwhile. When `run` rejects, every item fails; an Error
 * among its results fails one. `until`: time of the monotonic clock at which the caller stops waiting: the item does not run then.
 */
export function createGroup<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>,
): (item: Item, until?: number) => Promise<Result> {
  const waiting: (PromiseWithResolvers<Result> & { item: Item; until: number })[] = [];
  let isBusy = false;
  return (item, until = Infinity) => {
    const last = { item, until, ...Promise.withResolvers<Result>() };
    waiting.push(last);
    if (!isBusy) void runAll();
    return last.promise;
  };

  async function runAll(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      // Others that come within two turns of the event loop join the batch. With one, creates cost 1.12 to 1.42 times the CPU.
      await setImmediate();
      await setImmediate();
      const now = performance.now();
      const next = waiting.splice(0, MAX_GROUP);
      for (const { until, reject } of next)
        if (until < now) reject(new LedgerUnavailable("SLOW", "Its caller waits no more."));
      const batch = next.filter(({ until }) => until >= now);
      if (batch.length === 0) continue;
      const ran = await Promise.allSettled([run(batch.map(({ item }) => item))]);
      for (const [nth, { resolve, reject }] of batch.entries()) {
        const result = ran[0].status === "rejected" ? (ran[0].reason as Error) : ran[0].value[nth]!;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    }
    isBusy = false;
  }
}

/** Pauses between two tries. The last pause repeats. Milliseconds. */
const AGAIN_AFTER_MS = [100, 500, 1000];
const LAST_TRIES = 10;

/** Work that the ledger does not do now, for example because it is down. It is repeated in the background until it is done. */
export function createRepeatedWork(closing: AbortSignal) {
  const repeating = new Set<Promise<unknown>>();
  return {
    count: () => repeating.size,

    /** Repeats `work` while it rejects or returns null. Resolves with null when the service closes meanwhile. Never rejects. */
    repeat<Result>(work: () => Promise<Result | null>): Promise<Result | null> {
      const result = untilDone(work);
      repeating.add(result);
      void result.finally(() => repeating.delete(result));
      return result;
    },

    /** Resolves when everything is done, or given up while the service closes. */
    done: () => Promise.all(repeating),
  };

  async function untilDone<Result>(work: () => Promise<Result | null>): Promise<Result | null> {
    for (let tries = 0, lastTries = LAST_TRIES; ; tries++) {
      const result = await work().catch(() => null);
      if (result !== null || (closing.aborted && lastTries-- === 0)) return result;
      await sleep(closing.aborted ? AGAIN_AFTER_MS[0] : (AGAIN_AFTER_MS[tries] ?? AGAIN_AFTER_MS.at(-1)));
    }
  }
}
