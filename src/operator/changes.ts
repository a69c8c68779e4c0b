/** Changes that operators make, for the command line or for any other view. They reject with LedgerUnavailable when nobody knows the result. */
import { type CancelResult, cancelling } from "../tickets/cancel.ts";
import { type Ledger, LedgerUnavailable, type Operator, type ResolveRequest } from "../tickets/ports.ts";
import { type ResolveResult, resolving } from "../tickets/resolve.ts";

/** Longest time for a verdict, in milliseconds. */
const RESOLVE_WITHIN_MS = 10_000;

/** The part of a ledger that closes doubts. */
type Doubts = Pick<Ledger, "find" | "resolve">;

/** Returns a ledger that says what a verdict would do, and changes nothing. It does not see that another create holds the ticket. */
export function trial(ledger: Ledger): Doubts {
  return {
    find: (id) => ledger.find(id),
    async resolve(submission, _, minAgeMs) {
      const leftMs = (submission.settledAt?.epochMilliseconds ?? 0) + minAgeMs - Date.now();
      return leftMs > 0
        ? { kind: "tooEarly", submission, leftMs }
        : { kind: "resolved", submission, superseded: [] };
    },
  };
}

/** Closes a doubt, or corrects the verdict of an earlier resolution. */
export async function resolve(ledger: Doubts, request: ResolveRequest): Promise<ResolveResult> {
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
      "SLOW",
      "The ledger did not answer in time. Look with `show` before you repeat the command.",
    );
  return result;
}
