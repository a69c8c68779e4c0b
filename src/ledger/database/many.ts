/** Statements about many rows of `submissions` in one commit. One row that is refused does not hold up the others. */
import { CompiledQuery, type Kysely } from "kysely";
import type { Engine } from "./engine.ts";
import { createGroup } from "./group.ts";
import { REPORT_COLUMNS, REPORT_STEPS, type ValueOf, reportedSql } from "./reports.ts";
import { COLUMN_TYPES, TIMES, type Tables } from "./tables.ts";

/** Result for one row. False: it was not in the state for the change, or a unique index has one of its values. An Error: the database refused it for another reason. */
export type RowResult = boolean | Error;
/** Values by their columns, in any order. Times are given in milliseconds from now, by the ledger's clock. */
export type GivenRow = Readonly<Record<string, string | number | Uint8Array | null>> & { id: Uint8Array };
export type ManyRows = (rows: readonly GivenRow[], db: Kysely<Tables>) => Promise<RowResult[]>;

/** A statement about one row, with the columns of its parameters. */
interface Step {
  text: string;
  columns: readonly string[];
}

/**
 * Statements about one row that SQLite runs for several: one about all rows would be prepared anew for each number of them. The first decides, and the
 * others follow when it has changed the row.
 */
interface Repeated {
  steps: readonly Step[];
  rows: readonly GivenRow[];
}

/** Statements that the driver of SQLite runs in one commit. Its rows are the results of each. */
export interface OneCommit extends CompiledQuery<RowResult[]> {
  statements: readonly Repeated[];
}

export function createInsertMany(engine: Engine): ManyRows {
  const columns = [...COLUMN_TYPES.keys()];
  const insert: Statement = (value, from) => {
    const values = columns.map((column) => writtenSql(column, value, engine));
    return `INSERT INTO submissions (${columns.join(", ")}) SELECT ${values.join(", ")} ${from} WHERE true
      ON CONFLICT DO NOTHING ${engine.isInProcess ? "" : "RETURNING id"}`;
  };
  return createManyRows(engine, columns, [insert]);
}

/** Returns the SQL for what a given row writes into a column. */
function writtenSql(column: string, value: ValueOf, { now }: Engine): string {
  return TIMES.some((time) => time === column) ? `${now} + ${value(column)}` : value(column);
}

/** Longest wait for a value that another transaction is inserting into a unique index, in milliseconds. */
const INDEX_WAIT_MS = 100;

interface Change {
  /** Columns that get the values of the given rows. */
  changed: readonly string[];
  /** Columns that get values of SQL. */
  computed?: Readonly<Record<string, string>>;
  condition: (value: ValueOf) => string;
  /** True: reports of Sociomile come with the rows. */
  hasReports?: boolean;
}

/** Changes rows in their attempt (`id`, `reserved_attempt`), each row at most once. False for rows that others hold. */
export function createChangeMany(
  engine: Engine,
  { changed, computed = {}, condition, hasReports = false }: Change,
): ManyRows {
  const given = hasReports ? Object.keys(REPORT_COLUMNS) : [];
  const statement: Statement = (value, from) => {
    const set = [
      ...changed.map((column) => `${column} = ${writtenSql(column, value, engine)}`),
      ...Object.entries(computed).map(([column, text]) => `${column} = ${text}`),
    ];
    const where = `submissions.id = ${value("id")} AND submissions.attempt = ${value("reserved_attempt")}
      AND ${condition(value)}`;
    const update = `UPDATE submissions SET ${set.join(", ")} ${from} WHERE ${where}`;
    if (engine.isInProcess) return update;
    // `free` reads `limited`, because PostgreSQL does not run a SELECT that nothing reads.
    const reports = given.map((column) => `, ${value(column)}`).join("");
    return `WITH limited AS MATERIALIZED (SELECT set_config('lock_timeout', '${INDEX_WAIT_MS}', true)),
      free AS MATERIALIZED (
        SELECT submissions.id ${from} JOIN submissions ON ${where} CROSS JOIN limited
        FOR UPDATE OF submissions SKIP LOCKED
      ),
      changed AS (${update} AND given.id IN (SELECT id FROM free) RETURNING submissions.*${reports})
      ${hasReports ? reportedSql(engine.now) : ""} SELECT id FROM changed`;
  };
  const steps = hasReports && engine.isInProcess ? REPORT_STEPS : [];
  const following = steps.map(
    (step): Statement =>
      (value) =>
        step(value, engine.now),
  );
  return createManyRows(engine, ["id", "reserved_attempt", ...changed, ...given], [statement, ...following]);
}

