/** Statements about many rows of `submissions` in one commit. One row that is refused does not hold up the others. */
import { CompiledQuery, type Kysely } from "kysely";
import { hexOf } from "../ids.ts";
import type { Engine } from "./engine.ts";
import { asError } from "./group.ts";
import type { Tables } from "./tables.ts";

/**
 * Result for one row. `missed`: it was not inserted, because it stands there already, or not changed, because it was not in the state for
 * that. `refused`: a unique index has one of its values already. An Error: the database refused the row for another reason.
 */
export type RowResult = "done" | "missed" | "refused" | Error;
/** Values by their columns. All rows of a statement have the same columns. */
type GivenRow = Readonly<Record<string, string | number | Uint8Array | null>> & { id: Uint8Array };
export type ManyRows = (rows: readonly GivenRow[], db: Kysely<Tables>) => Promise<RowResult[]>;
/** Returns the SQL for a row's value of a column. */
type ValueOf = (column: string) => string;

/** A statement that SQLite runs several times, in one commit. Its rows are the results. */
export interface RepeatedQuery extends CompiledQuery<RowResult> {
  /** Parameters of each run. */
  runs: readonly (readonly unknown[])[];
}

/** Inserts rows. `fixed`: SQL of further columns, the same for all rows. */
export function insertingMany(engine: Engine, fixed: Readonly<Record<string, string>>): ManyRows {
  const insert = (value: ValueOf, columns: readonly string[], from: string) => {
    const list = [...columns, ...Object.keys(fixed)].join(", ");
    const values = [...columns.map(value), ...Object.values(fixed)].join(", ");
    return `INSERT INTO submissions (${list}) SELECT ${values} ${from} WHERE true ON CONFLICT DO NOTHING`;
  };
  if (engine.runsRowByRow) return rowByRow((value, columns) => insert(value, columns, ""));
  const text = (rows: string, columns: readonly string[]) =>
    `${insert(given, columns, `FROM (${rows}) AS given (${columns.join(", ")})`)} RETURNING id`;
  return together(engine, text);
}

/** Given values that go into no column. `reserved_attempt`: attempt that the row must have. `ended_ago`: milliseconds since its end. */
const ONLY_GIVEN: ReadonlySet<string> = new Set(["id", "reserved_attempt", "ended_ago"]);

/** Longest wait for a value that another transaction is inserting into a unique index, in milliseconds. */
const INDEX_WAIT_MS = 100;

/**
 * Changes rows in their attempt, each at most once. `fixed`: SQL of columns beside the given ones. `condition`: SQL for the rows. It does not
 * wait for rows that another transaction holds: those are `missed`.
 */
export function changingMany(
  engine: Engine,
  fixed: (value: ValueOf) => Readonly<Record<string, string>>,
  condition: (value: ValueOf) => string,
): ManyRows {
  const set = (value: ValueOf, columns: readonly string[]) => {
    const copied = columns
      .filter((column) => !ONLY_GIVEN.has(column))
      .map((column) => [column, value(column)]);
    const all = [...copied, ...Object.entries(fixed(value))];
    return all.map(([column, text]) => `${column} = ${text}`).join(", ");
  };
  const where = (value: ValueOf) => `submissions.id = ${value("id")}
    AND submissions.attempt = ${value("reserved_attempt")} AND ${condition(value)}`;
  if (engine.runsRowByRow)
    return rowByRow(
      (value, columns) => `UPDATE submissions SET ${set(value, columns)} WHERE ${where(value)}`,
    );
  // `free` reads `limited`, because PostgreSQL does not run a SELECT that nothing reads.
  const text = (rows: string, columns: readonly string[]) => `
    WITH given (${columns.join(", ")}) AS (${rows}),
    limited AS MATERIALIZED (SELECT set_config('lock_timeout', '${INDEX_WAIT_MS}', true)),
    free AS MATERIALIZED (
      SELECT submissions.id FROM given JOIN submissions ON ${where(given)} CROSS JOIN limited
      FOR UPDATE OF submissions SKIP LOCKED
    )
    UPDATE submissions SET ${set(given, columns)} FROM given
    WHERE ${where(given)} AND given.id IN (SELECT id FROM free)
    RETURNING submissions.id`;
  return together(engine, text);
}

/** Column of PostgreSQL's list of the given rows. */
function given(column: string): string {
  return `given.${column}`;
}

/** Runs a statement for each row. The driver of SQLite knows such a query, and makes one commit of it. */
function rowByRow(textFor: (value: ValueOf, columns: readonly string[]) => string): ManyRows {
  let query: CompiledQuery<RowResult> | undefined;
  const parameters: string[] = [];
  const value = (column: string) => {
    parameters.push(column);
    return "?";
  };
  return async (rows, db) => {
    if (rows.length === 0) return [];
    query ??= CompiledQuery.raw(textFor(value, Object.keys(rows[0]!))) as CompiledQuery<RowResult>;
    const runs = rows.map((row) => parameters.map((column) => row[column]));
    const repeated: RepeatedQuery = { ...query, runs };
    return (await db.executeQuery<RowResult>(repeated)).rows;
  };
}

/** Runs one statement for all rows. When the database refuses it outside of a transaction, each row has a statement of its own. */
function together(engine: Engine, textFor: (rows: string, columns: readonly string[]) => string): ManyRows {
  const texts: string[] = [];
  const run = async (rows: readonly GivenRow[], db: Kysely<Tables>): Promise<RowResult[]> => {
    const columns = Object.keys(rows[0]!);
    const text = (texts[rows.length] ??= textFor(valuesFor(rows.length, columns), columns));
    const parameters = rows.flatMap((row) => columns.map((column) => row[column]));
    const { rows: changed } = await db.executeQuery<GivenRow>(CompiledQuery.raw(text, parameters));
    const ids = new Set(changed.map(({ id }) => hexOf(id)));
    return rows.map(({ id }) => (ids.has(hexOf(id)) ? "done" : "missed"));
  };
  return async (rows, db) => {
    if (rows.length === 0) return [];
    try {
      return await run(rows, db);
    } catch (error) {
      if (db.isTransaction || !engine.isRefusal(error)) throw error;
    }
    const results: RowResult[] = [];
    for (const row of rows) {
      const alone = run([row], db).catch((error: unknown) => [
        engine.isDuplicate(error) ? ("refused" as const) : asError(error),
      ]);
      results.push(...(await alone));
    }
    return results;
  };
}

const BYTES = new Set(["id", "key_hash", "fingerprint", "reservation_id", "details", "request"]);
const NUMBERS = new Set(["attempt", "reserved_attempt", "ended_ago", "update_order", "opens_once"]);

/** Writes the parameters of `count` rows: ($1, $2), ($3, $4) and so on. PostgreSQL needs their types, in the first row. */
function valuesFor(count: number, columns: readonly string[]): string {
  const rowOf = (row: number) =>
    columns.map((column, nth) => {
      const parameter = `$${row * columns.length + nth + 1}`;
      if (row > 0) return parameter;
      return `cast(${parameter} as ${BYTES.has(column) ? "blob" : NUMBERS.has(column) ? "bigint" : "text"})`;
    });
  return `VALUES ${Array.from({ length: count }, (_, row) => `(${rowOf(row).join(", ")})`).join(", ")}`;
}
