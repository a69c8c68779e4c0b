import { problem } from "../errors.ts";
import type { Ledger, Operator } from "./ports.ts";
import { NOT_FOUND, type ResolveResult, isAsSeen, withinTime } from "./resolve.ts";
import type { Submission } from "./submission.ts";
import type { RequestLimits } from "./submit.ts";

export type CancelResult = Omit<ResolveResult, "heldBy">;
export type Cancel = ReturnType<typeof createCancel>;

/** Takes a queued submission back; `isDryRun`: changes nothing. `mayCancel` decides by the submission, or null when there is none, and throws to refuse. */
export function createCancel(ledger: Pick<Ledger, "find" | "cancel">) {
  return (
    submissionId: string,
    { isDryRun = false, ...by }: Operator & { isDryRun?: boolean },
    mayCancel: (submission: Submission | null) => void = () => {},
    limits?: RequestLimits,
  ): Promise<CancelResult> =>
    withinTime<CancelResult>(limits, async (begins) => {
      const submission = await ledger.find(submissionId);
      mayCancel(submission);
      if (!submission) return { submission, problems: [NOT_FOUND] };
      const isSame = isAsSeen(submission, by);
      const isTried = isSame && !isDryRun;
      if (isTried) begins();
      const tried = isTried ? await ledger.cancel(submissionId, by) : submission;
      const found = tried ?? (await ledger.find(submissionId));
      const wouldBe = isDryRun && isSame && submission.state === "QUEUED";
      const isCancelled = wouldBe || found?.reason === "CANCELLED"; // also before: its caller may have missed that answer
      return { submission: found, problems: isCancelled ? [] : [problem("SUBMISSION_NOT_QUEUED")] };
    });
}
