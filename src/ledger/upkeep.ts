import { setImmediate } from "node:timers/promises";
import type { DeleteQueryBuilder, DeleteResult, Kysely } from "kysely";
import type { Observe } from "../telemetry/events.ts";
import type { Tables } from "./tables.ts";

export interface Retention {
  /** Days that settled submissions, and so their keys, are kept. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days that a ticket is kept after it was last observed. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** How many rows one statement deletes: meanwhile callers wait, in SQLite the whole process does. */
const ROWS_A_DELETE = 500;

/** One round: doubts of submissions whose owner died, and the deletion of what is old. Any number of replicas may run it. */
export async function upkeep(db: Kysely<Tables>, retention: Retention, observe: Observe): Promise<void> {
  const now = Date.now();
  for (const id of await expire(db, now)) observe("submission.owner_died", { submissionId: id });
  const oldSubmissions = db
    .selectFrom("submissions")
    .select("id")
    .where("settled_at", "<", now - retention.submissionDays * DAY_MS)
    .where("state", "not in", ["SENDING", "UNCERTAIN"])
    .where("conflicting_ticket_id", "is", null)
    .limit(ROWS_A_DELETE);
  await deleteAll(db.deleteFrom("submissions").where("id", "in", oldSubmissions));
  const oldTickets = db
    .selectFrom("tickets")
    .select("id")
    .where("observed_at", "<", now - retention.ticketDays * DAY_MS)
    .limit(ROWS_A_DELETE);
  await deleteAll(db.deleteFrom("tickets").where("id", "in", oldTickets));
}

/** Runs a statement that deletes ROWS_A_DELETE at most until all are gone, and lets others at the ledger in between. */
async function deleteAll(some: DeleteQueryBuilder<Tables, keyof Tables, DeleteResult>): Promise<void> {
  for (;;) {
    const { numDeletedRows } = await some.executeTakeFirst();
    if (numDeletedRows < ROWS_A_DELETE) return;
    await setImmediate();
  }
}

/** Turns SENDING rows whose owner died into doubts: all of them, or the one with `id`. Returns their ids. */
export async function expire(db: Kysely<Tables>, now: number, id?: string): Promise<string[]> {
  const expired = await db
    .updateTable("submissions")
    .set({ state: "UNCERTAIN", reason: "OWNER_DIED", settled_at: now })
    .where("state", "=", "SENDING")
    .where("lease_until", "<", now)
    .$if(id !== undefined, (query) => query.where("id", "=", id!))
    .returning("id")
    .execute();
  return expired.map((row) => row.id);
}
