import type { Submission } from "../../tickets/submission.ts";
import type { SubmissionConnection } from "../types/submission-connection.ts";

/** Number of submissions on a page. */
export const PAGE_SIZE = { default: 20, max: 100 } as const;

/** Makes a page of `first` submissions. `found` holds one more when there are others after it. */
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

/** Reads the id in a cursor. Text that is not a cursor gives text that is not an id, and sorts before every id. */
export function idAt(cursor: string): string {
  return Buffer.from(cursor, "base64url").toString();
}
