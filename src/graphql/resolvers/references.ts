import { GraphQLError } from "graphql";
import type { ErrorCode } from "../../errors.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { BadArgument } from "../plugins/masking.ts";
import type { Resolver } from "../scopes.ts";

/** How many references one request may hold. */
export const MAX_REFERENCES = 500;

/** Looks at the router's references before Federation's own resolver does: what is wrong with them is the caller's fault. */
export function checkingReferences(resolve: Resolver): Resolver {
  return (source, args: { representations: unknown[] }, context, info) => {
    if (args.representations.length > MAX_REFERENCES) {
      throw new GraphQLError("Too many", {
        extensions: { code: "TOO_MANY_REPRESENTATIONS" satisfies ErrorCode },
      });
    }
    if (!args.representations.every(isTicketReference)) {
      throw new BadArgument("Each representation needs the __typename Ticket and an id.");
    }
    return resolve(source, args, context, info);
  };
}

function isTicketReference(reference: unknown): boolean {
  if (typeof reference !== "object" || reference === null) return false;
  const { __typename: typeName, id } = reference as Record<string, unknown>;
  return typeName === "Ticket" && (typeof id === "string" || Number.isSafeInteger(id));
}

/** Answers the router's reference to a ticket: what is known about it, or null. Never the reference itself. */
export function resolveTicketReference(
  { id }: { id: string | number },
  { tickets }: Context,
): Promise<Ticket | null> {
  return tickets.load(String(id));
}
