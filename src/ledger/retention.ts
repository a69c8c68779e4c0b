/** Deletes rows after their retention. Any number of replicas may do so at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { type DeleteQueryBuilder, type DeleteResult, type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { LedgerClock } from "./clock.ts";
import { firstIdAt } from "./ids.ts";
import type { Tables } from "./database/tables.ts";

export interface Retention {
  /** Days for which settled submissions and their keys are kept. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days for which a ticket is kept after Sociomile's last report about it. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows that one statement deletes. Callers wait for it, and with SQLite the whole process waits. */
const ROWS_A_DELETE = 100;
/** Speed of the time of retention, relative to the running time, while it catches up after the service was off. */
const CATCH_UP = 2;

/**
 * Deletes by a time of its own. That time is stored in the ledger, passes only while the service runs, and is never ahead of
 * the ledger's clock. A clock that is set a month ahead by mistake therefore deletes nothing.
 */
export class Retainer {
  readonly #db: Kysely<Tables>;
  readonly #clock: LedgerClock;
  readonly #retention: Retention;
  #advancedAt = performance.now();

  constructor(db: Kysely<Tables>, clock: LedgerClock, retention: Retention) {
    this.#db = db;
    this.#clock = clock;
    this.#retention = retention;
  }

  /** Deletes rows that are too old. Each DELETE repeats the conditions, because PostgreSQL checks them again on a changed row. */
  async deleteOld(): Promise<void> {
    const now = await this.#advance();
    const settledBefore = now - this.#retention.submissionDays * DAY_MS;
    const isOldSubmission = (eb: ExpressionBuilder<Tables, "submissions">) =>
      eb.and([
        eb("id", "<", firstIdAt(settledBefore)), // finds the rows, because ids sort by time
        eb("settled_at", "<", settledBefore),
        eb("state", "not in", ["SENDING", "UNCERTAIN", "QUEUED"]),
        eb("conflicting_ticket_id", "is", null),
      ]);
    const someSubmissions = this.#db
      .selectFrom("submissions")
      .select("id")
      .where(isOldSubmission)
      .limit(ROWS_A_DELETE);
    await deleteAll(
      this.#db.deleteFrom("submissions").where("id", "in", someSubmissions).where(isOldSubmission),
    );
    const isOldTicket = (eb: ExpressionBuilder<Tables, "tickets">) =>
      eb("observed_at", "<", now - this.#retention.ticketDays * DAY_MS);
    const someTickets = this.#db.selectFrom("tickets").select("id").where(isOldTicket).limit(ROWS_A_DELETE);
    await deleteAll(this.#db.deleteFrom("tickets").where("id", "in", someTickets).where(isOldTicket));
  }

  /**
   * Moves the time of retention on, and returns it: by the time that this process ran, and not by more than passed for the
   * ledger since any process moved it.
   */
  async #advance(): Promise<number> {
    const running = performance.now();
    const ranMs = sql`cast(${Math.round(running - this.#advancedAt)} as bigint)`;
    const { sql: now } = this.#clock;
    const passedMs = sql`CASE WHEN ${now} < advanced_at THEN 0 WHEN ${now} - advanced_at < ${ranMs} THEN ${now} - advanced_at ELSE ${ranMs} END`;
    const next = sql`reached + ${sql.lit(CATCH_UP)} * (${passedMs})`;
    const { rows } = await sql<{ reached: number }>`
      UPDATE retention_clock SET reached = CASE WHEN ${next} < ${now} THEN ${next} ELSE ${now} END, advanced_at = ${now}
      RETURNING reached`.execute(this.#db);
    this.#advancedAt = running;
    return rows[0]!.reached;
  }
}

/**
 * Repeats a DELETE of at most ROWS_A_DELETE rows until none is left. Other statements run in between for as long as the DELETE took: with
 * SQLite callers would otherwise get one turn after each.
 */
async function deleteAll(some: DeleteQueryBuilder<Tables, keyof Tables, DeleteResult>): Promise<void> {
  for (;;) {
    const beganAt = performance.now();
    const { numDeletedRows } = await some.executeTakeFirst();
    if (numDeletedRows < ROWS_A_DELETE) return;
    await sleep(performance.now() - beganAt);
  }
}
