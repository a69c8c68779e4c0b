/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { type Delivery, LONGEST_PAUSE_MS, type QueuedSubmission } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import type { Submission } from "../../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "../submissions/changes.ts";
import { instantOf, openRequest, rowOf, submissionOf } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";
import { type Deliverable, KEY_OF_REQUEST, deliverables, isNext, queued } from "./deliverable.ts";

/**
 * Reserves queued requests whose time has come, oldest first. `reservationId` is that of all of them: a reservation whose answer is lost is
 * given back by it.
 */
export async function takeQueued(
  reservationId: string,
  most: number,
  context: LedgerContext,
): Promise<Delivery[]> {
  const decidedAt = performance.now();
  const opened: { found: Deliverable; request: TicketRequest }[] = [];
  for (const found of await deliverables(most, context)) {
    const request =
      found.opened_ticket !== null ? null : openRequest(found.request!, textOf(found.id), context.cipher);
    if (request) opened.push({ found, request });
    else await giveUp(found, context);
  }
  const creates = opened.flatMap(({ found }) => (isCreate(found) ? [found.id] : []));
  const reserved = await reserve(creates, reservationId, context);
  for (const { found } of opened) {
    if (isCreate(found)) continue;
    // Each has a transaction. An answer that came too late would give all of them back, so the rest is left to the next look.
    if (performance.now() - decidedAt > LEDGER_WAIT_MS / 2) break;
    const reserving = (within: LedgerContext) => reserve([found.id], reservationId, within);
    reserved.push(...(await withTicket(found.ticket_id!, context, reserving)));
  }
  const requests = new Map(opened.map(({ found, request }) => [textOf(found.id), request]));
  return reserved.map((row) => ({
    submission: submissionOf(row),
    request: requests.get(textOf(row.id))!,
    tries: row.tries ?? 0,
    decidedAt,
    row,
  }));
}

function isCreate({ operation }: Deliverable): boolean {
  return OPERATIONS[operation].isCreate;
}

/** Reserves queued requests. It does not wait for rows that another replica holds. */
async function reserve(
  ids: readonly Uint8Array[],
  reservationId: string,
  { db, clock, engine, leaseMs }: LedgerContext,
): Promise<SubmissionRow[]> {
  if (ids.length === 0) return [];
  const free = sql<Uint8Array>`(SELECT id FROM submissions WHERE id IN (${sql.join([...ids])}) AND state = 'QUEUED'
    ORDER BY id ${engine.skipLocked})`;
  return change(db, "send", "SENDING", {
    reason: null,
    settled_at: null,
    attempt: sql<number>`attempt + 1`,
    reservation_id: bytesOf(reservationId),
    lease_until: clock.after(leaseMs),
  })
    .where("id", "in", free)
    .where("state", "=", "QUEUED")
    .where(isNext(clock.sql))
    .returningAll()
    .execute();
}

/** Ends a request that is not sent: another create has opened its ticket, or it was changed and cannot be opened. */
async function giveUp(
  { id, attempt, opened_ticket: ticketId }: Deliverable,
  { db, clock, observe }: LedgerContext,
): Promise<void> {
  const reason = ticketId !== null ? "ALREADY_OPENED" : "REQUEST_UNREADABLE";
  const ended = await change(db, "end", "NOT_EXECUTED", { reason, settled_at: clock.sql })
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .executeTakeFirst();
  if (ended.numUpdatedRows === 0n) return;
  const submissionId = textOf(id);
  if (ticketId !== null) observe("delivery.already_opened", { submissionId, ticketId });
  else observe("delivery.request_unreadable", { submissionId });
}

/** Takes a queued request back. Null when it is not queued. */
export async function cancelQueued(id: string, { db, clock }: LedgerContext): Promise<Submission | null> {
  const row = await change(db, "end", "NOT_EXECUTED", { reason: "CANCELLED", settled_at: clock.sql })
    .where("id", "=", bytesOf(id))
    .returningAll()
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** True when a request was cancelled. */
export async function isCancelled(id: string, { db }: LedgerContext): Promise<boolean> {
  return (await rowOf(id, db))?.reason === "CANCELLED";
}

/**
 * Ends queued requests that nobody could deliver in time. Their time is that of retention, which is never ahead of the time that the
 * service ran: a clock that is set a month ahead by mistake expires nothing.
 */
export async function expireQueued({ db, clock, observe }: LedgerContext): Promise<void> {
  const ending = { reason: "DELIVERY_EXPIRED", settled_at: clock.sql } as const;
  const expired = await change(db, "end", "NOT_EXECUTED", ending)
    .where("deliver_by", "<=", sql<number>`(SELECT reached FROM retention_clock)`)
    .returning("id")
    .execute();
  for (const { id } of expired) observe("delivery.expired", { submissionId: textOf(id) });
}

/** Makes requests due whose times lie ahead, because the clock was set back: they would wait for as long as it was ahead. */
export async function mendTimes({ db, clock }: LedgerContext): Promise<void> {
  await db
    .updateTable("submissions")
    .set({
      not_before: clock.sql,
      handed_in_at: sql`CASE WHEN handed_in_at < ${clock.sql} THEN handed_in_at ELSE ${clock.sql} END`,
    })
    .where("deliver_by", "is not", null)
    .where((eb) =>
      eb.or([eb("handed_in_at", ">", clock.sql), eb("not_before", ">", clock.after(LONGEST_PAUSE_MS))]),
    )
    .execute();
}

/** Reports queued requests that this replica cannot open, because their ledger key is not here. */
export async function reportMissingKeys({ db, cipher, observe }: LedgerContext): Promise<void> {
  const { count } = await db
    .selectFrom("submissions")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("deliver_by", "is not", null)
    .where("state", "<>", "UNCERTAIN") // a doubt about a delivery keeps its request, and waits for no replica
    .where(KEY_OF_REQUEST, "not in", [...cipher.idBytes])
    .executeTakeFirstOrThrow();
  if (count > 0) observe("delivery.key_missing", { count });
}

/** Returns submissions that wait for delivery, oldest first. */
export async function listQueued(first: number, { db }: LedgerContext): Promise<QueuedSubmission[]> {
  const rows = await queued(db).selectAll().limit(first).execute();
  return rows.map((row) => ({
    submission: submissionOf(row),
    handedInAt: instantOf(row.handed_in_at!),
    tries: row.tries!,
  }));
}
