import { LedgerUnavailable } from "../tickets/ports.ts";

/** Longest time for which a caller waits for the ledger, in milliseconds. */
export const LEDGER_WAIT_MS = 1000;

/** Returns the result of `work`. Throws LedgerUnavailable when it fails or takes longer than LEDGER_WAIT_MS; it may then go on. */
export function available<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LedgerUnavailable("The ledger is slow")), LEDGER_WAIT_MS);
    const fail = (cause: unknown) => reject(new LedgerUnavailable("The ledger does not answer", { cause }));
    work.then(resolve, fail).finally(() => clearTimeout(timer));
  });
}
