/** Reservation of updates, one at a time for each ticket. */
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { roomInQueue } from "./counts.ts";
import { answersFromKeys, rowsUnderKeys } from "./existing-keys.ts";
import { loseOwner } from "./leases.ts";
import { type NewReservation, isAbandoned } from "./reservation.ts";
import { inserting } from "./reserve.ts";
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
  if (isAbandoned(reservation)) throw new LedgerUnavailable("SLOW", "Not reserved in time.");
  const { id, intent, declined } = reservation;
  const row = (await rowsUnderKeys([reservation], context)).get(reservation);
  const others = await otherUpdates(ticketId, row?.id, context);
  if (others.abandoned) {
    await loseOwner(others.abandoned, context);
    return null;
  }
  const mayWait =
    intent.whenUnavailable === "DELIVER_LATER" && (declined !== null || others.isSending || others.isQueued);
  const hasRoom = mayWait && (await roomInQueue(context)) > 0;
  const begins = beginningOf(intent, declined, hasRoom, others);
  if (!row && begins === null) return { kind: "ticketBusy" };
  const begun = { ...reservation, begins, updateOrder: others.nextOrder };
  const answers = row
    ? await answersFromKeys([{ ...begun, row, opened: null }], context)
    : await inserting(context)([begun]);
  return answers.get(id) ?? null;
}
