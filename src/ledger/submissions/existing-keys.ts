/** Answers to requests whose key a submission has already. */
import { sql } from "kysely";
import { FIRST_DELIVERY_MS, LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { type Beginning, answerToKey } from "../../tickets/reservation.ts";
import { keyIdOf } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, hexOf, textOf } from "../ids.ts";
import { change } from "./changes.ts";
import { loseOwner } from "./leases.ts";
import { type NewReservation, queueTimes } from "./reservation.ts";
import { sealRequest, submissionOf } from "./row.ts";

/** A row, and the ledger's time when it was read. */
export type RowNow = SubmissionRow & { now: number };

/** Returns the rows under the keys of reservations. */
export async function rowsUnderKeys(
  reservations: readonly NewReservation[],
  { db, clock }: Pick<LedgerContext, "db" | "clock">,
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
 * Answers a reservation from the row under its key. `opened`: another create with its number, when that counts. `updateOrder`: new place of
 * an update. `begins` is null for an update that must wait for another one. Null: the row has changed since it was read, or must be read again.
 */
export async function answerFromKey(
  row: RowNow,
  reservation: NewReservation,
  begins: Beginning | null,
  opened: { ticketId: string | null } | null,
  decidedAt: number,
  context: LedgerContext,
  updateOrder: number | null = null,
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
        return await runAgain(row, reservation, begins, decidedAt, context, updateOrder);
      } catch (error) {
        if (engine.isDuplicate(error) && !db.isTransaction) return null; // another create with its number was faster
        throw error;
      }
  }
}

/** Reserves a row again whose request had no effect. Null: somebody else was faster. */
async function runAgain(
  row: SubmissionRow,
  { id, intent }: NewReservation,
  begins: Beginning,
  decidedAt: number,
  { db, cipher, clock, engine, queue, leaseMs }: LedgerContext,
  updateOrder: number | null,
): Promise<Reservation | null> {
  const values = {
    reason: begins.reason,
    attempt: row.attempt + 1,
    reservation_id: bytesOf(id),
    lease_until: sql<number>`${clock.sql} + ${sql.lit(leaseMs)}`,
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
    update_order: updateOrder,
  };
  const times = queueTimes(FIRST_DELIVERY_MS, { now: engine.now, queue });
  const starting =
    begins.state === "SENDING"
      ? change(db, "send", "SENDING", { ...values, settled_at: null })
      : change(db, "wait", "QUEUED", {
          ...values,
          settled_at: clock.sql,
          request: sealRequest(intent.request, textOf(row.id), cipher),
          deliver_by: sql<number>`${sql.raw(times.deliver_by)}`,
          handed_in_at: clock.sql,
          not_before: sql<number>`${sql.raw(times.not_before)}`,
          tries: 0,
        });
  const again = await starting
    .where("id", "=", row.id)
    .where("attempt", "=", row.attempt)
    .returningAll()
    .executeTakeFirst();
  if (!again) return null;
  const submission = submissionOf(again);
  return again.state === "SENDING"
    ? { kind: "reserved", submission, decidedAt, row: again }
    : { kind: "queued", submission };
}
