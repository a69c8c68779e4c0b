/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { type Kysely, type Selectable, sql } from "kysely";
import type { Delivery, QueuePlace, QueuedSubmission } from "../tickets/ports.ts";
import type { Submission } from "../tickets/submission.ts";
import type { LedgerContext } from "./context.ts";
import { bytesOf, textOf } from "./ids.ts";
import { openRequest } from "./queue.ts";
import { instantOf, submissionOf } from "./rows.ts";
import type { QueuedRequestRow, Tables } from "./tables.ts";

/**
 * Reserves queued requests whose time has come, oldest first, by compare-and-set from QUEUED to SENDING. An update waits for every
 * older one of its ticket, and for one that is being sent. Requests under a ledger key that is not here are left to other replicas.
 * `reservationId` is that of all of them: a reservation that is lost on its way back is released by it.
 */
export async function takeQueued(
  reservationId: string,
  most: number,
  context: LedgerContext,
): Promise<Delivery[]> {
  const { db, cipher, clock } = context;
  const decidedAt = performance.now();
  const due = await sql`SELECT 1 FROM queued_requests WHERE not_before <= ${clock.sql} LIMIT 1`.execute(db);
  if (due.rows.length === 0) return [];
  // A transaction, because PostgreSQL undoes it when this process dies before the commit.
  const taken = await db.transaction().execute(async (transaction) => {
    const ids = await reserveOldest(reservationId, most, { ...context, db: transaction });
    if (ids.length === 0) return [];
    return queuedRows(transaction).where("submissions.id", "in", ids).execute();
  });
  const deliveries: Delivery[] = [];
  for (const row of taken) {
    const request = openRequest(row, textOf(row.id), cipher);
    if (request) deliveries.push({ submission: submissionOf(row), place: placeOf(row), decidedAt, request });
    else await giveUp(row.id, context);
  }
  return deliveries;
}

/** Reserves queued requests. Returns the ids of their submissions. */
async function reserveOldest(
  reservationId: string,
  most: number,
  { db, cipher, clock, leaseMs, skipLocked }: LedgerContext,
): Promise<Uint8Array[]> {
  const { rows } = await sql<{ id: Uint8Array }>`
    WITH next AS MATERIALIZED (
      SELECT submissions.id FROM queued_requests JOIN submissions ON submissions.id = queued_requests.submission_id
      WHERE queued_requests.not_before <= ${clock.sql} AND queued_requests.key_id IN (${sql.join([...cipher.ids])})
        AND submissions.state = 'QUEUED' AND submissions.deliver_by > ${clock.sql}
        AND NOT EXISTS (SELECT 1 FROM submissions AS other
          LEFT JOIN queued_requests AS older ON older.submission_id = other.id
          WHERE other.ticket_id = submissions.ticket_id AND (other.state = 'SENDING'
            OR (other.state = 'QUEUED' AND older.handed_in_order < queued_requests.handed_in_order)))
      ORDER BY queued_requests.handed_in_at LIMIT ${sql.lit(most)} ${skipLocked}
    )
    UPDATE submissions SET state = 'SENDING', reason = NULL, settled_at = NULL, attempt = attempt + 1,
      reservation_id = ${bytesOf(reservationId)}, lease_until = ${clock.sql} + ${sql.lit(leaseMs)}
    WHERE state = 'QUEUED' AND id IN (SELECT id FROM next)
    RETURNING id`.execute(db);
  return rows.map(({ id }) => id);
}

/** Ends a submission whose stored request was changed, so that it cannot be sent. */
async function giveUp(id: Uint8Array, { db, clock, observe }: LedgerContext): Promise<void> {
  await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "REQUEST_UNREADABLE", settled_at: clock.sql, deliver_by: null })
    .where("id", "=", id)
    .where("state", "=", "SENDING")
    .execute();
  observe("delivery.request_unreadable", { submissionId: textOf(id) });
}

