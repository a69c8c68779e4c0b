import { Allow } from "class-validator";
import { ArgsType, Directive, Int, type MiddlewareFn, UseMiddleware } from "type-graphql";
import type { SubmissionFilter, SubmissionOrder } from "../tickets/ports.ts";
import { type Submission, UUID } from "../tickets/submission.ts";
import type { Context } from "./context.ts";
import { PublicError } from "./public-error.ts";
import { checkOwner } from "./scopes.ts";
import { Defaulted, SUBMISSION_ID, TextField } from "./types/fields.ts";
import type { SubmissionConnection } from "./types/submission.ts";
import { WEIGHTS, Weighs } from "./weight.ts";

export const PAGE_SIZE = { default: 20, max: 100 } as const;

/** Arguments of a list by which a caller chooses a page. */
@ArgsType()
export class PageArguments {
  @Allow() // checked by readPage
  @Defaulted(Int, PAGE_SIZE.default, `Number of submissions on the page, from 1 to ${PAGE_SIZE.max}.`)
  first!: number;

  @TextField("Cursor after which the page begins. Null: it begins the list.")
  after?: string | null;
}

/** Marks a list of pages of `first` items. Throws BAD_USER_INPUT (size, cursor) before it is read. */
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

/** Page that a caller asks for. Lists without an order of the caller's are newest first. */
type AskedPage = PageArguments & { orderBy?: SubmissionOrder; filter?: SubmissionFilter | null };

const checkPage: MiddlewareFn<Context> = ({ args }, next) => {
  const { first, after, orderBy, filter } = args as AskedPage;
  if (first < 1 || first > PAGE_SIZE.max)
    throw new PublicError("BAD_USER_INPUT", { message: `first must be from 1 to ${PAGE_SIZE.max}.` });
  const conditions = Object.values(filter ?? {}).flat();
  if (orderBy === "CHANGED_ASC" && conditions.some((condition) => condition != null))
    throw new PublicError("BAD_USER_INPUT", {
      message: "CHANGED_ASC takes no filter: what ceases to meet one would never be seen again.",
    });
  positionAt(after, orderBy);
  return next();
};

/** Makes a page of what `read` returns, and one item more. */
export async function readPage<Listed extends Submission & Position>(
  { first, after, orderBy }: AskedPage,
  read: (first: number, after: Required<Position> | null) => Promise<Listed[]>,
): Promise<SubmissionConnection> {
  const found = await read(first, positionAt(after, orderBy));
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node, orderBy), node }));
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

/** Position of a submission in a list: its id, and in the order of changes first the time of its last one. */
interface Position {
  id: string;
  /** Milliseconds since the epoch. */
  changedAt?: number;
}

/** Longest cursor, in characters. */
const MAX_CURSOR = 96;

function cursorOf({ id, changedAt }: Position, orderBy: SubmissionOrder = "CREATED_DESC"): string {
  const position = orderBy === "CHANGED_ASC" ? [changedAt, id] : [id];
  return Buffer.from([orderBy, ...position].join(" ")).toString("base64url");
}

/** Reads the position in a cursor. Throws for any other text, and for a cursor of another order. */
function positionAt(cursor: string | null | undefined, orderBy?: SubmissionOrder): Required<Position> | null {
  if (cursor == null) return null;
  const words = Buffer.from(cursor.slice(0, MAX_CURSOR), "base64url").toString().split(" ");
  const [changedAt, id] = [Number(words[1]), words.at(-1)!];
  const position = { id, changedAt: Number.isSafeInteger(changedAt) ? changedAt : 0 };
  if (!UUID.test(position.id) || cursorOf(position, orderBy) !== cursor)
    throw new PublicError("BAD_USER_INPUT", {
      message: "after must be a cursor that a page of this list gave in this order, such as its endCursor.",
    });
  return position;
}
