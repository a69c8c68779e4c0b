/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { type Delivery, FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Operator } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import { KEY_ID_BYTES, type LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { LIVE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { available } from "../database/unusable.ts";
import { bytesOf, textOf } from "../ids.ts";
import { NO_REQUEST, change } from "../submissions/changes.ts";
import { countQueued } from "../submissions/counts.ts";
import { type ReservedRow, openRequest, submissionOf } from "../submissions/row.ts";
import { byTimeSql } from "../submissions/stored.ts";

/** Requests that one statement ends. Its rows are locked, and with SQLite nobody is served meanwhile. */
const ENDED_AT_ONCE = 200;

/** A request that may be delivered, or whose ticket is open already: its own, or that of another create for the same complaint. */
type Deliverable = SubmissionRow & { opened_ticket: string | null };

/** Condition for requests whose ledger key is here. None of them is read for it while all keys of the ledger are. */
function isReadableSql({ ids }: LedgerCipher) {
  const keys = ids.map((id) => Uint8Array.fromHex(id));
  return sql<boolean>`CASE WHEN EXISTS (SELECT 1 FROM ledger_keys WHERE ledger_keys.id NOT IN (${sql.join([...ids])}))
    THEN substr(request, 1, ${sql.lit(KEY_ID_BYTES)}) IN (${sql.join(keys)}) ELSE true END`;
}

/** Selects the tickets of other creates with the number of a row of `submissions`. An index serves each of the two numbers. */
const rivalsSql = (are: RawBuilder<unknown>) => {
  const having = (number: string) => sql`SELECT coalesce(other.ticket_id, other.conflicting_ticket_id)
    FROM submissions AS other WHERE ${sql.raw(`other.${number} = submissions.${number}`)} AND other.operation = submissions.operation
      AND other.id <> submissions.id AND ${are}`;
  return sql`${having("helpdesk_ticket_number")} UNION ALL ${having("source_ticket_id")}`;
};
const OPENED_SQL = rivalsSql(sql`${LIVE_SQL}
  AND (other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL)`);
const UNDER_WAY_SQL = sql`${rivalsSql(sql`other.state = 'SENDING'`)}
  UNION ALL ${rivalsSql(sql`${LIVE_SQL} AND other.state = 'UNCERTAIN'`)}`;
const HAS_NO_RIVAL_SQL = sql`(opens_once = 0 OR NOT EXISTS (${OPENED_SQL}) AND NOT EXISTS (${UNDER_WAY_SQL}))`;

/**
 * Finds at most `most` requests, oldest first, whose ledger key is here. One with unlessAlreadyOpened waits for another create of its number. A pause that
 * lies further ahead than the longest one began while the clock was ahead: it is over.
 */
async function deliverables(most: number, { db, cipher, clock }: LedgerContext): Promise<Deliverable[]> {
  const { rows } = await sql<Deliverable>`
    SELECT *, coalesce(conflicting_ticket_id, CASE WHEN opens_once = 1
      THEN (${OPENED_SQL} LIMIT 1) END) AS opened_ticket
    FROM submissions
    WHERE deliver_by IS NOT NULL AND state = 'QUEUED' AND ${byTimeSql(clock).isInTime}
      AND (not_before <= ${clock.sql} OR not_before > ${clock.after(LONGEST_PAUSE_MS)})
      AND ${isReadableSql(cipher)} AND (${HAS_NO_RIVAL_SQL} OR EXISTS (${OPENED_SQL}))
    ORDER BY handed_in_at, not_before, id LIMIT ${most}`.execute(db);
  return rows;
}

/** Reserves queued requests whose time has come, oldest first. `unlessLost` gives a reservation back whose answer is late or lost. */
export async function reserveQueued(
  most: number,
  unlessLost: <Result>(reservationId: string, reserving: () => Promise<Result>) => Promise<Result>,
  context: LedgerContext,
): Promise<Delivery[]> {
  const requests = new Map<string, TicketRequest>();
  const found = await available(deliverables(most, context));
  for (const one of found) {
    const id = textOf(one.id);
    const request = one.opened_ticket === null ? openRequest(one.request!, id, context.cipher) : null;
    if (request) requests.set(id, request);
    else await giveUp(one, context);
  }
  const readable = found.filter(({ id }) => requests.has(textOf(id)));
  if (readable.length === 0) return [];
  const decidedAt = performance.now();
  const ids = readable.map(({ id }) => id);
  const reservationId = context.clock.newId(); // the statement is given back as a whole, and once
  const rows = await unlessLost(reservationId, () => reserve(ids, reservationId, context));
  return rows.map((row) => {
    const held: ReservedRow = { submission: submissionOf(row), decidedAt, row };
    return { ...held, request: requests.get(held.submission.id)!, tries: row.tries ?? 0 };
  });
}

/** Reserves queued requests. It does not wait for rows that another replica holds. */
async function reserve(ids: readonly Uint8Array[], reservationId: string, context: LedgerContext) {
  const { db, clock, engine } = context;
  const free = sql`(SELECT id FROM submissions WHERE id IN (${sql.join([...ids])}) AND state = 'QUEUED'
    ORDER BY id ${engine.skipLocked})`;
  const maySend = sql`id IN ${free} AND state = 'QUEUED' AND conflicting_ticket_id IS NULL AND ${HAS_NO_RIVAL_SQL}`;
  const attempt = {
    reason: null,
    settled_at: null,
    attempt: sql<number>`attempt + 1`,
    reservation_id: bytesOf(reservationId),
    sent_at: clock.sql,
  };
  return change(db, "send", "SENDING", attempt, maySend);
}

/** Ends a request that is not sent: its ticket is open already, by an earlier attempt or another create; or it was changed and cannot be opened. */
async function giveUp(
  { id, attempt, conflicting_ticket_id: ownTicket, opened_ticket: ticketId }: Deliverable,
  { db, clock, observe }: LedgerContext,
): Promise<void> {
  const already = ownTicket === null ? "ALREADY_OPENED" : "NOT_CREATED_SAYS_OPERATOR"; // a verdict, so that it can be corrected
  const reason = ticketId === null ? "REQUEST_UNREADABLE" : already;
  const isThis = sql`id = ${id} AND attempt = ${attempt}`;
  const ended = await change(db, "end", "NOT_EXECUTED", { reason, settled_at: clock.sql }, isThis);
  if (ended.length === 0) return;
  const submissionId = textOf(id);
  if (ticketId !== null) observe("delivery.already_opened", { submissionId, ticketId });
  else observe("delivery.request_unreadable", { submissionId });
}

/** Takes a queued request back. Null: it is not queued. */
export async function cancelQueued(submissionId: string, { by, byPerson }: Operator, context: LedgerContext) {
  const { db, clock, observe } = context;
  const ending = { reason: "CANCELLED", settled_at: clock.sql } as const;
  const [row] = await change(db, "end", "NOT_EXECUTED", ending, sql`id = ${bytesOf(submissionId)}`);
  if (!row) return null;
  observe("submission.cancelled", { submissionId, by, byPerson });
  return submissionOf(row);
}

/** Makes a queued request due now, but not sooner than its first delivery. One that waits for a person gets a new time. False: it is not queued, or ends. */
export async function retryQueued(id: string, { db, clock, queue }: LedgerContext): Promise<boolean> {
  const first = sql`handed_in_at + ${sql.lit(FIRST_DELIVERY_MS)}`;
  const { isInTime, waits } = byTimeSql(clock);
  const { numAffectedRows } = await sql`UPDATE submissions
    SET not_before = CASE WHEN ${first} > ${clock.sql} THEN ${first} ELSE ${clock.sql} END,
      deliver_by = CASE WHEN ${waits} THEN ${clock.after(queue.deliverWithinMs)} ELSE deliver_by END
    WHERE id = ${bytesOf(id)} AND state = 'QUEUED' AND (${isInTime} OR ${waits})`.execute(db);
  return numAffectedRows === 1n;
}

/** Ends queued requests that nobody delivered in time, in pieces, and erases those whose outcome is not known. */
export async function expireQueued({ db, clock, engine, observe }: LedgerContext): Promise<void> {
  const { ends } = byTimeSql(clock);
  const ending = { reason: "DELIVERY_EXPIRED", settled_at: clock.sql } as const;
  const some = sql`id IN (SELECT id FROM submissions WHERE state = 'QUEUED' AND ${ends}
    LIMIT ${sql.lit(ENDED_AT_ONCE)} ${engine.skipLocked})`;
  for (let ended = ENDED_AT_ONCE; ended >= ENDED_AT_ONCE;) {
    const beganAt = performance.now();
    const expired = await change(db, "end", "NOT_EXECUTED", ending, some);
    for (const { id } of expired) observe("delivery.expired", { submissionId: textOf(id) });
    ended = expired.length;
    await sleep(performance.now() - beganAt); // callers have their turn
  }
  const doubts = db.updateTable("submissions").set(NO_REQUEST).where("state", "=", "UNCERTAIN"); // of dead owners
  await doubts.where(ends).execute();
}

/** Reports queued requests that this replica cannot open, because their ledger key is not here. A doubt about a delivery waits for no replica. */
export async function reportMissingKeys(context: LedgerContext): Promise<void> {
  const { count } = await countQueued(context, sql<boolean>`NOT ${isReadableSql(context.cipher)}`);
  if (count > 0) context.observe("delivery.key_missing", { count });
}
