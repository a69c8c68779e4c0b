import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** A database engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: longest time for a connection and for a statement, in milliseconds. */
  dialect(waitMs: number): Dialect;
  /** Engine's time in SQL, in milliseconds since the epoch. */
  now: RawBuilder<number>;
  /** Keeps other processes from migrating until the transaction ends. */
  lockForMigration(transaction: Kysely<Tables>): Promise<void>;
}
