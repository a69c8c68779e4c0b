/** Decides who may send. It never gives one key to two callers, and lets one update of a ticket be sent at a time. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql, type RawBuilder } from "kysely";
import {
  LedgerUnavailable,
  type Reservation,
  FIRST_DELIVERY_MS,
  type Intent,
  type SubmissionKey,
} from "../../tickets/ports.ts";
import { answerToKey, decideBeginning, type Beginning } from "../../tickets/decisions.ts";
import type { LedgerContext } from "../context.ts";
import { createGroup } from "../work.ts";
import { type SubmissionRow, TIMES } from "../database/tables.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";
import { bytesOf, BEFORE_IDS } from "../clock.ts";
import { rowStatements, NO_REQUEST, otherCreatesSql, mayHaveTicket } from "./changes.ts";
import { createQueueLimit } from "./stored.ts";
import { endLeases, isLeaseOver } from "./leases.ts";
import { JUST_NOW, type ReservedRow, type RowNow, submissionOf, columnsOf, sealRequest, sealSubmitted } from "./row.ts";
import { hash } from "node:crypto";
import { canonicalText, numberOf, referencesOf, type TicketOperation } from "../../tickets/request.ts";
import type { NotExecutedReason } from "../../tickets/submission.ts";
import { IS_UPDATE_SQL } from "../database/schema.ts";

/** Looks for what stands in the way of a reservation, while other calls change that. */
const LOOKS = 3;
/** Pause before the third look: PostgreSQL refuses a statement before it releases the rows. Milliseconds. */
const LOOK_AGAIN_MS = 50;

/** Answer to a reservation, or what is to be done for it. Null: what stands in its way has changed. */
type Found = Reservation | "insert" | "runAgain" | null;

/** Returns the function that reserves the key of a request. It rejects when other calls keep changing what stands in its way. */
export function createReserve(context: LedgerContext): (reservation: NewReservation) => Promise<Reservation> {
  const { insert, runAgain } = rowStatements(context.engine);
  const [insertRow, changeRow] = [context.writerOf(insert), context.writerOf(runAgain)];
  const looks = createLooks(context);
  const entersQueue = createGroup(async (clientIds: readonly string[]) => {
    const isAdmitted = createQueueLimit(context);
    const answers: boolean[] = [];
    for (const clientId of clientIds) answers.push(await isAdmitted(clientId));
    return answers;
  });

  return async (reservation) => {
    const { intent, declined } = reservation;
    const begins = await decideBeginning(intent, declined, () => entersQueue(intent.clientId));
    const begun: Begun = { ...reservation, begins };
    // Nearly all keys are new, and few numbers and tickets are busy, so the first look is the insert itself.
    let found: Found = "insert";
    let row: RowNow | undefined;
    for (let tries = 0; tries <= LOOKS; tries++) {
      if (performance.now() > reservation.decidedAt + LEDGER_WAIT_MS) break; // its caller waits no more
      if (found === "insert" || found === "runAgain") {
        const written = await write(begun, row);
        if (written) return written;
      }
      if (tries > 1) await sleep(LOOK_AGAIN_MS);
      row = await looks.underKey(begun);
      found = await answerTo(begun, row, looks, context);
      if (found !== null && typeof found === "object") return found;
    }
    throw new LedgerUnavailable("SLOW", "Not reserved in time.");
  };

  /** Writes the row of a request that begins, or begins again. Its times are estimates. Null: another row prevents it. */
  async function write(begun: Begun, earlier: RowNow | undefined): Promise<Reservation | null> {
    const row: SubmissionRow = earlier ? begunAgain(begun, earlier) : newRow(begun, context);
    const isWritten = earlier
      ? await changeRow({ ...row, expected_reservation: earlier.reservation_id })
      : await insertRow({ ...row });
    if (!isWritten) return null;
    const now = Math.floor(context.clock.estimate());
    for (const time of TIMES) if (row[time] !== null) row[time] += now;
    const reserved: ReservedRow = { submission: submissionOf(row), decidedAt: begun.decidedAt, row };
    if (row.state === "SENDING") return { type: "reserved", ...reserved };
    return { type: row.state === "QUEUED" ? "queued" : "declined", submission: reserved.submission };
  }

  function begunAgain(begun: Begun, { now: _now, ...row }: RowNow): SubmissionRow {
    const id = submissionOf(row).id;
    return {
      ...row,
      ...columnsOfBeginning(begun, id, row.attempts, context),
      nth: null,
      forgotten_at: null,
      changed_at: JUST_NOW,
    };
  }
}

