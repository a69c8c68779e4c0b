/** Settlement of updates: outcomes, Sociomile's reports about their tickets, and older updates that they make void. */
import { sql } from "kysely";
import { reportedReferences } from "../../tickets/fields/references.ts";
import { OPERATIONS } from "../../tickets/operations.ts";
import type { Settled } from "../../tickets/ports.ts";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { bytesOf } from "../ids.ts";
import { openedSql, sealedText, submissionOf } from "../submissions/row.ts";
import { type TimedEnding, createSettleCreates, createSettleMany, settleOne } from "../submissions/settle.ts";
import { supersede } from "../submissions/updates.ts";
import { withTickets } from "../submissions/with-ticket.ts";
import { readWithUpdates } from "./read.ts";

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
      answers.push(answer);
      if (answer?.isChanged && answer.ticket)
        reports.push({ ticket: answer.ticket, updateId: bytesOf(ending.reserved.id) });
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

/** Sociomile's report about a ticket, and the update that it answers so. */
interface Report {
  ticket: Ticket;
  updateId: Uint8Array;
}

/** Stores reports about different tickets, under their locks, unless those of later updates are stored. One without details changes none. */
async function storeReports(reports: readonly Report[], context: LedgerContext): Promise<void> {
  const { db, cipher, clock } = context;
  const rows = reports.map(({ ticket, updateId }) => {
    const details = sealDetails(ticket, cipher);
    const moment = details && sql`(SELECT moment FROM submissions WHERE id = ${updateId})`;
    return sql`(${ticket.id}, ${details}, ${moment}, ${clock.sql})`;
  });
  const isNewer = sql`excluded.details IS NOT NULL AND excluded.reported_moment >= coalesce(tickets.reported_moment, 0)`;
  const isLater = sql`excluded.observed_at > tickets.observed_at`;
  await sql`INSERT INTO tickets (id, details, reported_moment, observed_at) VALUES ${sql.join(rows)}
    ON CONFLICT (id) DO UPDATE SET
      details = CASE WHEN ${isNewer} THEN excluded.details ELSE tickets.details END,
      reported_moment = CASE WHEN ${isNewer} THEN excluded.reported_moment ELSE tickets.reported_moment END,
      observed_at = CASE WHEN ${isLater} THEN excluded.observed_at ELSE tickets.observed_at END`.execute(db);
  await storeReferences(reports, context);
}

/** Stores the references that only the reports tell. Those of a create stand in its row. */
async function storeReferences(reports: readonly Report[], { db, clock }: LedgerContext): Promise<void> {
  const reported = reports.flatMap(({ ticket }) =>
    reportedReferences(ticket).map(
      ({ type, value }) => sql`(cast(${ticket.id} as text), cast(${type} as text), cast(${value} as text))`,
    ),
  );
  if (reported.length === 0) return;
  await sql`
    WITH reported (of_ticket, of_type, number) AS (VALUES ${sql.join(reported)})
    INSERT INTO ticket_references (ticket_id, type, value, noted_at) SELECT of_ticket, of_type, number, ${clock.sql} FROM reported
    WHERE NOT EXISTS (SELECT 1 FROM submissions WHERE ${openedSql(sql.ref("of_ticket"))} AND is_forgotten = 0
      AND number = CASE of_type WHEN 'MASKED_TICKET_ID' THEN masked_ticket_id ELSE source_ticket_id END)
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Encrypts reported details. They can be read only with the ledger key, and only as those of their own ticket. Null: nothing is known. */
function sealDetails(ticket: Ticket, cipher: LedgerCipher): Uint8Array | null {
  const details = (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).map((name) => [name, ticket[name]]);
  const text = sealedText(Object.fromEntries(details) as object);
  return text === "{}" ? null : cipher.seal(text, `report ${ticket.id}`);
}
