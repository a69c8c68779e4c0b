/** Statements about one row of `submissions`. Their engine commits those of one turn of the event loop together. */
import type { Engine } from "./engine.ts";
import { REPORT_COLUMNS, REPORT_STEPS, type ValueOf, reportedSql } from "./reports.ts";
import { COLUMN_TYPES, TIMES } from "./tables.ts";

/** Values of a row by the columns of its statement. Times are given in milliseconds from now, by the ledger's clock. */
export type GivenRow = Readonly<Record<string, string | number | Uint8Array | null>> & { id: Uint8Array };

/**
 * Writes one row, and resolves when that is committed. False: the row was not in the state for it, or a unique index has one of its values. Rejects when
 * the database refused it for another reason, or did not answer.
 */
export type WriteRow = (row: GivenRow) => Promise<boolean>;

/** A statement that an engine can write for one row, and for many. */
export interface RowStatement {
  /** Columns that a row gives. */
  columns: readonly string[];
  /** Writes it. `from`: SQL clause with a list of rows; empty for one row. */
  text: (value: ValueOf, from: string) => string;
  /** Statements that follow for one row that it has changed. The one about many rows holds them. */
  steps: readonly ((value: ValueOf) => string)[];
  /** Text by which rows are sorted: two replicas that write the same ones in opposite orders would wait for each other. */
  order: (row: GivenRow) => string;
}

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
const LATER: ReadonlySet<string> = new Set([
  ...["ticket_number", "refused_field", "trace_id", "conflicting_ticket_id", "answer", "nth", "forgotten_at"],
]);

/** Makes the statement that inserts a row when nothing stands in its way. `condition`: what else must hold. */
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

/** Makes the statement that changes a row while a reservation holds it (`held_by`). False for a row that another transaction has locked. */
export function changeStatement(
  { now, isInProcess }: Engine,
  { given, computed, condition, hasReports = false }: Changed,
): RowStatement {
  const reportColumns = hasReports ? Object.keys(REPORT_COLUMNS) : [];
  return {
    columns: ["id", "held_by", ...given, ...reportColumns],
    order: ({ id }) => id.toHex(),
    steps: hasReports && isInProcess ? REPORT_STEPS.map((step) => (value) => step(value, now)) : [],
    text: (value, from) => {
      const set = [
        ...given.map((column) => `${column} = ${writtenSql(column, value, now)}`),
        ...Object.entries(computed(value)).map(([column, text]) => `${column} = ${text}`),
        `changed_at = ${now}`,
      ];
      const where = `submissions.id = ${value("id")} AND submissions.reservation_id = ${value("held_by")}
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
        changed AS (${update} AND given.id IN (SELECT id FROM free) RETURNING submissions.*${reports})
        ${hasReports ? reportedSql(now) : ""} SELECT id FROM changed`;
    },
  };
}
