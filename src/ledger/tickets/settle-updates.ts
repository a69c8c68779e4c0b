/** Settlement of updates: outcomes, Sociomile's reports about their tickets, and older updates that they make void. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf } from "../ids.ts";
import type { TimedEnding } from "../submissions/outcomes.ts";
import { submissionOf } from "../submissions/row.ts";
import { settleOne, settlingTogether } from "../submissions/settle.ts";
import { supersede } from "../submissions/updates.ts";
import { withTickets } from "../submissions/with-ticket.ts";
import { readWithUpdates } from "./read.ts";
import { type Report, storeReports } from "./reports.ts";

/** Settles attempts of updates. Rejects one when the ledger does not accept its outcome now. */
export function settlingUpdates(context: LedgerContext) {
  const settleTogether = settlingTogether(context.engine);
  return withTickets(ticketOf, context, async (endings, within): Promise<(Settled | null)[]> => {
    const together = await settleTogether(endings, within);
    const answers: (Settled | null)[] = [];
    const reports: Report[] = [];
    for (const [nth, ending] of endings.entries()) {
      const answer = together[nth] ?? (await settleOne(ending, within));
      answers.push(answer?.settled ?? null);
      if (answer?.isChanged && answer.settled.ticket)
        reports.push({ ticket: answer.settled.ticket, updateId: bytesOf(ending.reserved.id) });
    }
    if (reports.length > 0) await storeReports(reports, within);
    const found = await readWithUpdates(endings.map(ticketOf), within);
    const open = found.filter(({ hasOpen }) => hasOpen).map(({ id }) => id);
    const superseded = open.length > 0 ? await supersede(open, within) : [];
    const shown = superseded.length > 0 ? await readWithUpdates(endings.map(ticketOf), within) : found;
    const isVoid = new Map(superseded.map(submissionOf).map((submission) => [submission.id, submission]));
    return answers.map((answer, nth) => {
      if (answer === null) return null;
      const submission = isVoid.get(answer.submission.id) ?? answer.submission; // it came back into the queue too late
      const isAccepted = submission.state === "CONFIRMED";
      return { submission, ticket: isAccepted ? (shown[nth]!.ticket ?? answer.ticket) : null };
    });
  });
}

function ticketOf({ reserved }: TimedEnding): string {
  return reserved.ticketId!;
}
