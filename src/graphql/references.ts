import type { Ticket } from "../tickets/ticket.ts";
import type { Context } from "./context.ts";
import { BadArgument } from "./masking.ts";

/** How many references one request may hold. */
export const MAX_REFERENCES = 500;

/** Looks at the router's references before Federation's own resolver does: what is wrong with them is the caller's fault. */
export function checkReferences(references: readonly unknown[]): void {
  if (references.length > MAX_REFERENCES)
    throw new BadArgument(`At most ${MAX_REFERENCES} representations at once.`);
  if (!references.every(isTicket)) throw new BadArgument("Each representation needs the __typename Ticket.");
}

function isTicket(reference: unknown): boolean {
  return (
    typeof reference === "object" && reference !== null && Reflect.get(reference, "__typename") === "Ticket"
  );
}

/** Answers the router's reference to a ticket: what is known about it, or null. Never the reference itself. */
export function resolveTicketReference(
  { id }: { id?: unknown },
  { tickets }: Context,
): Promise<Ticket | null> {
  if (typeof id !== "string" && typeof id !== "number")
    throw new BadArgument("A reference to Ticket needs its id.");
  return tickets.load(String(id));
}
