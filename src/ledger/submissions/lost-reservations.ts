import { repeatedWork } from "./repeated-work.ts";

/** Most reservations in the list. Further ones become doubts when their leases are over. */
const MAX_LOST = 20_000;
/** Reservations that one statement gives back. */
const AT_ONCE = 500;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Keeps a list of reservations whose answer did not arrive in time. Nothing was sent for them, but the ledger may still commit them. One
 * task gives all of them back, in bounded memory, even when the ledger is down for a long time. `giveBack` answers with true for those that are
 * given back. While the service closes, each is looked for once more.
 */
export function lostReservations(
  giveBack: (ids: readonly string[]) => Promise<(boolean | Error)[]>,
  closing: AbortSignal,
) {
  /** Time at which the search for a reservation may end, by id. Monotonic clock, in milliseconds. */
  const lost = new Map<string, number>();
  const looks = repeatedWork(closing);
  let isLooking = false;
  return {
    add(id: string): void {
      if (lost.size >= MAX_LOST) return;
      lost.set(id, performance.now() + LOOK_FOR_MS);
      if (!isLooking) void looks.repeat(look);
      isLooking = true;
    },
    done: looks.done,
  };

  async function look(): Promise<true | null> {
    const ids = [...lost.keys()];
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const some = ids.slice(first, first + AT_ONCE);
      const lookedAt = performance.now();
      for (const [nth, given] of (await giveBack(some)).entries())
        if (given === true || (given === false && lost.get(some[nth]!)! < lookedAt)) lost.delete(some[nth]!);
    }
    isLooking = lost.size > 0 && !closing.aborted;
    return isLooking ? null : true;
  }
}
