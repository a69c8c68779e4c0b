import { LedgerUnavailable } from "../tickets/ports.ts";
import { faultOf, sentenceOf } from "./database/unusable.ts";

/** Longest time for which a caller waits for the ledger, in milliseconds. */
export const LEDGER_WAIT_MS = 1000;

/** Returns the result of `work`. Throws LedgerUnavailable when it fails or takes longer than LEDGER_WAIT_MS; it may then go on. */
export function available<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new LedgerUnavailable("SLOW", "The ledger is slow.")),
      LEDGER_WAIT_MS,
    );
    const fail = (cause: unknown) =>
      reject(
        cause instanceof LedgerUnavailable
          ? cause
          : new LedgerUnavailable(faultOf(cause), sentenceOf(cause), { cause }),
      );
    work.then(resolve, fail).finally(() => clearTimeout(timer));
  });
}
