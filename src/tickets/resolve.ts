/** Decisions of operators about a submission: a verdict on a doubt; to cancel what waits for delivery, or deliver it now. */
import { type Problem, problem } from "../errors.ts";
import { OPERATIONS } from "./request.ts";
import { type Ledger, LedgerUnavailable, type ResolutionResult, type ResolveRequest, type Operator } from "./ports.ts";
import { type Submission, isAsSeen } from "./submission.ts";
import type { Receipt, RequestLimits } from "./submit.ts";

export interface ResolveResult extends Pick<Receipt, "ledgerFault"> {
  submission: Submission | null;
  problems: Problem[];
  /** Id of the create that already has the ticket of a verdict. */
  otherCreateId?: string;
}

/** `limits`: of the caller's request; the command line has none. */
export type Resolve = (request: ResolveRequest, limits?: RequestLimits) => Promise<ResolveResult>;

export const NOT_FOUND = problem("SUBMISSION_NOT_FOUND", { field: "submissionId" });

/** Longest time for finding a submission and changing it, a second for each. Milliseconds. */
const CHANGE_MS = 2000;

/** Problem of a change that the ledger may have made, although it did not acknowledge it. */
const NOT_KNOWN = problem("LEDGER_UNAVAILABLE", {
  message: "It is not known whether this was recorded. Please look at the request before you try again.",
  retryable: false,
});

/** Runs a change, unless its caller would get the result too late. `change` says when the ledger may have begun. */
export async function withinTime<Result>(
  limits: RequestLimits | undefined,
  change: (begins: () => void) => Promise<Result>,
): Promise<Result | Pick<ResolveResult, "submission" | "problems" | "ledgerFault">> {
  let hasBegun = false;
  try {
    if (limits && (limits.stopping.aborted || performance.now() >= limits.deadline - CHANGE_MS))
      throw new LedgerUnavailable("SLOW", "No time is left.");
    return await change(() => void (hasBegun = true));
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error;
    const problems = [hasBegun ? NOT_KNOWN : problem("LEDGER_UNAVAILABLE")];
    return { submission: null, problems, ledgerFault: error.reason };
  }
}

/** Closes the doubt about a create, or corrects a resolution, for an operator who has looked in Sociomile. */
export function createResolve(ledger: Pick<Ledger, "find" | "resolve">): Resolve {
  return async (request, limits) => {
    const wrongInput = inputProblems(request);
    if (wrongInput.length > 0) return refused(null, ...wrongInput);
    return withinTime(limits, async (begins) => {
      const submission = await ledger.find(request.submissionId);
      if (!submission) return refused(null, NOT_FOUND);
      if (!OPERATIONS[submission.operation].isCreate) return refused(submission, OF_UPDATE);
      if (!request.isDryRun) begins();
      // A ticket that exists is there to stay. One that does not may still come when the request is executed.
      const waits = request.verdict === "NOT_CREATED";
      // Another operator, or a late acceptance, may change it now.
      const seen = request.seen ?? submission.version;
      return resultOf(await ledger.resolve({ ...request, seen }, waits));
    });
  };
}

function refused(submission: Submission | null, ...problems: Problem[]): ResolveResult {
  return { submission, problems };
}

function resultOf(result: ResolutionResult): ResolveResult {
  switch (result.type) {
    case "notFound":
      return refused(null, NOT_FOUND);
    case "resolved":
      return { submission: result.submission, problems: [] };
    case "changed":
      return refused(result.submission, problem("SUBMISSION_CHANGED"));
    case "notInDoubt":
      return refused(result.submission, problem("SUBMISSION_NOT_IN_DOUBT"));
    case "tooEarly":
      return refused(result.submission, problem("TOO_EARLY", { retryAfterSeconds: Math.ceil(result.leftMs / 1000) }));
    case "otherCreate": {
      const { submission, field, otherCreateId } = result;
      const other = `The submission ${otherCreateId} holds the ticket with this ${field === "ticketId" ? "id" : "number"}.`;
      const message = `${other} If its verdict is wrong, correct that first.`;
      return { ...refused(submission, problem("TICKET_ID_TAKEN", { field, message })), otherCreateId };
    }
  }
}

/** Checks that the verdict CREATED comes with a ticket id, and NOT_CREATED without a ticket. */
function inputProblems({ verdict, ticketId, ticketNumber }: ResolveRequest): Problem[] {
  if (verdict === "CREATED") {
    const missing = { rule: "REQUIRED", message: "The verdict CREATED needs the ticket's id." } as const;
    return ticketId === null ? [problem("INVALID_INPUT", { field: "ticketId", ...missing })] : [];
  }
  const superfluous = Object.entries({ ticketId, ticketNumber }).filter(([, value]) => value !== null);
  return superfluous.map(([field]) => invalid(field, `The verdict ${verdict} goes without a ticket.`));
}

function invalid(field: string, message: string): Problem {
  return problem("INVALID_INPUT", { field, message });
}

const OF_UPDATE = invalid("submissionId", "A status change has no verdict. Set the status again, under a new key.");

export type QueuedResult = Omit<ResolveResult, "otherCreateId">;
export type DecideQueued = ReturnType<typeof createCancel>;

/** Cancels a queued submission. One that is cancelled already counts: its caller may not have got that answer. */
export const createCancel = (ledger: Pick<Ledger, "find" | "cancel">) =>
  createDecision(ledger.find, ledger.cancel, ({ reason }) => reason === "CANCELLED");

/** Makes a queued submission due now. */
export const createRetry = (ledger: Pick<Ledger, "find" | "retry">): DecideQueued =>
  createDecision(ledger.find, ledger.retry, () => false);

/** `isDone`: true for a submission to which the decision was applied before. */
function createDecision(find: Ledger["find"], change: Ledger["cancel"], isDone: (submission: Submission) => boolean) {
  /** `isDryRun`: changes nothing. `mayDecide` decides by the submission, or null when there is none, and throws to refuse. */
  return (
    submissionId: string,
    { isDryRun = false, ...by }: Operator & { isDryRun?: boolean },
    mayDecide: (submission: Submission | null) => void = () => {},
    limits?: RequestLimits,
  ): Promise<QueuedResult> =>
    withinTime<QueuedResult>(limits, async (begins) => {
      const submission = await find(submissionId);
      mayDecide(submission);
      if (!submission) return { submission, problems: [NOT_FOUND] };
      const isTried = !isDryRun && isAsSeen(submission, by);
      if (isTried) begins();
      const changed = isTried ? await change(submissionId, by) : null;
      const found = changed ?? (isTried ? await find(submissionId) : submission);
      const wouldBe = isDryRun && submission.state === "QUEUED" && isAsSeen(submission, by);
      if (changed || wouldBe || (found && isDone(found))) return { submission: found, problems: [] };
      const isAnother = found && !isAsSeen(found, by);
      const reason = isAnother ? problem("SUBMISSION_CHANGED") : problem("SUBMISSION_NOT_QUEUED");
      return { submission: found, problems: [reason] };
    });
}
