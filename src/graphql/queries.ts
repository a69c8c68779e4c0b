import { Arg, Args, ArgsType, Ctx, Directive, ID, Query, Resolver } from "type-graphql";
import { type SubmissionCount, SubmissionOrder, TICKETS_A_REFERENCE } from "../tickets/ports.ts";
import { TicketOperation } from "../tickets/request.ts";
import type { Submission } from "../tickets/submission.ts";
import { type Ticket, ticketIdOf } from "../tickets/ticket.ts";
import type { Context } from "./context.ts";
import { Always, Defaulted, ForOperators, IDEMPOTENCY_KEY, Required, TICKET_ID } from "./types/fields.ts";
import { TicketReferenceInput, TicketSubmissionFilter, filterIn } from "./types/submission-inputs.ts";
import { PublicError } from "./public-error.ts";
import { RequiresScope, checkScope, principalIn } from "./scopes.ts";
import { SubmissionConnection, SubmissionCountType, SubmissionType } from "./types/submission.ts";
import { TicketType } from "./types/ticket.ts";
import { Costs, ListOf, WEIGHTS, Weighs, weightOfEach } from "./weight.ts";
import { PageArguments, PageOfFirst, readPage, readSubmission } from "./submission-page.ts";

@ArgsType()
class KeyArguments {
  @Always(() => TicketOperation, "Mutation that the client called.")
  operation!: TicketOperation;

  @Required(IDEMPOTENCY_KEY, "Key of the call.") idempotencyKey!: string;
}

const FILTER = { nullable: true, description: "Conditions for the submissions. Null: all." };

/** Most ids of tickets in one list. */
const MOST_IDS = 100;

/** Marks a list of tickets by their ids. It weighs as much as references to so many. */
const ListOfIds = (): MethodDecorator => (resolvers, field) => {
  Directive(`@listSize(assumedSize: ${MOST_IDS})`)(resolvers, field);
  Weighs(weightOfEach("ids", MOST_IDS))(resolvers, field);
};

/** Most counts that are likely: of operations, states and reasons, most have nothing in common. */
const COUNTS = 50;

@ArgsType()
class ListArguments extends PageArguments {
  @ForOperators() // as its type: no default value may be of a type that is left out
  @Defaulted(SubmissionOrder, "CREATED_DESC", "Order of the list.")
  orderBy!: SubmissionOrder;
}

@Resolver()
export class TicketQueries {
  @RequiresScope("ticket:read")
  @Costs(WEIGHTS.read)
  @Query(() => TicketType, {
    nullable: true,
    description:
      "Finds a ticket, with the data of Sociomile's last report. The result is null until Sociomile has accepted " +
      "a create or a status change of it from this service, and when it has been deleted here.",
  })
  ticket(
    @Arg("id", () => ID, { description: "Id of the ticket in Sociomile." }) id: string,
    @Ctx() { reads }: Context,
  ): Promise<Ticket | null> {
    return reads.loaders.tickets.load(String(TICKET_ID.inForm(id)));
  }

  @RequiresScope("ticket:read")
  @ListOfIds()
  @Query(() => [TicketType], {
    nullable: "items",
    description: "Finds tickets, in the order of their ids. An item is null where `ticket` is null.",
  })
  async tickets(
    @Arg("ids", () => [ID], { description: `Ids of the tickets in Sociomile, at most ${MOST_IDS}.` })
    ids: string[],
    @Ctx() { reads }: Context,
  ): Promise<(Ticket | null)[]> {
    if (ids.length > MOST_IDS) throw new PublicError("BAD_USER_INPUT", { message: `ids must be at most ${MOST_IDS}.` });
    return Promise.all(ids.map((id) => reads.loaders.tickets.load(String(TICKET_ID.inForm(id)))));
  }

