import { Field, ObjectType } from "type-graphql";
import { PageInfo } from "./page-info.ts";
import { SubmissionType } from "./submission.ts";

@ObjectType("TicketSubmissionEdge", { description: "Submission in a list." })
export class SubmissionEdge {
  @Field(() => String, { description: "Position in the list, for `after`. It is opaque." })
  cursor!: string;

  @Field(() => SubmissionType, { description: "Submission at this position." })
  node!: SubmissionType;
}

@ObjectType("TicketSubmissionConnection", { description: "Page of submissions, newest first." })
export class SubmissionConnection {
  @Field(() => [SubmissionEdge], { description: "Submissions of this page." })
  edges!: SubmissionEdge[];

  @Field(() => PageInfo, { description: "Position of this page in the list." })
  pageInfo!: PageInfo;
}
