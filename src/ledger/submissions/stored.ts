/** Stored requests: their conditions by time, and numbers of those, and of doubts, that wait. */
import { sql, type RawBuilder } from "kysely";
import type { LedgerClock } from "../clock.ts";
import { SHARE_OF_ONE } from "../../limiter.ts";
import type { LedgerContext } from "../context.ts";
import { IS_DOUBT_SQL } from "../database/schema.ts";

/** Time after its own within which a stored request ends by itself. Milliseconds. */
const ENDS_WITHIN_MS = 24 * 60 * 60 * 1000;

/**
 * Conditions for stored requests, by the ledger's time: what is due, ends, is erased, is retried and is shown. One that expired
 * long ago waits for a person: the clock may be wrong, or the service has stood still.
 */
export function byTimeSql(clock: LedgerClock) {
  const waits = sql<boolean>`submissions.deliver_by <= ${clock.after(-ENDS_WITHIN_MS)}`;
  return {
    isInTime: sql<boolean>`submissions.deliver_by > ${clock.sql}`,
    ends: sql<boolean>`submissions.deliver_by <= ${clock.sql} AND NOT ${waits}`,
    waits,
  };
}

async function countOf(rows: RawBuilder<unknown>, since: RawBuilder<unknown>, { db, clock }: LedgerContext) {
  const found = await sql<{ count: number; age: number | null }>`
    SELECT count(*) AS count, ${clock.sql} - min(${since}) AS age FROM submissions WHERE ${rows}`.execute(db);
  const { count, age } = found.rows[0]!;
  return { count, oldestSeconds: Math.max(0, (age ?? 0) / 1000) };
}

/** Counts creates in doubt. A status in doubt waits for nobody: it is set again. */
export function countDoubts(context: LedgerContext) {
  return countOf(IS_DOUBT_SQL, sql`settled_at`, context);
}

/** Condition for stored requests, those that are being delivered included. */
const STORED_SQL = sql`deliver_by IS NOT NULL AND state <> 'UNCERTAIN'`;

export function countQueued(context: LedgerContext, condition = sql<boolean>`true`) {
  return countOf(sql`${STORED_SQL} AND ${condition}`, sql`handed_in_at`, context);
}

/** Share of the queue for one client while requests of others are in it. */
const SHARE_BESIDE_OTHERS = 0.5;

/** Admits requests of these clients to the queue, in their order. False: it is full, or the client has its share. */
export async function admitToQueue(
  clientIds: readonly string[],
  { db, queue: { max } }: Pick<LedgerContext, "db" | "queue">,
): Promise<boolean[]> {
  if (max === 0) return clientIds.map(() => false);
  const { rows } = await sql<{ client_id: string; count: number }>`
    SELECT client_id, count(*) AS count FROM submissions WHERE ${STORED_SQL} GROUP BY client_id`.execute(db);
  const queued = new Map(rows.map(({ client_id, count }) => [client_id, count]));
  return clientIds.map((clientId) => {
    const own = queued.get(clientId) ?? 0;
    const total = queued.values().reduce((sum, count) => sum + count, 0);
    const share = max * (own < total ? SHARE_BESIDE_OTHERS : SHARE_OF_ONE);
    if (total >= max || own >= share) return false;
    queued.set(clientId, own + 1);
    return true;
  });
}
