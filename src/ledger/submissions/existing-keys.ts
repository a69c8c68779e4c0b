/** Answers to requests whose key a submission has already. */
import { LedgerUnavailable, type OpenedAlready, type Reservation } from "../../tickets/ports.ts";
import { answerToKey } from "../../tickets/reservation.ts";
import { keyIdOf } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { runningAgain } from "./changes.ts";
import { loseOwner } from "./leases.ts";
import { type Answers, type Begun, type NewReservation, answerWritten, timesOf } from "./reservation.ts";
import { sealRequest, submissionOf } from "./row.ts";

/** A row, and the ledger's time when it was read. */
type RowNow = SubmissionRow & { now: number };

/** A reservation, and what stands in its way. */
export interface Repeated extends Begun {
  /** Row under its key. */
  row: RowNow;
  /** Another create with its number, when that counts. */
  opened: OpenedAlready | null;
}

/** Reads the rows under the keys of reservations. Returns the function that finds that of one. */
export async function rowsUnderKeys(
  reservations: readonly NewReservation[],
  { db, clock }: LedgerContext,
): Promise<(reservation: NewReservation) => RowNow | undefined> {
  const hashes = reservations.flatMap(({ keyHash }) => keyHash ?? []);
  if (hashes.length === 0) return () => undefined;
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .select(clock.sql.as("now"))
    .where("key_hash", "in", hashes)
    .execute();
  const byKey = new Map(rows.map((row) => [row.key_hash!.toHex(), row]));
  return ({ keyHash }) => (keyHash ? byKey.get(keyHash.toHex()) : undefined);
}

/** Prepares the answers from the rows under the keys of reservations. Those whose requests had no effect run again, with one statement. */
export function answeringFromKeys(
  prepared: LedgerContext,
): (answers: Answers, some: readonly Repeated[], context: LedgerContext) => Promise<void> {
  const runAgain = runningAgain(prepared.engine, (value) => timesOf(value, prepared));
  return async (answers, some, context) => {
    const again = new Map<RowNow, Repeated>(); // one for each row: the others must look again
    for (const one of some) {
      const answer = await answerFromKey(one, context);
      if (answer === "runAgain") again.set(one.row, again.get(one.row) ?? one);
      else if (answer) answers.set(one.id, answer);
    }
    const ones = [...again.values()];
    const columns = ones.map((one) => againColumns(one, context));
    const rows = ones.map((one, nth) => {
      const { now: _now, ...row } = one.row;
      const { reserved_attempt: _attempt, ...changed } = columns[nth]!;
      return { ...row, ...changed };
    });
    answerWritten(answers, ones, await runAgain(columns, context.db), rows, context);
  };
}

/** Null: the row has changed since it was read, or must be read again. */
async function answerFromKey(
  { row, begins, opened, input }: Repeated,
  context: LedgerContext,
): Promise<Reservation | Error | "runAgain" | null> {
  const { db, cipher, clock } = context;
  // The input cannot be compared without that ledger key. Nothing is sent for a guess; another replica may have the key.
  if (!cipher.has(keyIdOf(row.fingerprint)))
    return new LedgerUnavailable("KEY_MISSING", "The ledger key of the earlier submission is not here.");
  const submission = submissionOf(row);
  const found = {
    submission,
    hasSameInput: cipher.matches({ id: submission.id, fingerprint: row.fingerprint }, input),
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
      return begins === null ? { kind: "ticketBusy" } : "runAgain";
  }
}

function againColumns({ id, intent, begins, updateOrder, row }: Repeated, { cipher }: LedgerContext) {
  return {
    id: row.id,
    reserved_attempt: row.attempt,
    attempt: row.attempt + 1,
    state: begins!.state,
    reason: begins!.reason,
    reservation_id: bytesOf(id),
    opens_once: intent.unlessAlreadyOpened ? 1 : 0,
    update_order: updateOrder,
    request: begins!.state === "QUEUED" ? sealRequest(intent.request, textOf(row.id), cipher) : null,
  };
}
