/** Settlement of updates: the outcome, Sociomile's report about the ticket, and older updates that it makes void. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import type { TimedEnding } from "../submissions/outcomes.ts";
import { rowOf, submissionOf } from "../submissions/row.ts";
import { settleOne } from "../submissions/settle.ts";
import { markSentBefore, moveBehindAccepted, supersedeOvertaken } from "../submissions/updates.ts";
import { unlessOvertaken, withTicket } from "../submissions/with-ticket.ts";
import { readTickets } from "./read.ts";
import { storeReport } from "./reports.ts";

/** Settles the attempt of an update. Rejects when the ledger does not accept the outcome now. */
export function settleUpdate(ending: TimedEnding, context: LedgerContext): Promise<Settled> {
  const ticketId = ending.reserved.ticketId!;
  return unlessOvertaken(context, () =>
    withTicket(ticketId, context, (within) => settleOnce(ending, within)),
  );
}

/** Null: the row was changed at this moment, and must be read again. */
async function settleOnce(ending: TimedEnding, context: LedgerContext): Promise<Settled | null> {
  const { id, ticketId, deliverBy } = ending.reserved;
  const answer = await settleOne(ending, context);
  if (answer === null) return null;
  const { settled, changed } = answer;
  if (changed && settled.ticket) {
    const order = await moveBehindAccepted(changed, context.db);
    await storeReport(settled.ticket, order, context);
    if (deliverBy !== null) await markSentBefore(ticketId!, order, context.db);
  }
  const isVoid = changed !== null && (await supersedeOvertaken(ticketId!, context)) > 0n;
  const row = isVoid && !settled.ticket ? await rowOf(id, context.db) : null; // it may be void itself
  const [ticket = null] = settled.ticket ? await readTickets([ticketId!], context) : [];
  return { submission: row ? submissionOf(row) : settled.submission, ticket: ticket ?? settled.ticket };
}
