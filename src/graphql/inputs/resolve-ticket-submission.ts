import { Field, ID, InputType } from "type-graphql";
import { NOT_CREATED_AFTER_MINUTES } from "../../tickets/resolve.ts";
import { Verdict } from "../../tickets/submission.ts";
import { ForOperators } from "../tags.ts";
import { Digits } from "../types/scalars.ts";
import { Optional, RequiredClearLine, RequiredLine, TicketId, TicketNumber } from "./constraints.ts";
import { WORDS } from "./limits.ts";

@ForOperators()
@InputType({
  description: "Verdict on a submission in doubt, from an operator who has looked in Sociomile.",
})
export class ResolveTicketSubmissionInput {
  @Field(() => ID, { description: "Id of the submission." })
  @RequiredLine()
  submissionId!: string;

  @Field(() => Verdict, {
    description:
      "Verdict: CREATED or NOT_CREATED about a create, APPLIED or NOT_APPLIED about an update. NOT_CREATED and NOT_APPLIED are accepted " +
      `once the doubt is ${NOT_CREATED_AFTER_MINUTES} minutes old.`,
  })
  verdict!: Verdict;

  @Field(() => ID, {
    nullable: true,
    description: `Id of the ticket in Sociomile. The verdict CREATED requires it. ${WORDS.ticketId}`,
  })
  @Optional()
  @TicketId()
  ticketId?: string | null;

  @Field(() => Digits, {
    nullable: true,
    description: `Number of the ticket in Sociomile. ${WORDS.ticketNumber}`,
  })
  @Optional()
  @TicketNumber()
  ticketNumber?: string | null;

  @Field(() => String, {
    description: `Note on the search and its result. It is stored with the client id and must not hold personal data. ${WORDS.clearLine}`,
  })
  @RequiredClearLine()
  note!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "True: the verdict replaces an earlier one. Every resolution is kept.",
  })
  replacesEarlier!: boolean;
}
