/** Deletes rows after their retention. Any number of replicas may do so at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Events } from "../telemetry/events.ts";
import type { LedgerContext } from "./context.ts";
import type { Engine } from "./database/engine.ts";
import { ENDED_SQL, IS_UPDATE_SQL } from "./database/schema.ts";
import { BEFORE_IDS, firstIdAt, timeIn } from "./ids.ts";
import { deleteOldActions } from "./tickets/actions.ts";
import { deleteOldTickets } from "./tickets/forget.ts";

export interface Retention {
  /** Days for which submissions that ended without a ticket are kept, with their keys. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days for which a ticket is kept after the last that is known of it, with everything that is confirmed about it, and what an operator did. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time that a piece of the work should take, in milliseconds, its fewest rows, and the rest after it, as a multiple of its time. Callers wait for its locks. */
const PIECE = { inProcess: { ms: 2, least: 5, rest: 10 }, elsewhere: { ms: 12, least: 25, rest: 30 } };
const MOST_ROWS_A_PIECE = 200;
/** Confirmed rows at which a sweep looks in vain before it ends. The next sweep goes on after them. */
const ROWS_A_SWEEP = 1000;
/** Speed of the time of retention, relative to the running time, while it catches up after the service was off. */
const CATCH_UP = 2;

/** Returns the work of one sweep. It deletes by a time of its own, so that a clock that is set a month ahead by mistake deletes nothing. */
export function createDeletion(context: LedgerContext, { submissionDays, ticketDays }: Retention) {
  const { db, engine, clock, observe } = context;
  let advancedAt = performance.now();
  /** Last confirmed row at which a sweep has looked. */
  let cursor: Uint8Array = BEFORE_IDS;
  return async () => {
    const now = await advance();
    await deleteAndReport("submissions", now - submissionDays * DAY_MS, deleteEnded);
    await deleteAndReport("tickets", now - ticketDays * DAY_MS, deleteTickets);
    await deleteOldActions(now - ticketDays * DAY_MS, MOST_ROWS_A_PIECE, context);
  };

  /** Runs a deletion, which yields the ids of what it deletes, and reports it, also when it fails later. */
  async function deleteAndReport(
    table: Events["retention.deleted"]["table"],
    before: number,
    deletion: (before: number) => AsyncGenerator<Uint8Array>,
  ): Promise<void> {
    let [count, oldest] = [0, before];
    try {
      for await (const id of deletion(before)) {
        count++;
        oldest = Math.min(oldest, timeIn(id));
      }
    } finally {
      const times = { oldest: new Date(oldest).toISOString(), cutOff: new Date(before).toISOString() };
      if (count > 0) observe("retention.deleted", { table, count, ...times });
    }
  }

  /** Deletes submissions that ended without a ticket, and doubts about the status of a ticket that nobody knows. The DELETE repeats the conditions, because PostgreSQL checks them again on a changed row. */
  async function* deleteEnded(before: number): AsyncGenerator<Uint8Array> {
    const hasEnded = sql<boolean>`settled_at < ${before} AND conflicting_ticket_id IS NULL AND ${ENDED_SQL}`;
    for (const isOld of [hasEnded, isDoubtWithoutTicketSql(before)]) {
      const some = db.selectFrom("submissions").select("id").where(isOld);
      const deletion = db.deleteFrom("submissions").where(isOld).returning("id");
      for (const pieces = createPieces(engine); ; await pieces.rest()) {
        const rows = await deletion.where("id", "in", some.limit(pieces.size())).execute();
        for (const { id } of rows) yield id;
        if (rows.length < pieces.size()) break;
      }
    }
  }

  /** Deletes whole tickets. Each has a confirmed row, and their ids sort by time. */
  async function* deleteTickets(before: number): AsyncGenerator<Uint8Array> {
    let looked = 0;
    for (const pieces = createPieces(engine); ; await pieces.rest()) {
      const size = pieces.size();
      const { rows } = await sql<{ id: Uint8Array; ticket_id: string }>`SELECT id, ticket_id FROM submissions
        WHERE id > ${cursor} AND id < ${firstIdAt(before)} AND state = 'CONFIRMED' AND ticket_id IS NOT NULL
        ORDER BY id LIMIT ${size}`.execute(db);
      const from = cursor;
      cursor = rows.length < size ? BEFORE_IDS : rows.at(-1)!.id; // tickets that fail do not stop the next sweep
      if (rows.length === 0) return;
      const firstRows = new Map(rows.toReversed().map(({ id, ticket_id }) => [ticket_id, id]));
      const deleted = await deleteOldTickets([...firstRows.keys()], before, size, context);
      for (const ticketId of deleted ?? []) yield firstRows.get(ticketId)!;
      looked = deleted?.size === 0 ? looked + rows.length : 0;
      if (deleted === null) cursor = from;
      else if (rows.length < size || looked >= ROWS_A_SWEEP) return;
    }
  }

  /** Moves the time of retention on by what this process ran, but no further than the ledger's clock since the last move, and returns it. */
  async function advance(): Promise<number> {
    const running = performance.now();
    const ranMs = sql`cast(${Math.round(running - advancedAt)} as bigint)`;
    const now = clock.sql;
    const passedMs = sql`CASE WHEN ${now} < advanced_at THEN 0 WHEN ${now} - advanced_at < ${ranMs} THEN ${now} - advanced_at ELSE ${ranMs} END`;
    const next = sql`reached + ${sql.lit(CATCH_UP)} * (${passedMs})`;
    const { rows } = await sql<{ reached: number }>`
      UPDATE retention_clock SET reached = CASE WHEN ${next} < ${now} THEN ${next} ELSE ${now} END, advanced_at = ${now}
      RETURNING reached`.execute(db);
    advancedAt = running;
    return rows[0]!.reached;
  }
}

/** Condition for old doubts about updates of tickets of which nothing was accepted. Others leave with their ticket. */
const isDoubtWithoutTicketSql = (
  before: number,
) => sql<boolean>`state = 'UNCERTAIN' AND sent_at < ${before} AND ${IS_UPDATE_SQL}
  AND NOT EXISTS (SELECT 1 FROM submissions AS other WHERE other.ticket_id = submissions.ticket_id
    AND other.requested_status IS NOT NULL AND other.state = 'CONFIRMED')
  AND NOT EXISTS (SELECT 1 FROM submissions AS created WHERE created.ticket_id = submissions.ticket_id
    AND created.requested_status IS NULL AND created.state = 'CONFIRMED' AND created.holds_ticket = 1)`;

/** Sizes the pieces of a work by the time that the last one took. */
function createPieces({ isInProcess }: Engine) {
  const { ms, least, rest } = isInProcess ? PIECE.inProcess : PIECE.elsewhere;
  let rows = least;
  let beganAt = performance.now();
  return {
    /** Number of rows for the present piece. */
    size: () => rows,
    /** Ends a piece, and rests: callers would otherwise get one turn after each. */
    async rest(): Promise<void> {
      const tookMs = performance.now() - beganAt;
      const wanted = Math.min(Math.round((rows * ms) / tookMs), 2 * rows, MOST_ROWS_A_PIECE);
      rows = Math.max(wanted, least);
      await sleep(rest * tookMs);
      beganAt = performance.now();
    },
  };
}
