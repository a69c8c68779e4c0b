import type { SubmissionFilter } from "../../tickets/ports.ts";
import { SUBMISSION_ID, type Submission } from "../../tickets/submission.ts";
import type { Context } from "../context.ts";
import { trimmed } from "../../tickets/fields/forms.ts";
import { PublicError } from "../public-error.ts";
import { checkOwner } from "../scopes.ts";
import type { SubmissionConnection } from "../types/submission-connection.ts";

/** Number of submissions on a page. */
export const PAGE_SIZE = { default: 20, max: 100 } as const;

/** Largest number of submissions in one request, all its lists together. Lists within lists would multiply. */
export const MAX_LISTED = 2500;

/**
 * Reads a page of `first` submissions after the cursor `after`. Throws BAD_USER_INPUT when the page is too small or too large, and
 * TOO_MANY_SUBMISSIONS when the pages of the request together are.
 */
export async function readPage(
  context: Pick<Context, "ledger" | "spent">,
  filter: SubmissionFilter,
  { first, after }: { first: number; after: string | null },
): Promise<SubmissionConnection> {
  if (first < 1 || first > PAGE_SIZE.max) {
    throw new PublicError("BAD_USER_INPUT", { message: `first must be from 1 to ${PAGE_SIZE.max}.` });
  }
  context.spent.listed += first;
  if (context.spent.listed > MAX_LISTED) throw new PublicError("TOO_MANY_SUBMISSIONS");
  const found = await context.ledger.list({ ...filter, first, after: after === null ? null : idAt(after) });
  return pageOf(found, first, after);
}

/** Reads a submission for its client, or for a caller with submission:read. Others are refused, whether it exists or not. */
export async function readSubmission(
  id: string,
  { ledger, caller }: Pick<Context, "ledger" | "caller">,
): Promise<Submission | null> {
  const submission = await ledger.find(trimmed(id)); // all of one request with one statement
  checkOwner(submission?.clientId, caller, "submission:read");
  return submission;
}

/** Makes a page of `first` submissions. `found` holds one more when there are others after it. */
function pageOf(found: readonly Submission[], first: number, after: string | null): SubmissionConnection {
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }));
  return {
    edges,
    nodes,
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

/** Reads the id in a cursor. Throws for text that is no cursor. */
export function idAt(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString();
  if (!SUBMISSION_ID.test(id) || cursorOf(id) !== cursor)
    throw new PublicError("BAD_USER_INPUT", {
      message: "after must be a cursor that a page of this list gave, such as its endCursor.",
    });
  return id;
}
