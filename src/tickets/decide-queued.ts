/** Decisions about a submission that waits for delivery: to cancel it, and to deliver it now. */
import { problem } from "../errors.ts";
import type { Ledger, Operator } from "./ports.ts";
import { NOT_FOUND, type ResolveResult, withinTime } from "./resolve.ts";
import { type Submission, isAsSeen } from "./submission.ts";
import type { RequestLimits } from "./submit.ts";

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
