import { setTimeout as sleep } from "node:timers/promises";

/** How many are kept. Of more, the oldest become doubts when their leases are over. */
const MOST = 20_000;
/** How many one statement releases. */
const RELEASED_AT_ONCE = 500;
/** How often they are looked for, and how long: a statement may still be under way after its connection broke. Milliseconds. */
const LOOK_EVERY_MS = 1000;
const LOOK_FOR_MS = 60_000;

/**
 * Reservations whose answer did not come in time. Nothing was sent for them, and they may be made all the same. One task
 * releases all of them, in bounded memory, however long the ledger is away.
 */
export class LostReservations {
  /** By id: when looking for it may end, on the monotonic clock. */
  readonly #lost = new Map<string, number>();
  readonly #release: (ids: readonly string[]) => Promise<readonly string[]>;
  readonly #closing: AbortSignal;
  #working: Promise<void> | null = null;

  /** `release` gives the ids of those that it released. */
  constructor(release: (ids: readonly string[]) => Promise<readonly string[]>, closing: AbortSignal) {
    this.#release = release;
    this.#closing = closing;
  }

  add(id: string): void {
    if (this.#lost.size >= MOST) this.#lost.delete(this.#lost.keys().next().value!);
    this.#lost.set(id, performance.now() + LOOK_FOR_MS);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is left to be done; while the service closes, after one more look. */
  async done(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.#look().catch(() => undefined); // the ledger is away: the next look is soon
      if (this.#lost.size === 0 || this.#closing.aborted) break;
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#closing }).catch(() => undefined);
    }
    this.#working = null;
  }

  async #look(): Promise<void> {
    const ids = [...this.#lost.keys()];
    for (let first = 0; first < ids.length; first += RELEASED_AT_ONCE) {
      const some = ids.slice(first, first + RELEASED_AT_ONCE);
      const lookedAt = performance.now();
      const released = new Set(await this.#release(some));
      for (const id of some) {
        if (released.has(id) || this.#lost.get(id)! < lookedAt) this.#lost.delete(id);
      }
    }
  }
}
