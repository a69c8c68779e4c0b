/** Reservation of updates, one at a time for each ticket. */
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { roomInQueue } from "./counts.ts";
import { answerFromKey, rowsUnderKeys } from "./existing-keys.ts";
import { loseOwner } from "./leases.ts";
import { type NewReservation, answerFrom, isAbandoned, newRow, timeColumns } from "./reservation.ts";
import { otherUpdates } from "./updates.ts";
import { unlessOvertaken, withTicket } from "./with-ticket.ts";

/** Reserves the key of an update. Rejects when other calls keep changing what stands in its way. */
export async function reserveUpdate(
  reservation: NewReservation,
  context: LedgerContext,
): Promise<Reservation> {
  const { details } = reservation.intent.request;
  const ticketId = "ticketId" in details ? details.ticketId : "";
  const answer = await unlessOvertaken(context, () =>
    withTicket(ticketId, context, (within) => reserveOnce(ticketId, reservation, within)),
  );
  if (answer instanceof Error) throw answer;
  return answer;
}

/** Null: something in the way has changed, and must be read again. */
async function reserveOnce(
  ticketId: string,
  reservation: NewReservation,
  context: LedgerContext,
): Promise<Reservation | Error | null> {
  if (isAbandoned(reservation)) throw new LedgerUnavailable("Not reserved in time");
  const { intent, declined } = reservation;
  const row = (await rowsUnderKeys([reservation], context)).get(reservation);
  const others = await otherUpdates(ticketId, row?.id, context);
  if (others.abandoned) {
    await loseOwner({ id: others.abandoned, now: others.now }, context);
    return null;
  }
  const mayWait =
    intent.whenUnavailable === "DELIVER_LATER" && (declined !== null || others.isSending || others.isQueued);
  const hasRoom = mayWait && (await roomInQueue(context))(intent.clientId);
  const begins = beginningOf(intent, declined, hasRoom, others);
  const update_order = others.nextOrder;
  if (row) return answerFromKey(row, reservation, begins, context, null, update_order);
  if (begins === null) return { kind: "ticketBusy" };
  const values = { ...newRow(reservation, begins, context.cipher), update_order };
  const inserted = await context.db
    .insertInto("submissions")
    .values({ ...values, ...timeColumns(begins.state, context) })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return inserted ? answerFrom(inserted, reservation) : null;
}
