/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { sql } from "kysely";
import { OPERATIONS } from "../../tickets/operations.ts";
import { type Delivery, FIRST_DELIVERY_MS, LONGEST_PAUSE_MS } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import type { Submission } from "../../tickets/submission.ts";
import { LEDGER_WAIT_MS } from "../available.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { bytesOf, textOf } from "../ids.ts";
import { change } from "../submissions/changes.ts";
import { openRequest, submissionOf } from "../submissions/row.ts";
import { withTicket } from "../submissions/with-ticket.ts";
import { type Deliverable, KEY_OF_REQUEST, deliverables, isNext } from "./deliverable.ts";

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
  const reserved: SubmissionRow[] = [];
  const updateOf = ({ found }: (typeof opened)[number]) =>
    OPERATIONS[found.operation].isCreate ? null : found.ticket_id;
  for (const [ticketId, some] of Map.groupBy(opened, updateOf)) {
    // Each has a transaction. An answer that came too late would give all of them back, so the rest is left to the next look.
    if (performance.now() - decidedAt > LEDGER_WAIT_MS / 2) break;
    const ids = some.map(({ found }) => found.id);
    const reserving = (within: LedgerContext) => reserve(ids, reservationId, within);
    reserved.push(...(await withTicket(ticketId, context, reserving)));
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

/** Reserves queued requests. It does not wait for rows that another replica holds. */
async function reserve(
  ids: readonly Uint8Array[],
  reservationId: string,
  { db, clock, engine, leaseMs }: LedgerContext,
): Promise<SubmissionRow[]> {
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

/** Ends a queued request for an operator. Null when it is not queued. */
export async function cancelQueued(id: string, { db, clock }: LedgerContext): Promise<Submission | null> {
  const row = await change(db, "end", "NOT_EXECUTED", { reason: "CANCELLED", settled_at: clock.sql })
    .where("id", "=", bytesOf(id))
    .returningAll()
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** Makes a queued request due now, but not sooner than its first delivery. False when it is not queued. */
export async function retryQueued(id: string, { db, clock }: LedgerContext): Promise<boolean> {
  const first = sql`handed_in_at + ${sql.lit(FIRST_DELIVERY_MS)}`;
  const { numUpdatedRows } = await db
    .updateTable("submissions")
    .set({ not_before: sql<number>`CASE WHEN ${first} > ${clock.sql} THEN ${first} ELSE ${clock.sql} END` })
    .where("id", "=", bytesOf(id))
    .where("state", "=", "QUEUED")
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
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
  const now = clock.sql;
  await sql`UPDATE submissions
    SET not_before = ${now}, handed_in_at = CASE WHEN handed_in_at < ${now} THEN handed_in_at ELSE ${now} END
    WHERE deliver_by IS NOT NULL
      AND (handed_in_at > ${now} OR not_before > ${clock.after(LONGEST_PAUSE_MS)})`.execute(db);
}

/** Reports queued requests that this replica cannot open, because their ledger key is not here. A doubt about a delivery waits for no replica. */
export async function reportMissingKeys({ db, cipher, observe }: LedgerContext): Promise<void> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM submissions
    WHERE deliver_by IS NOT NULL AND state <> 'UNCERTAIN'
      AND ${KEY_OF_REQUEST} NOT IN (${sql.join([...cipher.idBytes])})`.execute(db);
  const { count } = rows[0]!;
  if (count > 0) observe("delivery.key_missing", { count });
}
