/** Settlement of updates: outcomes, Sociomile's reports about their tickets, and older updates that they make void. */
import { OPERATIONS } from "../../tickets/operations.ts";
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { bytesOf } from "../ids.ts";
import { submissionOf } from "../submissions/row.ts";
import { type TimedEnding, createSettleCreates, createSettleMany, settleOne } from "../submissions/settle.ts";
import { supersede } from "../submissions/updates.ts";
import { withTickets } from "../submissions/with-ticket.ts";
import { readWithUpdates } from "./read.ts";
import { type Report, storeReports } from "./reports.ts";

/** Returns the function that records the outcome of an attempt. It rejects when the ledger does not accept the outcome now. */
export function createSettle(context: LedgerContext) {
  const creates = createGroup(createSettleCreates(context));
  const updates = createGroup(createSettleUpdates(context));
  return (one: TimedEnding) => (OPERATIONS[one.request.operation].isCreate ? creates : updates)(one);
}

function createSettleUpdates(context: LedgerContext) {
  const settleMany = createSettleMany(context.engine);
  return withTickets(ticketOf, context, async (endings, within): Promise<(Settled | null)[]> => {
    const together = await settleMany(endings, within);
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
