import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApolloClient } from "@apollo/client";
import { SubmissionChangesDocument } from "./generated/graphql.ts";

/** Pause after the last page. Milliseconds. */
const PAUSE_MS = 2000;

/** Mirrors the state of every request into the table `requests` of a database of its own, until `stop`. It may be killed: a page and its cursor are one commit. */
export async function mirrorStates(client: ApolloClient, file: string, stop: AbortSignal): Promise<void> {
  using own = new DatabaseSync(file);
  own.exec(`CREATE TABLE IF NOT EXISTS requests (id TEXT PRIMARY KEY, state TEXT, reason TEXT, ticket_id TEXT);
    CREATE TABLE IF NOT EXISTS followed (one INTEGER PRIMARY KEY, cursor TEXT)`);
  const keep = own.prepare("REPLACE INTO requests VALUES (?, ?, ?, ?)");
  const keepCursor = own.prepare("REPLACE INTO followed VALUES (1, ?)");
  const kept = own.prepare("SELECT cursor FROM followed");
  while (!stop.aborted) {
    const page = await changesAfter(kept.get()?.["cursor"] as string | undefined);
    if (page?.pageInfo.endCursor) {
      own.exec("BEGIN");
      for (const { id, state, reason, ticketId } of page.nodes) keep.run(id, state, reason, ticketId);
      keepCursor.run(page.pageInfo.endCursor);
      own.exec("COMMIT");
    }
    if (!page?.pageInfo.hasNextPage) await sleep(PAUSE_MS, null, { signal: stop }).catch(() => null);
  }

  async function changesAfter(after?: string) {
    const options = {
      query: SubmissionChangesDocument,
      variables: { after },
      fetchPolicy: "no-cache",
    } as const;
    const answer = await client.query(options).catch((error: unknown) => console.error(error));
    return answer?.data?.ticketSubmissions;
  }
}
