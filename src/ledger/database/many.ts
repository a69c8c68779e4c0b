/** Statements about many rows of `submissions` in one commit. One row that is refused does not hold up the others. */
import { CompiledQuery, type Kysely } from "kysely";
import type { Engine } from "./engine.ts";
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
export type ValueOf = (column: string) => string;

/** A statement that SQLite runs several times, in one commit. Its rows are the results. */
export interface RepeatedQuery extends CompiledQuery<RowResult> {
  /** Parameters of each run. */
  runs: readonly (readonly unknown[])[];
}

/** Inserts rows. `fixed`: SQL of further columns. */
export function insertingMany(
  engine: Engine,
  fixed: (value: ValueOf) => Readonly<Record<string, string>>,
): ManyRows {
  return manyRows(engine, (value, columns, given) => {
    const all = { ...Object.fromEntries(columns.map((column) => [column, value(column)])), ...fixed(value) };
    return `INSERT INTO submissions (${Object.keys(all).join(", ")}) SELECT ${Object.values(all).join(", ")}
      ${given && `FROM ${given}`} WHERE true ON CONFLICT DO NOTHING`;
  });
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
  return manyRows(engine, (value, columns, given) => {
    const copied = columns.filter((column) => !ONLY_GIVEN.has(column));
    const all = [...copied.map((column) => [column, value(column)]), ...Object.entries(fixed(value))];
    const set = all.map(([column, text]) => `${column} = ${text}`).join(", ");
    const where = `submissions.id = ${value("id")} AND submissions.attempt = ${value("reserved_attempt")}
      AND ${condition(value)}`;
    if (!given) return `UPDATE submissions SET ${set} WHERE ${where}`;
    // `free` reads `limited`, because PostgreSQL does not run a SELECT that nothing reads.
    return `WITH limited AS MATERIALIZED (SELECT set_config('lock_timeout', '${INDEX_WAIT_MS}', true)),
      free AS MATERIALIZED (
        SELECT submissions.id FROM ${given} JOIN submissions ON ${where} CROSS JOIN limited
        FOR UPDATE OF submissions SKIP LOCKED
      )
      UPDATE submissions SET ${set} FROM ${given} WHERE ${where} AND given.id IN (SELECT id FROM free)`;
  });
}

/** Writes a statement. `given`: SQL of the list of the given rows, for a statement about all of them; empty for one about one row. */
type Statement = (value: ValueOf, columns: readonly string[], given: string) => string;

function manyRows(engine: Engine, statement: Statement): ManyRows {
  const run = engine.runsRowByRow ? rowByRow(statement) : together(engine, statement);
  return async (rows, db) => (rows.length === 0 ? [] : run(rows, db));
}

/** Runs a statement for each row. The driver of SQLite knows such a query, and makes one commit of it. */
function rowByRow(statement: Statement): ManyRows {
  let query: CompiledQuery<RowResult> | undefined;
  return async (rows, db) => {
    const columns = Object.keys(rows[0]!);
    const value = (column: string) => `?${columns.indexOf(column) + 1}`;
    query ??= CompiledQuery.raw(statement(value, columns, "")) as CompiledQuery<RowResult>;
    const repeated: RepeatedQuery = {
      ...query,
      runs: rows.map((row) => columns.map((column) => row[column])),
    };
    return (await db.executeQuery<RowResult>(repeated)).rows;
  };
}

/** Runs one statement for all rows. When the database refuses it outside of a transaction, each row has a statement of its own. */
function together(engine: Engine, statement: Statement): ManyRows {
  let text: string | undefined;
  const run = async (rows: readonly GivenRow[], db: Kysely<Tables>): Promise<RowResult[]> => {
    const columns = Object.keys(rows[0]!);
    text ??= `${statement((column) => `given.${column}`, columns, listOf(columns))} RETURNING submissions.id`;
    const parameters = columns.map((column) => rows.map((row) => row[column]));
    const { rows: changed } = await db.executeQuery<GivenRow>(CompiledQuery.raw(text, parameters));
    const ids = new Set(changed.map(({ id }) => id.toHex()));
    return rows.map(({ id }) => (ids.has(id.toHex()) ? "done" : "missed"));
  };
  return async (rows, db) => {
    try {
      return await run(rows, db);
    } catch (error) {
      if (db.isTransaction || !engine.isRefusal(error)) throw error;
    }
    const results: RowResult[] = [];
    for (const row of rows) {
      const alone = run([row], db).catch(
        (error: Error) => [engine.isDuplicate(error) ? "refused" : error] as const,
      );
      results.push(...(await alone));
    }
    return results;
  };
}

const BYTES = new Set(["id", "key_hash", "fingerprint", "reservation_id", "details", "request"]);
const NUMBERS = new Set(["attempt", "reserved_attempt", "ended_ago", "update_order", "opens_once"]);

/** Writes PostgreSQL's list of the given rows: one array of each column. */
function listOf(columns: readonly string[]): string {
  const arrays = columns.map((column, nth) => {
    const type = BYTES.has(column) ? "blob" : NUMBERS.has(column) ? "bigint" : "text";
    return `cast($${nth + 1} as ${type}[])`;
  });
  return `unnest(${arrays.join(", ")}) AS given (${columns.join(", ")})`;
}
