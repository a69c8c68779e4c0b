import type { Kysely } from "kysely";
import type { SubmissionQuery } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import { bytesOf } from "./ids.ts";
import { submissionOf } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** Lists submissions, newest first: one page and one submission more. */
export async function listSubmissions(
  { state, first, after }: SubmissionQuery,
  db: Kysely<Tables>,
): Promise<Submission[]> {
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .$if(state !== null, (query) => query.where("state", "=", state!))
    .$if(after !== null, (query) => query.where("id", "<", bytesOf(after!)))
    .orderBy("id", "desc")
    .limit(first + 1)
    .execute();
  return rows.map(submissionOf);
}
