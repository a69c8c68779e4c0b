/** Tickets that operators found for creates in doubt. A resolution stores them, and its correction takes them back. */
import { type Transaction, sql } from "kysely";
import { type TicketReference, ticketReferencesOf } from "../../tickets/fields/references.ts";
import { OPERATIONS } from "../../tickets/request.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { submissionOf } from "../rows.ts";
import type { Tables } from "../database/tables.ts";
import { forgetReferences, storingReferences } from "../settlements/ticket-references.ts";
import { disown } from "../settlements/ticket-store.ts";

/** Ends the transaction of a resolution without a change. */
export class TicketTaken extends Error {}

/**
 * Takes back the ticket of a resolution that is corrected. What Sociomile itself has reported about that ticket stays. Another create
 * may have the ticket too (evenIfTaken): then the ticket is that create's.
 */
export async function withdraw(
  submission: Submission & { ticketId: string },
  transaction: Transaction<Tables>,
  context: LedgerContext,
): Promise<void> {
  const { id, ticketId } = submission;
  const isReported = await disown(ticketId, id, transaction);
  if (await hasDeletedCreate(submission, transaction)) return;
  // Read after the lock on the ticket: another operator may give it to another create at this moment.
  const others = await otherCreates(ticketId, id, transaction);
  const kept = new Set(others.flatMap(referencesIn).map(({ type, value }) => `${type} ${value}`));
  const withdrawn = referencesIn(submission).filter(({ type, value }) => !kept.has(`${type} ${value}`));
  await forgetReferences(ticketId, withdrawn, transaction);
  if (isReported === null) return;
  if (!isReported) await transaction.deleteFrom("tickets").where("id", "=", ticketId).execute();
  for (const other of others) await storeTicket(other, ticketId, true, transaction, context);
}

/**
 * True when a create that retention has deleted has handed its number over to the ticket. Nothing tells which references were its own, so
 * all of them stay. A late outcome of the submission itself leaves such rows too.
 */
async function hasDeletedCreate(
  { id, ticketId }: Submission & { ticketId: string },
  transaction: Transaction<Tables>,
): Promise<boolean> {
  const row = await transaction
    .selectFrom("ticket_references")
    .select("value")
    .where("ticket_id", "=", ticketId)
    .where("type", "in", ["HELPDESK_TICKET_NUMBER", "SOURCE_TICKET_ID"])
    .where("submitted", "=", 1)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("submissions")
            .select("id")
            .where("id", "=", bytesOf(id))
            .where("conflicting_ticket_id", "=", ticketId),
        ),
      ),
    )
    .executeTakeFirst();
  return row !== undefined;
}

/** Returns the references that a create gives to its ticket. */
function referencesIn(submission: Submission): TicketReference[] {
  return ticketReferencesOf({ ...submission, number: submission.ticketNumber });
}

/** Stores the ticket that an operator found. Throws TicketTaken when another create holds it. */
export async function storeTicket(
  resolved: Submission,
  ticketId: string,
  evenIfTaken: boolean,
  transaction: Transaction<Tables>,
  context: LedgerContext,
): Promise<void> {
  const stored = await transaction
    .insertInto("tickets")
    .values({
      id: ticketId,
      kind: OPERATIONS[resolved.operation].kind,
      number: resolved.ticketNumber,
      bsg_ticket_id: null,
      helpdesk_ticket_number: resolved.helpdeskTicketNumber,
      branch_complaint_number: resolved.branchComplaintNumber,
      branch_code: resolved.branchCode,
      details: null,
      details_from: null,
      key_id: context.cipher.id,
      observed_at: context.clock.sql,
      reported_order: null,
      opened_by: bytesOf(resolved.id),
    })
    // Keeps what is known about the ticket.
    .onConflict((conflict) =>
      conflict.column("id").doUpdateSet({
        kind: sql`coalesce(tickets.kind, excluded.kind)`,
        number: sql`coalesce(tickets.number, excluded.number)`,
        helpdesk_ticket_number: sql`coalesce(tickets.helpdesk_ticket_number, excluded.helpdesk_ticket_number)`,
        branch_complaint_number: sql`coalesce(tickets.branch_complaint_number, excluded.branch_complaint_number)`,
        branch_code: sql`coalesce(tickets.branch_code, excluded.branch_code)`,
        opened_by: sql`coalesce(tickets.opened_by, excluded.opened_by)`,
      }),
    )
    .returning("opened_by")
    .executeTakeFirstOrThrow();
  const isOurs = stored.opened_by !== null && textOf(stored.opened_by) === resolved.id;
  const isTaken = !isOurs || (await otherCreates(ticketId, resolved.id, transaction)).length > 0;
  if (isTaken && !evenIfTaken) throw new TicketTaken();
  await storingReferences(context)(
    [
      {
        ...resolved,
        number: resolved.ticketNumber,
        id: ticketId,
        observedAt: resolved.settledAt!,
        isSubmitted: true,
        heldBy: resolved,
      },
    ],
    transaction,
  );
}

/** Returns the other creates that have the ticket, also when the ticket itself is forgotten. Oldest first. */
async function otherCreates(
  ticketId: string,
  id: string,
  transaction: Transaction<Tables>,
): Promise<Submission[]> {
  const rows = await transaction
    .selectFrom("submissions")
    .selectAll()
    .where("ticket_id", "=", ticketId)
    .where("requested_status", "is", null)
    .where("id", "<>", bytesOf(id))
    .orderBy("id")
    .execute();
  return rows.map(submissionOf);
}
