import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** A database engine, with all in which the two differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: how long a connection and a statement may take. */
  dialect(waitMs: number): Dialect;
  /** The engine's time in SQL, in milliseconds since the epoch. */
  now: RawBuilder<number>;
  /** Lets one process alone migrate, until its transaction ends. */
  lockForMigration(transaction: Kysely<Tables>): Promise<void>;
}
