/** Settlement of updates: the outcome, Sociomile's report about the ticket, and older updates that it makes void. */
import type { Settled } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { rowOf, submissionOf } from "../submissions/row.ts";
import type { TimedEnding } from "../submissions/outcomes.ts";
import { settleOne } from "../submissions/settle-one.ts";
import { placeAfterAccepted, supersedeOvertaken } from "../submissions/updates.ts";
import { withTicket } from "../submissions/with-ticket.ts";
import { readTickets } from "./read.ts";
import { storeReport } from "./reports.ts";

/** Tries to settle an update while the sweep of leases changes its row. */
const TRIES = 3;

/** Settles the attempt of an update. Rejects when the ledger does not accept the outcome now. */
export async function settleUpdate(ending: TimedEnding, context: LedgerContext): Promise<Settled> {
  for (let tries = 0; tries < TRIES; tries++) {
    const settled = await withTicket(ending.reserved.ticketId!, context, (within) =>
      settleOnce(ending, within),
    );
    if (settled) return settled;
  }
  throw new Error("Other calls keep changing the row");
}

/** Null: the row was changed at this moment, and must be read again. */
async function settleOnce(ending: TimedEnding, context: LedgerContext): Promise<Settled | null> {
  const { id, ticketId } = ending.reserved;
  const answer = await settleOne(ending, context);
  if (answer === null) return null;
  const { settled, changed } = answer;
  if (changed && settled.ticket) {
    const order = await placeAfterAccepted(changed, context.db);
    await storeReport(settled.ticket, order, context);
  }
  const isVoid = changed !== null && (await supersedeOvertaken(ticketId!, context)) > 0n;
  const row = isVoid && !settled.ticket ? await rowOf(id, context.db) : null; // it may be void itself
  const [ticket = null] = settled.ticket ? await readTickets([ticketId!], context) : [];
  return { submission: row ? submissionOf(row) : settled.submission, ticket: ticket ?? settled.ticket };
}
