/** Reservations that failed for their caller, although the ledger may have committed them. Nothing was sent for them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { HAS_OTHER_REASON_SQL, IS_NOT_CONFIRMED_SQL } from "../database/schema.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "./changes.ts";
import { createRepeatedWork } from "../repeated-work.ts";

/** Gives rows back that these reservations hold, also when their leases are over. False for one that holds none now. */
export async function giveBack(
  reservationIds: readonly string[],
  context: LedgerContext,
): Promise<boolean[]> {
  const { db, clock } = context;
  const rows = await rowsHeldBy(reservationIds.map(bytesOf), db);
  if (rows.length === 0) return reservationIds.map(() => false);
  const areTheirs = sql`id IN (${sql.join(rows.map(({ id }) => id))})
    AND reservation_id IN (${sql.join(rows.map(({ reservation_id }) => reservation_id))})`;
  const reservation_id = bytesOf(clock.newId()); // a request that is queued from now on is not given back once more
  const values = { reason: "NOT_SENT_IN_TIME", settled_at: clock.sql, reservation_id } as const;
  // A delivery goes back into the queue. The others, which a caller handed in, are not executed.
  const areDelivered = sql`${areTheirs} AND state <> 'QUEUED' AND deliver_by IS NOT NULL`;
  await change(context, "giveBack", "QUEUED", values, areDelivered);
  await change(context, "giveBack", "NOT_EXECUTED", values, areTheirs);
  const held = new Set(rows.map((row) => textOf(row.reservation_id)));
  return reservationIds.map((id) => held.has(id));
}

/** Finds rows that may be given back. Each part has an index, because those states are rare. */
async function rowsHeldBy(reservations: readonly Uint8Array[], db: LedgerContext["db"]) {
  const held = sql`SELECT id, reservation_id FROM submissions WHERE reservation_id IN (${sql.join([...reservations])})`;
  const { rows } = await sql<Record<"id" | "reservation_id", Uint8Array>>`
    ${held} AND state = 'SENDING' AND ${IS_NOT_CONFIRMED_SQL}
    UNION ALL ${held} AND reason = 'OWNER_DIED' AND ${HAS_OTHER_REASON_SQL} UNION ALL ${held} AND deliver_by IS NOT NULL`.execute(
    db,
  );
  return rows;
}

/** Most reservations that are looked for. Further ones become doubts when their leases are over. */
const MAX_LOST = 20_000;
/** Time for which a reservation is looked for: its statement may still run after the connection broke. Milliseconds. */
const LOOK_FOR_MS = 60_000;

/**
 * Looks for reservations whose answer did not arrive in time: nothing was sent for them, but the ledger may still commit them. `give` gives some back, and
 * answers with true for those that it found. While the service closes, each is looked for once more.
 */
export function createLostReservations(
  give: (ids: readonly string[]) => Promise<boolean[]>,
  closing: AbortSignal,
) {
  const looks = createRepeatedWork(closing);
  const giveOne = createGroup(give);
  return {
    add(id: string): void {
      if (looks.count() >= MAX_LOST) return;
      const until = performance.now() + LOOK_FOR_MS;
      void looks.repeat(async () => {
        const isLast = performance.now() > until || closing.aborted;
        return (await giveOne(id)) || isLast || null;
      });
    },
    done: looks.done,
  };
}
