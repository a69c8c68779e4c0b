import { type Problem, problem } from "../errors.ts";
import { type Ledger, LedgerUnavailable, type Ruling } from "./ports.ts";
import { OPERATIONS } from "./request.ts";
import type { Submission } from "./submission.ts";

/** What came of a ruling. */
export interface Verdicted {
  submission: Submission | null;
  problems: Problem[];
}

export type Rule = (ruling: Ruling) => Promise<Verdicted>;

/** How old a doubt must be before somebody may say that no ticket was made: the vendor may be slow. Minutes. */
export const NOT_CREATED_AFTER_MINUTES = 15;

/** Lets an operator close a doubt about a create, after having looked in Sociomile. */
export function rulingOn(ledger: Ledger): Rule {
  return async (ruling) => {
    const wrongInput = inputProblems(ruling);
    if (wrongInput.length > 0) return { submission: null, problems: wrongInput };
    try {
      const submission = await ledger.find(ruling.submissionId);
      if (!submission) return refused(null, problem("SUBMISSION_NOT_FOUND", { field: "submissionId" }));
      if (!isCreateInDoubt(submission)) return refused(submission, problem("SUBMISSION_NOT_IN_DOUBT"));
      const minAgeMs = ruling.verdict === "NOT_CREATED" ? NOT_CREATED_AFTER_MINUTES * 60_000 : 0;
      const result = await ledger.rule(submission, ruling, minAgeMs);
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

function refused(submission: Submission | null, ...problems: Problem[]): Verdicted {
  return { submission, problems };
}

/** A ticket that was created has an id; one that was not has nothing. */
function inputProblems({ verdict, ticketId, ticketNumber }: Ruling): Problem[] {
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
