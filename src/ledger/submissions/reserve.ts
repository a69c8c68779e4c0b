/**
 * Decides who may send, by one insert for many, and explains the rows in the way. The ledger calls it for submit. It never gives one key to two callers, and
 * lets one update of a ticket be sent at a time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { numberOf } from "../../tickets/operations.ts";
import { LedgerUnavailable, type OpenedAlready, type Reservation } from "../../tickets/ports.ts";
import { answerToKey, decideBeginning } from "../../tickets/reservation.ts";
import type { LedgerContext } from "../context.ts";
import type { Engine } from "../database/engine.ts";
import { createGroup } from "../database/group.ts";
import { type GivenRow, type ManyRows, createInsertMany } from "../database/many.ts";
import { type SubmissionRow, TIMES } from "../database/tables.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";
import { bytesOf } from "../ids.ts";
import { createRunRowsAgain } from "./changes.ts";
import { roomInQueue } from "./counts.ts";
import { endLeases, isLeaseOver } from "./leases.ts";
import {
  type Begun,
  type NewReservation,
  columnsOfBeginning,
  newRow,
  rivalsOf,
  rowsUnderKeys,
  updatesInTheWay,
} from "./reservation.ts";
import { type ReservedRow, type RowNow, submissionOf } from "./row.ts";

/** Looks for what stands in the way of reservations, while other calls change that. */
const LOOKS = 3;
/** Pause before a third look and later ones: PostgreSQL tells that it refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** A reservation, and what stands in its way. */
interface Found extends Begun {
  /** Row under its key, as far as that was read. */
  row: RowNow | undefined;
  /** Another create with its number, when that counts. */
  opened: OpenedAlready | undefined;
  /** Another update of its ticket that is being sent. */
  sending: RowNow | undefined;
}

/** Answers by the ids of reservations. An Error is the answer to one of them; one that is left out must be looked at again. */
type Answers = Map<string, Reservation | Error>;

/** Returns the function that reserves the key of a request. It rejects when other calls keep changing what stands in its way. */
export function createReserve(context: LedgerContext) {
  const answer = createAnswer(context.engine);
  return createGroup(async (reservations: readonly NewReservation[]) => {
    const answers: Answers = new Map();
    const entersQueue = roomInQueue(context);
    const begun: Begun[] = [];
    for (const one of reservations) {
      const { intent, declined } = one;
      begun.push({
        ...one,
        begins: await decideBeginning(intent, declined, () => entersQueue(intent.clientId)),
      });
    }
    for (let looks = 0; looks <= LOOKS; looks++) {
      const open = begun.filter(({ id }) => !answers.has(id));
      if (open.length === 0) break;
      if (looks > 1) await sleep(LOOK_AGAIN_MS);
      const rivals = await rivalsOf(open, context);
      // Nearly all keys are new, and few tickets are busy. Rows are read only for what an insert has left, or has a rival.
      const rowUnder = await rowsUnderKeys(looks > 0 ? open : [...rivals.keys()], context);
      const sendingOf = await updatesInTheWay(looks > 0 ? open : [], context);
      const found = open.map((one) => ({
        ...one,
        row: rowUnder(one),
        opened: rivals.get(one),
        sending: sendingOf(one),
      }));
      await answer(answers, found, context);
    }
    return reservations.map(({ id }) => answers.get(id) ?? notInTime());
  });
}

const notInTime = () => new LedgerUnavailable("SLOW", "Not reserved in time.");

/** A row that is written for a reservation. Its times are given in milliseconds from now. */
interface Written {
  reservation: NewReservation;
  row: SubmissionRow;
  /** Values for the statement: those of the new row, or of the columns that change. */
  given: GivenRow;
}

