/** Statements that store Sociomile's reports about tickets, with the outcomes of their updates. */
import type { ValueOf } from "./engine.ts";

/** Columns of a report: its details, sealed, and the numbers that find its ticket. Null: it has none. */
export const REPORT_COLUMNS = { report: "blob", reported_masked: "text", reported_source: "text" } as const;

/** A report replaces that of an earlier update. A forgotten ticket gets no details any more. */
const IS_NEWER = `excluded.details IS NOT NULL AND tickets.forgotten_at IS NULL
  AND excluded.reported_nth >= coalesce(tickets.reported_nth, 0)`;

const storeSql = (changed: string, now: string) => `
  INSERT INTO tickets (id, details, reported_nth, observed_at)
  SELECT ticket_id, report, CASE WHEN report IS NOT NULL THEN nth END, ${now} FROM ${changed} WHERE state = 'CONFIRMED'
  ON CONFLICT (id) DO UPDATE SET observed_at = excluded.observed_at,
    details = CASE WHEN ${IS_NEWER} THEN excluded.details ELSE tickets.details END,
    reported_nth = CASE WHEN ${IS_NEWER} THEN excluded.reported_nth ELSE tickets.reported_nth END`;

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
export const reportedSql = (now: string) => `,
  reported AS (${storeSql("changed", now)} RETURNING id, details),
  numbered AS (SELECT changed.* FROM changed JOIN reported ON reported.id = changed.ticket_id WHERE reported.details IS NOT NULL),
  recorded AS (${recordSql("numbered", now)})`;

/** Selects one update with its report. */
function ownSql(value: ValueOf): string {
  const given = Object.entries(REPORT_COLUMNS).map(
    ([column, type]) => `cast(${value(column)} as ${type}) AS ${column}`,
  );
  return `(SELECT submissions.*, ${given.join(", ")} FROM submissions WHERE id = ${value("id")}) AS own`;
}

/** Statements that store the report of one update, one after the other, after its outcome. */
export const REPORT_STEPS = [
  (value: ValueOf, now: string) => storeSql(ownSql(value), now),
  (value: ValueOf, now: string) =>
    recordSql(`${ownSql(value)} JOIN tickets ON tickets.id = own.ticket_id AND tickets.details IS NOT NULL`, now),
] as const;
