/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { type ExpressionBuilder, type Kysely, type Selectable, sql } from "kysely";
import type { Events } from "../../telemetry/events.ts";
import type { Delivery, QueuePlace, QueuedSubmission } from "../../tickets/ports.ts";
import type { Submission } from "../../tickets/submission.ts";
import { openedMeanwhile } from "../reservations/already-opened.ts";
import type { LedgerContext } from "../context.ts";
import { type Deliverable, deliverables, isConditional } from "./deliverable.ts";
import { bytesOf, textOf } from "../ids.ts";
import { openRequest } from "./queue.ts";
import { instantOf, submissionOf } from "../rows.ts";
import { supersedeOvertaken } from "../settlements/supersede.ts";
import type { QueuedRequestRow, Tables } from "../database/tables.ts";

/**
 * Reserves queued requests whose time has come, oldest first, by compare-and-set from QUEUED to SENDING. An update waits for every
 * older one of its ticket, and for one that is being sent. Requests under a ledger key that is not here are left to other replicas.
 * A create with unlessAlreadyOpened waits while another one with its number is being sent or in doubt, and ends when such a one has opened the ticket.
 * `reservationId` is that of all of them: a reservation that is lost on its way back is released by it.
 */
export async function takeQueued(
  reservationId: string,
  most: number,
  context: LedgerContext,
): Promise<Delivery[]> {
  const { db, cipher, observe } = context;
  const decidedAt = performance.now();
  const found = await deliverables(most, context);
  if (found.length === 0) return [];
  // A transaction, because PostgreSQL undoes it when this process dies before the commit.
  const [taken, ended] = await db.transaction().execute(async (transaction) => {
    const within = { ...context, db: transaction };
    const { ids, opened } = await endOpened(found, within);
    const reserved = await reserveSome(ids, most, reservationId, within);
    if (reserved.length === 0) return [[], opened];
    return [await queuedRows(transaction).where("submissions.id", "in", reserved).execute(), opened];
  });
  for (const one of ended) observe("delivery.already_opened", one);
  const deliveries: Delivery[] = [];
  for (const row of taken) {
    const request = openRequest(row, textOf(row.id), cipher);
    if (request) deliveries.push({ submission: submissionOf(row), place: placeOf(row), decidedAt, request });
    else await giveUp(row.id, context);
  }
  return deliveries;
}

/** Ends queued creates whose ticket another create has opened. Returns these, and the ids of those that may be sent. */
async function endOpened(
  found: readonly Deliverable[],
  { db, clock, skipLocked }: LedgerContext,
): Promise<{ ids: Uint8Array[]; opened: Events["delivery.already_opened"][] }> {
  const others = await openedMeanwhile(found.filter(isConditional), db);
  const ids = found.flatMap(({ id }) => (others.has(textOf(id)) ? [] : [id]));
  const openedIds = found.flatMap(({ id }) => (others.get(textOf(id))?.isUnderWay === false ? [id] : []));
  if (openedIds.length === 0) return { ids, opened: [] };
  const { rows } = await sql<{ id: Uint8Array }>`
    WITH opened AS MATERIALIZED (
      SELECT id FROM submissions WHERE id IN (${sql.join(openedIds)}) AND state = 'QUEUED'
      ORDER BY id ${skipLocked}
    )
    UPDATE submissions SET state = 'NOT_EXECUTED', reason = 'ALREADY_OPENED', settled_at = ${clock.sql}, deliver_by = NULL
    WHERE state = 'QUEUED' AND id IN (SELECT id FROM opened)
    RETURNING id`.execute(db);
  const opened = rows.map(({ id }) => {
    const submissionId = textOf(id);
    return { submissionId, ticketId: others.get(submissionId)?.ticketId ?? null };
  });
  return { ids, opened };
}

/** Reserves at most `most` of these submissions, but no update of a ticket of which one is sent since they were found. Returns the ids. */
async function reserveSome(
  ids: readonly Uint8Array[],
  most: number,
  reservationId: string,
  { db, clock, leaseMs, skipLocked }: LedgerContext,
): Promise<Uint8Array[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: Uint8Array }>`
    WITH next AS MATERIALIZED (
      SELECT id FROM submissions WHERE id IN (${sql.join([...ids])}) AND state = 'QUEUED'
        AND NOT EXISTS (SELECT 1 FROM submissions AS other WHERE other.ticket_id = submissions.ticket_id AND other.state = 'SENDING')
      ORDER BY id LIMIT ${sql.lit(most)} ${skipLocked}
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

/**
 * Puts reserved requests back into the queue for which nothing was sent, but for updates that a later one has overtaken meanwhile. Returns
 * the ids of those reservations.
 */
export async function releaseDeliveries(
  reservationIds: readonly string[],
  { db, clock, lockTickets }: Pick<LedgerContext, "db" | "clock" | "lockTickets">,
): Promise<string[]> {
  const isReserved = (eb: ExpressionBuilder<Tables, "submissions">) =>
    eb.and([
      eb("reservation_id", "in", reservationIds.map(bytesOf)),
      eb("state", "=", "SENDING"),
      eb("deliver_by", "is not", null),
    ]);
  const found = await db.selectFrom("submissions").select(["id", "ticket_id"]).where(isReserved).execute();
  if (found.length === 0) return [];
  const ids = found.map(({ id }) => id);
  const ticketIds = found.flatMap(({ ticket_id }) => ticket_id ?? []);
  const released = await db.transaction().execute(async (transaction) => {
    await lockTickets(ticketIds, transaction);
    const rows = await transaction
      .updateTable("submissions")
      .set({ state: "QUEUED", reason: "NOT_SENT_IN_TIME", settled_at: clock.sql })
      .where("id", "in", ids) // the ticket of a row that appears only now is not locked; the next look finds it
      .where(isReserved)
      .returning(["id", "reservation_id"])
      .execute();
    await supersedeOvertaken(
      rows.map(({ id }) => id),
      transaction,
      { clock },
    );
    return rows;
  });
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

/** True when a request was taken back. */
export async function isCancelled(id: string, { db }: LedgerContext): Promise<boolean> {
  const row = await db
    .selectFrom("submissions")
    .select("reason")
    .where("id", "=", bytesOf(id))
    .executeTakeFirst();
  return row?.reason === "CANCELLED";
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