/** Prepares the answers to reservations, after what stands in their way was read. It writes the rows of those that begin. */
function createAnswer(engine: Engine) {
  const insert = createInsertMany(engine);
  const runAgain = createRunRowsAgain(engine);
  return async (answers: Answers, some: readonly Found[], context: LedgerContext) => {
    const fresh: Written[] = [];
    const again = new Map<RowNow, Written>(); // one for each row: the others must look again
    for (const reservation of some) {
      const isTooLate = performance.now() > reservation.decidedAt + LEDGER_WAIT_MS; // its caller waits no more
      const answer = isTooLate ? notInTime() : await answerTo(reservation, context);
      if (answer === null) continue;
      if (answer !== "write") answers.set(reservation.id, answer);
      else if (!reservation.row) {
        const row = newRow(reservation, context);
        fresh.push({ reservation, row, given: { ...row } });
      } else if (!again.has(reservation.row)) {
        const { now: _now, ...row } = reservation.row;
        const begun = columnsOfBeginning(reservation, row.id, row.attempt + 1, context);
        const given = { id: row.id, reserved_attempt: row.attempt, ...begun };
        again.set(reservation.row, { reservation, row: { ...row, ...begun }, given });
      }
    }
    // Two replicas whose statements insert the same ones in opposite orders would wait for each other.
    fresh.sort((a, b) => (orderOf(a.reservation) < orderOf(b.reservation) ? -1 : 1));
    await write(answers, runAgain, [...again.values()], context);
    await write(answers, insert, fresh, context);
  };
}

/** Writes rows, and answers those that are written, or refused by the database. Their times are known as far as the clock is. */
async function write(
  answers: Answers,
  statement: ManyRows,
  written: readonly Written[],
  { db, clock }: LedgerContext,
): Promise<void> {
  const results = await statement(
    written.map(({ given }) => given),
    db,
  );
  const now = Math.floor(clock.estimate());
  for (const [nth, { reservation, row }] of written.entries()) {
    const { id, decidedAt } = reservation;
    const result = results[nth]!;
    if (result instanceof Error) answers.set(id, result);
    if (result !== true) continue;
    for (const time of TIMES) if (row[time] !== null) row[time] += now;
    const held: ReservedRow = { submission: submissionOf(row), decidedAt, row };
    if (row.state === "SENDING") answers.set(id, { type: "reserved", ...held });
    else
      answers.set(id, { type: row.state === "QUEUED" ? "queued" : "declined", submission: held.submission });
  }
}

/** Answers a reservation. `write`: its request begins, or begins again. Null: its row has changed since it was read, or must be read again. */
async function answerTo(
  { row, opened, sending, begins, input }: Found,
  context: LedgerContext,
): Promise<Reservation | Error | "write" | null> {
  if (row) {
    const submission = submissionOf(row);
    const hasSameInput = context.cipher.matches({ ...row, id: submission.id }, input);
    const found = { submission, hasSameInput, isLeaseOver: isLeaseOver(row, context) };
    const answer = answerToKey(found, begins.state);
    if (answer === "otherInput") return { type: answer };
    if (answer === "existing" || (answer === "declined" && !opened)) return { type: answer, submission };
    if (answer === "keepQueued")
      return (await keepQueued(row, context)) ? { type: "existing", submission } : null;
    if (answer === "loseOwner") return endLeases(context, row).then(() => null);
  }
  if (opened) return { type: "alreadyOpened", ...opened };
  if (sending === undefined || begins.state !== "SENDING") return "write";
  return isLeaseOver(sending, context)
    ? endLeases(context, sending).then(() => null)
    : { type: "ticketBusy" };
}

/** Makes a queued request that of another call. The one that handed it in may have failed for its caller, and is then about to be given back. */
async function keepQueued({ id, attempt }: RowNow, { db, clock }: LedgerContext): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE submissions SET reservation_id = ${bytesOf(clock.newId())}
    WHERE id = ${id} AND attempt = ${attempt} AND deliver_by IS NOT NULL`.execute(db);
  return numAffectedRows === 1n;
}

/** Text by which reservations are sorted before their rows are inserted: those with unlessAlreadyOpened are unique by their number, others by their key. */
function orderOf({ intent: { request, unlessAlreadyOpened }, keyHash }: NewReservation): string {
  return unlessAlreadyOpened ? `${request.operation} ${numberOf(request)?.value}` : (keyHash?.toHex() ?? "");
}
