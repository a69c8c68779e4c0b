/** Concurrent rows in one commit, which waits for the disk once. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { CompiledQuery, type Kysely } from "kysely";
import { createGroup } from "../work.ts";
import type { GivenRow, RowStatement, WriteRow } from "./engine.ts";
import { statementOf } from "./row-statements.ts";
import type { Tables } from "./tables.ts";

/** SQLite's result code for a value that a unique index has already (https://sqlite.org/rescode.html#constraint_unique). */
const SQLITE_CONSTRAINT_UNIQUE = 2067;

/** Returns SQLite's extended result code of an error; null for another error. */
export function resultCodeOf(error: unknown): number | null {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) : null;
}

export const isDuplicate = (error: unknown): boolean => resultCodeOf(error) === SQLITE_CONSTRAINT_UNIQUE;

/** A row, with the statements that write it: the first decides, and the others follow when it has changed the row. */
interface Written {
  steps: readonly ReturnType<typeof statementOf>[];
  row: GivenRow;
}

/** Result for one row: as WriteRow resolves or rejects. */
type Result = boolean | Error;

/** Rows that the driver writes in one commit. Its rows are their results. */
export interface OneCommit extends CompiledQuery<Result> {
  written: readonly Written[];
}

/** Returns the function that makes the writer of a statement. */
export function createRowWriters(db: Kysely<Tables>): (statement: RowStatement) => WriteRow {
  const write = createGroup(async (written: readonly Written[]) => {
    const query = { ...CompiledQuery.raw(""), written } as OneCommit;
    return (await db.executeQuery<Result>(query)).rows;
  });
  return ({ text, steps }) => {
    const own = [(value: (column: string) => string) => text(value, ""), ...steps].map((each) =>
      statementOf(each, { isInProcess: true }),
    );
    return (row, until) => write({ steps: own, row }, until);
  };
}

/** Writes rows without a pause between BEGIN and COMMIT. An error of one fails that one alone, unless SQLite rolled back. */
export function commitRows(
  { written }: OneCommit,
  database: DatabaseSync,
  prepared: (text: string) => StatementSync,
): Result[] {
  database.exec("begin immediate");
  try {
    const results = written.map((each) => {
      if (!database.isTransaction) throw new Error("An earlier statement ended the transaction");
      return writeRow(each, database, prepared);
    });
    database.exec("commit");
    return results;
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

function writeRow({ steps, row }: Written, database: DatabaseSync, prepared: (text: string) => StatementSync) {
  const run = ({ text, columns }: Written["steps"][number]) =>
    prepared(text).run(...columns.map((column) => row[column] as SQLInputValue)).changes === 1;
  const [first, ...others] = steps;
  try {
    if (others.length > 0) database.exec("savepoint one_row");
    const isChanged = run(first!);
    if (isChanged) for (const step of others) run(step);
    if (others.length > 0) database.exec("release one_row");
    return isChanged;
  } catch (error) {
    if (!database.isTransaction) throw error; // such as that of a full disk
    if (others.length > 0) database.exec("rollback to one_row; release one_row");
    return isDuplicate(error) ? false : (error as Error);
  }
}
