import type { Ticket } from "../tickets/ticket.ts";

/**
 * Answers the router's reference to a ticket. Nothing is remembered yet, so nothing is known: null, and never the
 * reference itself, which would make every id look like a ticket.
 */
export function resolveTicketReference(): Ticket | null {
  return null;
}
