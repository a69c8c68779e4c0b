/** Reservations under keys that the ledger has already. */
import { type Kysely, type Selectable, sql } from "kysely";
import { LedgerUnavailable, type Reservation } from "../../tickets/ports.ts";
import { numberOf } from "../../tickets/request.ts";
import { alreadyOpened } from "./already-opened.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerContext } from "../context.ts";
import { bytesOf, hexOf, textOf } from "../ids.ts";
import { expireLeases, renewLeases } from "./leases.ts";
import { type NewReservation, keyHashOf, keyOf } from "./reservation.ts";
import { queuedBy, storingRequests } from "../queue/queue.ts";
import { submissionOf } from "../rows.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";

/** A row, and the ledger's time when it was read. */
type Row = Selectable<SubmissionRow> & { now: number };
interface Existing {
  reservation: NewReservation;
  row: Row;
}

/** Answers reservations from the rows under their keys. A request may be sent again only when it certainly had no effect. */
export function reservingAgain(context: LedgerContext) {
  const { db, cipher, clock } = context;
  const take = takingAgain(context, { state: "SENDING" });
  const takeAgain = unlessNumberTaken(async (free) => {
    await take(takesOf(free), db);
  });
  const takeForQueue = takingAgain(context, { state: "QUEUED" });
  const queueAgain = unlessNumberTaken(queue);
  const storeRequests = storingRequests(context);

  /** Returns the answers by reservation id; no answer for a key without a row. `decidedAt` as in Reservation. */
  return async (
    reservations: readonly NewReservation[],
    decidedAt: number,
  ): Promise<Map<string, Reservation | Error>> => {
    const answers = new Map<string, Reservation | Error>();
    if (reservations.length === 0) return answers;
    const rows = await rowsUnderKeysOf(reservations, context);
    const existing: Existing[] = [];
    for (const reservation of reservations) {
      const hash = keyHashOf(keyOf(reservation.intent));
      const row = hash && rows.get(hexOf(hash));
      if (!row) continue;
      const refusal = refusalOf(reservation, row);
      if (refusal) answers.set(reservation.id, refusal);
      else existing.push({ reservation, row });
    }

    const unexecuted = existing.filter(
      ({ reservation, row }) =>
        row.state === "NOT_EXECUTED" && (reservation.queued !== null || !reservation.declined),
    );
    const opened = await alreadyOpened(reservationsIn(unexecuted), db);
    const free = oncePerNumber(unexecuted.filter(({ reservation }) => !opened.has(reservation.id)));
    const abandoned = existing.filter(({ row }) => row.state === "SENDING" && row.lease_until < row.now);
    await takeAgain(free.filter(({ reservation }) => reservation.queued === null));
    await queueAgain(free.filter(({ reservation }) => reservation.queued !== null));
    // Of several keys with one number, the first was taken just now.
    const others = unexecuted.filter((one) => !opened.has(one.reservation.id) && !free.includes(one));
    for (const [id, refusal] of await alreadyOpened(reservationsIn(others), db)) opened.set(id, refusal);
    for (const { row } of abandoned) clock.note(row.now);
    if (abandoned.length > 0 && clock.hasStepped) await renewLeases(context);
    else if (abandoned.length > 0)
      await expireLeases(
        context,
        abandoned.map(({ row }) => row.id),
      );
    const changedIds = [...free, ...abandoned].map(({ row }) => row.id);
    const changed = changedIds.length > 0 ? await rowsWith(changedIds, db) : new Map<string, never>();
    for (const { reservation, row } of existing) {
      const refusal = opened.get(reservation.id);
      if (refusal) answers.set(reservation.id, refusal);
      else answers.set(reservation.id, answerFor(reservation, changed.get(textOf(row.id)) ?? row, decidedAt));
    }
    return answers;
  };

  /** Queues requests under keys whose request was not executed. */
  async function queue(queued: readonly Existing[]): Promise<void> {
    await db.transaction().execute(async (transaction) => {
      const taken = await takeForQueue(takesOf(queued), transaction);
      const reservations = new Map(queued.map(({ reservation }) => [reservation.id, reservation]));
      const requests = taken.map(({ id, reservation_id }) =>
        queuedBy(reservations.get(textOf(reservation_id))!, textOf(id)),
      );
      await storeRequests(requests, transaction);
    });
  }

  /** Returns the reason for which a row is no answer to a reservation; null when it is one. */
  function refusalOf({ input }: NewReservation, row: Row): Reservation | Error | null {
    // The input cannot be compared without that ledger key. Nothing is sent for a guess; another replica may have the key.
    if (!cipher.has(row.key_id))
      return new LedgerUnavailable("The ledger key of the earlier submission is not here");
    return cipher.matches({ ...row, id: textOf(row.id) }, input) ? null : { kind: "otherInput" };
  }
}

function reservationsIn(some: readonly Existing[]): NewReservation[] {
  return some.map(({ reservation }) => reservation);
}

