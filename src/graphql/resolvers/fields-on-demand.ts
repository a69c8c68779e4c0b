import { Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { hasScope, isClient } from "../../identity/principal.ts";
import type { SubmittedDetails } from "../../tickets/operations.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { RequiresScope } from "../scopes.ts";
import {
  type ShownResolution,
  SubmissionConnection,
  SubmissionResolutionType,
  SubmissionType,
} from "../types/submission.ts";
import { SubmittedDetailsType, TicketType } from "../types/ticket.ts";
import { PageArguments, PageOfFirst, readPage } from "./submission-page.ts";
import { ForOperators } from "../types/described.ts";
import { Costs, ListOf, WEIGHTS } from "../types/weights.ts";

/** Fields of a ticket that are read only when a caller asks for them. */
@Resolver(() => TicketType)
export class TicketFields {
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmittedDetailsType, {
    nullable: true,
    description:
      "Values of the request that opened the ticket. They stay when Sociomile reports. It is null when the ticket was not created through this service.",
  })
  submitted(@Root() { id }: Ticket, @Ctx() { caller, reads }: Context): Promise<SubmittedDetails | null> {
    return hasScope(caller, "ticket:read") ? reads.loaders.submitted.load(id) : Promise.resolve(null);
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @PageOfFirst()
  @FieldResolver(() => SubmissionConnection, {
    nullable: true,
    description: "History of the ticket: its create and every requested status change, newest first.",
  })
  submissions(
    @Root() { id }: Ticket,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { reads }: Context,
  ): Promise<SubmissionConnection> {
    return readPage(page, (position) => reads.loaders.histories.load({ ticketId: id, ...position }));
  }
}

/** Most resolutions that a submission shows. */
const MOST_RESOLUTIONS = 20;

/** Fields of a submission that are read only when a caller asks for them. */
@Resolver(() => SubmissionType)
export class SubmissionFields {
  @Costs(WEIGHTS.read)
  @FieldResolver(() => TicketType, {
    nullable: true,
    description: "Ticket of the submission. It is null for callers without the scope `ticket:read`.",
  })
  ticket(@Root() { ticketId }: Submission, @Ctx() { reads, caller }: Context): Promise<Ticket | null> {
    const isShown = ticketId !== null && hasScope(caller, "ticket:read");
    return isShown ? reads.loaders.tickets.load(ticketId) : Promise.resolve(null);
  }

  @ForOperators()
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmittedDetailsType, {
    nullable: true,
    description:
      "Values of the request, by which operators find its ticket in Sociomile. It is null when they are not kept: the create came to nothing, its data was deleted, or it is an update. It is null for callers without the scope `ticket:read`.",
  })
  async submitted(
    @Root() { id }: Submission,
    @Ctx() { caller, reads, record }: Context,
  ): Promise<SubmittedDetails | null> {
    const shown = hasScope(caller, "ticket:read") ? await reads.loaders.submittedBy.load(id) : null;
    if (shown) record.tickets.add(id); // the log names whom a reader of personal data has seen
    return shown;
  }

  @ForOperators()
  @Costs(WEIGHTS.read)
  @FieldResolver(() => SubmissionResolutionType, {
    nullable: true,
    description: "Last resolution of an operator about this submission. It is null when there is none.",
  })
  async resolution(@Root() submission: Submission, @Ctx() context: Context): Promise<ShownResolution | null> {
    const [newest = null] = await resolutionsShown(submission, context);
    return newest;
  }

  @ForOperators()
  @ListOf(MOST_RESOLUTIONS, WEIGHTS.read)
  @FieldResolver(() => [SubmissionResolutionType], {
    description: `Resolutions of operators about this submission, the newest ${MOST_RESOLUTIONS}, newest first. A correction does not remove the earlier one.`,
  })
  resolutions(@Root() submission: Submission, @Ctx() context: Context): Promise<ShownResolution[]> {
    return resolutionsShown(submission, context);
  }
}

/** Reads the resolutions of a submission. Only operators see the names and notes of operators; the owner sees the tickets as well. */
async function resolutionsShown({ id, clientId }: Submission, { reads, caller }: Context) {
  const all = await reads.loaders.resolutions.load(id);
  if (hasScope(caller, "submission:read")) return all;
  const ofTicket = isClient(caller, clientId) ? {} : { ticketId: null, ticketNumber: null };
  const hidden = { ...ofTicket, resolvedBy: null, resolvedByPerson: null, note: null };
  return all.map((resolution) => ({ ...resolution, ...hidden }));
}
