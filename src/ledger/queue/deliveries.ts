/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { type Delivery, FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Operator } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import { type Submission, isAsSeen } from "../../tickets/submission.ts";
import { type LedgerContext, inTransaction } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { available } from "../database/unusable.ts";
import { bytesOf, textOf } from "../clock.ts";
import { NO_REQUEST, change, otherCreatesSql } from "../submissions/changes.ts";
import { type ReservedRow, lockedRow, submissionOf } from "../submissions/row.ts";
import { byTimeSql } from "../submissions/stored.ts";
import { keepAction } from "../tickets/actions.ts";
import { openRequest } from "../cipher.ts";

/** Requests that one statement ends. Its rows are locked, and with SQLite nobody is served meanwhile. */
const ENDED_AT_ONCE = 200;

/** A request that may be delivered, or whose ticket is open already: its own, or that of another create with its number. */
type Deliverable = SubmissionRow & { opened_ticket: string | null };

const OTHER_CREATES_SQL = sql.raw(otherCreatesSql((column) => `submissions.${column}`));
/** Selects the ticket of another create that has the number of a row of `submissions`. */
const OPENED_SQL = sql`SELECT coalesce(other.ticket_id, other.conflicting_ticket_id) ${OTHER_CREATES_SQL}
  AND (other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL)`;
/** Another create that waits in the queue as well stops no delivery. */
const MAY_BE_SENT_SQL = sql`(opens_once = 0 OR NOT EXISTS (
  SELECT 1 ${OTHER_CREATES_SQL} AND (other.state <> 'QUEUED' OR other.conflicting_ticket_id IS NOT NULL)))`;

/**
 * Finds at most `most` requests, oldest first. One with unlessAlreadyOpened waits for another create of its number. A pause that
 * is longer than the longest one began while the clock was ahead: it is over.
 */
async function deliverables(most: number, { db, clock }: LedgerContext): Promise<Deliverable[]> {
  const { rows } = await sql<Deliverable>`
    SELECT *, coalesce(conflicting_ticket_id, CASE WHEN opens_once = 1
      THEN (${OPENED_SQL} LIMIT 1) END) AS opened_ticket
    FROM submissions
    WHERE deliver_by IS NOT NULL AND state = 'QUEUED' AND ${byTimeSql(clock).isInTime}
      AND (not_before <= ${clock.sql} OR not_before > ${clock.after(LONGEST_PAUSE_MS)})
      AND (${MAY_BE_SENT_SQL} OR EXISTS (${OPENED_SQL}))
    ORDER BY handed_in_at, not_before, id LIMIT ${most}`.execute(db);
  return rows;
}

/** Reserves queued requests that are due, oldest first. `orRelease` releases a reservation whose answer is late or missing. */
export async function reserveQueued(
  most: number,
  orRelease: <Result>(reservationId: string, reserving: () => Promise<Result>) => Promise<Result>,
  context: LedgerContext,
): Promise<Delivery[]> {
  const requests = new Map<string, TicketRequest>();
  for (const one of await available(deliverables(most, context))) {
    const id = textOf(one.id);
    const request = one.opened_ticket === null ? openRequest(one.request!, id, context.cipher) : null;
    if (request) requests.set(id, request);
    else await giveUp(one, context);
  }
  if (requests.size === 0) return [];
  const decidedAt = performance.now();
  const ids = [...requests.keys()].map(bytesOf);
  const reservationId = context.clock.newId(); // one for all, because they are released together
  const rows = await orRelease(reservationId, () => takeFromQueue(ids, reservationId, context));
  return rows.map((row) => {
    const reserved: ReservedRow = { submission: submissionOf(row), decidedAt, row };
    const waitedMs = row.sent_at! - row.handed_in_at!;
    return { ...reserved, request: requests.get(reserved.submission.id)!, waitedMs };
  });
}

/** Reserves queued requests. It does not wait for rows that another replica locks. */
async function takeFromQueue(ids: readonly Uint8Array[], reservationId: string, context: LedgerContext) {
  const { clock, engine } = context;
  const free = sql`(SELECT id FROM submissions WHERE id IN (${sql.join([...ids])}) AND state = 'QUEUED'
    ORDER BY id ${engine.skipLocked})`;
  const maySend = sql`id IN ${free} AND state = 'QUEUED' AND ${MAY_BE_SENT_SQL}`;
  const attempt = {
    reason: null,
    settled_at: null,
    attempts: sql<number>`attempts + 1`,
    reservation_id: bytesOf(reservationId),
    sent_at: clock.sql,
  };
  return change(context, "send", "SENDING", attempt, maySend);
}