/** Answers a reservation whose row could not be written. */
async function answerTo(
  begun: Begun,
  row: RowNow | undefined,
  looks: ReturnType<typeof createLooks>,
  context: LedgerContext,
): Promise<Found> {
  const { begins, input } = begun;
  const underKey = row && decideByKey(row);
  if (underKey === "otherInput") return { type: "otherInput" };
  if (underKey === "existing") return { type: "existing", submission: submissionOf(row!) };
  if (underKey === "keepQueued") {
    const kept = { ...row!, changed_at: JUST_NOW };
    return (await keepQueued(kept, context)) ? { type: "existing", submission: submissionOf(kept) } : null;
  }
  if (underKey === "loseOwner") return endLeases(context, row).then(() => null);
  const other = await looks.inTheWay(begun, row);
  if (!other) {
    if (underKey === "declined") return { type: "declined", submission: submissionOf(row!) };
    return underKey === "runAgain" ? "runAgain" : "insert";
  }
  if (isLeaseOver(other, context)) return endLeases(context, other).then(() => null);
  if (other.state === "SENDING") return { type: "busy" };
  // This caller gets that answer, so the waiting request is kept, whatever its own caller got.
  if (other.state === "QUEUED" && !(await keepQueued(other, context))) return null;
  const { state, ticketId, conflictingTicketId, clientId } = submissionOf(other);
  return { type: "otherCreate", state, ticketId: ticketId ?? conflictingTicketId, clientId };

  function decideByKey(found: RowNow) {
    const submission = submissionOf(found);
    const hasSameInput = context.cipher.matches({ ...found, id: submission.id }, input);
    return answerToKey({ submission, hasSameInput, isLeaseOver: isLeaseOver(found, context) }, begins.state);
  }
}

