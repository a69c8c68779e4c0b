/** Lists for operators: data for the command line, or for any other view. */
import {
  ANY_SUBMISSION,
  type Ledger,
  type QueuedSubmission,
  type SubmissionFilter,
} from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import type { Ticket, TicketStatus } from "../tickets/ticket.ts";

/** Number of submissions on a page. */
export const PAGE_SIZE = { default: 100, max: 1000 } as const;

export interface Page<Item> {
  items: Item[];
  hasMore: boolean;
}

/** Makes a page of `first` items. `found` holds one more when there are others after it. */
function pageOf<Item>(found: readonly Item[], first: number): Page<Item> {
  return { items: found.slice(0, first), hasMore: found.length > first };
}

/** Lists the submissions in doubt, newest first, after the one with the id `after`. */
export async function doubts(ledger: Ledger, first: number, after: string | null): Promise<Page<Submission>> {
  return pageOf(await ledger.list({ ...ANY_SUBMISSION, state: "UNCERTAIN", first, after }), first);
}

/** Lists the submissions that wait for delivery, oldest first. */
export async function queue(ledger: Ledger): Promise<Page<QueuedSubmission>> {
  return pageOf(await ledger.queued(PAGE_SIZE.default + 1), PAGE_SIZE.default);
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
  const inDoubt = tickets.length > 0 ? await ledger.statusesInDoubt(tickets.map(({ id }) => id)) : [];
  const items = tickets.map((ticket, nth) => ({ ...ticket, statusInDoubt: inDoubt[nth] ?? null }));
  const first = PAGE_SIZE.default;
  const submissions = await ledger.list({ ...ANY_SUBMISSION, ...wanted, first, after: null });
  return { tickets: { items, hasMore: false }, submissions: pageOf(submissions, first) };
}
