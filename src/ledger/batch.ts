import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

interface Forms<Row> {
  /** Types of the parameters. PostgreSQL needs them in a statement that is no INSERT. */
  types?: Readonly<Record<keyof Row & string, "text" | "bigint" | "blob">>;
  /** SQL of further columns that is the same in every row. These columns follow the others. */
  same?: readonly RawBuilder<unknown>[];
}

/**
 * Prepares a statement for any number of rows. Its text depends on that number alone, so Kysely builds it once for each
 * number: to build it costs several times as much as to run it. `build` receives the rows in the form that follows VALUES.
 * `on` is a transaction, or the ledger itself.
 */
export function batch<Row extends object, Result>(
  db: Kysely<Tables>,
  columns: readonly (keyof Row & string)[],
  build: (values: RawBuilder<unknown>) => RawBuilder<Result>,
  { types, same = [] }: Forms<Row> = {},
): (rows: readonly Row[], on: Kysely<Tables>) => Promise<Result[]> {
  const place = (column: keyof Row & string) =>
    types ? sql`cast(${null} as ${sql.raw(types[column])})` : sql`${null}`;
  const row = sql`(${sql.join([...columns.map(place), ...same])})`;
  const built: CompiledQuery<Result>[] = [];
  return async (rows, on) => {
    if (rows.length === 0) return [];
    const query = (built[rows.length] ??= build(sql.join(rows.map(() => row))).compile(db));
    const parameters = rows.flatMap((values) => columns.map((column) => values[column]));
    const { rows: results } = await on.executeQuery<Result>({ ...query, parameters });
    return results;
  };
}

/** Writes column names as a list in SQL. */
export function listOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}
