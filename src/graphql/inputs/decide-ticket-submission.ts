import { Field, InputType } from "type-graphql";
import { MAY_BE_EXECUTED_MINUTES } from "../../tickets/ticket.ts";
import { Verdict } from "../../tickets/submission.ts";
import { ForOperators, Flag } from "../types/described.ts";
import {
  CLEAR_LINE,
  LINE,
  Nullable,
  Optional,
  Required,
  SUBMISSION_ID,
  TICKET_ID,
  TICKET_NUMBER,
} from "./constraints.ts";

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

  @Field(() => Verdict, {
    description:
      `Verdict. NOT_CREATED is accepted ${MAY_BE_EXECUTED_MINUTES} minutes after the sending: ` +
      "until then Sociomile may still execute the request.",
  })
  verdict!: Verdict;

  @Optional(TICKET_ID, "Id of the ticket in Sociomile, which the verdict CREATED requires.")
  ticketId?: string | null;

  @Optional(TICKET_NUMBER, "Number of the ticket in Sociomile.") ticketNumber?: string | null;

  @Required(
    CLEAR_LINE,
    "Note on the search and its result, which is stored with the client id and must not hold personal data.",
  )
  note!: string;

  @Flag("True: the verdict replaces an earlier one. Every resolution is kept.")
  replacesEarlier!: boolean;

  @Seen() seen?: string | null;
}
