import type { Dialect, Kysely, RawBuilder } from "kysely";
import type { Tables } from "./tables.ts";

/** Use of a database. `make`: creates a file that is missing; `use`: reads and writes what is there; `read`: only reads. */
export type Access = "make" | "use" | "read";

/** A database engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  name: "SQLite" | "PostgreSQL";
  /** Kysely's dialect. `waitMs`: for a connection and for a statement. `onReplaced`: the file was removed or replaced. */
  dialect(waitMs: number, access: Access, onReplaced?: () => void): Dialect;
  /** False when the database is a file that is not there. */
  isThere(): boolean;
  /** True when statements run in this process: each costs no round trip, and nobody is served meanwhile. */
  isInProcess: boolean;
  /** SQL of the engine's time, in milliseconds since the epoch. */
  now: string;
  /** Lists the tables that a name without a schema finds. `isOwn`: 1 for those in the schema where new tables come. */
  tables: RawBuilder<{ name: string; isOwn: number }>;
  /** SQL of the bytes of a submission's id in the column `subject`. Null for the id of a ticket. */
  subjectId: RawBuilder<unknown>;
  /** Clause of a SELECT that locks its rows, and leaves out rows that another transaction has locked. */
  skipLocked: RawBuilder<unknown>;
  /** Runs work while no other process does so under this name. SQLite needs no lock: its transactions lock each other out. */
  alone: (name: string, db: Kysely<Tables>, work: () => Promise<void>) => Promise<void>;
  /** Reads a time of the ledger's clock before which every change is committed. Milliseconds since the epoch. */
  committedUntil(db: Kysely<Tables>): Promise<number>;
  /** Limits a transaction's wait for a lock to a short time, because all others wait behind it. */
  limitLockWait: (transaction: Kysely<Tables>) => Promise<unknown>;
  /** True for the refusal of a value that a unique index has already. */
  isDuplicate(error: unknown): boolean;
  /** Returns the function that makes the writer of a statement. It commits concurrent rows together. */
  rowWriters(db: Kysely<Tables>): (statement: RowStatement) => WriteRow;
  /** Sets what this user's sessions in the database need. True: the open sessions may lack it. */
  prepareSessions(db: Kysely<Tables>): Promise<boolean>;
  /** Throws when SQLite's disk accepts no writes any more: a statement that changes no row does not reach it. */
  checkDisk(): void;
  /** Empties SQLite's file of recent changes, which may have erased data. False: a reader uses it. */
  forgetChanges(db: Kysely<Tables>): Promise<boolean>;
  /** Searches the database for damage, and returns what the engine says about it. A server does so by its own means: empty. */
  damage(db: Kysely<Tables>): Promise<string[]>;
}

/** Returns the SQL for a given row's value of a column. */
export type ValueOf = (column: string) => string;

/** Values of a row by the columns of its statement. Times are given in milliseconds from now, by the ledger's clock. */
export type GivenRow = Readonly<Record<string, string | number | Uint8Array | null>> & { id: Uint8Array };

/**
 * Writes one row. Resolves after the commit; false: the row has another state, or a unique index refuses it. Else rejects, also
 * when it has not begun at `until`, a time of the monotonic clock, because its caller waits no more. Absent: its caller waits.
 */
export type WriteRow = (row: GivenRow, until?: number) => Promise<boolean>;

/** A statement that an engine can write for one row, and for many. */
export interface RowStatement {
  columns: readonly string[];
  /** Writes it. `from`: SQL clause with a list of rows; empty for one row. */
  text: (value: ValueOf, from: string) => string;
  /** Statements that follow for one row that it has changed. The statement about many rows contains them. */
  steps: readonly ((value: ValueOf) => string)[];
  /** Text by which rows are sorted: two replicas that write the same ones in opposite orders would wait for each other. */
  order: (row: GivenRow) => string;
}
