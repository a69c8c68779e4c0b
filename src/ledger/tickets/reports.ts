/** Reports of Sociomile about tickets, in its answers to accepted updates. */
import { sql } from "kysely";
import { ticketReferencesOf } from "../../tickets/fields/references.ts";
import { DETAIL_TIMES, NO_DETAILS, type Ticket, type TicketDetails } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { TICKET_REFERENCE_COLUMNS, opened, timeFrom } from "../submissions/row.ts";

/** Stores a report, unless that of a later update is stored. A report without details changes none. Runs under the lock of the ticket. */
export async function storeReport(ticket: Ticket, order: number, context: LedgerContext): Promise<void> {
  const { db, cipher, clock } = context;
  const details = sealDetails(ticket, cipher);
  const isNewer = sql`excluded.details IS NOT NULL AND excluded.reported_order >= coalesce(tickets.reported_order, 0)`;
  await db
    .insertInto("tickets")
    .values({ id: ticket.id, details, reported_order: details && order, observed_at: clock.sql })
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet({
        details: sql`CASE WHEN ${isNewer} THEN excluded.details ELSE tickets.details END`,
        reported_order: sql`CASE WHEN ${isNewer} THEN excluded.reported_order ELSE tickets.reported_order END`,
        observed_at: sql`CASE WHEN excluded.observed_at > tickets.observed_at THEN excluded.observed_at ELSE tickets.observed_at END`,
      }),
    )
    .execute();
  await storeReferences(ticket, context);
}

/** Stores the references that only the report tells. Those of the create stand in its row. */
async function storeReferences(ticket: Ticket, { db, clock }: LedgerContext): Promise<void> {
  const { maskedTicketId, sourceTicketId } = ticket;
  const reported = ticketReferencesOf({ maskedTicketId, sourceTicketId });
  if (reported.length === 0) return;
  const create = await db
    .selectFrom("submissions")
    .select(["masked_ticket_id", "source_ticket_id"])
    .where(opened(ticket.id))
    .where("is_forgotten", "=", 0)
    .executeTakeFirst();
  const held = create as Record<string, unknown> | undefined;
  const further = reported.filter(({ type, value }) => held?.[TICKET_REFERENCE_COLUMNS[type]] !== value);
  if (further.length === 0) return;
  await db
    .insertInto("ticket_references")
    .values(further.map((reference) => ({ ticket_id: ticket.id, ...reference, noted_at: clock.sql })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Details that are known. In JSON the times among them are text. */
type KnownDetails = Partial<Record<keyof TicketDetails, unknown>>;

/** Encrypts reported details. They can be read only with the ledger key, and only as those of their own ticket. Null: nothing is known. */
function sealDetails(ticket: Ticket, cipher: LedgerCipher): Uint8Array | null {
  const known: KnownDetails = {};
  for (const detail of Object.keys(NO_DETAILS) as (keyof TicketDetails)[])
    if (ticket[detail] !== null) known[detail] = ticket[detail]; // null means absent, and takes room
  for (const time of DETAIL_TIMES)
    if (ticket[time] !== null) known[time] = new Date(ticket[time].epochMilliseconds).toISOString();
  return Object.keys(known).length > 0 ? cipher.seal(JSON.stringify(known), `report ${ticket.id}`) : null;
}

/** Decrypts reported details. Null: their key is not here, or they were changed. */
export function openReport(
  sealed: Uint8Array,
  ticketId: string,
  cipher: LedgerCipher,
): Partial<TicketDetails> | null {
  const text = cipher.open(sealed, `report ${ticketId}`);
  if (text === null) return null;
  const details = JSON.parse(text) as KnownDetails;
  for (const time of DETAIL_TIMES) if (details[time] !== undefined) details[time] = timeFrom(details[time]);
  return details as Partial<TicketDetails>;
}
