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
 * Keeps a list of reservations whose answer did not arrive in time. Nothing was sent for them, but the ledger may still commit them. One
 * task gives all of them back, in bounded memory, even when the ledger is down for a long time. `giveBack` returns the ids that it gave back.
 * `done` resolves when the list is empty, and while the service closes after one more look.
 */
export function lostReservations(
  giveBack: (ids: readonly string[]) => Promise<readonly string[]>,
  closing: AbortSignal,
): { add: (id: string) => void; done: () => Promise<void> } {
  /** Time at which the search for a reservation may end, by id. Monotonic clock, in milliseconds. */
  const lost = new Map<string, number>();
  let working: Promise<void> | null = null;
  return {
    add(id) {
      if (lost.size >= MAX_LOST) lost.delete(lost.keys().next().value!);
      lost.set(id, performance.now() + LOOK_FOR_MS);
      working ??= work();
    },
    done: async () => working ?? undefined,
  };

  async function work(): Promise<void> {
    for (;;) {
      await look();
      if (lost.size === 0 || closing.aborted) break;
      await sleep(LOOK_EVERY_MS, undefined, { signal: closing }).catch(() => undefined);
    }
    working = null;
  }

  async function look(): Promise<void> {
    const ids = [...lost.keys()];
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE);
      const lookedAt = performance.now();
      const given = await giveBack(some).catch(() => null);
      if (given === null) continue; // the ledger is down, or a ticket is locked: the next look follows soon
      for (const id of some) if (given.includes(id) || lost.get(id)! < lookedAt) lost.delete(id);
    }
  }
}
