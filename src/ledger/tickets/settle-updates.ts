/** Settlement of updates: outcomes, Sociomile's reports about their tickets, and older updates that they make void. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf } from "../ids.ts";
import type { TimedEnding } from "../submissions/outcomes.ts";
import { submissionOf } from "../submissions/row.ts";
import { settleOne, settlingTogether } from "../submissions/settle.ts";
import { markSentBefore, moveBehindAccepted, supersedeOvertaken } from "../submissions/updates.ts";
import { withTickets } from "../submissions/with-ticket.ts";
import { readTickets } from "./read.ts";
import { type Report, storeReports } from "./reports.ts";

/** Settles attempts of updates. Rejects one when the ledger does not accept its outcome now. */
export function settlingUpdates(context: LedgerContext) {
  const settleTogether = settlingTogether(context.engine);
  return withTickets(ticketOf, context, async (endings, within): Promise<(Settled | null)[]> => {
    const together = await settleTogether(endings, within);
    const answers: (Settled | null)[] = [];
    const reports: Report[] = [];
    const delivered: Uint8Array[] = [];
    for (const [nth, ending] of endings.entries()) {
      const answer = together[nth] ?? (await settleOne(ending, within));
      answers.push(answer?.settled ?? null);
      if (!answer?.isChanged || !answer.settled.ticket) continue;
      const updateId = bytesOf(ending.reserved.id);
      reports.push({ ticket: answer.settled.ticket, updateId });
      if (ending.reserved.deliverBy !== null) delivered.push(updateId);
    }
    const acceptedIds = reports.map(({ updateId }) => updateId);
    if (reports.length > 0) await moveBehindAccepted(acceptedIds, within);
    if (delivered.length > 0) await markSentBefore(delivered, within);
    if (reports.length > 0) await storeReports(reports, within);
    // An update may be void itself, because a later one was accepted meanwhile.
    const superseded = await supersedeOvertaken(endings.map(ticketOf), within);
    const isVoid = new Map(superseded.map(submissionOf).map((submission) => [submission.id, submission]));
    const ids = answers.map((answer) => answer?.ticket?.id ?? "");
    const tickets = await readTickets(ids, within);
    return answers.map((answer, nth) => {
      if (answer === null) return null;
      const { submission, ticket } = answer;
      return { submission: isVoid.get(submission.id) ?? submission, ticket: tickets[nth] ?? ticket };
    });
  });
}

function ticketOf({ reserved }: TimedEnding): string {
  return reserved.ticketId!;
}
