import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between two tries. The last pause repeats. Milliseconds. */
const AGAIN_AFTER_MS = [100, 500, 1000];
/** Tries of a work while the service closes. */
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
