/** Statements about many rows of `submissions` in one commit. One row that is refused does not hold up the others. */
import { CompiledQuery } from "kysely";
import { hexOf } from "../ids.ts";
import type { Database } from "./engine.ts";
import { asError } from "./group.ts";

/**
 * Result for one row. `missed`: it was not inserted, because it stands there already, or not changed, because it was not in the state for
 * that. `refused`: a unique index has one of its values already. An Error: the database refused the row for another reason.
 */
export type RowResult = "done" | "missed" | "refused" | Error;

/** A statement that SQLite runs once for each list of parameters, in one commit. Its rows are the results. */
export interface RepeatedQuery extends CompiledQuery<RowResult> {
  runs: readonly (readonly unknown[])[];
}

/** Columns of the given rows, with the types that PostgreSQL needs. */
export type ColumnTypes<Row> = Readonly<Record<keyof Row & string, "text" | "bigint" | "blob">>;
type WithId = { id: Uint8Array };

/** Inserts rows. `fixed`: SQL of further columns, the same for all rows. */
export function insertingMany<Row extends WithId>(
  database: Database,
  types: ColumnTypes<Row>,
  fixed: Readonly<Record<string, string>>,
): (rows: readonly Row[]) => Promise<RowResult[]> {
  const columns = Object.keys(types) as (keyof Row & string)[];
  const list = [...columns, ...Object.keys(fixed)].join(", ");
  const insert = (rows: string) => `INSERT INTO submissions (${list}) VALUES ${rows} ON CONFLICT DO NOTHING`;
  const rowOf = (values: readonly string[]) => `(${[...values, ...Object.values(fixed)].join(", ")})`;
  if (database.engine.runsRowByRow) return rowByRow(database, insert(rowOf(columns.map(() => "?"))), columns);
  return together(database, (count) => `${insert(numbered(count, columns, rowOf))} RETURNING id`, columns);
}

/** SQL of a change. `value` returns the parameter for the row's value of a column. */
interface ChangeText<Row> {
  set: (value: (column: keyof Row & string) => string) => string;
  where: (value: (column: keyof Row & string) => string) => string;
}

/** Longest wait for a value that another transaction is inserting into a unique index, in milliseconds. */
const INDEX_WAIT_MS = 100;

/** Changes rows, each at most once. It does not wait for rows that another transaction holds: those are `missed`. */
export function changingMany<Row extends WithId>(
  database: Database,
  types: ColumnTypes<Row>,
  { set, where }: ChangeText<Row>,
): (rows: readonly Row[]) => Promise<RowResult[]> {
  const columns = Object.keys(types) as (keyof Row & string)[];
  if (database.engine.runsRowByRow) {
    const used: (keyof Row & string)[] = [];
    const parameter = (column: keyof Row & string) => {
      used.push(column);
      return "?";
    };
    return rowByRow(database, `UPDATE submissions SET ${set(parameter)} WHERE ${where(parameter)}`, used);
  }
  const given = (column: keyof Row & string) => `given.${column}`;
  const rowOf = (values: readonly string[], isFirst: boolean) => {
    const typed = values.map((value, nth) => `cast(${value} as ${types[columns[nth]!]})`);
    return `(${(isFirst ? typed : values).join(", ")})`; // the types of the first row hold for all
  };
  // `free` reads `limited`, because PostgreSQL does not run a SELECT that nothing reads.
  const text = (count: number) => `
    WITH given (${columns.join(", ")}) AS (VALUES ${numbered(count, columns, rowOf)}),
    limited AS MATERIALIZED (SELECT set_config('lock_timeout', '${INDEX_WAIT_MS}', true)),
    free AS MATERIALIZED (
      SELECT submissions.id FROM given JOIN submissions ON ${where(given)} CROSS JOIN limited
      FOR UPDATE OF submissions SKIP LOCKED
    )
    UPDATE submissions SET ${set(given)} FROM given
    WHERE ${where(given)} AND given.id IN (SELECT id FROM free)
    RETURNING submissions.id`;
  return together(database, text, columns);
}

/** Writes the parameters of `count` rows: ($1, $2), ($3, $4) and so on. */
function numbered(
  count: number,
  columns: readonly string[],
  rowOf: (values: readonly string[], isFirst: boolean) => string,
): string {
  const valuesOf = (row: number) => columns.map((_, nth) => `$${row * columns.length + nth + 1}`);
  return Array.from({ length: count }, (_, row) => rowOf(valuesOf(row), row === 0)).join(", ");
}

/** Runs a statement for each row. The driver of SQLite knows such a query, and makes one commit of it. */
function rowByRow<Row extends WithId>({ db }: Database, text: string, columns: readonly (keyof Row)[]) {
  const query = CompiledQuery.raw(text) as CompiledQuery<RowResult>;
  return async (rows: readonly Row[]): Promise<RowResult[]> => {
    if (rows.length === 0) return [];
    const repeated: RepeatedQuery = {
      ...query,
      runs: rows.map((row) => columns.map((column) => row[column])),
    };
    return (await db.executeQuery<RowResult>(repeated)).rows;
  };
}

/** Runs one statement for all rows. When the database refuses it, each row has a statement of its own. */
function together<Row extends WithId>(
  { db, engine }: Database,
  textFor: (count: number) => string,
  columns: readonly (keyof Row)[],
) {
  const texts: string[] = [];
  const run = async (rows: readonly Row[]): Promise<RowResult[]> => {
    const text = (texts[rows.length] ??= textFor(rows.length));
    const parameters = rows.flatMap((row) => columns.map((column) => row[column]));
    const { rows: changed } = await db.executeQuery<WithId>(CompiledQuery.raw(text, parameters));
    const ids = new Set(changed.map(({ id }) => hexOf(id)));
    return rows.map(({ id }) => (ids.has(hexOf(id)) ? "done" : "missed"));
  };
  return async (rows: readonly Row[]): Promise<RowResult[]> => {
    if (rows.length === 0) return [];
    try {
      return await run(rows);
    } catch (error) {
      if (!engine.isRefusal(error)) throw error;
    }
    const results: RowResult[] = [];
    for (const row of rows) {
      const alone = run([row]).catch((error: unknown) => [
        engine.isDuplicate(error) ? ("refused" as const) : asError(error),
      ]);
      results.push(...(await alone));
    }
    return results;
  };
}
