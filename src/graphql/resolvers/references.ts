import { type ValueNode, valueFromASTUntyped, visit } from "graphql";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import type { Resolver } from "../scopes.ts";
import { ScalarInputError } from "../types/scalars.ts";

/** Largest number of references in one request, all its `_entities` fields together. */
export const MAX_REFERENCES = 500;

/** Checks the router's references before Federation's own resolver, which would report wrong ones as a fault of this service. */
export function withReferenceCheck(resolve: Resolver): Resolver {
  return (source, args: { representations: unknown[] }, context: Context, info) => {
    context.references += args.representations.length;
    if (context.references > MAX_REFERENCES) throw new PublicError("TOO_MANY_REPRESENTATIONS");
    if (!args.representations.every(isTicketReference)) {
      throw new PublicError("BAD_USER_INPUT", {
        message: "Each representation needs the __typename Ticket and an id. Send the id as a string.",
      });
    }
    return resolve(source, args, context, info);
  };
}

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

function isTicketReference(reference: unknown): boolean {
  if (typeof reference !== "object" || reference === null) return false;
  const { __typename: typeName, id } = reference as Record<string, unknown>;
  return typeName === "Ticket" && (typeof id === "string" || Number.isSafeInteger(id));
}

/** Resolves the router's reference to a ticket: the stored ticket or null, never the reference itself. */
export function resolveTicketReference(
  { id }: { id: string | number },
  { tickets }: Context,
): Promise<Ticket | null> {
  return tickets.load(String(id));
}
