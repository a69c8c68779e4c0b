import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { hasScope } from "../../identity/principal.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import { ForOperators, ListOf } from "../directives.ts";
import type { Context } from "../context.ts";
import { type ShownResolution, SubmissionResolutionType } from "../types/submission-resolution.ts";
import { SubmissionType } from "../types/submission.ts";
import { TicketType } from "../types/ticket.ts";

/** Fields of a submission that are read only when a caller asks for them. */
@Resolver(() => SubmissionType)
export class SubmissionFields {
  @FieldResolver(() => TicketType, {
    nullable: true,
    description: "Ticket of the submission. It is null for callers without the scope `ticket:read`.",
  })
  ticket(@Root() { ticketId }: Submission, @Ctx() { tickets, caller }: Context): Promise<Ticket | null> {
    const isShown = ticketId !== null && hasScope(caller, "ticket:read");
    return isShown ? tickets.load(ticketId) : Promise.resolve(null);
  }

  @ForOperators()
  @FieldResolver(() => SubmissionResolutionType, {
    nullable: true,
    description: "Last resolution of an operator about this submission. It is null when there is none.",
  })
  async resolution(@Root() { id }: Submission, @Ctx() context: Context): Promise<ShownResolution | null> {
    const [newest = null] = await resolutionsShown(id, context);
    return newest;
  }

  @ForOperators()
  @ListOf()
  @FieldResolver(() => [SubmissionResolutionType], {
    description:
      "Resolutions of operators about this submission, newest first. A correction does not remove the earlier one.",
  })
  resolutions(@Root() { id }: Submission, @Ctx() context: Context): Promise<ShownResolution[]> {
    return resolutionsShown(id, context);
  }
}

/** Reads the resolutions of a submission. Names and notes of operators are for operators only. */
async function resolutionsShown(id: string, { resolutions, caller }: Context): Promise<ShownResolution[]> {
  const all = await resolutions.load(id);
  if (hasScope(caller, "submission:read")) return all;
  return all.map((resolution) => ({ ...resolution, resolvedBy: null, resolvedByPerson: null, note: null }));
}
