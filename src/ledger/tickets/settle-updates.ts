/** Settlement of updates: outcomes, Sociomile's reports about their tickets, and older updates that they make void. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import type { TimedEnding } from "../submissions/outcomes.ts";
import { rowOf, submissionOf } from "../submissions/row.ts";
import { settleOne, settlingTogether } from "../submissions/settle.ts";
import {
  entangledAmong,
  markSentBefore,
  moveBehindAccepted,
  supersedeOvertaken,
} from "../submissions/updates.ts";
import { withTickets } from "../submissions/with-ticket.ts";
import { readTickets } from "./read.ts";
import { type Report, storeReports } from "./reports.ts";

/** Settles attempts of updates. Rejects one when the ledger does not accept its outcome now. */
export function settlingUpdates(context: LedgerContext) {
  const settleTogether = settlingTogether(context.engine);
  return withTickets(ticketOf, context, async (endings, within): Promise<(Settled | null)[]> => {
    const together = await settleTogether(endings, within);
    const answers: (Settled | null)[] = [];
    const changes: { nth: number; row: SubmissionRow }[] = [];
    for (const [nth, ending] of endings.entries()) {
      const answer = together[nth] ?? (await settleOne(ending, within));
      answers.push(answer?.settled ?? null);
      if (answer?.changed) changes.push({ nth, row: answer.changed });
    }
    await settleOthers(endings, answers, changes, within);
    const ids = answers.map((answer) => answer?.ticket?.id ?? "");
    const tickets = await readTickets(ids, within);
    return answers.map((answer, nth) => answer && { ...answer, ticket: tickets[nth] ?? answer.ticket });
  });
}

function ticketOf({ reserved }: TimedEnding): string {
  return reserved.ticketId!;
}

/** Does to the tickets of updates and to their other updates what the outcomes demand. `answers`: an update may be void itself. */
async function settleOthers(
  endings: readonly TimedEnding[],
  answers: (Settled | null)[],
  changes: readonly { nth: number; row: SubmissionRow }[],
  context: LedgerContext,
): Promise<void> {
  const { db } = context;
  const entangled = await entangledAmong(
    changes.map(({ row }) => row.id),
    db,
  );
  const reports: Report[] = [];
  for (const { nth, row } of changes) {
    const { ticket } = answers[nth]!;
    if (!ticket) continue;
    const order = entangled.has(row.id.toHex()) ? await moveBehindAccepted(row, db) : row.update_order!;
    reports.push({ ticket, order });
    if (endings[nth]!.reserved.deliverBy !== null) await markSentBefore(ticket.id, order, db);
  }
  await storeReports(reports, context);
  for (const { nth, row } of changes) {
    if (!entangled.has(row.id.toHex()) || (await supersedeOvertaken(row.ticket_id!, context)) === 0n)
      continue;
    const { submission, ticket } = answers[nth]!;
    const now = ticket ? null : await rowOf(submission.id, db);
    if (now) answers[nth] = { submission: submissionOf(now), ticket };
  }
}
