import { standingInLine } from "../../tickets/turns.ts";
import { grouped } from "../database/group.ts";
import { repeatedWork } from "./repeated-work.ts";

/** Most reservations that are looked for at once. Further ones become doubts when their leases are over. */
const MAX_LOST = 20_000;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Gives reservations back whose answer did not arrive in time. Nothing was sent for them, but the ledger may still commit them, even when it
 * was down for a long time. `giveBack` answers with true for those that are given back. While the service closes, each is looked for once more.
 */
export function lostReservations(
  giveBack: (ids: readonly string[]) => Promise<(boolean | Error)[]>,
  closing: AbortSignal,
) {
  const looks = repeatedWork(closing);
  const inLine = standingInLine(); // one statement after another: they leave connections to callers
  const giveOneBack = grouped((ids: readonly string[]) =>
    inLine("", (before) => before.then(() => giveBack(ids))),
  );
  return {
    add(id: string): void {
      if (looks.count() >= MAX_LOST) return;
      const until = performance.now() + LOOK_FOR_MS;
      void looks.repeat(async () => {
        const isLast = closing.aborted || performance.now() > until;
        return (await giveOneBack(id)) || isLast || null;
      });
    },
    done: looks.done,
  };
}
