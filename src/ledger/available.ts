import { LedgerUnavailable } from "../tickets/ports.ts";

/** Longest time for which a caller waits for the ledger, in milliseconds. */
export const LEDGER_WAIT_MS = 1000;

/** Returns the result of `work`. Throws LedgerUnavailable when it fails or takes longer than LEDGER_WAIT_MS; it may then go on. */
export async function available<Result>(work: Promise<Result>): Promise<Result> {
  const result = await settledWithin(work, LEDGER_WAIT_MS);
  if (result === TOO_SLOW) throw new LedgerUnavailable("The ledger is slow");
  return result;
}

export const TOO_SLOW = Symbol("too slow");

/** Returns the result of `work`, or TOO_SLOW after `ms` milliseconds. Throws LedgerUnavailable when `work` fails before. */
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
