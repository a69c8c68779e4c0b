/** Reservations that failed for their caller, although the ledger may have committed them. Nothing was sent for them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { HAS_OTHER_REASON_SQL, IS_NOT_CONFIRMED_SQL } from "../database/schema.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "./changes.ts";
import { createRepeatedWork } from "../repeated-work.ts";

/** Releases these reservations, also when their leases are over. False for one that no row has now. */
export async function release(reservationIds: readonly string[], context: LedgerContext): Promise<boolean[]> {
  const { db, clock } = context;
  const rows = await rowsHeldBy(reservationIds.map(bytesOf), db);
  if (rows.length === 0) return reservationIds.map(() => false);
  const areTheirs = sql`id IN (${sql.join(rows.map(({ id }) => id))})
    AND reservation_id IN (${sql.join(rows.map(({ reservation_id }) => reservation_id))})`;
  const reservation_id = bytesOf(clock.newId()); // a request that is queued from now on is not released once more
  const values = { reason: "NOT_SENT_IN_TIME", settled_at: clock.sql, reservation_id } as const;
  // A delivery goes back into the queue. The others, which a caller handed in, are not executed.
  const areDelivered = sql`${areTheirs} AND state <> 'QUEUED' AND deliver_by IS NOT NULL`;
  await change(context, "release", "QUEUED", values, areDelivered);
  await change(context, "release", "NOT_EXECUTED", values, areTheirs);
  const found = new Set(rows.map((row) => textOf(row.reservation_id)));
  return reservationIds.map((id) => found.has(id));
}

/** Finds rows that may be released. Each part has an index, because those states are rare. */
async function rowsHeldBy(reservations: readonly Uint8Array[], db: LedgerContext["db"]) {
  const found = sql`SELECT id, reservation_id FROM submissions WHERE reservation_id IN (${sql.join([...reservations])})`;
  const { rows } = await sql<Record<"id" | "reservation_id", Uint8Array>>`
    ${found} AND state = 'SENDING' AND ${IS_NOT_CONFIRMED_SQL}
    UNION ALL ${found} AND reason = 'OWNER_DIED' AND ${HAS_OTHER_REASON_SQL}
    UNION ALL ${found} AND deliver_by IS NOT NULL`.execute(db);
  return rows;
}

/** Most reservations that are looked for. Further ones become doubts when their leases are over. */
const MAX_UNANSWERED = 20_000;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Releases reservations whose answer did not arrive in time: nothing was sent for them, but the ledger may still commit them.
 * `releaseAll` returns true for those that it found. While the service closes, each is looked for once more.
 */
export function createReleases(releaseAll: (ids: readonly string[]) => Promise<boolean[]>, closing: AbortSignal) {
  const looks = createRepeatedWork(closing);
  const releaseOne = createGroup(releaseAll);
  return {
    add(id: string): void {
      if (looks.count() >= MAX_UNANSWERED) return;
      const until = performance.now() + LOOK_FOR_MS;
      void looks.repeat(async () => {
        const isLast = performance.now() > until || closing.aborted;
        return (await releaseOne(id)) || isLast || null;
      });
    },
    done: looks.done,
  };
}
