import { InputType } from "type-graphql";
import { Required, SUBMISSION_ID } from "./constraints.ts";

@InputType({ description: "Submission to take back." })
export class CancelTicketSubmissionInput {
  @Required(SUBMISSION_ID, "Id of the submission.")
  submissionId!: string;
}
