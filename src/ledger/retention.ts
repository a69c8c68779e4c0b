/** Deletes rows after their retention. Any number of replicas may do so at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Events } from "../telemetry/events.ts";
import type { LedgerContext } from "./context.ts";
import { firstIdAt, timeIn } from "./ids.ts";
import { deleteOldTicket } from "./tickets/forget.ts";

export interface Retention {
  /** Days for which submissions that ended without a ticket are kept, with their keys. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days for which a ticket is kept after the last that is known of it, with everything that is confirmed about it. */
  ticketDays: number;
}

/** Number of deleted rows or tickets, and the time of the first call of the oldest one, in milliseconds since the epoch. */
type Deleted = Record<"count" | "oldest", number>;

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
export function deletingOld(
  context: LedgerContext,
  { submissionDays, ticketDays }: Retention,
): () => Promise<void> {
  const { db, clock, observe } = context;
  let advancedAt = performance.now();
  /** Last confirmed row at which a sweep has looked. */
  let cursor: Uint8Array = FIRST;
  return async () => {
    const now = await advance();
    await reporting("submissions", now - submissionDays * DAY_MS, deleteEnded);
    await reporting("tickets", now - ticketDays * DAY_MS, deleteTickets);
  };

  /** Runs a deletion, which counts in `deleted`, and reports it, also when it fails later. */
  async function reporting(
    table: Events["retention.deleted"]["table"],
    before: number,
    work: (before: number, deleted: Deleted) => Promise<void>,
  ): Promise<void> {
    const deleted = { count: 0, oldest: before };
    await work(before, deleted).finally(() => {
      const [oldest, cutOff] = [deleted.oldest, before].map((time) => new Date(time).toISOString());
      if (deleted.count > 0)
        observe("retention.deleted", { table, count: deleted.count, oldest: oldest!, cutOff: cutOff! });
    });
  }

  /** Deletes submissions that ended without a ticket. The DELETE repeats the conditions, because PostgreSQL checks them again on a changed row. */
  async function deleteEnded(before: number, deleted: Deleted): Promise<void> {
    const isOld = sql<boolean>`settled_at < ${before} AND conflicting_ticket_id IS NULL
      AND (state = 'REJECTED' OR state = 'NOT_EXECUTED' OR state = 'SUPERSEDED')`;
    const some = db.selectFrom("submissions").select("id").where(isOld).limit(ROWS_A_DELETE);
    const deletion = db.deleteFrom("submissions").where("id", "in", some).where(isOld).returning("id");
    await untilDone(async () => {
      const rows = await deletion.execute();
      for (const { id } of rows) note(id, deleted);
      return rows.length === ROWS_A_DELETE;
    });
  }

  /** Deletes whole tickets. Each has a confirmed row, and their ids sort by time. */
  async function deleteTickets(before: number, deleted: Deleted): Promise<void> {
    let looked = 0;
    await untilDone(async () => {
      const rows = await db
        .selectFrom("submissions")
        .select(["id", "ticket_id"])
        .where("id", ">", cursor)
        .where("id", "<", firstIdAt(before))
        .where("state", "=", "CONFIRMED")
        .where("ticket_id", "is not", null)
        .orderBy("id")
        .limit(ROWS_A_DELETE)
        .execute();
      const counted = deleted.count;
      for (const [ticketId, [first]] of Map.groupBy(rows, ({ ticket_id }) => ticket_id!))
        if (await deleteOldTicket(ticketId, before, context)) note(first!.id, deleted);
      cursor = rows.length < ROWS_A_DELETE ? FIRST : rows.at(-1)!.id;
      looked += rows.length;
      return rows.length === ROWS_A_DELETE && (deleted.count > counted || looked < ROWS_A_SWEEP);
    });
  }

  /**
   * Moves the time of retention on, and returns it: by the time that this process ran, and not by more than passed for the
   * ledger since any process moved it.
   */
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

function note(id: Uint8Array, deleted: Deleted): void {
  deleted.count++;
  deleted.oldest = Math.min(deleted.oldest, timeIn(id));
}

/** Id before that of every submission. */
const FIRST = new Uint8Array();

/**
 * Repeats work while it returns true. Other statements run in between for as long as the work took: with SQLite callers would otherwise get
 * one turn after each.
 */
async function untilDone(work: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const beganAt = performance.now();
    if (!(await work())) return;
    await sleep(performance.now() - beganAt);
  }
}
