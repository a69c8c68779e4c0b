import { LedgerUnavailable } from "../tickets/ports.ts";

/** How long a caller waits for the ledger, in milliseconds. */
export const LEDGER_WAIT_MS = 1000;

/** What `work` gives, or LedgerUnavailable when it fails or takes longer than LEDGER_WAIT_MS. It may still go on then. */
export async function available<Result>(work: Promise<Result>): Promise<Result> {
  const result = await settledWithin(work, LEDGER_WAIT_MS);
  if (result === TOO_SLOW) throw new LedgerUnavailable("The ledger is slow");
  return result;
}

export const TOO_SLOW = Symbol("too slow");

/** What `work` gives, TOO_SLOW after `ms` milliseconds, or LedgerUnavailable when it fails first. */
export function settledWithin<Result>(work: Promise<Result>, ms: number): Promise<Result | typeof TOO_SLOW> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(TOO_SLOW), ms);
    work
      .then(resolve, (cause: unknown) =>
        reject(new LedgerUnavailable("The ledger does not answer", { cause })),
      )
      .finally(() => clearTimeout(timer));
  });
}
