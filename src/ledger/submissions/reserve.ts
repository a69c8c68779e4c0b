/** Decides who may send. It never gives one key to two callers, and lets one update of a ticket be sent at a time. */
import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import type { Intent, Reservation, SubmissionKey } from "../../tickets/ports.ts";
import { FIRST_DELIVERY_MS, LedgerUnavailable } from "../../tickets/ports.ts";
import { canonicalText, numberOf, referencesOf } from "../../tickets/request.ts";
import type { NotExecutedReason } from "../../tickets/submission.ts";
import { sealRequest, sealSubmitted } from "../cipher.ts";
import { BEFORE_IDS, bytesOf, textOf } from "../clock.ts";
import type { LedgerContext } from "../context.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";
import { type SubmissionRow, TIMES } from "../database/tables.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";
import { NO_REQUEST, otherCreatesSql } from "./changes.ts";
import { endLeases, isLeaseOver } from "./leases.ts";
import { byTimeSql } from "./stored.ts";
import type { ReservedRow, RowNow } from "./row.ts";
import { JUST_NOW, columnsOf, keepsDetails, submissionOf } from "./row.ts";

/** Looks at what stands in the way of a reservation, while other calls change that. */
const LOOKS = 4;
/** Pause before the third look, and the fourth: PostgreSQL refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** A reservation, with the state in which its request begins. `id`: of its submission, when its key is new. */
interface Begun {
  id: string;
  intent: Intent;
  keyHash: Uint8Array | null;
  state: "SENDING" | "QUEUED" | "NOT_EXECUTED";
  reason: NotExecutedReason | null;
  /** Times of the monotonic clock: of the decision to send, and after which its caller waits no more. Milliseconds. */
  decidedAt: number;
  until: number;
}

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
  const until = decidedAt + LEDGER_WAIT_MS;
  const { clientId, idempotencyKey, request } = intent;
  const key = idempotencyKey === null ? null : { clientId, operation: request.operation, idempotencyKey };
  const state = declined === null ? "SENDING" : await declinedState(intent, context);
  const begun: Begun = { id, intent, keyHash: key && keyHashOf(key), state, reason: declined, decidedAt, until };
  // Nearly all keys are new, and few numbers and tickets are busy, so the first look is the insert itself.
  const reservation = await writeReservation(begun, undefined, context);
  if (reservation) return reservation;
  for (let looks = 1; looks <= LOOKS && performance.now() < until; looks++) {
    if (looks > 2) await sleep(LOOK_AGAIN_MS);
    const answer = await look(begun, context);
    if (answer) return answer;
  }
  throw new LedgerUnavailable("SLOW", "Not reserved in time.");
}

/** Decides whether a request that cannot be sent now waits for delivery. */
async function declinedState({ whenUnavailable, clientId }: Intent, { entersQueue }: LedgerContext) {
  const isQueued = whenUnavailable === "DELIVER_LATER" && (await entersQueue(clientId));
  return isQueued ? "QUEUED" : "NOT_EXECUTED";
}

/** Writes the row of a request that begins, or begins again. Its times are estimates. Null: another row prevents it. */
async function writeReservation(
  begun: Begun,
  earlier: MetRow | undefined,
  context: LedgerContext,
): Promise<Reservation | null> {
  const { clock, writers } = context;
  const { decidedAt, until } = begun;
  const row = rowOf(begun, earlier, context);
  const isWritten = earlier
    ? await writers.runAgain({ ...row, expected_reservation: earlier.reservation_id }, until)
    : await writers.insert({ ...row }, until);
  if (!isWritten) return null;
  const now = Math.floor(clock.estimate());
  for (const time of TIMES) if (row[time] !== null) row[time] += now;
  const reserved: ReservedRow = { submission: submissionOf(row), decidedAt, row };
  if (begun.state === "SENDING") return { type: "reserved", ...reserved };
  return { type: begun.state === "QUEUED" ? "queued" : "declined", submission: reserved.submission };
}