/** Puts reserved requests back into the queue for which nothing was sent. Returns the ids of those reservations. */
export async function releaseDeliveries(
  reservationIds: readonly string[],
  { db, clock }: LedgerContext,
): Promise<string[]> {
  const released = await db
    .updateTable("submissions")
    .set({ state: "QUEUED", reason: "NOT_SENT_IN_TIME", settled_at: clock.sql })
    .where("reservation_id", "in", reservationIds.map(bytesOf))
    .where("state", "=", "SENDING")
    .where("deliver_by", "is not", null)
    .returning("reservation_id")
    .execute();
  return released.map((row) => textOf(row.reservation_id));
}

/** Takes a queued request back. Null when it is not queued. */
export async function cancelQueued(id: string, { db, clock }: LedgerContext): Promise<Submission | null> {
  const row = await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "CANCELLED", settled_at: clock.sql, deliver_by: null })
    .where("id", "=", bytesOf(id))
    .where("state", "=", "QUEUED")
    .returningAll()
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/**
 * Ends queued requests that nobody could deliver in time. Their time is that of retention, which is never ahead of the time that the
 * service ran: a clock that is set a month ahead by mistake expires nothing.
 */
export async function expireQueued({ db, clock, observe }: LedgerContext): Promise<void> {
  const expired = await db
    .updateTable("submissions")
    .set({ state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED", settled_at: clock.sql, deliver_by: null })
    .where("state", "=", "QUEUED")
    .where("deliver_by", "<=", sql<number>`(SELECT reached FROM retention_clock)`)
    .returning("id")
    .execute();
  for (const { id } of expired) observe("delivery.expired", { submissionId: textOf(id) });
}

/** Reports queued requests that this replica cannot open, because their ledger key is not here. */
export async function reportMissingKeys({ db, cipher, observe }: LedgerContext): Promise<void> {
  const { count } = await db
    .selectFrom("queued_requests")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("key_id", "not in", [...cipher.ids])
    .executeTakeFirstOrThrow();
  if (count > 0) observe("delivery.key_missing", { count: count });
}

/** Returns submissions that wait for delivery, oldest first. */
export async function listQueued(first: number, { db }: LedgerContext): Promise<QueuedSubmission[]> {
  const rows = await queuedRows(db).where("submissions.state", "=", "QUEUED").limit(first).execute();
  return rows.map((row) => ({
    submission: submissionOf(row),
    place: placeOf(row),
    nextTryAt: instantOf(row.not_before),
  }));
}

/** Counts the stored requests, and returns the age of the oldest one in seconds. */
export async function queueState({
  db,
  clock,
}: LedgerContext): Promise<{ count: number; oldestSeconds: number }> {
  const { count, age } = await db
    .selectFrom("queued_requests")
    .select((eb) => [
      eb.fn.countAll<number>().as("count"),
      sql<number | null>`${clock.sql} - min(handed_in_at)`.as("age"),
    ])
    .executeTakeFirstOrThrow();
  return { count: count, oldestSeconds: Math.max(0, (age ?? 0) / 1000) };
}

/** Selects submissions with their stored requests, oldest first. */
function queuedRows(db: Kysely<Tables>) {
  return db
    .selectFrom("queued_requests")
    .innerJoin("submissions", "submissions.id", "queued_requests.submission_id")
    .selectAll("submissions")
    .select([
      "queued_requests.request",
      "queued_requests.key_id",
      "queued_requests.handed_in_at",
      "queued_requests.handed_in_order",
      "queued_requests.not_before",
      "queued_requests.tries",
    ])
    .orderBy("queued_requests.handed_in_at")
    .orderBy("submissions.id");
}

function placeOf({
  handed_in_at,
  handed_in_order,
  tries,
}: Pick<Selectable<QueuedRequestRow>, "handed_in_at" | "handed_in_order" | "tries">): QueuePlace {
  return { handedInAt: instantOf(handed_in_at), order: handed_in_order, tries };
}
