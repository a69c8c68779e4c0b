import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { ANY_SUBMISSION, type SubmissionFilter, TICKETS_A_REFERENCE } from "../../tickets/ports.ts";
import { TicketOperation } from "../../tickets/request.ts";
import { type Submission, SubmissionState } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { IDEMPOTENCY_KEY, INSTANT, Nullable, Required, TICKET_ID } from "../inputs/constraints.ts";
import { TicketReferenceInput, referenceIn } from "../inputs/ticket-reference.ts";
import { RequiresScope, principalIn } from "../scopes.ts";
import { ForOperators, ListOf, Maybe } from "../types/described.ts";
import { SubmissionConnection, SubmissionType } from "../types/submission.ts";
import { TicketType } from "../types/ticket.ts";
import { COST_OF_SEARCH, PageArguments, PageOfFirst, readPage, readSubmission } from "./submission-page.ts";

@ArgsType()
class KeyArguments {
  @Field(() => TicketOperation, { description: "Mutation that the client called." })
  operation!: TicketOperation;

  @Required(IDEMPOTENCY_KEY, "Key of the call.") idempotencyKey!: string;
}

@ArgsType()
class SubmissionsArguments extends PageArguments {
  @Maybe(() => SubmissionState, "State of the submissions to list.") state?: SubmissionState | null;
  @Maybe(() => TicketOperation, "Mutation that the client called.") operation?: TicketOperation | null;
  @Nullable(TICKET_ID, "Id of the ticket in Sociomile.") ticketId?: string | null;

  @Maybe(() => TicketReferenceInput, "Number or id of the submission or of its ticket.")
  reference?: TicketReferenceInput | null;

  @Nullable(INSTANT, "Earliest time of the first call.") createdAfter?: Temporal.Instant | null;
  @Nullable(INSTANT, "Time before which the first call came.") createdBefore?: Temporal.Instant | null;
}

@Resolver()
export class TicketQueries {
  @RequiresScope("ticket:read")
  @Query(() => TicketType, {
    nullable: true,
    description:
      "Finds a ticket, with the data of Sociomile's last report. The result is null until Sociomile has accepted a create or a status change of it from this service, and when it has been deleted here.",
  })
  ticket(
    @Arg("id", () => ID, { description: "Id of the ticket in Sociomile." }) id: string,
    @Ctx() { reads }: Context,
  ): Promise<Ticket | null> {
    return reads.loaders.tickets.load(String(TICKET_ID.type.inForm(id)));
  }

  @RequiresScope("submission:read", { orOwner: true })
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "Finds a submission by the id in the mutation's answer, to learn its outcome. The result is null when no submission has the id. A caller who may only see its own submissions gets FORBIDDEN then.",
  })
  ticketSubmission(
    @Arg("id", () => ID, { description: "Id of the submission." }) id: string,
    @Ctx() context: Context,
  ): Promise<Submission | null> {
    return readSubmission(id, context);
  }

  @RequiresScope("submission:read", { orOwner: true })
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "Finds a submission of the calling client by its idempotency key, to learn its outcome without its input. The result is null when the client has not used the key for the mutation.",
  })
  ticketSubmissionByKey(
    @Args(() => KeyArguments) { operation, idempotencyKey }: KeyArguments,
    @Ctx() { reads, caller }: Context,
  ): Promise<Submission | null> {
    return reads.loaders.findByKey({ clientId: principalIn(caller).clientId, operation, idempotencyKey });
  }

  @RequiresScope("ticket:read")
  @ListOf(TICKETS_A_REFERENCE)
  @Query(() => [TicketType], {
    nullable: true,
    description: `Finds tickets by a number of the bank, of Omnix or of Sociomile: at most ${TICKETS_A_REFERENCE}, newest first. The list is empty when no ticket has the number.`,
  })
  ticketsByReference(
    @Arg("reference", () => TicketReferenceInput, { description: "Number or id of the tickets." })
    reference: TicketReferenceInput,
    @Ctx() { reads }: Context,
  ): Promise<Ticket[]> {
    return reads.loaders.ticketsByReference(referenceIn(reference));
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @PageOfFirst()
  @Query(() => SubmissionConnection, {
    nullable: true,
    description:
      "Lists submissions, newest first. All conditions hold together, and null means any. Operators use it to find those that are UNCERTAIN, and those of a complaint by its number.",
  })
  ticketSubmissions(
    @Args(() => SubmissionsArguments) { first, after = null, reference, ...conditions }: SubmissionsArguments,
    @Ctx() { reads, budget }: Context,
  ): Promise<SubmissionConnection> {
    const named = reference ? referenceIn(reference) : null;
    const filter: SubmissionFilter = { ...ANY_SUBMISSION, ...conditions, reference: named };
    const isSearch = Object.values(conditions).some((condition) => condition != null);
    if (isSearch) budget.countListed(COST_OF_SEARCH);
    return readPage({ first, after }, (page) => reads.list({ ...filter, ...page }));
  }
}
