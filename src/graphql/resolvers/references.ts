import { type ValueNode, valueFromASTUntyped, visit } from "graphql";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { checkScope } from "../scopes.ts";
import { ScalarInputError } from "../types/scalars.ts";

/** Largest number of references in one request, all its `_entities` fields together. */
export const MAX_REFERENCES = 500;

/** The router's reference to a ticket. */
interface TicketRepresentation {
  __typename: "Ticket";
  id: string | number;
}

/**
 * Resolves the router's references to stored tickets or null, never to the references themselves. It takes the place of Federation's own
 * resolver, which reports wrong references as a fault of this service, and costs more because it waits for each ticket to mark its type.
 */
export function resolveReferences(
  _: unknown,
  { representations }: { representations: readonly unknown[] },
  context: Context,
): Promise<(Ticket | null)[]> {
  checkScope(context, "ticket:read"); // as the entity requires
  context.spent.references += representations.length;
  if (context.spent.references > MAX_REFERENCES) throw new PublicError("TOO_MANY_REPRESENTATIONS");
  if (!representations.every(isTicketReference)) {
    throw new PublicError("BAD_USER_INPUT", {
      message: "Each representation needs the __typename Ticket and an id. Send the id as a string.",
    });
  }
  return Promise.all(representations.map(({ id }) => context.tickets.load(String(id))));
}

/** Names the type of an entity. resolveReferences returns nothing but tickets. */
export const Entity = { __resolveType: () => "Ticket" };

/**
 * Reading of a representation in the document. graphql-js's own reading makes 1 of the id 1.0, which is refused everywhere else.
 */
export const ExactRepresentation = {
  parseLiteral(node: ValueNode, variables?: Record<string, unknown> | null): unknown {
    visit(node, {
      FloatValue() {
        throw new ScalarInputError("Send the id as a string.");
      },
    });
    return valueFromASTUntyped(node, variables);
  },
};

function isTicketReference(reference: unknown): reference is TicketRepresentation {
  if (typeof reference !== "object" || reference === null) return false;
  const { __typename: typeName, id } = reference as Record<string, unknown>;
  return typeName === "Ticket" && (typeof id === "string" || Number.isSafeInteger(id));
}
