/** Reservations that failed for their caller, although the ledger may have committed them. Nothing was sent for them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change, mayLeave } from "./changes.ts";
import { supersedeOvertaken } from "./updates.ts";
import { withTicket } from "./with-ticket.ts";

/** `handIn`: a caller's request, which is not executed. `delivery`: a queued request, which goes back into the queue. */
export type ReservationOf = "handIn" | "delivery";

/** Gives rows back that these reservations hold, also when their leases are over. Returns the reservations that are given back. */
export async function giveBack(
  of: ReservationOf,
  reservationIds: readonly string[],
  context: LedgerContext,
): Promise<string[]> {
  const reservations = reservationIds.map(bytesOf);
  const state = of === "handIn" ? "NOT_EXECUTED" : "QUEUED";
  const given: string[] = [];
  const held = Map.groupBy(await rowsHeldBy(reservations, context), ({ update_of }) => update_of);
  for (const [ticketId, rows] of held) {
    const ids = rows.map(({ id }) => id);
    const back = await withTicket(ticketId, context, async (within) => {
      const giving = { reason: "NOT_SENT_IN_TIME", settled_at: within.clock.sql } as const;
      const changed = await change(within.db, "giveBack", state, giving)
        .where("id", "in", ids)
        .where("reservation_id", "in", reservations)
        .$if(of === "delivery", (some) =>
          some.where("state", "<>", "QUEUED").where("deliver_by", "is not", null),
        )
        .returning("reservation_id")
        .execute();
      if (ticketId !== null) await supersedeOvertaken(ticketId, within);
      return changed;
    });
    given.push(...back.map(({ reservation_id }) => textOf(reservation_id)));
  }
  return given;
}

/**
 * Finds rows that may be given back, creates first. `update_of`: ticket of an update. Each part has an index: those states are rare, and the id
 * of a new key is that of its reservation.
 */
async function rowsHeldBy(reservations: readonly Uint8Array[], { db }: LedgerContext) {
  const ids = sql.join([...reservations]);
  const held = sql`SELECT id, CASE WHEN requested_status IS NOT NULL THEN ticket_id END AS update_of
    FROM submissions WHERE reservation_id IN (${ids})`;
  const { rows } = await sql<{ id: Uint8Array; update_of: string | null }>`
    ${held} AND id IN (${ids}) AND ${sql.raw(mayLeave("giveBack"))}
    UNION ${held} AND (state = 'SENDING' OR state = 'UNCERTAIN') UNION ${held} AND deliver_by IS NOT NULL
    ORDER BY update_of NULLS FIRST`.execute(db);
  return rows;
}
