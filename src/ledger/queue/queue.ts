/** The queue of requests that are delivered later. Its rows hold the requests; the states of their submissions say the rest. */
import { type Kysely, type Transaction, sql } from "kysely";
import { LONGEST_PAUSE_MS } from "../../tickets/attempt.ts";
import type { QueuePlace } from "../../tickets/ports.ts";
import type { TicketRequest } from "../../tickets/request.ts";
import { batch, listOf } from "../database/batch.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext, QueueLimits } from "../context.ts";
import { bytesOf } from "../ids.ts";
import type { NewReservation } from "../reservations/reservation.ts";
import type { QueuedRequestRow, Tables } from "../database/tables.ts";

/** A request for the queue. `place`: the one that it had before; null when it comes for the first time. */
export interface Queued {
  submissionId: string;
  request: TicketRequest;
  place: QueuePlace | null;
  tries: number;
  /** Time until the next try, in milliseconds. */
  pauseMs: number;
}

/**
 * Returns the request of a new reservation, for the queue. A caller who did not learn that it is queued repeats it under its key, which
 * every queued request has, so the queue keeps it.
 */
export function queuedBy({ intent }: Pick<NewReservation, "intent">, submissionId: string): Queued {
  return { submissionId, request: intent.request, place: null, tries: 0, pauseMs: 0 };
}

/** Columns of a request for the queue, with the types that PostgreSQL needs. */
const COLUMNS = {
  id: "blob",
  request: "blob",
  key_id: "text",
  handed_in_at: "bigint",
  handed_in_order: "bigint",
  pause_ms: "bigint",
  tries: "bigint",
} as const;
type QueueRow = Record<keyof typeof COLUMNS, Uint8Array | string | number | null>;

/** Stores the requests of submissions that are QUEUED. One that is stored already keeps its place. */
export function storingRequests(context: LedgerContext) {
  const { cipher, clock } = context;
  const columns = Object.keys(COLUMNS) as (keyof QueueRow)[];
  const insert = batch<QueueRow, never>(
    context,
    columns,
    (values) => sql`
    WITH queued (${listOf(columns)}) AS (VALUES ${values})
    INSERT INTO queued_requests (submission_id, request, key_id, handed_in_at, handed_in_order, not_before, tries)
    SELECT submissions.id, queued.request, queued.key_id, coalesce(queued.handed_in_at, ${clock.sql}),
      coalesce(queued.handed_in_order, submissions.reservation_order), ${clock.sql} + queued.pause_ms, queued.tries
    FROM queued JOIN submissions ON submissions.id = queued.id
    WHERE submissions.state = 'QUEUED'
    ON CONFLICT (submission_id) DO UPDATE SET not_before = excluded.not_before, tries = excluded.tries`,
    { types: COLUMNS },
  );
  return async (queued: readonly Queued[], transaction: Transaction<Tables>): Promise<void> => {
    const rows = queued.map((one) => queueRow(one, cipher));
    await insert(rows, transaction);
  };
}

function queueRow({ submissionId, request, place, tries, pauseMs }: Queued, cipher: LedgerCipher): QueueRow {
  return {
    id: bytesOf(submissionId),
    request: cipher.seal(textOfRequest(request), submissionId),
    key_id: cipher.id,
    handed_in_at: place && place.handedInAt.epochMilliseconds,
    handed_in_order: place && place.order,
    pause_ms: pauseMs,
    tries,
  };
}

/** Writes a request as JSON. Times are marked, so that they can be told from text. */
function textOfRequest({ operation, details }: TicketRequest): string {
  const fields = Object.entries(details).map(([field, value]: [string, unknown]) => [
    field,
    value instanceof Temporal.Instant ? { instant: value.toString() } : value,
  ]);
  return JSON.stringify({ operation, details: Object.fromEntries(fields) });
}

/** Opens a stored request. Null when its ledger key is not here, or when it was changed. */
export function openRequest(
  { request, key_id }: Pick<QueuedRequestRow, "request" | "key_id">,
  submissionId: string,
  cipher: LedgerCipher,
): TicketRequest | null {
  const text = cipher.open(request, key_id, submissionId);
  if (text === null) return null;
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "object" && value !== null && "instant" in value
      ? Temporal.Instant.from(String(value.instant))
      : value,
  ) as TicketRequest;
}

/**
 * Makes requests due whose times lie ahead, because the clock was set back: they would wait for as long as it was ahead. The longest
 * pause counts twice, because chance adds to it.
 */
export async function mendTimes({ db, clock }: LedgerContext): Promise<void> {
  await db
    .updateTable("queued_requests")
    .set({
      not_before: clock.sql,
      handed_in_at: sql`CASE WHEN handed_in_at < ${clock.sql} THEN handed_in_at ELSE ${clock.sql} END`,
    })
    .where((eb) =>
      eb.or([
        eb("handed_in_at", ">", clock.sql),
        eb("not_before", ">", sql<number>`${clock.sql} + ${sql.lit(2 * LONGEST_PAUSE_MS)}`),
      ]),
    )
    .execute();
}

/** Returns the number of requests for which the queue has room. */
export async function roomInQueue(db: Kysely<Tables>, { max }: QueueLimits): Promise<number> {
  if (max === 0) return 0;
  const { count } = await db
    .selectFrom("queued_requests")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return max - count;
}

/**
 * Decides which reservations are queued: those that ask for later delivery, and will not be sent now, or must wait for an older update
 * of their ticket. A queue without room declines them.
 */
export async function decideQueued(
  reservations: readonly NewReservation[],
  { db, queue }: LedgerContext,
): Promise<NewReservation[]> {
  const later = reservations.filter(({ intent }) => intent.whenUnavailable === "DELIVER_LATER");
  if (later.length === 0 || queue.max === 0) return [...reservations];
  const waiting = await ticketsWithQueue(later, db);
  const reasonFor = ({ intent, declined }: NewReservation) => {
    if (intent.whenUnavailable !== "DELIVER_LATER") return null;
    const mustWait = "ticketId" in intent.request.details && waiting.has(intent.request.details.ticketId);
    return declined ?? (mustWait ? "OLDER_UPDATE_QUEUED" : null);
  };
  if (!later.some(reasonFor)) return [...reservations];
  let room = await roomInQueue(db, queue);
  return reservations.map((reservation) => {
    const queued = reasonFor(reservation);
    if (queued === null) return reservation;
    if (room-- > 0) return { ...reservation, queued };
    return { ...reservation, declined: reservation.declined ?? "OVERLOADED" };
  });
}

/** Returns the tickets of these reservations that have a queued update. */
async function ticketsWithQueue(
  reservations: readonly NewReservation[],
  db: Kysely<Tables>,
): Promise<Set<string | null>> {
  const ids = reservations.flatMap(({ intent: { request } }) =>
    "ticketId" in request.details ? [request.details.ticketId] : [],
  );
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("submissions")
    .select("ticket_id")
    .where("ticket_id", "in", ids)
    .where("deliver_by", "is not", null)
    .execute();
  return new Set(rows.map((row) => row.ticket_id));
}
