import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { LedgerContext } from "../context.ts";
import type { Tables } from "./tables.ts";

interface Forms<Row> {
  /** Types of the columns. PostgreSQL needs them in a statement that is no INSERT. */
  types?: Readonly<Record<keyof Row & string, "text" | "bigint" | "blob">>;
  /** SQL of further columns that is the same in every row. These columns follow the others. */
  same?: readonly RawBuilder<unknown>[];
}

/** A statement that SQLite runs once for each list of parameters, in one transaction. */
export interface RepeatedQuery extends CompiledQuery {
  runs: readonly (readonly unknown[])[];
}

/**
 * Prepares a statement for any number of rows. To build and to prepare it costs several times as much as to run it, so both are done
 * once: in SQLite for one row, in PostgreSQL, where each statement is a round trip, for each number of rows. `build` receives the rows in the
 * form that follows VALUES. `on` is a transaction, or the ledger itself.
 */
export function batch<Row extends object, Result>(
  { db, repeatsStatements }: Pick<LedgerContext, "db" | "repeatsStatements">,
  columns: readonly (keyof Row & string)[],
  build: (values: RawBuilder<unknown>) => RawBuilder<Result>,
  { types, same = [] }: Forms<Row> = {},
): (rows: readonly Row[], on: Kysely<Tables>) => Promise<Result[]> {
  const place = (column: keyof Row & string) =>
    types ? sql`cast(${null} as ${sql.raw(types[column])})` : sql`${null}`;
  const rowOf = (places: readonly RawBuilder<unknown>[]) => sql`(${sql.join([...places, ...same])})`;
  const first = rowOf(columns.map(place));
  const further = rowOf(columns.map(() => sql`${null}`)); // the casts of the first row hold for these: without more of them PostgreSQL needs half the time
  const built: CompiledQuery<Result>[] = [];
  const queryFor = (rows: number) =>
    (built[rows] ??= build(sql.join([first, ...Array<typeof further>(rows - 1).fill(further)])).compile(db));
  return async (rows, on) => {
    if (rows.length === 0) return [];
    const runs = rows.map((values) => columns.map((column) => values[column]));
    const query = repeatsStatements
      ? { ...queryFor(1), runs }
      : { ...queryFor(rows.length), parameters: runs.flat() };
    const { rows: results } = await on.executeQuery<Result>(query);
    return results;
  };
}

/** Writes column names as a list in SQL. */
export function listOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}
