/** Lists for operators: data for the command line, or for any other view. */
import {
  ANY_SUBMISSION,
  type Ledger,
  type SubmissionFilter,
  type SubmissionQuery,
} from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket, TicketStatus } from "../tickets/ticket.ts";

/** Number of submissions on a page. */
export const PAGE_SIZE = { default: 100, max: 1000 } as const;

export interface Page<Item> {
  items: Item[];
  hasMore: boolean;
}

/** Lists submissions. */
export async function submissions(ledger: Ledger, query: SubmissionQuery): Promise<Page<Submission>> {
  const found = await ledger.list(query);
  return { items: found.slice(0, query.first), hasMore: found.length > query.first };
}

/** Number or id by which people search. The other one is null. */
export type Wanted = Pick<SubmissionFilter, "ticketId" | "reference">;

export interface FoundTicket extends Ticket {
  statusInDoubt: TicketStatus | null;
}

/** Finds tickets and submissions by a number or id. The submissions are the newest ones. */
export async function find(
  ledger: Ledger,
  wanted: Wanted,
): Promise<{ tickets: Page<FoundTicket>; submissions: Page<Submission> }> {
  const { ticketId, reference } = wanted;
  const [ids = []] = reference
    ? await ledger.ticketIdsByReference([reference])
    : [ticketId === null ? [] : [ticketId]];
  const tickets = (await ledger.tickets(ids)).filter((ticket) => ticket !== null);
  const open = tickets.length > 0 ? await ledger.openStatuses(tickets.map(({ id }) => id)) : [];
  const items = tickets.map((ticket, nth) => ({ ...ticket, statusInDoubt: open[nth]?.inDoubt ?? null }));
  const query = { ...ANY_SUBMISSION, ...wanted, first: PAGE_SIZE.default, after: null };
  return { tickets: { items, hasMore: false }, submissions: await submissions(ledger, query) };
}
