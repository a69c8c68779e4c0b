import { IsOptional, ValidateNested } from "class-validator";
import { InputType } from "type-graphql";
import { type TicketReference, TicketReferenceType } from "../../tickets/fields/references.ts";
import { type SubmissionFilter, SubmissionOrder } from "../../tickets/ports.ts";
import { TicketOperation } from "../../tickets/request.ts";
import { SubmissionReason, SubmissionState, Verdict } from "../../tickets/submission.ts";
import { MAY_BE_EXECUTED_MINUTES } from "../../tickets/ticket.ts";
import {
  Always,
  CLEAR_LINE,
  Flag,
  ForOperators,
  INSTANT,
  LINE,
  Maybe,
  Nullable,
  Optional,
  REFERENCE,
  Required,
  SUBMISSION_ID,
  TICKET_ID,
  TICKET_NUMBER,
  registerEnum,
} from "./fields.ts";

registerEnum("TicketReferenceType", "Type of a number by which people know a ticket.", TicketReferenceType);
registerEnum("TicketSubmissionOrder", "Order of a list of submissions.", SubmissionOrder);

/** Version of a submission that an operator saw. */
const Seen = (): PropertyDecorator =>
  Nullable(
    LINE,
    "Version that the operator saw, from `version`, or null for any: when it has changed since, nothing is done, " +
      "and the problem is SUBMISSION_CHANGED.",
  );

@InputType({ description: "Submission to take back." })
export class CancelTicketSubmissionInput {
  @Required(SUBMISSION_ID, "Id of the submission.") submissionId!: string;
  @ForOperators() @Seen() seen?: string | null;
}

@ForOperators()
@InputType({ description: "Submission to deliver now." })
export class RetryTicketSubmissionInput {
  @Required(SUBMISSION_ID, "Id of the submission.") submissionId!: string;
  @Seen() seen?: string | null;
}

@ForOperators()
@InputType({ description: "Verdict on a create in doubt, from an operator who has looked in Sociomile." })
export class ResolveTicketSubmissionInput {
  @Required(SUBMISSION_ID, "Id of the submission.") submissionId!: string;
  @Always(
    () => Verdict,
    `Verdict. NOT_CREATED is accepted ${MAY_BE_EXECUTED_MINUTES} minutes after the sending: ` +
      "until then Sociomile may still execute the request.",
  )
  verdict!: Verdict;
  @Optional(TICKET_ID, "Id of the ticket in Sociomile, which the verdict CREATED requires.") ticketId?: string | null;
  @Optional(TICKET_NUMBER, "Number of the ticket in Sociomile.") ticketNumber?: string | null;
  @Required(
    CLEAR_LINE,
    "Note on the search and its result, which is stored with the client id and must not hold personal data.",
  )
  note!: string;
  @Flag("True: the verdict replaces an earlier one. Every resolution is kept.") replacesEarlier!: boolean;
  @Seen() seen?: string | null;
}

@InputType({ description: "Number or id by which people know a ticket." })
export class TicketReferenceInput implements TicketReference {
  @Always(() => TicketReferenceType, "Type of the number or id.") type!: TicketReferenceType;
  @Required(REFERENCE, "Number or id, of the helpdesk and the branch in digits without separators.") value!: string;
}

@ForOperators()
@InputType({ description: "Conditions for submissions. All hold together. Null, or an empty list, means any." })
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
  @Maybe(() => Boolean, "True: only those with a `conflictingTicketId`. False: only those without.")
  isConflicting?: boolean | null;
}

/** Returns the conditions of a filter for the ledger. */
export function filterIn(filter: TicketSubmissionFilter | null | undefined): SubmissionFilter {
  const { operation, ...conditions } = filter ?? {};
  return { ...conditions, operations: operation ? [operation] : null };
}
