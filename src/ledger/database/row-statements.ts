/** Statements about one row, and about the report that comes with it. Their engine commits concurrent ones together. */
import { CompiledQuery, type Kysely } from "kysely";
import type { Engine, GivenRow, RowStatement, ValueOf } from "./engine.ts";
import { COLUMN_TYPES, TIMES, type Tables } from "./tables.ts";

/** Writes a statement about one row, with a parameter for each of its values, and lists the columns of these. */
export function statementOf(text: (value: ValueOf) => string, { isInProcess }: Pick<Engine, "isInProcess">) {
  const columns: string[] = [];
  const written = text((column) => {
    if (!columns.includes(column)) columns.push(column);
    return `${isInProcess ? "?" : "$"}${columns.indexOf(column) + 1}`;
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

/** Columns of a report: its details, sealed, and the numbers that find its ticket. Null: it has none. */
export const REPORT_COLUMNS = { report: "blob", reported_masked: "text", reported_source: "text" } as const;

/** A report replaces that of an earlier update. A forgotten ticket gets no details any more. */
const IS_NEWER_SQL = `excluded.details IS NOT NULL AND tickets.forgotten_at IS NULL
  AND excluded.reported_nth >= coalesce(tickets.reported_nth, 0)`;

const storeSql = (changed: string, now: string) => `
  INSERT INTO tickets (id, details, reported_nth, observed_at)
  SELECT ticket_id, report, CASE WHEN report IS NOT NULL THEN nth END, ${now} FROM ${changed} WHERE state = 'CONFIRMED'
  ON CONFLICT (id) DO UPDATE SET observed_at = excluded.observed_at,
    details = CASE WHEN ${IS_NEWER_SQL} THEN excluded.details ELSE tickets.details END,
    reported_nth = CASE WHEN ${IS_NEWER_SQL} THEN excluded.reported_nth ELSE tickets.reported_nth END`;

/** Stores the numbers that only reports have. Those of a create are in its row: PostgreSQL would scan all for NOT EXISTS. */
const recordSql = (reported: string, now: string) => `
  INSERT INTO ticket_references (ticket_id, type, value, noted_at)
  SELECT named.ticket_id, named.type, named.value, ${now} FROM (
    SELECT ticket_id, 'MASKED_TICKET_ID' AS type, reported_masked AS value FROM ${reported}
    UNION ALL SELECT ticket_id, 'SOURCE_TICKET_ID', reported_source FROM ${reported}) AS named
  WHERE named.value IS NOT NULL AND named.value IS DISTINCT FROM (
    SELECT CASE named.type WHEN 'MASKED_TICKET_ID' THEN created.masked_ticket_id ELSE created.source_ticket_id END
    FROM submissions AS created
    WHERE created.ticket_id = named.ticket_id AND created.requested_status IS NULL AND created.state = 'CONFIRMED')
  ON CONFLICT DO NOTHING`;

/** Parts of a statement of PostgreSQL that store the reports of `changed`. */
const reportedSql = (now: string) => `,
  reported AS (${storeSql("changed", now)} RETURNING id, details),
  numbered AS (SELECT changed.* FROM changed JOIN reported ON reported.id = changed.ticket_id WHERE reported.details IS NOT NULL),
  recorded AS (${recordSql("numbered", now)})`;

function ownSql(value: ValueOf): string {
  const given = Object.entries(REPORT_COLUMNS).map(
    ([column, type]) => `cast(${value(column)} as ${type}) AS ${column}`,
  );
  return `(SELECT submissions.*, ${given.join(", ")} FROM submissions WHERE id = ${value("id")}) AS own`;
}

/** Statements that store the report of one update, one after the other, after its outcome. */
const REPORT_STEPS = [
  (value: ValueOf, now: string) => storeSql(ownSql(value), now),
  (value: ValueOf, now: string) =>
    recordSql(`${ownSql(value)} JOIN tickets ON tickets.id = own.ticket_id AND tickets.details IS NOT NULL`, now),
] as const;
