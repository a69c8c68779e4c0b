import { ANY_SUBMISSION, type Ledger } from "../tickets/ports.ts";
import { form } from "./arguments.ts";
import { createCommand, onLedger } from "./command.ts";
import { PAGE_SIZE, type Page, pageOf, searchable, wantedBy } from "./list.ts";
import { TICKET, columnsOf, shownSubmission, shownTicket } from "./submissions.ts";
import { table } from "./table.ts";

export const find = createCommand(
  searchable(form("find", "Finds tickets and submissions by one number or id.")),
  (options) => {
    const wanted = wantedBy(options);
    return onLedger(async (ledger) => {
      const { reference } = wanted;
      const [ids = []] = reference ? await ledger.ticketIdsByReference([reference]) : [[wanted.ticketId]];
      const query = { ...ANY_SUBMISSION, ...wanted, first: PAGE_SIZE.default, after: null };
      return foundReport(ledger, ids, await pageOf(ledger, query));
    });
  },
);

export async function foundReport(ledger: Ledger, ticketIds: string[], { items, hasMore }: Page) {
  const tickets = (await ledger.tickets(ticketIds)).filter((ticket) => ticket !== null);
  const texts = [
    table(TICKET, tickets),
    table(columnsOf(null), items),
    hasMore && "There are more submissions.",
  ];
  return {
    text: texts.filter(Boolean).join("\n\n") || "No ticket and no submission has it.",
    data: { tickets: tickets.map(shownTicket), submissions: items.map(shownSubmission), hasMore },
  };
}
