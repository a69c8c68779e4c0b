/** Decides who may send. It never gives one key to two callers, and lets one update of a ticket be sent at a time. */
import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import type { Intent, Reservation, SubmissionKey } from "../../tickets/ports.ts";
import { FIRST_DELIVERY_MS, LedgerUnavailable } from "../../tickets/ports.ts";
import { canonicalText, numberOf, referencesOf } from "../../tickets/request.ts";
import type { NotExecutedReason } from "../../tickets/submission.ts";
import { BEFORE_IDS, bytesOf, textOf } from "../clock.ts";
import type { LedgerContext } from "../context.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";
import { type SubmissionRow, TIMES } from "../database/tables.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";
import { NO_REQUEST, otherCreatesSql } from "./changes.ts";
import { endLeases, isLeaseOver } from "./leases.ts";
import { waitsForPerson } from "./stored.ts";
import type { ReservedRow, RowNow } from "./row.ts";
import { JUST_NOW, columnsOf, mayHaveTicket, sealRequest, sealSubmitted, submissionOf } from "./row.ts";

/** Looks for what stands in the way of a reservation, while other calls change that. */
const LOOKS = 3;
/** Pause before the third look: PostgreSQL refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** A reservation, with the state in which its request begins. `id`: of its submission, when its key is new. */
interface Begun {
  id: string;
  intent: Intent;
  keyHash: Uint8Array | null;
  state: "SENDING" | "QUEUED" | "NOT_EXECUTED";
  reason: NotExecutedReason | null;
}

/** Answer to a reservation, or what is to be done for it. Null: what stands in its way has changed. */
type Found = Reservation | "insert" | "runAgain" | null;

/**
 * Reserves the key of a request. `declined`: reason for which nothing can be sent now. It rejects when other calls keep changing
 * what stands in its way.
 */
export async function reserve(
  id: string,
  intent: Intent,
  declined: NotExecutedReason | null,
  context: LedgerContext,
): Promise<Reservation> {
  const decidedAt = performance.now();
  const { clientId, idempotencyKey, request } = intent;
  const key = idempotencyKey === null ? null : { clientId, operation: request.operation, idempotencyKey };
  const state = await beginningOf(intent, declined, context);
  const begun: Begun = { id, intent, keyHash: key && keyHashOf(key), state, reason: declined };
  // Nearly all keys are new, and few numbers and tickets are busy, so the first look is the insert itself.
  let found: Found = "insert";
  let earlier: RowNow | undefined;
  for (let tries = 0; tries <= LOOKS; tries++) {
    if (performance.now() > decidedAt + LEDGER_WAIT_MS) break; // its caller waits no more
    if (found === "insert" || found === "runAgain") {
      const row = await writeReservation(begun, earlier, context);
      if (row) return reservationOf({ submission: submissionOf(row), decidedAt, row });
    }
    if (tries > 1) await sleep(LOOK_AGAIN_MS);
    earlier = begun.keyHash ? await rowWhere(sql`key_hash = ${begun.keyHash}`, context) : undefined;
    found = await answerTo(begun, earlier, context);
    if (found !== null && typeof found === "object") return found;
  }
  throw new LedgerUnavailable("SLOW", "Not reserved in time.");
}

/** Decides how a request begins. */
async function beginningOf(intent: Intent, declined: NotExecutedReason | null, context: LedgerContext) {
  if (declined === null) return "SENDING";
  const isQueued = intent.whenUnavailable === "DELIVER_LATER" && (await context.entersQueue(intent.clientId));
  return isQueued ? "QUEUED" : "NOT_EXECUTED";
}

function reservationOf(reserved: ReservedRow): Reservation {
  const { submission } = reserved;
  if (submission.state === "SENDING") return { type: "reserved", ...reserved };
  return { type: submission.state === "QUEUED" ? "queued" : "declined", submission };
}

/** Writes the row of a request that begins, or begins again. Its times are estimates. Null: another row prevents it. */
async function writeReservation(
  begun: Begun,
  earlier: RowNow | undefined,
  context: LedgerContext,
): Promise<SubmissionRow | null> {
  const { clock, writers } = context;
  const row = earlier ? begunAgain(begun, earlier, context) : newRow(begun, context);
  const isWritten = earlier
    ? await writers.runAgain({ ...row, expected_reservation: earlier.reservation_id })
    : await writers.insert({ ...row });
  if (!isWritten) return null;
  const now = Math.floor(clock.estimate());
  for (const time of TIMES) if (row[time] !== null) row[time] += now;
  return row;
}

/** Makes the row of a new submission. Its times are given in milliseconds from now. */
function newRow(begun: Begun, context: LedgerContext): SubmissionRow {
  const { id, intent, keyHash } = begun;
  const { request } = intent;
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: request.operation,
    key_hash: keyHash,
    fingerprint: context.cipher.fingerprint(canonicalText(request), id),
    ...columnsOf(referencesOf(request)),
    ticket_number: null,
    requested_status: "status" in request.details ? request.details.status : null,
    refused_field: null,
    trace_id: null,
    conflicting_ticket_id: null,
    answer: null,
    ...columnsOfBeginning(begun, id, 0, context),
  };
}