/** Makes a queued request that of another call too. The call that queued it may have failed, and would then release it. */
async function keepQueued({ id, reservation_id }: RowNow, { db, clock }: LedgerContext): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE submissions
    SET reservation_id = ${bytesOf(clock.newId())}, changed_at = ${clock.sql}
    WHERE id = ${id} AND reservation_id = ${reservation_id} AND state = 'QUEUED'`.execute(db);
  return numAffectedRows === 1n;
}

/** An intent with the id that its submission has when its key is new. */
export type NewReservation = ReturnType<typeof newReservation>;

/** `declined`: reason for which nothing can be sent now; null when the request can be sent. */
export function newReservation(id: string, intent: Intent, declined: NotExecutedReason | null) {
  const { clientId, idempotencyKey, request } = intent;
  const key = idempotencyKey === null ? null : { clientId, operation: request.operation, idempotencyKey };
  return {
    id,
    intent,
    declined,
    /** The input in canonical form, for its fingerprint. */
    input: canonicalText(request),
    keyHash: key && keyHashOf(key),
    /** Time of the decision to send. Monotonic clock, in milliseconds. */
    decidedAt: performance.now(),
  };
}

/** A reservation, with the way in which its request begins. */
export interface Begun extends NewReservation {
  begins: Beginning;
}

/** Makes the row of a new submission. Its times are given in milliseconds from now. */
export function newRow(begun: Begun, context: LedgerContext): SubmissionRow {
  const { id, intent, input, keyHash } = begun;
  const { request } = intent;
  return {
    id: bytesOf(id),
    client_id: intent.clientId,
    requested_by: intent.requestedBy,
    operation: request.operation,
    key_hash: keyHash,
    fingerprint: context.cipher.fingerprint(input, id),
    ...columnsOf(referencesOf(request)),
    ticket_number: null,
    requested_status: "status" in request.details ? request.details.status : null,
    refused_field: null,
    trace_id: null,
    conflicting_ticket_id: null,
    answer: null,
    nth: null,
    forgotten_at: null,
    changed_at: JUST_NOW,
    ...columnsOfBeginning(begun, id, 0, context),
  };
}

/** Columns of a row whose request begins, or begins again after some attempts. Its times are given in milliseconds from now. */
export function columnsOfBeginning(
  { id, intent: { request, unlessAlreadyOpened }, begins: { state, reason } }: Begun,
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

/** Returns the functions that read what prevents a reservation. Each reads for many at once, as when a service repeats a lot. */
export function createLooks({ db, clock }: LedgerContext) {
  const rowsBy = (column: "key_hash" | "ticket_id", which: RawBuilder<unknown>) =>
    createGroup(async (values: readonly (Uint8Array | string)[]) => {
      const { rows } = await sql<RowNow>`SELECT *, ${clock.sql} AS now FROM submissions
        WHERE ${sql.ref(column)} IN (${sql.join([...values])}) AND ${which}`.execute(db);
      const byValue = new Map(rows.map((row) => [textIn(row[column]!), row]));
      return values.map((value) => byValue.get(textIn(value)));
    });
  const rowUnderKey = rowsBy("key_hash", sql`true`);
  const updateOf = rowsBy("ticket_id", sql`${IS_UPDATE_SQL} AND state = 'SENDING'`);
  const otherCreateOf = createGroup(async (wanted: readonly Wanted[]) => {
    const list = wanted.map(
      ({ operation, number, id }, nth) =>
        sql`(${sql.lit(nth)}, cast(${operation} as text), cast(${number} as text), cast(${id} as blob))`,
    );
    const opened = sql`SELECT id ${OTHER_CREATES_SQL}
      AND (other.state = 'CONFIRMED' OR other.conflicting_ticket_id IS NOT NULL) LIMIT 1`;
    const { rows } = await sql<
      RowNow & { position: number }
    >`WITH wanted (position, operation, number, id) AS (VALUES ${sql.join(list)}),
      found AS MATERIALIZED (
        SELECT position, coalesce((${opened}), (SELECT id ${OTHER_CREATES_SQL} LIMIT 1)) AS other_id FROM wanted)
      SELECT submissions.*, position, ${clock.sql} AS now FROM found CROSS JOIN submissions
      WHERE submissions.id = other_id`.execute(db);
    return wanted.map((_, nth) => rows.find(({ position }) => position === nth));
  });
  return {
    /** Reads the row under the key of a reservation. */
    underKey: async ({ keyHash }: NewReservation) => (keyHash ? rowUnderKey(keyHash) : undefined),

    /** Reads the update of its ticket that is being sent, or another create with its number. `own`: row under its key. */
    async inTheWay({ intent, begins }: Begun, own: RowNow | undefined) {
      const { ticketId } = referencesOf(intent.request);
      if (ticketId !== null && begins.state === "SENDING") return updateOf(ticketId);
      const number = intent.unlessAlreadyOpened ? numberOf(intent.request) : null;
      const { operation } = intent.request;
      return number ? otherCreateOf({ operation, number: number.value, id: own?.id ?? BEFORE_IDS }) : undefined;
    },
  };
}

const textIn = (value: Uint8Array | string) => (typeof value === "string" ? value : value.toHex());
type Wanted = { operation: TicketOperation; number: string; id: Uint8Array };
const OTHER_CREATES_SQL = sql.raw(otherCreatesSql((column) => `wanted.${column}`, "wanted.number"));
