/** Statements about one row of `submissions`. Their engine commits concurrent ones together. */
import { CompiledQuery, type Kysely } from "kysely";
import type { Engine, GivenRow, RowStatement, ValueOf } from "./engine.ts";
import { REPORT_COLUMNS, REPORT_STEPS, reportedSql } from "./reports.ts";
import { COLUMN_TYPES, TIMES, type Tables } from "./tables.ts";

/** Writes a statement about one row, with a parameter for each of its values, and lists the columns of these. */
export function statementOf(text: (value: ValueOf) => string, { parameter }: Pick<Engine, "parameter">) {
  const columns: string[] = [];
  const written = text((column) => {
    if (!columns.includes(column)) columns.push(column);
    return `${parameter}${columns.indexOf(column) + 1}`;
  });
  return { text: written, columns };
}

/** Columns that a new row leaves empty. */
const LATER: ReadonlySet<string> = new Set(
  "ticket_number refused_field trace_id conflicting_ticket_id answer nth forgotten_at".split(" "),
);

/** Makes the statement that inserts a row. `condition`: must be true as well. */
export function insertStatement(
  { now, isInProcess }: Engine,
  condition: (value: ValueOf) => string,
  order: RowStatement["order"],
): RowStatement {
  const columns = [...COLUMN_TYPES.keys()].filter((column) => !LATER.has(column) && column !== "changed_at");
  return {
    columns,
    order,
    steps: [],
    text: (value, from) => {
      const values = columns.map((column) => writtenSql(column, value, now));
      return `INSERT INTO submissions (${columns.join(", ")}, changed_at) SELECT ${values.join(", ")}, ${now} ${from}
        WHERE ${condition(value)} ON CONFLICT DO NOTHING ${isInProcess ? "" : "RETURNING id"}`;
    },
  };
}

/** Returns the SQL for what a given row writes into a column. */
function writtenSql(column: string, value: ValueOf, now: string): string {
  return TIMES.some((time) => time === column) ? `${now} + ${value(column)}` : value(column);
}

/** Longest wait for a value that another transaction is inserting into a unique index, in milliseconds. */
const INDEX_WAIT_MS = 100;

interface Changed {
  /** Columns that get the values of the given row. */
  given: readonly string[];
  /** Columns that get values of SQL. */
  computed: (value: ValueOf) => Readonly<Record<string, string>>;
  condition: (value: ValueOf) => string;
  /** True: reports of Sociomile come with the rows. */
  hasReports?: boolean;
}

/** Makes the statement that changes a row that has `expected_reservation` still. False for a row that is locked. */
export function changeStatement(
  { now, isInProcess }: Engine,
  { given, computed, condition, hasReports = false }: Changed,
): RowStatement {
  const reportColumns = hasReports ? Object.keys(REPORT_COLUMNS) : [];
  return {
    columns: ["id", "expected_reservation", ...given, ...reportColumns],
    order: ({ id }) => id.toHex(),
    steps: hasReports && isInProcess ? REPORT_STEPS.map((step) => (value) => step(value, now)) : [],
    text: (value, from) => {
      const set = [
        ...given.map((column) => `${column} = ${writtenSql(column, value, now)}`),
        ...Object.entries(computed(value)).map(([column, text]) => `${column} = ${text}`),
        `changed_at = ${now}`,
      ];
      const where = `submissions.id = ${value("id")} AND submissions.reservation_id = ${value("expected_reservation")}
        AND ${condition(value)}`;
      const update = `UPDATE submissions SET ${set.join(", ")} ${from} WHERE ${where}`;
      if (isInProcess) return update;
      // `free` reads `limited`, because PostgreSQL does not run a SELECT that nothing reads.
      const reports = reportColumns.map((column) => `, ${value(column)}`).join("");
      return `WITH limited AS MATERIALIZED (SELECT set_config('lock_timeout', '${INDEX_WAIT_MS}', true)),
        free AS MATERIALIZED (
          SELECT submissions.id ${from} JOIN submissions ON ${where} CROSS JOIN limited
          FOR UPDATE OF submissions SKIP LOCKED
        ),
        changed AS (${update} AND given.id IN (SELECT id FROM free) RETURNING submissions.*, given.expected_reservation${reports})
        ${hasReports ? reportedSql(now) : ""} SELECT id, expected_reservation FROM changed`;
    },
  };
}

/** Stores the report of one update whose outcome is written, in the same transaction. */
export async function storeReport(row: GivenRow, db: Kysely<Tables>, engine: Engine): Promise<void> {
  for (const report of REPORT_STEPS) {
    const { text, columns } = statementOf((value) => report(value, engine.now), engine);
    const values = columns.map((column) => row[column]);
    await db.executeQuery(CompiledQuery.raw(text, values));
  }
}
