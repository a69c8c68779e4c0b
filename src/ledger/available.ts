import { LedgerUnavailable } from "../tickets/ports.ts";
import { unavailable } from "./database/unusable.ts";

/** Longest time for which a caller waits for the ledger, and an operator for a list. Milliseconds. */
export const LEDGER_WAIT_MS = 1000;
export const OPERATOR_WAIT_MS = 5000;

/** Returns the result of `work`. Throws LedgerUnavailable when it fails or takes longer than `waitMs`; it may then go on. */
export function available<Result>(work: Promise<Result>, waitMs = LEDGER_WAIT_MS): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LedgerUnavailable("SLOW", "The ledger is slow.")), waitMs);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    void work.then(
      (result) => end(() => resolve(result)),
      (cause) => end(() => reject(unavailable(cause))),
    );
  });
}
