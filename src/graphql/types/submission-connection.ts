import { Directive, Field, ObjectType } from "type-graphql";
import type { Submission } from "../../tickets/submission.ts";
import { SubmissionType } from "./submission.ts";

/** How many submissions a page holds. */
export const PAGE_SIZE = { byDefault: 20, atMost: 100 } as const;

@Directive("@shareable")
@ObjectType({ description: "Whether there is more of a list, by the Relay specification of connections." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are items after this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether there are items before this page, as far as that is known." })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the first item. Null: the page is empty.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the last item, for `after`. Null: the page is empty.",
  })
  endCursor!: string | null;
}

@ObjectType("TicketSubmissionEdge", { description: "A submission in a list." })
export class SubmissionEdge {
  @Field(() => String, { description: "Where it stands in the list, for `after`; opaque." })
  cursor!: string;

  @Field(() => SubmissionType, { description: "The submission." })
  node!: SubmissionType;
}

@ObjectType("TicketSubmissionConnection", { description: "A page of submissions, newest first." })
export class SubmissionConnection {
  @Field(() => [SubmissionEdge], { description: "The submissions of this page." })
  edges!: SubmissionEdge[];

  @Field(() => PageInfo, { description: "Whether there are more." })
  pageInfo!: PageInfo;
}

/** The page that `found` is: the ledger gives one more than asked for where there are others. */
export function pageOf(
  found: readonly Submission[],
  first: number,
  after: string | null,
): SubmissionConnection {
  const edges = found.slice(0, first).map((node) => ({ cursor: cursorOf(node.id), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function cursorOf(id: string): string {
  return Buffer.from(id).toString("base64url");
}

/** The id that a cursor stands for. Anything else than a cursor is no id either, and comes before everything. */
export function idAt(cursor: string): string {
  return Buffer.from(cursor, "base64url").toString();
}