/** Ends a request that is not sent: its ticket is open already, or it was changed and cannot be opened. */
async function giveUp(one: Deliverable, context: LedgerContext): Promise<void> {
  const { clock, observe } = context;
  const { id, opened_ticket: ticketId } = one;
  const reason = ticketId === null ? "REQUEST_UNREADABLE" : "ALREADY_OPENED";
  const isThis = sql`id = ${id} AND reservation_id = ${one.reservation_id}`;
  const ended = await change(context, "end", "NOT_EXECUTED", { reason, settled_at: clock.sql }, isThis);
  if (ended.length === 0) return;
  const submissionId = textOf(id);
  if (ticketId !== null) observe("delivery.already_opened", { submissionId, ticketId });
  else observe("delivery.request_unreadable", { submissionId });
}

export function cancelQueued(submissionId: string, operator: Operator, context: LedgerContext) {
  return changeQueued("CANCEL", submissionId, operator, context, (within) => {
    const ending = { reason: "CANCELLED", settled_at: within.clock.sql } as const;
    return change(within, "end", "NOT_EXECUTED", ending, sql`id = ${bytesOf(submissionId)}`);
  });
}

/** Makes a queued request due now, but not before its first delivery. One that waits for a person gets new time. */
export function retryQueued(submissionId: string, operator: Operator, context: LedgerContext) {
  return changeQueued("RETRY", submissionId, operator, context, async ({ db, clock, queue }) => {
    const first = sql`handed_in_at + ${sql.lit(FIRST_DELIVERY_MS)}`;
    const { isInTime, waits } = byTimeSql(clock);
    const { rows } = await sql<SubmissionRow>`UPDATE submissions
      SET changed_at = ${clock.sql}, not_before = CASE WHEN ${first} > ${clock.sql} THEN ${first} ELSE ${clock.sql} END,
        deliver_by = CASE WHEN ${waits} THEN ${clock.after(queue.deliverWithinMs)} ELSE deliver_by END
      WHERE id = ${bytesOf(submissionId)} AND state = 'QUEUED' AND (${isInTime} OR ${waits}) RETURNING *`.execute(db);
    return rows;
  });
}

/** Makes and records a change of a queued request that is as its operator has seen it. Null: no row was changed. */
function changeQueued(
  kind: "CANCEL" | "RETRY",
  submissionId: string,
  operator: Operator,
  context: LedgerContext,
  changed: (within: LedgerContext) => Promise<SubmissionRow[]>,
): Promise<Submission | null> {
  return inTransaction("queued", context, async (within) => {
    const found = await lockedRow(submissionId, within);
    const [row] = found && isAsSeen(submissionOf(found), operator) ? await changed(within) : [];
    if (!row) return null;
    await keepAction(kind, operator, [submissionId], within);
    const { by, byPerson } = operator;
    within.observe(kind === "CANCEL" ? "submission.cancelled" : "submission.retried", { submissionId, by, byPerson });
    return submissionOf(row);
  });
}

/** Ends queued requests that nobody delivered in time, in pieces, and erases those whose outcome is not known. */
export async function expireQueued(context: LedgerContext): Promise<void> {
  const { db, clock, engine, observe } = context;
  const { ends } = byTimeSql(clock);
  const ending = { reason: "DELIVERY_EXPIRED", settled_at: clock.sql } as const;
  const some = sql`id IN (SELECT id FROM submissions WHERE state = 'QUEUED' AND ${ends}
    LIMIT ${sql.lit(ENDED_AT_ONCE)} ${engine.skipLocked})`;
  for (let ended = ENDED_AT_ONCE; ended >= ENDED_AT_ONCE;) {
    const beganAt = performance.now();
    const expired = await change(context, "end", "NOT_EXECUTED", ending, some);
    for (const { id } of expired) observe("delivery.expired", { submissionId: textOf(id) });
    ended = expired.length;
    await sleep(performance.now() - beganAt); // callers come first
  }
  const erased = { ...NO_REQUEST, changed_at: clock.sql };
  const doubts = db.updateTable("submissions").set(erased).where("state", "=", "UNCERTAIN"); // of dead owners
  await doubts.where(sql<boolean>`deliver_by <= ${clock.sql}`).execute(); // it is not sent again, whatever the clock says
}
