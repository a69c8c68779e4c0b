import { type Problem, problem } from "../errors.ts";
import { type Ledger, LedgerUnavailable, type ResolveRequest } from "./ports.ts";
import { OPERATIONS } from "./request.ts";
import type { Submission } from "./submission.ts";
import type { RequestLimits } from "./submit.ts";

/** Result of an operator's request to close a doubt. */
export interface ResolveResult {
  submission: Submission | null;
  problems: Problem[];
}

export type Resolve = (request: ResolveRequest, limits: RequestLimits) => Promise<ResolveResult>;

/** Longest time for finding a submission and closing its doubt, a second for each. Milliseconds. */
const RESOLVE_MS = 2000;

/** Age from which a doubt may be closed as NOT_CREATED, in minutes. A slow vendor may still create the ticket until then. */
export const NOT_CREATED_AFTER_MINUTES = 15;

/** Closes a doubt about a create, for an operator who has looked in Sociomile. */
export function resolving(ledger: Ledger): Resolve {
  return async (request, { deadline, stopping }) => {
    const wrongInput = inputProblems(request);
    if (wrongInput.length > 0) return { submission: null, problems: wrongInput };
    // The operator could not be told the result any more, so nothing is begun.
    if (stopping.aborted || performance.now() >= deadline - RESOLVE_MS)
      return refused(null, problem("LEDGER_UNAVAILABLE"));
    try {
      const submission = await ledger.find(request.submissionId);
      if (!submission) return refused(null, problem("SUBMISSION_NOT_FOUND", { field: "submissionId" }));
      if (!isCreateInDoubt(submission)) return refused(submission, problem("SUBMISSION_NOT_IN_DOUBT"));
      const minAgeMs = request.verdict === "NOT_CREATED" ? NOT_CREATED_AFTER_MINUTES * 60_000 : 0;
      const result = await ledger.resolve(submission, request, minAgeMs);
      switch (result.kind) {
        case "resolved":
          return { submission: result.submission, problems: [] };
        case "tooEarly": {
          const retryAfterSeconds = Math.ceil(result.leftMs / 1000);
          return refused(result.submission, problem("TOO_EARLY", { retryAfterSeconds }));
        }
        case "notInDoubt":
          return refused(result.submission, problem("SUBMISSION_NOT_IN_DOUBT"));
        case "notFound":
          return refused(null, problem("SUBMISSION_NOT_FOUND", { field: "submissionId" }));
      }
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      return refused(null, problem("LEDGER_UNAVAILABLE"));
    }
  };
}

function refused(submission: Submission | null, ...problems: Problem[]): ResolveResult {
  return { submission, problems };
}

/** Checks that the verdict CREATED comes with a ticket id, and NOT_CREATED without one. */
function inputProblems({ verdict, ticketId, ticketNumber }: ResolveRequest): Problem[] {
  if (verdict === "CREATED") {
    return ticketId === null ? [invalid("ticketId", "The verdict CREATED needs the ticket's id.")] : [];
  }
  const superfluous = Object.entries({ ticketId, ticketNumber }).filter(([, value]) => value !== null);
  return superfluous.map(([field]) => invalid(field, "The verdict NOT_CREATED goes without a ticket."));
}

function invalid(field: string, message: string): Problem {
  return problem("INVALID_INPUT", { field, message });
}

/** An update in doubt needs no operator: the next accepted one of the same ticket closes it. */
function isCreateInDoubt({ state, operation }: Submission): boolean {
  return state === "UNCERTAIN" && OPERATIONS[operation].effect === "opens";
}
