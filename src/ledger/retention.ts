/** Deletes what is older than it may be kept. Any number of replicas may do it at once. */
import { setImmediate } from "node:timers/promises";
import { type DeleteQueryBuilder, type DeleteResult, type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { LedgerClock } from "./clock.ts";
import type { Tables } from "./tables.ts";

export interface Retention {
  /** Days that settled submissions, and so their keys, are kept. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days that a ticket is kept after it was last observed. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** How many rows one statement deletes: callers wait meanwhile, and in SQLite the whole process does. */
const ROWS_A_DELETE = 500;
/** How much faster than the running time the time of retention may pass, to catch up after the service was off. */
const CATCH_UP = 2;

/**
 * Deletes by a time of its own, which is stored in the ledger and passes only while the service runs: a clock that is set
 * a month ahead by mistake deletes nothing. It is never ahead of the ledger's clock.
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

  /** Deletes what is too old. The conditions stand in each DELETE itself: PostgreSQL checks them again on a changed row. */
  async deleteOld(): Promise<void> {
    const now = await this.#advance();
    const isOldSubmission = (eb: ExpressionBuilder<Tables, "submissions">) =>
      eb.and([
        eb("settled_at", "<", now - this.#retention.submissionDays * DAY_MS),
        eb("state", "not in", ["SENDING", "UNCERTAIN"]),
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

  /** Moves the time of retention on, and returns it. */
  async #advance(): Promise<number> {
    const running = performance.now();
    const explainedMs = Math.round((running - this.#advancedAt) * CATCH_UP);
    const { sql: now } = this.#clock;
    const { rows } = await sql<{ reached: number }>`
      UPDATE retention_clock SET reached = CASE WHEN reached + ${explainedMs} < ${now} THEN reached + ${explainedMs} ELSE ${now} END
      RETURNING reached`.execute(this.#db);
    this.#advancedAt = running;
    return rows[0]!.reached;
  }
}

/** Runs a statement that deletes ROWS_A_DELETE at most until all are gone, and lets others at the ledger in between. */
async function deleteAll(some: DeleteQueryBuilder<Tables, keyof Tables, DeleteResult>): Promise<void> {
  for (;;) {
    const { numDeletedRows } = await some.executeTakeFirst();
    if (numDeletedRows < ROWS_A_DELETE) return;
    await setImmediate();
  }
}
