import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** A database engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: longest time for a connection and for a statement, in milliseconds. */
  dialect(waitMs: number): Dialect;
  /** Engine's time in SQL, in milliseconds since the epoch. */
  now: RawBuilder<number>;
  /** Clause of a SELECT that locks rows of the submissions, and leaves out rows that another transaction has locked. */
  skipLocked: RawBuilder<unknown>;
  /** Keeps other processes from migrating until the transaction ends. */
  lockForMigration(transaction: Kysely<Tables>): Promise<void>;
}