  @RequiresScope("submission:read", { orOwner: true })
  @Costs(WEIGHTS.read)
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "Finds a submission by the id in the mutation's answer, to learn its outcome. The result is null when no " +
      "submission has the id; a caller who may only see its own submissions gets FORBIDDEN then.",
  })
  ticketSubmission(
    @Arg("id", () => ID, { description: "Id of the submission." }) id: string,
    @Ctx() context: Context,
  ): Promise<Submission | null> {
    return readSubmission(id, context);
  }

  @RequiresScope("submission:read", { orOwner: true })
  @Costs(WEIGHTS.read)
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "Finds a submission of the calling client by its idempotency key, to learn its outcome without its input. " +
      "The result is null when the client has not used the key for the mutation.",
  })
  ticketSubmissionByKey(
    @Args(() => KeyArguments) { operation, idempotencyKey }: KeyArguments,
    @Ctx() { reads, caller }: Context,
  ): Promise<Submission | null> {
    const { clientId } = principalIn(caller);
    return reads.next((ledger) => ledger.findByKey({ clientId, operation, idempotencyKey }));
  }

  @RequiresScope("ticket:read")
  @ListOf(TICKETS_A_REFERENCE, WEIGHTS.read)
  @Query(() => [TicketType], {
    nullable: true,
    description:
      `Finds tickets by a number of the bank, of Omnix or of Sociomile: at most ${TICKETS_A_REFERENCE}, newest ` +
      "first. The list is empty when no ticket has the number.",
  })
  ticketsByReference(
    @Arg("reference", () => TicketReferenceInput, { description: "Number or id of the tickets." })
    reference: TicketReferenceInput,
    @Ctx() { reads }: Context,
  ): Promise<Ticket[]> {
    return reads.loaders.ticketsByReference(reference);
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @PageOfFirst(WEIGHTS.search)
  @Query(() => SubmissionConnection, {
    nullable: true,
    description:
      "Lists submissions. Operators use it to find those that are UNCERTAIN, and those of a complaint by its number.",
  })
  ticketSubmissions(
    @Arg("filter", () => TicketSubmissionFilter, FILTER) filter: TicketSubmissionFilter | null,
    @Args(() => ListArguments) asked: ListArguments,
    @Ctx() { reads }: Context,
  ): Promise<SubmissionConnection> {
    const { orderBy } = asked;
    return readPage(asked, (first, after) =>
      reads.next<Submission[]>((ledger) =>
        orderBy === "CHANGED_ASC"
          ? ledger.changes({ first, after })
          : ledger.list({ ...filterIn(filter), orderBy, first, after: after?.id ?? null }),
      ),
    );
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @ListOf(COUNTS, 1, WEIGHTS.search)
  @Query(() => [SubmissionCountType], {
    nullable: true,
    description:
      "Counts submissions by mutation, state and reason, the most frequent first. A large ledger takes too long " +
      "to count without states, reasons, numbers or times: then the error is LEDGER_UNAVAILABLE.",
  })
  ticketSubmissionCounts(
    @Arg("filter", () => TicketSubmissionFilter, FILTER) filter: TicketSubmissionFilter | null,
    @Ctx() { reads }: Context,
  ): Promise<SubmissionCount[]> {
    return reads.next((ledger) => ledger.count(filterIn(filter)));
  }
}

/** The router's reference to an entity. */
interface Representation {
  __typename: keyof typeof ENTITIES;
  id: string | number;
}

/** Reads an entity. Throws FORBIDDEN when the caller may not see it. */
const ENTITIES = {
  async Ticket(id: string, { caller, reads }: Context): Promise<Ticket | null> {
    checkScope(caller, "ticket:read");
    return reads.loaders.tickets.load(ticketIdOf(id));
  },
  TicketSubmission: readSubmission,
} as const;

/** Most references in one request, all its `_entities` fields together. */
export const MAX_REFERENCES = 500;

/** Resolves references to stored tickets, submissions or null. Federation's own resolver reports wrong ones as our fault. */
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
  context.begun.references += representations.length;
  if (context.begun.references > MAX_REFERENCES) throw new PublicError("TOO_MANY_REPRESENTATIONS");
  if (known.length < representations.length)
    throw new PublicError("BAD_USER_INPUT", {
      message:
        "Each representation needs the __typename Ticket or TicketSubmission, and an id. Send the id as a string.",
    });
  if (areTickets) return Promise.all(known.map(({ id }) => context.reads.loaders.tickets.load(ticketIdOf(String(id)))));
  return Promise.all(
    known.map(({ __typename: typeName, id }) =>
      ENTITIES[typeName](String(id), context).catch((error: unknown) => {
        if (error instanceof PublicError && error.code === "FORBIDDEN") return error;
        throw error;
      }),
    ),
  );
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
