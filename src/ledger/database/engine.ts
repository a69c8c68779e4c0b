import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** Use of a database. `make`: creates a file that is missing; `use`: reads and writes what is there; `read`: only reads. */
export type Access = "make" | "use" | "read";

/** A database engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: longest time for a connection and for a statement, in milliseconds. */
  dialect(waitMs: number, access: Access): Dialect;
  /** False when the database is a file that is not there. */
  isThere(): boolean;
  /** True when a batch runs a statement for one row repeatedly; false when it runs one statement for all rows. */
  repeatsStatements: boolean;
  /** Engine's time in SQL, in milliseconds since the epoch. */
  now: RawBuilder<number>;
  /** Clause of a SELECT that locks its rows, and leaves out rows that another transaction has locked. */
  skipLocked: RawBuilder<unknown>;
  /**
   * Makes other transactions that lock one of these tickets wait until this one ends. It comes before every other statement of the
   * transaction that changes or locks rows.
   */
  lockTickets: (ticketIds: readonly string[], transaction: Kysely<Tables>) => Promise<void>;
  /** Keeps other processes from migrating until the transaction ends. */
  lockForMigration(transaction: Kysely<Tables>): Promise<void>;
  /** Searches the database for damage, and returns what the engine says about it. A server does so by its own means: empty. */
  damage(db: Kysely<Tables>): Promise<string[]>;
}
