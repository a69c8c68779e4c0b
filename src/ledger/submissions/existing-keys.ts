/** Answers to requests whose key a submission has already. */
import { LedgerUnavailable, type OpenedAlready, type Reservation } from "../../tickets/ports.ts";
import { type Beginning, answerToKey } from "../../tickets/reservation.ts";
import { keyIdOf } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, hexOf, textOf } from "../ids.ts";
import { change } from "./changes.ts";
import { loseOwner } from "./leases.ts";
import { type NewReservation, answerFrom, timeColumns } from "./reservation.ts";
import { sealRequest, submissionOf } from "./row.ts";

/** A row, and the ledger's time when it was read. */
export type RowNow = SubmissionRow & { now: number };

/** Returns the rows under the keys of reservations. */
export async function rowsUnderKeys(
  reservations: readonly NewReservation[],
  { db, clock }: LedgerContext,
): Promise<Map<NewReservation, RowNow>> {
  const hashes = reservations.flatMap(({ keyHash }) => keyHash ?? []);
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .select(clock.sql.as("now"))
    .where("key_hash", "in", hashes)
    .execute();
  const byKey = new Map(rows.map((row) => [hexOf(row.key_hash!), row]));
  return new Map(
    reservations.flatMap((reservation) => {
      const row = reservation.keyHash && byKey.get(hexOf(reservation.keyHash));
      return row ? [[reservation, row]] : [];
    }),
  );
}

/**
 * Answers a reservation from the row under its key. `opened`: another create with its number, when that counts. `updateOrder`: new position
 * of an update. `begins` is null for an update that must wait for another one. Null: the row has changed since it was read, or must be read again.
 */
export async function answerFromKey(
  row: RowNow,
  reservation: NewReservation,
  begins: Beginning | null,
  context: LedgerContext,
  opened: OpenedAlready | null,
  updateOrder: number | null,
): Promise<Reservation | Error | null> {
  const { db, cipher, clock, engine } = context;
  // The input cannot be compared without that ledger key. Nothing is sent for a guess; another replica may have the key.
  if (!cipher.has(keyIdOf(row.fingerprint)))
    return new LedgerUnavailable("The ledger key of the earlier submission is not here");
  const submission = submissionOf(row);
  const found = {
    submission,
    hasSameInput: cipher.matches({ id: submission.id, fingerprint: row.fingerprint }, reservation.input),
    isLeaseOver: row.state === "SENDING" && row.lease_until < row.now,
  };
  switch (answerToKey(found, begins?.state ?? "SENDING")) {
    case "otherInput":
      return { kind: "otherInput" };
    case "existing":
      return { kind: "existing", submission };
    case "declined":
      return opened ? { kind: "alreadyOpened", ...opened } : { kind: "declined", submission };
    case "loseOwner":
      await loseOwner(row, context);
      return null;
    case "keepQueued": {
      // The call that handed it in may have failed for its caller, and is then about to be given back. This one never is.
      const kept = await db
        .updateTable("submissions")
        .set({ reservation_id: bytesOf(clock.newId()) })
        .where("id", "=", row.id)
        .where("attempt", "=", row.attempt)
        .where("deliver_by", "is not", null)
        .executeTakeFirst();
      return kept.numUpdatedRows === 1n ? { kind: "existing", submission } : null;
    }
    case "runAgain":
      if (opened) return { kind: "alreadyOpened", ...opened };
      if (begins === null) return { kind: "ticketBusy" };
      try {
        return await runAgain(row, reservation, begins, context, updateOrder);
      } catch (error) {
        if (engine.isDuplicate(error) && !db.isTransaction) return null; // another create with its number was faster
        throw error;
      }
  }
}

/** Reserves a row again whose request had no effect. Null: somebody else was faster. */
async function runAgain(
  row: SubmissionRow,
  reservation: NewReservation,
  begins: Beginning,
  context: LedgerContext,
  updateOrder: number | null,
): Promise<Reservation | null> {
  const { id, intent } = reservation;
  const state = begins.state as "SENDING" | "QUEUED"; // otherwise it is declined
  const again = await change(context.db, state === "SENDING" ? "send" : "wait", state, {
    reason: begins.reason,
    attempt: row.attempt + 1,
    reservation_id: bytesOf(id),
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
    update_order: updateOrder,
    request: state === "QUEUED" ? sealRequest(intent.request, textOf(row.id), context.cipher) : null,
    settled_at: null,
    ...timeColumns(state, context),
  })
    .where("id", "=", row.id)
    .where("attempt", "=", row.attempt)
    .returningAll()
    .executeTakeFirst();
  return again ? answerFrom(again, reservation) : null;
}