/** Writes a statement about rows. `from`: SQL clause with the list of the rows; empty for a statement about one. */
type Statement = (value: ValueOf, from: string) => string;

/** PostgreSQL gets one statement, which returns ids. */
function createManyRows(
  engine: Engine,
  columns: readonly string[],
  statements: readonly [Statement, ...Statement[]],
): ManyRows {
  const run = engine.isInProcess
    ? runRowByRow(statements, engine)
    : runTogether(columns, statements[0], engine);
  return async (rows, db) => {
    // A value of another column would be lost without a word.
    if (
      rows.some((row) => Object.keys(row).length !== columns.length || columns.some((name) => !(name in row)))
    )
      throw new Error("The row has other columns than its statement");
    return rows.length === 0 ? [] : run(rows, db);
  };
}

const TYPES: ReadonlyMap<string, string> = new Map([...COLUMN_TYPES, ...Object.entries(REPORT_COLUMNS)]);

/** Writes a statement about one row, with a parameter for each of its values. */
function stepOf(statement: (value: ValueOf) => string, engine: Engine): Step {
  const columns: string[] = [];
  const text = statement((column) => {
    if (!columns.includes(column)) columns.push(column);
    return `${engine.parameter}${columns.indexOf(column) + 1}`;
  });
  return { text, columns };
}

/** Stores the report of one update whose outcome is written, in the same transaction. */
export async function storeReport(row: GivenRow, db: Kysely<Tables>, engine: Engine): Promise<void> {
  for (const report of REPORT_STEPS) {
    const { text, columns } = stepOf((value) => report(value, engine.now), engine);
    await db.executeQuery(
      CompiledQuery.raw(
        text,
        columns.map((column) => row[column]),
      ),
    );
  }
}

/** Runs the statements for each row. */
function runRowByRow(statements: readonly Statement[], engine: Engine): ManyRows {
  const steps = statements.map((statement) => stepOf((value) => statement(value, ""), engine));
  return async (rows, db) => {
    const repeated = { steps, rows };
    if (db.isTransaction) return (await commitAll([repeated], db))[0]!;
    return commits.getOrInsertComputed(db, () => createSharedCommit(db, engine))(repeated);
  };
}

const commits = new WeakMap<Kysely<Tables>, ReturnType<typeof createSharedCommit>>();

/** Commits statements of one moment together, such as reservations of some creates and outcomes of others: each commit waits for the disk. */
function createSharedCommit(db: Kysely<Tables>, engine: Engine) {
  return createGroup(async (some: readonly Repeated[]): Promise<(RowResult[] | Error)[]> => {
    try {
      return await commitAll(some, db);
    } catch (error) {
      if (some.length === 1 || !engine.isRefusal(error)) throw error;
    }
    const results: (RowResult[] | Error)[] = [];
    for (const one of some)
      results.push(
        await commitAll([one], db).then(
          ([each]) => each!,
          (error: Error) => error,
        ),
      );
    return results;
  });
}

async function commitAll(statements: readonly Repeated[], db: Kysely<Tables>): Promise<RowResult[][]> {
  const query = { ...CompiledQuery.raw(""), statements } as OneCommit;
  return (await db.executeQuery<RowResult[]>(query)).rows;
}

/** Runs one statement for all rows. When the database refuses it outside of a transaction, each row has a statement of its own. */
function runTogether(columns: readonly string[], statement: Statement, engine: Engine): ManyRows {
  const arrays = columns.map((column, nth) => `cast($${nth + 1} as ${TYPES.get(column) ?? "bigint"}[])`);
  const list = `FROM unnest(${arrays.join(", ")}) AS given (${columns.join(", ")})`;
  const text = statement((column) => `given.${column}`, list);
  const run = async (rows: readonly GivenRow[], db: Kysely<Tables>): Promise<RowResult[]> => {
    const parameters = columns.map((column) => rows.map((row) => row[column]));
    const { rows: changed } = await db.executeQuery<GivenRow>(CompiledQuery.raw(text, parameters));
    const ids = new Set(changed.map(({ id }) => id.toHex()));
    return rows.map(({ id }) => ids.has(id.toHex()));
  };
  const refused = (error: Error) => [engine.isDuplicate(error) ? false : error];
  return async (rows, db) => {
    try {
      return await run(rows, db);
    } catch (error) {
      if (db.isTransaction || !engine.isRefusal(error)) throw error;
    }
    const results: RowResult[] = [];
    for (const row of rows) results.push(...(await run([row], db).catch(refused)));
    return results;
  };
}