function begunAgain(begun: Begun, { now: _now, ...row }: RowNow, context: LedgerContext): SubmissionRow {
  return { ...row, ...columnsOfBeginning(begun, textOf(row.id), row.attempts, context) };
}

/** Columns of a row whose request begins, or begins again after some attempts. Its times are given in milliseconds from now. */
function columnsOfBeginning(
  { id, intent: { request, unlessAlreadyOpened }, state, reason }: Begun,
  rowId: string,
  attemptsBefore: number,
  { cipher, queue }: LedgerContext,
) {
  const isSent = state === "SENDING";
  return {
    attempts: attemptsBefore + (isSent ? 1 : 0),
    state,
    reason,
    reservation_id: bytesOf(id),
    sent_at: isSent ? 0 : null,
    settled_at: isSent ? null : 0,
    nth: null,
    forgotten_at: null,
    changed_at: JUST_NOW,
    opens_once: unlessAlreadyOpened && numberOf(request) ? 1 : 0,
    details: mayHaveTicket(state) ? sealSubmitted(request, rowId, cipher) : null,
    ...NO_REQUEST,
    ...(state === "QUEUED" && {
      request: sealRequest(request, rowId, cipher),
      deliver_by: queue.deliverWithinMs,
      handed_in_at: 0,
      not_before: FIRST_DELIVERY_MS,
    }),
  };
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** Hash that stands for an idempotency key among those of one client and one operation. */
export function keyHashOf({ clientId, operation, idempotencyKey }: SubmissionKey): Uint8Array {
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return hash("sha256", text, "buffer").subarray(0, KEY_HASH_BYTES);
}

/** Answers a reservation whose row could not be written. `own`: row under its key. */
async function answerTo(begun: Begun, own: RowNow | undefined, context: LedgerContext): Promise<Found> {
  const submission = own && submissionOf(own);
  if (own && submission) {
    const { fingerprint, state } = own;
    const input = canonicalText(begun.intent.request);
    if (!context.cipher.matches({ id: submission.id, fingerprint }, input)) return { type: "otherInput" };
    if (state === "QUEUED")
      return (await keepQueued(own, context))
        ? { type: "existing", submission: waitsForPerson(own) ? { ...submission, nextTryAt: null } : submission }
        : null;
    if (isLeaseOver(own, context)) return endLeases(context, own).then(() => null);
    if (state !== "NOT_EXECUTED" || own.conflicting_ticket_id !== null) return { type: "existing", submission };
  }
  const other = await inTheWay(begun, own, context);
  if (!other) {
    if (!submission) return "insert";
    return begun.state === "NOT_EXECUTED" ? { type: "declined", submission } : "runAgain";
  }
  if (isLeaseOver(other, context)) return endLeases(context, other).then(() => null);
  if (other.state === "SENDING") return { type: "busy" };
  // This caller gets that answer, so the waiting request is kept, whatever its own caller got.
  if (other.state === "QUEUED" && !(await keepQueued(other, context))) return null;
  const { state, ticketId, conflictingTicketId, clientId } = submissionOf(other);
  return { type: "otherCreate", state, ticketId: ticketId ?? conflictingTicketId, clientId };
}

/** Reads the update of its ticket that is being sent, or another create with its number. */
function inTheWay(
  { intent: { request, unlessAlreadyOpened }, state }: Begun,
  own: RowNow | undefined,
  context: LedgerContext,
) {
  const { ticketId } = referencesOf(request);
  if (ticketId !== null && state === "SENDING")
    return rowWhere(sql`ticket_id = ${ticketId} AND ${IS_UPDATE_SQL} AND state = 'SENDING'`, context);
  const number = unlessAlreadyOpened ? numberOf(request) : null;
  if (!number) return undefined;
  const wanted = sql`cast(${request.operation} as text), cast(${number.value} as text), cast(${own?.id ?? BEFORE_IDS} as blob)`;
  return rowWhere(
    sql`id = (WITH wanted (operation, number, id) AS (VALUES (${wanted}))
      SELECT coalesce((SELECT id ${OTHER_CREATES_SQL} AND (other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL) LIMIT 1),
        (SELECT id ${OTHER_CREATES_SQL} LIMIT 1)) FROM wanted)`,
    context,
  );
}

const OTHER_CREATES_SQL = sql.raw(otherCreatesSql((column) => `wanted.${column}`, "wanted.number"));

async function rowWhere(which: RawBuilder<unknown>, { db, clock }: LedgerContext): Promise<RowNow | undefined> {
  const { rows } = await sql<RowNow>`SELECT *, ${clock.sql} AS now FROM submissions WHERE ${which}`.execute(db);
  return rows[0];
}

/**
 * Makes a queued request that of another call too. The call that queued it may have failed, and would then release it. Nobody
 * sees a change, so whoever asks again and again changes nothing for others.
 */
async function keepQueued({ id, reservation_id }: RowNow, { db, clock }: LedgerContext): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE submissions
    SET reservation_id = ${bytesOf(clock.newId())}
    WHERE id = ${id} AND reservation_id = ${reservation_id} AND state = 'QUEUED'`.execute(db);
  return numAffectedRows === 1n;
}
