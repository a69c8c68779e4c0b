/** Changes that operators make, for the command line or for any other view. They reject with LedgerUnavailable when nobody knows the result. */
import { type CancelResult, cancelling } from "../tickets/cancel.ts";
import { type Ledger, LedgerUnavailable, type Operator, type ResolveRequest } from "../tickets/ports.ts";
import { type ResolveResult, resolving } from "../tickets/resolve.ts";

/** Longest time for a verdict, in milliseconds. */
const RESOLVE_WITHIN_MS = 10_000;

/** Closes a doubt, or corrects the verdict of an earlier resolution. */
export async function resolve(ledger: Ledger, request: ResolveRequest): Promise<ResolveResult> {
  const deadline = performance.now() + RESOLVE_WITHIN_MS;
  return certain(await resolving(ledger)(request, { deadline, stopping: new AbortController().signal }));
}

/** Takes a queued submission back. */
export async function cancel(ledger: Ledger, id: string, by: Operator): Promise<CancelResult> {
  return certain(await cancelling(ledger)(id, by));
}

function certain<Result extends CancelResult>(result: Result): Result {
  if (result.problems.some(({ code }) => code === "LEDGER_UNAVAILABLE"))
    throw new LedgerUnavailable(
      "The ledger did not answer in time. Look with `show` before you repeat the command",
    );
  return result;
}
