/** Reports of Sociomile about tickets, in its answers to accepted updates; and its words in the other answers. */
import { sql } from "kysely";
import { reportedReferences } from "../../tickets/fields/references.ts";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { type KeptAnswer, openAnswer, openedSql, sealedText } from "../submissions/row.ts";

/** Sociomile's report about a ticket, and the update that it answers so. */
export interface Report {
  ticket: Ticket;
  updateId: Uint8Array;
}

/** Stores reports about different tickets, under their locks, unless those of later updates are stored. One without details changes none. */
export async function storeReports(reports: readonly Report[], context: LedgerContext): Promise<void> {
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

/** Reads Sociomile's words in answers that were refused or not understood. Operators alone see them. */
export async function readAnswers(
  ids: readonly string[],
  { db, cipher }: LedgerContext,
): Promise<(KeptAnswer | null)[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("submissions")
    .select(["id", "answer"])
    .where("id", "in", ids.map(bytesOf))
    .execute();
  const byId = new Map(rows.map(({ id, answer }) => [textOf(id), answer]));
  return ids.map((id) => {
    const sealed = byId.get(id) ?? null;
    return sealed && openAnswer(sealed, id, cipher);
  });
}

export async function forgetAnswers(ids: readonly string[], { db }: LedgerContext): Promise<void> {
  if (ids.length === 0) return;
  await sql`UPDATE submissions SET answer = NULL WHERE id IN (${sql.join(ids.map(bytesOf))})`.execute(db);
}
