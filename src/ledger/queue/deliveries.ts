/** Ways out of the queue: reserved for a delivery, cancelled, or expired. */
import { type RawBuilder, sql } from "kysely";
import { type Delivery, FIRST_DELIVERY_MS, LONGEST_PAUSE_MS, type Operator } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import type { Submission } from "../../tickets/submission.ts";
import { KEY_ID_BYTES, type LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { LIVE_SQL } from "../database/schema.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { available } from "../database/unusable.ts";
import { bytesOf, textOf } from "../ids.ts";
import { NO_REQUEST, change } from "../submissions/changes.ts";
import { countQueued } from "../submissions/counts.ts";
import { type ReservedRow, openRequest, submissionOf } from "../submissions/row.ts";
import { inTransaction } from "../submissions/transaction.ts";
import { keepAction } from "../tickets/actions.ts";

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

/** Finds at most `most` requests, oldest first, whose ledger key is here. One with unlessAlreadyOpened waits for another create of its number. */
async function deliverables(most: number, { db, cipher, clock }: LedgerContext): Promise<Deliverable[]> {
  const { rows } = await sql<Deliverable>`
    SELECT *, coalesce(conflicting_ticket_id, CASE WHEN opens_once = 1
      THEN (${OPENED_SQL} LIMIT 1) END) AS opened_ticket
    FROM submissions
    WHERE deliver_by IS NOT NULL AND state = 'QUEUED' AND not_before <= ${clock.sql} AND deliver_by > ${clock.sql}
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

/** Takes a queued request back. False: it is not queued. */
export function cancelQueued(submissionId: string, operator: Operator, context: LedgerContext) {
  return inTransaction<Submission | false>("cancellations", context, async (within) => {
    const { db, clock, observe } = within;
    const ending = { reason: "CANCELLED", settled_at: clock.sql } as const;
    const [row] = await change(db, "end", "NOT_EXECUTED", ending, sql`id = ${bytesOf(submissionId)}`);
    if (!row) return false;
    await keepAction("CANCEL", operator, [submissionId], within);
    const { by, byPerson } = operator;
    observe("submission.cancelled", { submissionId, by, byPerson });
    return submissionOf(row);
  });
}

/** Makes a queued request due now, but not sooner than its first delivery. False when it is not queued, or too late. */
export function retryQueued(submissionId: string, operator: Operator, context: LedgerContext) {
  return inTransaction<boolean>("retries", context, async (within) => {
    const { db, clock, observe } = within;
    const first = sql`handed_in_at + ${sql.lit(FIRST_DELIVERY_MS)}`;
    const { numAffectedRows } = await sql`UPDATE submissions
    SET not_before = CASE WHEN ${first} > ${clock.sql} THEN ${first} ELSE ${clock.sql} END
    WHERE id = ${bytesOf(submissionId)} AND state = 'QUEUED' AND deliver_by > ${clock.sql}`.execute(db);
    if (numAffectedRows !== 1n) return false;
    await keepAction("RETRY", operator, [submissionId], within);
    const { by, byPerson } = operator;
    observe("submission.retried", { submissionId, by, byPerson });
    return true;
  });
}

/** Ends queued requests that nobody delivered in time, and erases those whose outcome is not known. It is retention's: a clock that is set a month ahead by mistake expires nothing. */
export async function expireQueued({ db, clock, observe }: LedgerContext): Promise<void> {
  const ending = { reason: "DELIVERY_EXPIRED", settled_at: clock.sql } as const;
  const isLate = sql<boolean>`deliver_by <= (SELECT reached FROM retention_clock)`;
  const expired = await change(db, "end", "NOT_EXECUTED", ending, isLate);
  const doubts = db.updateTable("submissions").set(NO_REQUEST).where("state", "=", "UNCERTAIN"); // of dead owners
  await doubts.where(isLate).execute();
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
export async function reportMissingKeys(context: LedgerContext): Promise<void> {
  const { count } = await countQueued(context, sql<boolean>`NOT ${isReadableSql(context.cipher)}`);
  if (count > 0) context.observe("delivery.key_missing", { count });
}
