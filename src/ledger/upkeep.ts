import type { Kysely } from "kysely";
import type { Observe } from "../observe/events.ts";
import { expire } from "./claims.ts";
import type { Tables } from "./tables.ts";

export interface Retention {
  /** Days that settled submissions, and so their keys, are kept. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days that a ticket is kept after it was last observed. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** One round: doubts of submissions whose owner died, and the deletion of what is old. Any number of replicas may run it. */
export async function upkeep(db: Kysely<Tables>, retention: Retention, observe: Observe): Promise<void> {
  const now = Date.now();
  for (const id of await expire(db, now)) observe("submission.owner_died", { submissionId: id });
  await db
    .deleteFrom("submissions")
    .where("settled_at", "<", now - retention.submissionDays * DAY_MS)
    .where("state", "not in", ["SENDING", "UNCERTAIN"])
    .where("conflicting_ticket_id", "is", null)
    .execute();
  await db
    .deleteFrom("tickets")
    .where("observed_at", "<", now - retention.ticketDays * DAY_MS)
    .execute();
}
