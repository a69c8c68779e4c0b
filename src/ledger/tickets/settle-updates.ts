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
    const accepted: Accepted[] = [];
    for (const [nth, ending] of endings.entries()) {
      const answer = together[nth] ?? (await settleOne(ending, within));
      answers.push(answer?.settled ?? null);
      if (!answer?.isChanged || !answer.settled.ticket) continue;
      const { id, deliverBy } = ending.reserved;
      const isDelivered = deliverBy !== null;
      accepted.push({ ticket: answer.settled.ticket, updateId: bytesOf(id), isDelivered });
    }
    if (accepted.length > 0) await storeAccepted(accepted, within);
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

/** An acceptance. `isDelivered`: its request was queued before. */
interface Accepted extends Report {
  isDelivered: boolean;
}

/** Stores acceptances: the order of the updates, and Sociomile's reports. */
async function storeAccepted(accepted: readonly Accepted[], context: LedgerContext): Promise<void> {
  const ids = accepted.map(({ updateId }) => updateId);
  await moveBehindAccepted(ids, context.db);
  const delivered = accepted.flatMap(({ ticket, isDelivered }) => (isDelivered ? ticket.id : []));
  if (delivered.length > 0) await markSentBefore(delivered, context.db);
  await storeReports(accepted, context);
}
