import { Field, ObjectType } from "type-graphql";
import { ForOperators } from "../directives.ts";
import { PageInfo } from "./page-info.ts";
import { SubmissionType } from "./submission.ts";

@ForOperators()
@ObjectType("TicketSubmissionEdge", { description: "Submission in a list." })
export class SubmissionEdge {
  @Field(() => String, { description: "Position in the list, for `after`. It is opaque." })
  cursor!: string;

  @Field(() => SubmissionType, { description: "Submission at this position." })
  node!: SubmissionType;
}

@ForOperators()
@ObjectType("TicketSubmissionConnection", { description: "Page of submissions, newest first." })
export class SubmissionConnection {
  @Field(() => [SubmissionEdge], { description: "Submissions of this page." })
  edges!: SubmissionEdge[];

  @Field(() => [SubmissionType], { description: "Submissions of this page, without their cursors." })
  nodes!: SubmissionType[];

  @Field(() => PageInfo, { description: "Position of this page in the list." })
  pageInfo!: PageInfo;
}
