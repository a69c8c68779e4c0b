import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** Use of a database. `make`: creates a file that is missing; `use`: reads and writes what is there; `read`: only reads. */
export type Access = "make" | "use" | "read";

/** A database engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: longest time for a connection and for a statement, in milliseconds. `onReplaced`: hears that another file, or none, is in the place of the database's. */
  dialect(waitMs: number, access: Access, onReplaced?: () => void): Dialect;
  /** False when the database is a file that is not there. */
  isThere(): boolean;
  /** True when statements run in this process: each costs no round trip, and nobody is served meanwhile. */
  isInProcess: boolean;
  /** Sign before the number of a parameter. */
  parameter: "?" | "$";
  /** SQL of the engine's time, in milliseconds since the epoch. */
  now: string;
  /** Lists the tables that a name without a schema finds. `isOwn`: 1 for those in the schema where new tables come. */
  tables: RawBuilder<{ name: string; isOwn: number }>;
  /** SQL of the bytes of a submission's id in the column `subject`. Null for the id of a ticket. */
  subjectId: RawBuilder<unknown>;
  /** Clause of a SELECT that locks its rows, and leaves out rows that another transaction has locked. */
  skipLocked: RawBuilder<unknown>;
  /** Makes other transactions that lock this name wait until this one ends. Comes first in one: later statements then see what others have committed. */
  lock: (name: string, transaction: Kysely<Tables>) => Promise<unknown>;
  /** Runs work while no other process does so under this name. SQLite needs no turn: its transactions lock each other out. */
  alone: (name: string, db: Kysely<Tables>, work: () => Promise<void>) => Promise<void>;
  /** Lets a transaction give up a wait for a lock after a moment, because all others wait behind it. */
  hurry: (transaction: Kysely<Tables>) => Promise<unknown>;
  /** True for an error with which the database itself refused a statement. False when it did not answer. */
  isRefusal(error: unknown): boolean;
  /** True for the refusal of a value that a unique index has already. */
  isDuplicate(error: unknown): boolean;
  /** Removes what was erased also from the file of recent changes. A server keeps that file by its own means: nothing is done. False: a reader holds it. */
  forgetChanges(db: Kysely<Tables>): Promise<boolean>;
  /** Searches the database for damage, and returns what the engine says about it. A server does so by its own means: empty. */
  damage(db: Kysely<Tables>): Promise<string[]>;
}
