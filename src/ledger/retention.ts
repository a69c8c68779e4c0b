/** Deletes rows after their retention. Any number of replicas may do so at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Events } from "../telemetry/events.ts";
import type { LedgerContext } from "./context.ts";
import { ENDED } from "./database/schema.ts";
import { BEFORE_IDS, firstIdAt, timeIn } from "./ids.ts";
import { deleteOldTicket } from "./tickets/forget.ts";

export interface Retention {
  /** Days for which submissions that ended without a ticket are kept, with their keys. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days for which a ticket is kept after the last that is known of it, with everything that is confirmed about it. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement deletes. Callers wait for it, and with SQLite the whole process waits. */
const ROWS_A_DELETE = 100;
/** Confirmed rows at which one sweep looks at least. The next sweep goes on after them. */
const ROWS_A_SWEEP = 1000;
/** Speed of the time of retention, relative to the running time, while it catches up after the service was off. */
const CATCH_UP = 2;

/**
 * Returns the work of one sweep. It deletes by a time of its own. That time is stored in the ledger, passes only while the service runs, and
 * is never ahead of the ledger's clock. A clock that is set a month ahead by mistake therefore deletes nothing.
 */
export function deletingOld(context: LedgerContext, { submissionDays, ticketDays }: Retention) {
  const { db, clock, observe } = context;
  let advancedAt = performance.now();
  /** Last confirmed row at which a sweep has looked. */
  let cursor: Uint8Array = BEFORE_IDS;
  return async () => {
    const now = await advance();
    await reporting("submissions", now - submissionDays * DAY_MS, deleteEnded);
    await reporting("tickets", now - ticketDays * DAY_MS, deleteTickets);
  };

  /** Runs a deletion, which yields the ids of what it deletes, and reports it, also when it fails later. */
  async function reporting(
    table: Events["retention.deleted"]["table"],
    before: number,
    deleting: (before: number) => AsyncGenerator<Uint8Array>,
  ): Promise<void> {
    let [count, oldest] = [0, before];
    try {
      for await (const id of deleting(before)) {
        count++;
        oldest = Math.min(oldest, timeIn(id));
      }
    } finally {
      const times = { oldest: new Date(oldest).toISOString(), cutOff: new Date(before).toISOString() };
      if (count > 0) observe("retention.deleted", { table, count, ...times });
    }
  }

  /** Deletes submissions that ended without a ticket. The DELETE repeats the conditions, because PostgreSQL checks them again on a changed row. */
  async function* deleteEnded(before: number): AsyncGenerator<Uint8Array> {
    const isOld = sql<boolean>`settled_at < ${before} AND conflicting_ticket_id IS NULL AND ${ENDED}`;
    const some = db.selectFrom("submissions").select("id").where(isOld).limit(ROWS_A_DELETE);
    const deletion = db.deleteFrom("submissions").where("id", "in", some).where(isOld).returning("id");
    for (;;) {
      const beganAt = performance.now();
      const rows = await deletion.execute();
      for (const { id } of rows) yield id;
      if (rows.length < ROWS_A_DELETE) return;
      await sleep(performance.now() - beganAt); // callers would otherwise get one turn after each part
    }
  }

  /** Deletes whole tickets. Each has a confirmed row, and their ids sort by time. */
  async function* deleteTickets(before: number): AsyncGenerator<Uint8Array> {
    let looked = 0;
    for (;;) {
      const beganAt = performance.now();
      const { rows } = await sql<{ id: Uint8Array; ticket_id: string }>`SELECT id, ticket_id FROM submissions
        WHERE id > ${cursor} AND id < ${firstIdAt(before)} AND state = 'CONFIRMED' AND ticket_id IS NOT NULL
        ORDER BY id LIMIT ${ROWS_A_DELETE}`.execute(db);
      let deletesNone = true;
      for (const [ticketId, [first]] of Map.groupBy(rows, ({ ticket_id }) => ticket_id)) {
        if (!(await deleteOldTicket(ticketId, before, context))) continue;
        deletesNone = false;
        yield first!.id;
      }
      cursor = rows.length < ROWS_A_DELETE ? BEFORE_IDS : rows.at(-1)!.id;
      looked += rows.length;
      if (rows.length < ROWS_A_DELETE || (deletesNone && looked >= ROWS_A_SWEEP)) return;
      await sleep(performance.now() - beganAt); // callers would otherwise get one turn after each part
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
