import { Arg, Ctx, ID, Int, Query, Resolver } from "type-graphql";
import { type Submission, SubmissionState } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { BadArgument } from "../plugins/masking.ts";
import { PAGE_SIZE, SubmissionConnection, idAt, pageOf } from "../types/submission-connection.ts";
import { Demands, checkOwner } from "../scopes.ts";
import { SubmissionType } from "../types/submission.ts";
import { TicketType } from "../types/ticket.ts";

@Resolver()
export class TicketQueries {
  @Demands("ticket:read")
  @Query(() => TicketType, {
    nullable: true,
    description:
      "A ticket, as Sociomile last told about it. Null: it never passed through here, or was deleted since.",
  })
  ticket(
    @Arg("id", () => ID, { description: "The ticket's id in Sociomile." }) id: string,
    @Ctx() { tickets }: Context,
  ): Promise<Ticket | null> {
    return tickets.load(id);
  }

  @Demands("submission:read", { orOwner: true })
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "What became of a request, by the submission's id in the mutation's answer. Null: there is none.",
  })
  async ticketSubmission(
    @Arg("id", () => ID, { description: "The submission's id." }) id: string,
    @Ctx() { ledger, caller }: Context,
  ): Promise<Submission | null> {
    const submission = await ledger.find(id);
    checkOwner(submission?.clientId, caller, "submission:read");
    return submission;
  }

  @Demands("submission:read")
  @Query(() => SubmissionConnection, {
    nullable: true,
    description: "Submissions, newest first: for operators, who look for those that are UNCERTAIN.",
  })
  async ticketSubmissions(
    @Arg("state", () => SubmissionState, {
      nullable: true,
      description: "Only those that stand so. Null: all.",
    })
    state: SubmissionState | null | undefined,
    @Arg("first", () => Int, {
      defaultValue: PAGE_SIZE.byDefault,
      description: `How many, from 1 to ${PAGE_SIZE.atMost}.`,
    })
    first: number,
    @Arg("after", () => String, {
      nullable: true,
      description: "Only those after this cursor. Null: from the newest.",
    })
    after: string | null | undefined,
    @Ctx() { ledger }: Context,
  ): Promise<SubmissionConnection> {
    if (first < 1 || first > PAGE_SIZE.atMost)
      throw new BadArgument(`first must be from 1 to ${PAGE_SIZE.atMost}.`);
    const found = await ledger.list({
      state: state ?? null,
      first,
      after: after == null ? null : idAt(after),
    });
    return pageOf(found, first, after ?? null);
  }
}
