import type { QueuedSubmission } from "../tickets/ports.ts";
import type { Command } from "./command.ts";
import { ageOf, timeOf } from "./printable.ts";
import { searchTerms, shownSubmission } from "./submissions.ts";
import { table } from "./table.ts";

/** Most submissions that are listed. */
const SUBMISSIONS = 100;

/** Lists the submissions that wait for delivery. */
export const queue: Command = {
  argument: null,
  options: {},
  usage: ["queue"],
  meaning: `Lists the submissions that wait for delivery, oldest first, ${SUBMISSIONS} at most.`,
  prepare() {
    return async ({ ledger: { open }, width }) => {
      await using ledger = await open();
      const found = await ledger.queued(SUBMISSIONS + 1);
      const page = found.slice(0, SUBMISSIONS);
      const hasMore = found.length > SUBMISSIONS;
      return {
        text:
          page.length === 0
            ? "The queue is empty."
            : textOf(page, width) + (hasMore ? "\nThere are more." : ""),
        data: { submissions: page.map(shown), hasMore },
      };
    };
  },
};

function textOf(page: readonly QueuedSubmission[], width: number): string {
  const rows = page.map(({ submission, handedInAt, tries, nextTryAt }) => [
    submission.id,
    ageOf(handedInAt),
    submission.operation,
    searchTerms(submission),
    submission.reason,
    String(tries),
    timeOf(nextTryAt),
  ]);
  const heads = ["SUBMISSION", "AGE", "OPERATION", "SEARCH FOR", "REASON", "TRIES", "NEXT TRY"];
  return table(heads, rows, width);
}

function shown({ submission, handedInAt, tries, nextTryAt }: QueuedSubmission): object {
  const times = { handedInAt: timeOf(handedInAt), nextTryAt: timeOf(nextTryAt) };
  return { ...shownSubmission(submission), ...times, tries };
}
