/** Reservations that failed for their caller, although the ledger may have committed them. Nothing was sent for them. */
import { sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
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
  const given: Uint8Array[] = [];
  const give = async (ids: readonly Uint8Array[], { db, clock }: LedgerContext) => {
    const rows = await change(db, "giveBack", state, { reason: "NOT_SENT_IN_TIME", settled_at: clock.sql })
      .where("id", "in", ids)
      .where("reservation_id", "in", reservations)
      .$if(of === "delivery", (some) =>
        some.where("state", "<>", "QUEUED").where("deliver_by", "is not", null),
      )
      .returning("reservation_id")
      .execute();
    return rows.map(({ reservation_id }) => reservation_id);
  };
  const held = await rowsHeldBy(reservations, context);
  const creates = held.flatMap(({ id, requested_status }) => (requested_status === null ? [id] : []));
  if (creates.length > 0) given.push(...(await give(creates, context)));
  for (const { id, ticket_id, requested_status } of held) {
    if (requested_status === null) continue;
    const back = await withTicket(ticket_id!, context, async (within) => {
      const reservationsGiven = await give([id], within);
      await supersedeOvertaken(ticket_id!, within);
      return reservationsGiven;
    });
    given.push(...back);
  }
  return given.map(textOf);
}

/** Finds rows that may be given back. Each part has an index: those states are rare, and the id of a new key is that of its reservation. */
async function rowsHeldBy(reservations: readonly Uint8Array[], { db }: LedgerContext) {
  const held = sql`SELECT id, ticket_id, requested_status FROM submissions WHERE reservation_id IN (${sql.join([...reservations])})`;
  const { rows } = await sql<Pick<SubmissionRow, "id" | "ticket_id" | "requested_status">>`
    ${held} AND id IN (${sql.join([...reservations])}) AND ${sql.raw(mayLeave("giveBack"))}
    UNION ${held} AND (state = 'SENDING' OR state = 'UNCERTAIN') UNION ${held} AND deliver_by IS NOT NULL`.execute(
    db,
  );
  return rows;
}
