import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

interface Forms<Row> {
  /** Types of the parameters, where no column of an INSERT tells them to PostgreSQL. */
  types?: Readonly<Record<keyof Row & string, "text" | "bigint">>;
  /** Columns that have the same SQL in every row; they stand behind the others. */
  same?: readonly RawBuilder<unknown>[];
}

/**
 * A statement about any number of rows. Its text depends on their number alone, so Kysely builds it once for each: building
 * costs several times what running it does. `build` gets the rows as they stand behind VALUES. `on` is a transaction, or the
 * ledger itself.
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

/** Column names as they stand in a list of SQL. */
export function listOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}
