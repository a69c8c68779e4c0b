import { TICKET_ID } from "../tickets/fields/field-types.ts";
import { TicketReferenceType, fieldTypeOf } from "../tickets/fields/references.ts";
import { ANY_SUBMISSION, type Ledger, type SubmissionFilter } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, type Report, onLedger } from "./command.ts";
import { PAGE_SIZE, pageOf } from "./list.ts";
import { type FoundTicket, TICKET, columnsOf, shownSubmission, shownTicket } from "./submissions.ts";
import { type Page, listText, table } from "./table.ts";

type Wanted = Pick<SubmissionFilter, "ticketId" | "reference">;

/** Types of references by their options, such as --helpdesk-number. */
const REFERENCES: ReadonlyMap<string, TicketReferenceType> = new Map(
  Object.values(TicketReferenceType).map((type) => [
    type.toLowerCase().replace("_ticket", "").replaceAll("_", "-"),
    type,
  ]),
);
/** Options of a search. `ticket` takes Sociomile's own id. */
const WANTED = [...REFERENCES.keys(), "ticket"];

/** Finds tickets and the newest submissions by a number or id. */
export const find: Command = {
  usage: WANTED.map((option) => `find --${option} VALUE`),
  meaning: "Finds tickets and submissions by one number or id; --ticket takes Sociomile's id.",
  prepare(given) {
    const wanted = wantedBy(given);
    return onLedger(async (ledger, { width }) => {
      const { ticketId, reference } = wanted;
      const [ids = []] = reference ? await ledger.ticketIdsByReference([reference]) : [[ticketId!]];
      const query = { ...ANY_SUBMISSION, ...wanted, first: PAGE_SIZE.default, after: null };
      return foundReport(ledger, ids, await pageOf(ledger, query), width);
    });
  },
};

/** Reports tickets and submissions that were found. */
export async function foundReport(
  ledger: Ledger,
  ticketIds: readonly string[],
  submissions: Page<Submission>,
  width: number,
): Promise<Report> {
  const tickets = await ticketsOf(ledger, ticketIds);
  const texts = [
    tickets.length > 0 && table(TICKET, tickets, width),
    listText(columnsOf(null), submissions, width, "\nThere are more submissions."),
  ];
  return {
    text: texts.filter(Boolean).join("\n\n") || "No ticket and no submission has it.",
    data: {
      tickets: tickets.map(shownTicket),
      submissions: submissions.items.map(shownSubmission),
      hasMore: submissions.hasMore,
    },
  };
}

/** Reads the number or id by which people search. The other one is null. */
function wantedBy(given: Arguments): Wanted {
  const option = given.oneOf(WANTED);
  const type = REFERENCES.get(option);
  if (type === undefined) return { ticketId: given.required(option, TICKET_ID), reference: null };
  return { ticketId: null, reference: { type, value: given.required(option, fieldTypeOf(type)) } };
}

async function ticketsOf(ledger: Ledger, ids: readonly string[]): Promise<FoundTicket[]> {
  const tickets = (await ledger.tickets(ids)).filter((ticket) => ticket !== null);
  const open = tickets.length > 0 ? await ledger.openStatuses(tickets.map(({ id }) => id)) : [];
  return tickets.map((ticket, nth) => ({ ...ticket, statusInDoubt: open[nth]?.inDoubt ?? null }));
}
