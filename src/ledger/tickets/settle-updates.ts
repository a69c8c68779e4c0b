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
import { storeReports } from "./reports.ts";

/** Settles attempts of updates. Rejects one when the ledger does not accept its outcome now. */
export function settlingUpdates(context: LedgerContext) {
  const settleTogether = settlingTogether(context.engine);
  return withTickets(ticketOf, context, async (endings, within): Promise<(Settled | null)[]> => {
    const together = await settleTogether(endings, within);
    const answers: (Settled | null)[] = [];
    const changed: { ending: TimedEnding; settled: Settled }[] = [];
    for (const [nth, ending] of endings.entries()) {
      const answer = together[nth] ?? (await settleOne(ending, within));
      answers.push(answer?.settled ?? null);
      if (answer?.isChanged) changed.push({ ending, settled: answer.settled });
    }
    await storeAccepted(changed, within);
    // An update may be void itself, because a later one was accepted meanwhile.
    const superseded = await supersedeOvertaken(endings.map(ticketOf), within);
    const isVoid = new Map(superseded.map(submissionOf).map((submission) => [submission.id, submission]));
    const tickets = await readTickets(
      answers.map((answer) => answer?.ticket?.id ?? ""),
      within,
    );
    return answers.map(
      (answer, nth) =>
        answer && {
          submission: isVoid.get(answer.submission.id) ?? answer.submission,
          ticket: tickets[nth] ?? answer.ticket,
        },
    );
  });
}

function ticketOf({ reserved }: TimedEnding): string {
  return reserved.ticketId!;
}

/** Stores the acceptances among outcomes: their order, and Sociomile's reports. */
async function storeAccepted(
  changed: readonly { ending: TimedEnding; settled: Settled }[],
  context: LedgerContext,
): Promise<void> {
  const accepted = changed.flatMap(({ ending, settled: { submission, ticket } }) =>
    ticket
      ? { ticket, updateId: bytesOf(submission.id), isDelivered: ending.reserved.deliverBy !== null }
      : [],
  );
  if (accepted.length === 0) return;
  await moveBehindAccepted(
    accepted.map(({ updateId }) => updateId),
    context.db,
  );
  const delivered = accepted.filter(({ isDelivered }) => isDelivered);
  if (delivered.length > 0)
    await markSentBefore(
      delivered.map(({ ticket }) => ticket.id),
      context.db,
    );
  await storeReports(accepted, context);
}
