/** Creates that Sociomile answered with the ticket id of another create. */
import type { Transaction } from "kysely";
import type { Settled } from "../../tickets/ports.ts";
import { doubted } from "../../tickets/settlement.ts";
import type { LedgerContext } from "../context.ts";
import type { Tables } from "../database/tables.ts";
import { bytesOf } from "../ids.ts";
import type { Finding } from "./missed-outcomes.ts";
import { type StoredTicket, disown, isOpenedBy } from "./ticket-store.ts";

/** Turns a create into a doubt when another create opened the ticket, unless the setting accepts that. Returns other settlements as they are. */
export async function doubtIfRepeated(
  settled: Settled,
  stored: ReadonlyMap<string, StoredTicket>,
  transaction: Transaction<Tables>,
  findings: Finding[],
  { repeatedTicketIds }: Pick<LedgerContext, "repeatedTicketIds">,
): Promise<Settled> {
  const { submission, ticket } = settled;
  if (!ticket?.kind || isOpenedBy(stored.get(ticket.id)!, submission.id)) return settled;
  findings.push(["sociomile.ticket_id_repeated", { submissionId: submission.id, ticketId: ticket.id }]);
  return repeatedTicketIds === "accept" ? settled : doubt(settled, transaction);
}

/** Turns a submission that was just recorded as confirmed into a doubt. */
async function doubt(confirmed: Settled, transaction: Transaction<Tables>): Promise<Settled> {
  const settled = doubted(confirmed);
  const { id, state, reason, attempts } = settled.submission;
  await transaction
    .updateTable("submissions")
    .set({ state, reason, ticket_id: null, ticket_number: null })
    .where("id", "=", bytesOf(id))
    .where("state", "=", "CONFIRMED")
    .where("attempt", "=", attempts)
    .execute();
  // The numbers of the create that is known to have the ticket would find the data of this one.
  const ticketId = confirmed.submission.ticketId!;
  const isReported = await disown(ticketId, id, transaction);
  if (isReported === false) await transaction.deleteFrom("tickets").where("id", "=", ticketId).execute();
  return settled;
}
