import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between tries to record an outcome that the ledger does not accept. The last pause repeats. Milliseconds. */
const AGAIN_AFTER_MS = [100, 500, 1000, 5000];
/** Outcomes that may wait to be recorded. More would not fit the memory, so nothing is reserved then. */
const MAX_UNRECORDED = 500;
/** Tries of a record while the service closes. */
const LAST_TRIES = 10;

/** Outcomes that are not recorded yet. Each is tried again in the background until the ledger accepts it. */
export function unrecordedOutcomes(closing: AbortSignal) {
  const recording = new Set<Promise<unknown>>();
  return {
    isFull: () => recording.size >= MAX_UNRECORDED,

    /** Repeats `work` until it succeeds. Resolves with null when it keeps failing while the service closes. Never rejects. */
    record<Result>(work: () => Promise<Result>): Promise<Result | null> {
      const repeating = untilDone(work);
      recording.add(repeating);
      void repeating.finally(() => recording.delete(repeating));
      return repeating;
    },

    /** Resolves when every outcome is recorded, or given up while the service closes. */
    done: () => Promise.all(recording),
  };

  async function untilDone<Result>(work: () => Promise<Result>): Promise<Result | null> {
    let lastTries = LAST_TRIES;
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch {
        if (closing.aborted && lastTries-- === 0) return null;
        // Closing ends a long pause: the last tries come soon after each other.
        const pauseMs = AGAIN_AFTER_MS[tries] ?? AGAIN_AFTER_MS.at(-1);
        await (closing.aborted
          ? sleep(AGAIN_AFTER_MS[0])
          : sleep(pauseMs, undefined, { signal: closing }).catch(() => {}));
      }
    }
  }
}
