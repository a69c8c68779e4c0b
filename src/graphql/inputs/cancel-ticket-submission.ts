import { Field, ID, InputType } from "type-graphql";
import { RequiredLine } from "./constraints.ts";

@InputType({ description: "Submission to take back." })
export class CancelTicketSubmissionInput {
  @Field(() => ID, { description: "Id of the submission." })
  @RequiredLine()
  submissionId!: string;
}