/** Answers a reservation from the row under its key. */
export function answerFor(
  { id, declined }: NewReservation,
  row: Selectable<SubmissionRow>,
  decidedAt: number,
): Reservation {
  const submission = submissionOf(row);
  if (textOf(row.reservation_id) === id && row.state === "SENDING")
    return { kind: "reserved", submission, decidedAt };
  if (textOf(row.reservation_id) === id && row.state === "QUEUED") return { kind: "queued", submission };
  return { kind: declined && row.state === "NOT_EXECUTED" ? "declined" : "existing", submission };
}

/** Leaves one of several reservations with unlessAlreadyOpened and the same number. */
function oncePerNumber(free: readonly Existing[]): Existing[] {
  const rowsByNumber = new Map<string, Uint8Array>();
  return free.filter(({ reservation: { intent }, row }) => {
    const number = intent.unlessAlreadyOpened ? numberOf(intent.request) : null;
    if (number === null) return true;
    const key = `${row.operation} ${number.value}`;
    const first = rowsByNumber.get(key) ?? row.id;
    rowsByNumber.set(key, first);
    return Buffer.compare(first, row.id) === 0;
  });
}

/** Columns of a row that is reserved again: its id and attempt as they were read, and the new reservation. */
const TAKE_COLUMNS = {
  id: "blob",
  attempt: "bigint",
  reservation_id: "blob",
  reason: "text",
  opens_once: "bigint",
} as const;
type Take = Pick<Selectable<SubmissionRow>, keyof typeof TAKE_COLUMNS>;

/** Reserves rows again, by compare-and-set on state and attempt: only one of several concurrent reservations gets a row. */
function takingAgain(context: LedgerContext, { state }: { state: "SENDING" | "QUEUED" }) {
  const { clock, leaseMs, queue } = context;
  const isQueued = state === "QUEUED";
  const columns = Object.keys(TAKE_COLUMNS) as (keyof Take)[];
  return batch<Take, Pick<Take, "id" | "reservation_id">>(
    context,
    columns,
    (values) => sql`
    WITH take (${listOf(columns)}) AS (VALUES ${values})
    UPDATE submissions SET
      state = ${sql.lit(state)},
      reason = take.reason,
      settled_at = ${isQueued ? clock.sql : sql`NULL`},
      deliver_by = ${isQueued ? sql`${clock.sql} + ${sql.lit(queue.deliverWithinMs)}` : sql`NULL`},
      attempt = submissions.attempt + 1,
      reservation_id = take.reservation_id,
      opens_once = take.opens_once,
      lease_until = ${clock.sql} + ${sql.lit(leaseMs)}
    FROM take
    WHERE submissions.id = take.id
      AND submissions.attempt = take.attempt
      AND submissions.state = 'NOT_EXECUTED'
    RETURNING submissions.id, submissions.reservation_id`,
    { types: TAKE_COLUMNS },
  );
}

/**
 * Makes a function that takes rows together, and one by one when another process takes a row with the same number at the same moment.
 * Then the unique index refuses one of the two rows, which stays as it is.
 */
function unlessNumberTaken(take: (some: readonly Existing[]) => Promise<void>) {
  return async function takeAgain(some: readonly Existing[]): Promise<void> {
    if (some.length === 0) return;
    try {
      await take(some);
    } catch (error) {
      if (!isNumberTaken(error)) throw error;
      if (some.length > 1) for (const one of some) await takeAgain([one]);
    }
  };
}

/** True for the refusal of the unique index submissions_opened_once, by the codes of PostgreSQL and of SQLite. */
function isNumberTaken(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === "23505" || errcode === 2067;
}

/** Returns one entry for each row. All replicas use the same order, so that they cannot deadlock. */
function takesOf(free: readonly Existing[]): Take[] {
  const takes = new Map<string, Take>();
  for (const { reservation, row } of free) {
    const id = textOf(row.id);
    if (!takes.has(id))
      takes.set(id, {
        id: row.id,
        attempt: row.attempt,
        reservation_id: bytesOf(reservation.id),
        reason: reservation.queued,
        opens_once: reservation.intent.unlessAlreadyOpened ? 1 : 0,
      });
  }
  return [...takes.values()].toSorted((a, b) => Buffer.compare(a.id, b.id));
}

/** Returns the rows under the keys of reservations, by key. */
async function rowsUnderKeysOf(
  reservations: readonly NewReservation[],
  { db, clock }: LedgerContext,
): Promise<Map<string, Row>> {
  const hashes = reservations.map(({ intent }) => keyHashOf(keyOf(intent))).filter((hash) => hash !== null);
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .select(clock.sql.as("now"))
    .where("key_hash", "in", hashes)
    .execute();
  return new Map(rows.map((row) => [hexOf(row.key_hash!), row]));
}

async function rowsWith(
  ids: readonly Uint8Array[],
  db: Kysely<Tables>,
): Promise<Map<string, Selectable<SubmissionRow>>> {
  const rows = await db.selectFrom("submissions").selectAll().where("id", "in", ids).execute();
  return new Map(rows.map((row) => [textOf(row.id), row]));
}
