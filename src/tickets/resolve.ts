import { type Problem, problem } from "../errors.ts";
import { OPERATIONS } from "./operations.ts";
import { type Ledger, LedgerUnavailable, type ResolveRequest } from "./ports.ts";
import { type Submission, VERDICTS, isResolved } from "./submission.ts";
import type { Receipt, RequestLimits } from "./submit.ts";

export interface ResolveResult extends Pick<Receipt, "ledgerFault"> {
  submission: Submission | null;
  problems: Problem[];
  /** Ids of older updates that the replaced verdict had made void. They stay void. */
  superseded: string[];
  /** Id of the create that holds the ticket of a verdict. */
  heldBy?: string;
}

/** `limits`: of the caller's request; the command line has none. */
export type Resolve = (request: ResolveRequest, limits?: RequestLimits) => Promise<ResolveResult>;

/** Longest time for finding a submission and changing it, a second for each. Milliseconds. */
const CHANGE_MS = 2000;

/** Throws LedgerUnavailable when a caller could not be told the result of a change any more, so that none is begun. */
export function checkTime(limits?: RequestLimits): void {
  if (limits && (limits.stopping.aborted || performance.now() >= limits.deadline - CHANGE_MS))
    throw new LedgerUnavailable("SLOW", "No time is left.");
}

/** Age from which a doubt may be closed as NOT_CREATED or NOT_APPLIED, in minutes. Until then a slow vendor may still execute the request. */
export const NOT_CREATED_AFTER_MINUTES = 15;

/** Closes a doubt, or corrects a resolution, for an operator who has looked in Sociomile. */
export function resolving(ledger: Pick<Ledger, "find" | "resolve">): Resolve {
  return async (request, limits) => {
    const wrongInput = inputProblems(request);
    if (wrongInput.length > 0) return refused(null, ...wrongInput);
    try {
      checkTime(limits);
      const submission = await ledger.find(request.submissionId);
      if (!submission) return refused(null, problem("SUBMISSION_NOT_FOUND", { field: "submissionId" }));
      const replacesEarlier = request.replacesEarlier && isResolved(submission);
      if (!replacesEarlier && submission.state !== "UNCERTAIN")
        return refused(submission, problem("SUBMISSION_NOT_IN_DOUBT"));
      const { isOfCreate, state } = VERDICTS[request.verdict];
      if (isOfCreate !== OPERATIONS[submission.operation].isCreate)
        return refused(submission, invalid("verdict", WRONG_VERDICT));
      const minAgeMs = state === "NOT_EXECUTED" ? NOT_CREATED_AFTER_MINUTES * 60_000 : 0; // it may still happen
      const result = await ledger.resolve(submission, { ...request, replacesEarlier }, minAgeMs);
      switch (result.kind) {
        case "resolved":
          return { submission: result.submission, problems: [], superseded: result.superseded };
        case "tooEarly": {
          const retryAfterSeconds = Math.ceil(result.leftMs / 1000);
          return refused(result.submission, problem("TOO_EARLY", { retryAfterSeconds }));
        }
        case "notInDoubt":
          return refused(result.submission, problem("SUBMISSION_NOT_IN_DOUBT"));
        case "held": {
          const { field, heldBy } = result;
          const name = field === "ticketId" ? "id" : "number";
          const message = `The submission ${heldBy} holds the ticket with this ${name}. If its verdict is wrong, correct that first.`;
          const taken = problem("TICKET_ID_TAKEN", { field, message });
          return { ...refused(result.submission, taken), heldBy };
        }
        case "notFound":
          return refused(null, problem("SUBMISSION_NOT_FOUND", { field: "submissionId" }));
      }
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      return { ...refused(null, problem("LEDGER_UNAVAILABLE")), ledgerFault: error.reason };
    }
  };
}

function refused(submission: Submission | null, ...problems: Problem[]): ResolveResult {
  return { submission, problems, superseded: [] };
}

/** Checks that the verdict CREATED comes with a ticket id, and every other one without a ticket. */
function inputProblems({ verdict, ticketId, ticketNumber }: ResolveRequest): Problem[] {
  if (verdict === "CREATED") {
    const missing = { rule: "REQUIRED", message: "The verdict CREATED needs the ticket's id." } as const;
    return ticketId === null ? [problem("INVALID_INPUT", { field: "ticketId", ...missing })] : [];
  }
  const superfluous = Object.entries({ ticketId, ticketNumber }).filter(([, value]) => value !== null);
  return superfluous.map(([field]) => invalid(field, `The verdict ${verdict} goes without a ticket.`));
}

const WRONG_VERDICT =
  "A create takes the verdicts CREATED and NOT_CREATED, an update APPLIED and NOT_APPLIED.";

function invalid(field: string, message: string): Problem {
  return problem("INVALID_INPUT", { field, message });
}
