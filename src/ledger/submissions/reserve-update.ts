/** Reservation of updates, one at a time for each ticket. */
import { type RawBuilder, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { beginningOf } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { answerFromKey, rowsUnderKeys } from "./existing-keys.ts";
import { loseOwner } from "./leases.ts";
import { type NewReservation, newRow, timesOf } from "./reservation.ts";
import { roomInQueue } from "./reserve.ts";
import { submissionOf } from "./row.ts";
import { otherUpdates } from "./updates.ts";
import { withTicket } from "./with-ticket.ts";

/** Tries to reserve a key while other calls change what stands in its way. */
const TRIES = 3;

/** Reserves the key of an update. Throws LedgerUnavailable when other calls keep changing what stands in its way. */
export async function reserveUpdate(
  reservation: NewReservation,
  context: LedgerContext,
): Promise<Reservation> {
  const decidedAt = performance.now();
  const ticketId = ticketOf(reservation);
  for (let tries = 0; tries < TRIES; tries++) {
    const reserving = withTicket(ticketId, context, (within) => reserveOnce(reservation, decidedAt, within));
    const answer = await reserving.catch((error: unknown) => {
      if (context.engine.isDuplicate(error)) return null;
      throw error;
    });
    if (answer instanceof Error) throw answer;
    if (answer !== null) return answer;
  }
  throw new LedgerUnavailable("Other calls keep changing the row");
}

/** Null: something in the way has changed, and must be read again. */
async function reserveOnce(
  reservation: NewReservation,
  decidedAt: number,
  context: LedgerContext,
): Promise<Reservation | Error | null> {
  const { db, cipher } = context;
  const { intent, declined, giveUpAt } = reservation;
  if (performance.now() > giveUpAt) throw new LedgerUnavailable("Not reserved in time");
  const ticketId = ticketOf(reservation);
  const row = (await rowsUnderKeys([reservation], context)).get(reservation);
  const others = await otherUpdates(ticketId, row?.id, context);
  if (others.abandoned) {
    await loseOwner({ id: others.abandoned, now: others.now }, context);
    return null;
  }
  const mayWait =
    intent.whenUnavailable === "DELIVER_LATER" && (declined !== null || others.isSending || others.isQueued);
  const hasRoom = mayWait && (await roomInQueue(context)) > 0;
  const begins = beginningOf(intent, declined, hasRoom, others);
  const update_order = others.nextOrder;
  if (row) return answerFromKey(row, reservation, begins, null, decidedAt, context, update_order);
  if (begins === null) return { kind: "ticketBusy" };
  const times = Object.entries(timesOf(begins.state, context)).map(([column, text]) => [
    column,
    sql.raw(text),
  ]);
  const inserted = await db
    .insertInto("submissions")
    .values({
      ...newRow(reservation, begins, cipher),
      update_order,
      ...(Object.fromEntries(times) as { lease_until: RawBuilder<number> }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!inserted) return null;
  const submission = submissionOf(inserted);
  if (begins.state === "SENDING") return { kind: "reserved", submission, decidedAt, row: inserted };
  return { kind: begins.state === "QUEUED" ? "queued" : "declined", submission };
}

function ticketOf({ intent: { request } }: NewReservation): string {
  return "ticketId" in request.details ? request.details.ticketId : "";
}
