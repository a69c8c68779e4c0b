import { setTimeout as sleep } from "node:timers/promises";

/** Pauses between tries to record an outcome that the ledger does not accept. The last pause repeats. Milliseconds. */
const AGAIN_AFTER_MS = [100, 500, 1000, 5000];
/** Outcomes that may wait to be recorded. More would not fit the memory, so nothing is reserved then. */
const MAX_UNRECORDED = 500;
/** Tries of a record while the service closes. */
const LAST_TRIES = 10;

/** Outcomes that are not recorded yet. Each is tried again in the background until the ledger accepts it. */
export class UnrecordedOutcomes {
  readonly #recording = new Set<Promise<unknown>>();
  readonly #closing: AbortSignal;

  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  get isFull(): boolean {
    return this.#recording.size >= MAX_UNRECORDED;
  }

  /** Repeats `work` until it succeeds. Resolves with null when it keeps failing while the service closes. Never rejects. */
  record<Result>(work: () => Promise<Result>): Promise<Result | null> {
    const recording = this.#untilDone(work);
    this.#recording.add(recording);
    void recording.finally(() => this.#recording.delete(recording));
    return recording;
  }

  /** Resolves when every outcome is recorded, or given up while the service closes. */
  async done(): Promise<void> {
    await Promise.all(this.#recording);
  }

  async #untilDone<Result>(work: () => Promise<Result>): Promise<Result | null> {
    let lastTries = LAST_TRIES;
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch {
        if (this.#closing.aborted && lastTries-- === 0) return null;
        // Closing ends a long pause: the last tries come soon after each other.
        const pauseMs = AGAIN_AFTER_MS[tries] ?? AGAIN_AFTER_MS.at(-1);
        await (this.#closing.aborted
          ? sleep(AGAIN_AFTER_MS[0])
          : sleep(pauseMs, undefined, { signal: this.#closing }).catch(() => {}));
      }
    }
  }
}