/** Makes the row of a request that begins, or begins again. Its times are given in milliseconds from now. */
function rowOf(begun: Begun, earlier: MetRow | undefined, { cipher, queue }: LedgerContext): SubmissionRow {
  const { intent, state, reason } = begun;
  const { request } = intent;
  const id = earlier ? textOf(earlier.id) : begun.id;
  const isSent = state === "SENDING";
  const beginning = {
    attempts: (earlier?.attempts ?? 0) + (isSent ? 1 : 0),
    state,
    reason,
    reservation_id: bytesOf(begun.id),
    sent_at: isSent ? 0 : null,
    settled_at: isSent ? null : 0,
    nth: null,
    forgotten_at: null,
    changed_at: JUST_NOW,
    opens_once: intent.unlessAlreadyOpened && numberOf(request) ? 1 : 0,
    details: keepsDetails(state) ? sealSubmitted(request, id, cipher) : null,
    ...NO_REQUEST,
    ...(state === "QUEUED" && {
      request: sealRequest(request, id, cipher),
      deliver_by: queue.deliverWithinMs,
      handed_in_at: 0,
      not_before: FIRST_DELIVERY_MS,
    }),
  };
  if (earlier) {
    const { now: _now, waits: _waits, ...row } = earlier;
    return { ...row, ...beginning };
  }
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: request.operation,
    key_hash: begun.keyHash,
    fingerprint: cipher.fingerprint(canonicalText(request), id),
    ...columnsOf(referencesOf(request)),
    ticket_number: null,
    requested_status: "status" in request.details ? request.details.status : null,
    refused_field: null,
    trace_id: null,
    conflicting_ticket_id: null,
    answer: null,
    ...beginning,
  };
}

/** Size of a key's hash, in bytes. No client can find two keys with one hash of this size. */
const KEY_HASH_BYTES = 16;

/** Hash that stands for an idempotency key among those of one client and one operation. */
export function keyHashOf({ clientId, operation, idempotencyKey }: SubmissionKey): Uint8Array {
  const text = JSON.stringify([operation, idempotencyKey, clientId]);
  return hash("sha256", text, "buffer").subarray(0, KEY_HASH_BYTES);
}

/** Answers a reservation whose row could not be written, or writes it. Null: what stands in its way has changed. */
async function look(begun: Begun, context: LedgerContext): Promise<Reservation | null> {
  const own = begun.keyHash ? await rowWhere(sql`key_hash = ${begun.keyHash}`, context) : undefined;
  if (own) {
    const { fingerprint, state } = own;
    const submission = submissionOf(own);
    const input = canonicalText(begun.intent.request);
    if (!context.cipher.matches({ id: submission.id, fingerprint }, input)) return { type: "otherInput" };
    if (state === "QUEUED" && !(await keepQueued(own, context))) return null;
    if (isLeaseOver(own, context)) return endLeases(context, own).then(() => null);
    if (state !== "NOT_EXECUTED" || own.conflicting_ticket_id !== null)
      return { type: "existing", submission: own.waits ? { ...submission, nextTryAt: null } : submission };
  }
  const other = await inTheWay(begun, own, context);
  if (other) return answerBeside(other, context);
  if (own && begun.state === "NOT_EXECUTED") return { type: "declined", submission: submissionOf(own) };
  return writeReservation(begun, own, context);
}

/** Answers a reservation by the other update of its ticket, or create with its number. Null: that has changed. */
async function answerBeside(other: RowNow, context: LedgerContext): Promise<Reservation | null> {
  if (isLeaseOver(other, context)) return endLeases(context, other).then(() => null);
  if (other.state === "SENDING") return { type: "busy" };
  // This caller gets that answer, so the waiting request is kept, whatever its own caller got.
  if (other.state === "QUEUED" && !(await keepQueued(other, context))) return null;
  const { state, ticketId, conflictingTicketId, clientId } = submissionOf(other);
  return { type: "otherCreate", state, ticketId: ticketId ?? conflictingTicketId, clientId };
}

/** Reads the update of its ticket that is being sent, or another create with its number. */
function inTheWay({ intent, state }: Begun, own: MetRow | undefined, context: LedgerContext) {
  const { request, unlessAlreadyOpened } = intent;
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

/** A row that was met. `waits`: its request waits for a person. */
type MetRow = RowNow & { waits: unknown };

async function rowWhere(which: RawBuilder<unknown>, { db, clock }: LedgerContext) {
  const { rows } = await sql<MetRow>`
    SELECT *, ${clock.sql} AS now, ${byTimeSql(clock).waits} AS waits FROM submissions WHERE ${which}`.execute(db);
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
