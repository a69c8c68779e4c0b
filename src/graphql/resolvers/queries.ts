import { Arg, Ctx, ID, Int, Query, Resolver } from "type-graphql";
import { type Submission, SubmissionState } from "../../tickets/submission.ts";
import type { Ticket } from "../../tickets/ticket.ts";
import type { Context } from "../context.ts";
import { trimmed } from "../inputs/forms.ts";
import { PublicError } from "../public-error.ts";
import { RequiresScope, checkOwner } from "../scopes.ts";
import { ForOperators } from "../tags.ts";
import { SubmissionConnection } from "../types/submission-connection.ts";
import { SubmissionType } from "../types/submission.ts";
import { TicketType } from "../types/ticket.ts";
import { PAGE_SIZE, idAt, pageOf } from "./submission-page.ts";

@Resolver()
export class TicketQueries {
  @RequiresScope("ticket:read")
  @Query(() => TicketType, {
    nullable: true,
    description:
      "Finds a ticket, with the data of Sociomile's last report. The result is null when the ticket never passed through this service or " +
      "has been deleted from it.",
  })
  ticket(
    @Arg("id", () => ID, { description: "Id of the ticket in Sociomile." }) id: string,
    @Ctx() { tickets }: Context,
  ): Promise<Ticket | null> {
    return tickets.load(trimmed(id));
  }

  @RequiresScope("submission:read", { orOwner: true })
  @Query(() => SubmissionType, {
    nullable: true,
    description:
      "Finds a submission by the id in the mutation's answer, to learn its outcome. The result is null when no submission has the id.",
  })
  async ticketSubmission(
    @Arg("id", () => ID, { description: "Id of the submission." }) id: string,
    @Ctx() { ledger, caller }: Context,
  ): Promise<Submission | null> {
    const submission = await ledger.find(trimmed(id));
    checkOwner(submission?.clientId, caller, "submission:read");
    return submission;
  }

  @ForOperators()
  @RequiresScope("submission:read")
  @Query(() => SubmissionConnection, {
    nullable: true,
    description: "Lists submissions, newest first. Operators use it to find those that are UNCERTAIN.",
  })
  async ticketSubmissions(
    @Arg("state", () => SubmissionState, {
      nullable: true,
      description: "State of the submissions to list. Null lists all states.",
    })
    state: SubmissionState | null | undefined,
    @Arg("first", () => Int, {
      defaultValue: PAGE_SIZE.default,
      description: `Number of submissions on the page, from 1 to ${PAGE_SIZE.max}.`,
    })
    first: number,
    @Arg("after", () => String, {
      nullable: true,
      description: "Cursor after which the page begins. Null begins with the newest submission.",
    })
    after: string | null | undefined,
    @Ctx() { ledger }: Context,
  ): Promise<SubmissionConnection> {
    if (first < 1 || first > PAGE_SIZE.max)
      throw new PublicError("BAD_USER_INPUT", {
        message: `first must be from 1 to ${PAGE_SIZE.max}.`,
      });
    const found = await ledger.list({
      state: state ?? null,
      first,
      after: after == null ? null : idAt(after),
    });
    return pageOf(found, first, after ?? null);
  }
}
