import { Field, ID, InputType } from "type-graphql";
import { NOT_CREATED_AFTER_MINUTES } from "../../tickets/resolve.ts";
import { Verdict } from "../../tickets/submission.ts";
import { ForOperators } from "../tags.ts";
import { Digits } from "../types/scalars.ts";
import { DigitsOnly, Optional, RequiredLine, TicketId } from "./constraints.ts";
import { WORDS } from "./limits.ts";

@ForOperators()
@InputType({
  description: "Verdict on a create request in doubt, from an operator who has looked in Sociomile.",
})
export class ResolveTicketSubmissionInput {
  @Field(() => ID, { description: "Id of the submission." })
  @RequiredLine()
  submissionId!: string;

  @Field(() => Verdict, {
    description: `Verdict on the ticket. NOT_CREATED is accepted once the doubt is ${NOT_CREATED_AFTER_MINUTES} minutes old.`,
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
    description: `Number of the ticket in Sociomile. ${WORDS.digits}`,
  })
  @Optional()
  @DigitsOnly()
  ticketNumber?: string | null;

  @Field(() => String, {
    description: `Note on the search and its result. It is stored with the client id and must not hold personal data. ${WORDS.oneLine}`,
  })
  @RequiredLine()
  note!: string;
}
