/** Numbers of submissions that wait: for an operator, or for their delivery. */
import { type RawBuilder, sql } from "kysely";
import type { LedgerContext } from "../context.ts";

/** Number of submissions, and the age of the oldest one in seconds. */
export interface Counted {
  count: number;
  oldestSeconds: number;
}

async function counted(
  rows: RawBuilder<unknown>,
  since: RawBuilder<unknown>,
  { db, clock }: LedgerContext,
): Promise<Counted> {
  const found = await sql<{ count: number; age: number | null }>`
    SELECT count(*) AS count, ${clock.sql} - min(${since}) AS age FROM submissions WHERE ${rows}`.execute(db);
  const { count, age } = found.rows[0]!;
  return { count, oldestSeconds: Math.max(0, (age ?? 0) / 1000) };
}

export function countDoubts(context: LedgerContext): Promise<Counted> {
  return counted(sql`state = 'UNCERTAIN'`, sql`settled_at`, context);
}

/** Counts the stored requests, those that are being delivered included. */
export function countQueued(context: LedgerContext): Promise<Counted> {
  return counted(sql`deliver_by IS NOT NULL AND state <> 'UNCERTAIN'`, sql`handed_in_at`, context);
}

/** Returns the number of requests for which the queue has room. */
export async function roomInQueue(context: LedgerContext): Promise<number> {
  const { max } = context.queue;
  return max === 0 ? 0 : max - (await countQueued(context)).count;
}
