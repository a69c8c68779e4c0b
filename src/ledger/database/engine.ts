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
  /** Reads a time of the ledger's clock: every change before it is committed, and seen by the next statement. Milliseconds since the epoch. */
  committedUntil(db: Kysely<Tables>): Promise<number>;
  /** Lets a transaction give up a wait for a lock after a moment, because all others wait behind it. */
  hurry: (transaction: Kysely<Tables>) => Promise<unknown>;
  /** True for the refusal of a value that a unique index has already. */
  isDuplicate(error: unknown): boolean;
  /** Returns the function that makes the writer of a statement. It commits the rows of one moment together. */
  rowWriters(db: Kysely<Tables>): (statement: RowStatement) => WriteRow;
  /** Sets what this user's sessions in the database need. True: those that begin from now on have it, and the open ones may lack it. */
  prepareSessions(db: Kysely<Tables>): Promise<boolean>;
  /** Throws when the disk takes no writes any more: a statement that is rolled back, or changes no row, does not reach it. A server tells by itself. */
  checkDisk(): void;
  /** Removes what was erased also from the file of recent changes. A server keeps that file by its own means: nothing is done. False: a reader holds it. */
  forgetChanges(db: Kysely<Tables>): Promise<boolean>;
  /** Searches the database for damage, and returns what the engine says about it. A server does so by its own means: empty. */
  damage(db: Kysely<Tables>): Promise<string[]>;
}

/** Returns the SQL for a given row's value of a column. */
export type ValueOf = (column: string) => string;

/** Values of a row by the columns of its statement. Times are given in milliseconds from now, by the ledger's clock. */
export type GivenRow = Readonly<Record<string, string | number | Uint8Array | null>> & { id: Uint8Array };

/**
 * Writes one row, and resolves when that is committed. False: the row was not in the state for it, or a unique index has one of its values. Rejects when
 * the database refused it for another reason, or did not answer.
 */
export type WriteRow = (row: GivenRow) => Promise<boolean>;

/** A statement that an engine can write for one row, and for many. */
export interface RowStatement {
  /** Columns that a row gives. */
  columns: readonly string[];
  /** Writes it. `from`: SQL clause with a list of rows; empty for one row. */
  text: (value: ValueOf, from: string) => string;
  /** Statements that follow for one row that it has changed. The one about many rows holds them. */
  steps: readonly ((value: ValueOf) => string)[];
  /** Text by which rows are sorted: two replicas that write the same ones in opposite orders would wait for each other. */
  order: (row: GivenRow) => string;
}
