import type { Submission } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { PublicError } from "../public-error.ts";
import { checkScope, principalIn } from "../scopes.ts";
import { readSubmission } from "./submission-page.ts";

/** The router's reference to an entity. */
interface Representation {
  __typename: keyof typeof ENTITIES;
  id: string | number;
}

/** Reads an entity. Throws FORBIDDEN when the caller may not see it. */
const ENTITIES = {
  async Ticket(id: string, { caller, reads }: Context): Promise<Ticket | null> {
    checkScope(caller, "ticket:read");
    return reads.loaders.tickets.load(id);
  },
  TicketSubmission: readSubmission,
} as const;

/** Resolves references to stored tickets, submissions or null. Federation's own resolver reports wrong ones as a fault of this service. */
export async function resolveReferences(
  _: unknown,
  { representations }: { representations: readonly unknown[] },
  context: Context,
): Promise<(Ticket | Submission | null | Error)[]> {
  // As the entities require: clients may ask for their own submissions, and so these are checked one by one.
  const known = representations.filter(isRepresentation);
  const areTickets = known.every(({ __typename: typeName }) => typeName === "Ticket");
  if (!areTickets) principalIn(context.caller);
  else checkScope(context.caller, "ticket:read");
  context.budget.countReferences(representations.length);
  if (known.length < representations.length)
    throw new PublicError("BAD_USER_INPUT", {
      message:
        "Each representation needs the __typename Ticket or TicketSubmission, and an id. Send the id as a string.",
    });
  if (areTickets) return Promise.all(known.map(({ id }) => context.reads.loaders.tickets.load(String(id))));
  const entities = await Promise.all(
    known.map(({ __typename: typeName, id }) =>
      ENTITIES[typeName](String(id), context).catch((error: unknown) => {
        if (error instanceof PublicError && error.code === "FORBIDDEN") return error;
        throw error;
      }),
    ),
  );
  const refused = entities.filter((entity) => entity instanceof Error);
  if (refused.length > 0 && context.budget.countErrors(refused.length)) throw refused[0]!;
  return entities;
}

/** Names the type of an entity. Only submissions have an operation. */
export const Entity = {
  __resolveType: (entity: Ticket | Submission) => ("operation" in entity ? "TicketSubmission" : "Ticket"),
};

function isRepresentation(reference: unknown): reference is Representation {
  if (typeof reference !== "object" || reference === null) return false;
  const { __typename: typeName, id } = reference as Record<string, unknown>;
  const isKnown = typeof typeName === "string" && Object.hasOwn(ENTITIES, typeName);
  return isKnown && (typeof id === "string" || Number.isSafeInteger(id));
}
