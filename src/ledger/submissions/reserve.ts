/** Decides who may send. It never gives one key to two callers, and lets one update of a ticket be sent at a time. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { answerToKey, decideBeginning } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../database/group.ts";
import { type SubmissionRow, TIMES } from "../database/tables.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";
import { bytesOf } from "../ids.ts";
import { rowStatements } from "./changes.ts";
import { createQueueLimit } from "./counts.ts";
import { endLeases, isLeaseOver } from "./leases.ts";
import { type Begun, type NewReservation, columnsOfBeginning, createLooks, newRow } from "./reservation.ts";
import { JUST_NOW, type ReservedRow, type RowNow, submissionOf } from "./row.ts";

/** Looks for what stands in the way of a reservation, while other calls change that. */
const LOOKS = 3;
/** Pause before the third look: PostgreSQL refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** Answer to a reservation, or what is to be done for it. Null: what stands in its way has changed. */
type Found = Reservation | "insert" | "runAgain" | null;

/** Returns the function that reserves the key of a request. It rejects when other calls keep changing what stands in its way. */
export function createReserve(context: LedgerContext): (reservation: NewReservation) => Promise<Reservation> {
  const { insert, runAgain } = rowStatements(context.engine);
  const [insertRow, changeRow] = [context.writerOf(insert), context.writerOf(runAgain)];
  const looks = createLooks(context);
  const entersQueue = createGroup(async (clientIds: readonly string[]) => {
    const isAdmitted = createQueueLimit(context);
    const answers: boolean[] = [];
    for (const clientId of clientIds) answers.push(await isAdmitted(clientId));
    return answers;
  });

  return async (reservation) => {
    const { intent, declined } = reservation;
    const begins = await decideBeginning(intent, declined, () => entersQueue(intent.clientId));
    const begun: Begun = { ...reservation, begins };
    // Nearly all keys are new, and few numbers and tickets are busy, so the first look is the insert itself.
    let found: Found = "insert";
    let row: RowNow | undefined;
    for (let tries = 0; tries <= LOOKS; tries++) {
      if (performance.now() > reservation.decidedAt + LEDGER_WAIT_MS) break; // its caller waits no more
      if (found === "insert" || found === "runAgain") {
        const written = await write(begun, row);
        if (written) return written;
      }
      if (tries > 1) await sleep(LOOK_AGAIN_MS);
      row = await looks.underKey(begun);
      found = await answerTo(begun, row, looks, context);
      if (found !== null && typeof found === "object") return found;
    }
    throw new LedgerUnavailable("SLOW", "Not reserved in time.");
  };

  /** Writes the row of a request that begins, or begins again. Its times are estimates. Null: another row prevents it. */
  async function write(begun: Begun, earlier: RowNow | undefined): Promise<Reservation | null> {
    const row: SubmissionRow = earlier ? begunAgain(begun, earlier) : newRow(begun, context);
    const isWritten = earlier
      ? await changeRow({ ...row, expected_reservation: earlier.reservation_id })
      : await insertRow({ ...row });
    if (!isWritten) return null;
    const now = Math.floor(context.clock.estimate());
    for (const time of TIMES) if (row[time] !== null) row[time] += now;
    const reserved: ReservedRow = { submission: submissionOf(row), decidedAt: begun.decidedAt, row };
    if (row.state === "SENDING") return { type: "reserved", ...reserved };
    return { type: row.state === "QUEUED" ? "queued" : "declined", submission: reserved.submission };
  }

  function begunAgain(begun: Begun, { now: _now, ...row }: RowNow): SubmissionRow {
    const id = submissionOf(row).id;
    return {
      ...row,
      ...columnsOfBeginning(begun, id, row.attempts, context),
      nth: null,
      forgotten_at: null,
      changed_at: JUST_NOW,
    };
  }
}

/** Answers a reservation whose row could not be written. */
async function answerTo(
  begun: Begun,
  row: RowNow | undefined,
  looks: ReturnType<typeof createLooks>,
  context: LedgerContext,
): Promise<Found> {
  const { begins, input } = begun;
  const underKey = row && decideByKey(row);
  if (underKey === "otherInput") return { type: "otherInput" };
  if (underKey === "existing") return { type: "existing", submission: submissionOf(row!) };
  if (underKey === "keepQueued") {
    const kept = { ...row!, changed_at: JUST_NOW };
    return (await keepQueued(kept, context)) ? { type: "existing", submission: submissionOf(kept) } : null;
  }
  if (underKey === "loseOwner") return endLeases(context, row).then(() => null);
  const other = await looks.inTheWay(begun, row);
  if (!other) {
    if (underKey === "declined") return { type: "declined", submission: submissionOf(row!) };
    return underKey === "runAgain" ? "runAgain" : "insert";
  }
  if (isLeaseOver(other, context)) return endLeases(context, other).then(() => null);
  if (other.state === "SENDING") return { type: "busy" };
  // This caller gets that answer, so the waiting request is kept, whatever its own caller got.
  if (other.state === "QUEUED" && !(await keepQueued(other, context))) return null;
  const { state, ticketId, conflictingTicketId, clientId } = submissionOf(other);
  return { type: "otherCreate", state, ticketId: ticketId ?? conflictingTicketId, clientId };

  function decideByKey(found: RowNow) {
    const submission = submissionOf(found);
    const hasSameInput = context.cipher.matches({ ...found, id: submission.id }, input);
    return answerToKey({ submission, hasSameInput, isLeaseOver: isLeaseOver(found, context) }, begins.state);
  }
}

/** Makes a queued request that of another call too. The call that queued it may have failed, and would then release it. */
async function keepQueued({ id, reservation_id }: RowNow, { db, clock }: LedgerContext): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE submissions
    SET reservation_id = ${bytesOf(clock.newId())}, changed_at = ${clock.sql}
    WHERE id = ${id} AND reservation_id = ${reservation_id} AND state = 'QUEUED'`.execute(db);
  return numAffectedRows === 1n;
}
