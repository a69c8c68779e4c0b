import { Allow } from "class-validator";
import { ArgsType, Directive, Field, Int, type MiddlewareFn, UseMiddleware } from "type-graphql";
import type { SubmissionQuery } from "../../tickets/ports.ts";
import { type Submission, UUID } from "../../tickets/submission.ts";
import type { Context } from "../context.ts";
import { SUBMISSION_ID } from "../inputs/constraints.ts";
import { PublicError } from "../public-error.ts";
import { checkOwner } from "../scopes.ts";
import { TextField } from "../types/described.ts";
import type { SubmissionConnection } from "../types/submission.ts";
import { WEIGHTS, Weighs } from "../types/weights.ts";

export const PAGE_SIZE = { default: 20, max: 100 } as const;

/** Arguments of a list by which a caller chooses a page. */
@ArgsType()
export class PageArguments {
  @Allow() // checked by readPage
  @Field(() => Int, {
    defaultValue: PAGE_SIZE.default,
    description: `Number of submissions on the page, from 1 to ${PAGE_SIZE.max}.`,
  })
  first!: number;

  @TextField("Cursor after which the page begins. Null: it begins the list.")
  after?: string | null;
}

/** Marks a list of pages, which has as many items as its argument `first` says. Throws BAD_USER_INPUT (size, cursor) before it is read. */
export const PageOfFirst =
  (weight: number = WEIGHTS.read): MethodDecorator =>
  (target, field) => {
    const listSize =
      '@listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)';
    Directive(listSize)(target, field);
    Weighs(({ args: { first }, childComplexity }) => {
      const items = typeof first === "number" ? Math.min(Math.max(first, 1), PAGE_SIZE.max) : PAGE_SIZE.max;
      return weight + items * (WEIGHTS.read + childComplexity);
    })(target, field);
    UseMiddleware(checkPage)(target, field);
  };

const checkPage: MiddlewareFn<Context> = ({ args }, next) => {
  const { first, after } = args as PageArguments;
  if (first < 1 || first > PAGE_SIZE.max)
    throw new PublicError("BAD_USER_INPUT", { message: `first must be from 1 to ${PAGE_SIZE.max}.` });
  idAt(after);
  return next();
};

/** Makes a page of what `read` returns, and one item more. */
export async function readPage(
  { first, after }: PageArguments,
  read: (page: Pick<SubmissionQuery, "first" | "after">) => Promise<Submission[]>,
): Promise<SubmissionConnection> {
  const found = await read({ first, after: idAt(after) });
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Reads a submission for its client, or for a caller with submission:read. Others are refused, whether it exists or not. */
export async function readSubmission(
  id: string,
  { reads, caller }: Pick<Context, "reads" | "caller">,
): Promise<Submission | null> {
  const submission = await reads.loaders.submissions.load(String(SUBMISSION_ID.inForm(id)));
  checkOwner(submission?.clientId, caller, "submission:read");
  return submission;
}

/** Longest cursor, in characters. */
const MAX_CURSOR = 48;

function cursorOf(id: string): string {
  return Buffer.from(id).toString("base64url");
}

/** Reads the id in a cursor. Throws for any other text. */
function idAt(cursor: string | null | undefined): string | null {
  if (cursor == null) return null;
  const id = Buffer.from(cursor.slice(0, MAX_CURSOR), "base64url").toString();
  if (!UUID.test(id) || cursorOf(id) !== cursor)
    throw new PublicError("BAD_USER_INPUT", {
      message: "after must be a cursor that a page of this list gave, such as its endCursor.",
    });
  return id;
}
