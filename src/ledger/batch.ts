import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * A statement about any number of rows. Its text depends on their number alone, so Kysely builds it once for each: building
 * costs several times what running it does. `build` is given the rows as they stand behind VALUES; `types` are needed where
 * no column of an INSERT tells PostgreSQL the type of a parameter. `on`: a transaction, or the ledger itself.
 */
export function batch<Row extends object, Result>(
  db: Kysely<Tables>,
  columns: readonly (keyof Row & string)[],
  build: (values: RawBuilder<unknown>) => RawBuilder<Result>,
  types?: Readonly<Record<keyof Row & string, "text" | "bigint">>,
): (rows: readonly Row[], on: Kysely<Tables>) => Promise<Result[]> {
  const place = (column: keyof Row & string) =>
    types ? sql`cast(${null} as ${sql.raw(types[column])})` : sql`${null}`;
  const row = sql`(${sql.join(columns.map(place))})`;
  const built: CompiledQuery<Result>[] = [];
  return async (rows, on) => {
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
