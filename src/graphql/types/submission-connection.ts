import { Directive, Field, ObjectType } from "type-graphql";
import { ForOperators } from "../directives.ts";
import { TextField } from "./described.ts";
import { SubmissionType } from "./submission.ts";

@Directive("@shareable")
@ObjectType({ description: "Position of a page in its list, by the Relay specification of connections." })
class PageInfo {
  @Field(() => Boolean, { description: "Tells whether items follow this page." }) hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Tells whether items precede this page, as far as that is known." })
  hasPreviousPage!: boolean;

  @TextField("Cursor of the first item. It is null when the page is empty.") startCursor!: string | null;

  @TextField("Cursor of the last item, for `after`. It is null when the page is empty.")
  endCursor!: string | null;
}

@ForOperators()
@ObjectType("TicketSubmissionEdge", { description: "Submission in a list." })
class SubmissionEdge {
  @Field(() => String, { description: "Position in the list, for `after`. It is opaque." }) cursor!: string;
  @Field(() => SubmissionType, { description: "Submission at this position." }) node!: SubmissionType;
}

@ForOperators()
@ObjectType("TicketSubmissionConnection", { description: "Page of submissions, newest first." })
export class SubmissionConnection {
  @Field(() => [SubmissionEdge], { description: "Submissions of this page." }) edges!: SubmissionEdge[];

  @Field(() => [SubmissionType], { description: "Submissions of this page, without their cursors." })
  nodes!: SubmissionType[];

  @Field(() => PageInfo, { description: "Position of this page in the list." }) pageInfo!: PageInfo;
}
