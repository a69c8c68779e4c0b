import { setTimeout as sleep } from "node:timers/promises";

/** Most reservations in the list. Older ones are dropped, and become doubts when their leases are over. */
const MAX_LOST = 20_000;
/** Reservations that one statement gives back. */
const AT_ONCE = 500;
/** Pause between two looks at the ledger. Milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Reservations whose answer did not arrive in time. Nothing was sent for them, but the ledger may still commit them. One
 * task gives all of them back, in bounded memory, even when the ledger is down for a long time.
 */
export class LostReservations {
  /** Time at which the search for a reservation may end, by id. Monotonic clock, in milliseconds. */
  readonly #lost = new Map<string, number>();
  readonly #giveBack: (ids: readonly string[]) => Promise<readonly string[]>;
  readonly #closing: AbortSignal;
  #working: Promise<void> | null = null;

  /** `giveBack` returns the ids that it gave back. */
  constructor(giveBack: (ids: readonly string[]) => Promise<readonly string[]>, closing: AbortSignal) {
    this.#giveBack = giveBack;
    this.#closing = closing;
  }

  add(id: string): void {
    if (this.#lost.size >= MAX_LOST) this.#lost.delete(this.#lost.keys().next().value!);
    this.#lost.set(id, performance.now() + LOOK_FOR_MS);
    this.#working ??= this.#work();
  }

  /** Resolves when the list is empty. While the service closes, it resolves after one more look. */
  async done(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      await this.#look().catch(() => undefined); // the ledger is down; the next look follows soon
      if (this.#lost.size === 0 || this.#closing.aborted) break;
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#closing }).catch(() => undefined);
    }
    this.#working = null;
  }

  async #look(): Promise<void> {
    const ids = [...this.#lost.keys()];
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE);
      const lookedAt = performance.now();
      const given = new Set(await this.#giveBack(some));
      for (const id of some) {
        if (given.has(id) || this.#lost.get(id)! < lookedAt) this.#lost.delete(id);
      }
    }
  }
}
