/** Reservations that failed for their caller, although the ledger may have committed them. Nothing was sent for them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "./changes.ts";
import { createRepeatedWork } from "../repeated-work.ts";
import { supersede } from "./updates.ts";
import { withTicket } from "./with-ticket.ts";

/** Gives rows back that these reservations hold, also when their leases are over. False for one that holds none now. An Error for one that must be tried again. */
export async function giveBack(reservationIds: readonly string[], context: LedgerContext) {
  const reservations = reservationIds.map(bytesOf);
  const given = new Map<string, true | Error>();
  const held = Map.groupBy(await rowsHeldBy(reservations, context), ({ update_of }) => update_of);
  const giving = held.entries().map(async ([ticketId, rows]) => {
    const ids = sql.join(rows.map(({ id }) => id));
    const areTheirs = sql`reservation_id IN (${sql.join(reservations)}) AND id IN (${ids})`;
    const work = async (within: LedgerContext) => {
      const reservation_id = bytesOf(within.clock.newId()); // a request that is queued from now on is not given back once more
      const values = { reason: "NOT_SENT_IN_TIME", settled_at: within.clock.sql, reservation_id } as const;
      // A delivery goes back into the queue. The others, which a caller handed in, are not executed.
      const areDelivered = sql`${areTheirs} AND state <> 'QUEUED' AND deliver_by IS NOT NULL`;
      await change(within.db, "giveBack", "QUEUED", values, areDelivered);
      await change(within.db, "giveBack", "NOT_EXECUTED", values, areTheirs);
      if (ticketId !== null) await supersede([ticketId], within);
      return true as const;
    };
    const result = await withTicket(ticketId, context, work, "given back").catch((error: Error) => error);
    for (const { reservation_id } of rows) given.set(textOf(reservation_id), result);
  });
  await Promise.all(giving); // side by side, because the first deliveries of what is queued come soon
  return reservationIds.map((id) => given.get(id) ?? false);
}

/** Finds rows that may be given back, creates first. `update_of`: ticket of an update. Each part has an index, because those states are rare. */
async function rowsHeldBy(reservations: readonly Uint8Array[], { db }: LedgerContext) {
  const held = sql`SELECT id, reservation_id, CASE WHEN ${IS_UPDATE_SQL} THEN ticket_id END AS update_of
    FROM submissions WHERE reservation_id IN (${sql.join([...reservations])})`;
  const { rows } = await sql<{ id: Uint8Array; reservation_id: Uint8Array; update_of: string | null }>`
    ${held} AND (state = 'SENDING' OR state = 'UNCERTAIN') UNION ${held} AND deliver_by IS NOT NULL
    ORDER BY update_of NULLS FIRST`.execute(db);
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
  give: (ids: readonly string[]) => Promise<(boolean | Error)[]>,
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
