import { Field, ID, InputType, ObjectType } from "type-graphql";
import { NOT_CREATED_AFTER_MINUTES, type Verdicted } from "../../tickets/rule.ts";
import { Verdict } from "../../tickets/submission.ts";
import { DigitsOnly, Line, Optional, RequiredLine, WORDS } from "./constraints.ts";
import { Digits } from "../types/scalars.ts";
import { SubmissionType } from "../types/submission.ts";
import { TicketProblem } from "../types/payloads.ts";

@InputType({
  description: "What an operator, having looked in Sociomile, says about a create that is in doubt.",
})
export class ResolveTicketSubmissionInput {
  @Field(() => ID, { description: "The submission's id." })
  @RequiredLine()
  submissionId!: string;

  @Field(() => Verdict, {
    description: `Whether there is a ticket. NOT_CREATED may be said once the doubt is ${NOT_CREATED_AFTER_MINUTES} minutes old.`,
  })
  verdict!: Verdict;

  @Field(() => ID, { nullable: true, description: "The ticket's id in Sociomile; required for CREATED." })
  @Optional()
  @Line()
  ticketId?: string | null;

  @Field(() => Digits, { nullable: true, description: `The ticket's number in Sociomile. ${WORDS.digits}` })
  @Optional()
  @DigitsOnly()
  ticketNumber?: string | null;

  @Field(() => String, {
    description: `What was looked for and found; kept with your client's id. No personal data. ${WORDS.oneLine}`,
  })
  @RequiredLine()
  note!: string;
}

@ObjectType({ description: "What came of resolveTicketSubmission." })
export class ResolveTicketSubmissionPayload implements Omit<Verdicted, "submission"> {
  @Field(() => SubmissionType, {
    nullable: true,
    description: "The submission, as it now stands. Null: there is none.",
  })
  submission!: SubmissionType | null;

  @Field(() => [TicketProblem], {
    description: "What stood in the way. Empty exactly when the doubt is closed.",
  })
  problems!: TicketProblem[];
}
