import { IsOptional, ValidateNested } from "class-validator";
import { Field, InputType } from "type-graphql";
import { type SubmissionFilter, SubmissionOrder } from "../../tickets/ports.ts";
import { TicketOperation } from "../../tickets/request.ts";
import { SubmissionReason, SubmissionState } from "../../tickets/submission.ts";
import { ForOperators, Maybe, registerEnum } from "../types/described.ts";
import { CLEAR_LINE, INSTANT, Nullable, TICKET_ID } from "./constraints.ts";
import { TicketReferenceInput } from "./ticket-reference.ts";

registerEnum("TicketSubmissionOrder", "Order of a list of submissions.", SubmissionOrder);

@ForOperators()
@InputType({
  description: "Conditions for submissions. All hold together. Null, or an empty list, means any.",
})
export class TicketSubmissionFilter {
  @Maybe(() => [SubmissionState], "States.") states?: SubmissionState[] | null;
  @Maybe(() => [SubmissionReason], "Reasons.") reasons?: SubmissionReason[] | null;
  @Maybe(() => TicketOperation, "Mutation that the client called.") operation?: TicketOperation | null;
  @Nullable(CLEAR_LINE, "Id of the client that sent the request.") clientId?: string | null;
  @Nullable(CLEAR_LINE, "Code of the branch.") branchCode?: string | null;
  @Nullable(TICKET_ID, "Id of the ticket in Sociomile.") ticketId?: string | null;

  @IsOptional()
  @ValidateNested()
  @Maybe(() => TicketReferenceInput, "Number or id of the submission or of its ticket.")
  reference?: TicketReferenceInput | null;

  @Nullable(INSTANT, "Earliest time of the first call.") createdAfter?: Temporal.Instant | null;
  @Nullable(INSTANT, "Time before which the first call came.") createdBefore?: Temporal.Instant | null;
  @Nullable(INSTANT, "Earliest `settledAt`.") settledAfter?: Temporal.Instant | null;
  @Nullable(INSTANT, "Time before which `settledAt` lies.") settledBefore?: Temporal.Instant | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True: only those with a `conflictingTicketId`. False: only those without.",
  })
  isConflicting?: boolean | null;
}

/** Returns the conditions of a filter for the ledger. */
export function filterIn(filter: TicketSubmissionFilter | null | undefined): SubmissionFilter {
  const { operation, ...conditions } = filter ?? {};
  return { ...conditions, operations: operation ? [operation] : null };
}
