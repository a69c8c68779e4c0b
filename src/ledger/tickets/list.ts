import { setImmediate } from "node:timers/promises";
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  type HistoryPage,
  LedgerUnavailable,
  type ReasonCount,
  type SubmissionFilter,
  type SubmissionKey,
  type SubmissionQuery,
} from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission, SubmissionState } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import {
  ENDED_SQL,
  HAS_ENDED_SQL,
  HAS_OPENED_SQL,
  HAS_OTHER_REASON_SQL,
  HAS_SETTLED_SQL,
  IS_CREATE_SQL,
  IS_UPDATE_SQL,
  LIVE_SQL,
} from "../database/schema.ts";
import { type SubmissionRow, TICKET_REFERENCE_COLUMNS, type Tables } from "../database/tables.ts";
import { AFTER_IDS, BEFORE_IDS, bytesOf, firstIdAt } from "../ids.ts";
import { keyHashOf } from "../submissions/reservation.ts";
import { SUBMISSION_COLUMNS, submissionOf } from "../submissions/row.ts";
import { ticketsNamedSql } from "./read.ts";

/** Rows among which one statement looks for a page. SQLite serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** State and reason of nearly all submissions, and states of few, of which no index has the order of ids. */
const USUAL: Partial<SubmissionFilter> = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" };
const OPEN: ReadonlySet<SubmissionState> = new Set(["SENDING", "QUEUED", "UNCERTAIN"]);

/** Columns of submissions, also where another table is joined. */
const COLUMNS = sql.join(SUBMISSION_COLUMNS.map((column) => sql.ref(`submissions.${column}`)));
const ALL = sql<boolean>`true`;
const SENDING_SQL = sql<boolean>`state = 'SENDING'`;
const AND = sql` AND `;

/** Reads a page, and one submission more. Where no index serves the filter it looks through a database of this process part by part, for `waitMs` milliseconds. */
export async function listSubmissions(query: SubmissionQuery, waitMs: number, { db, engine }: LedgerContext) {
  const { first, reference, ticketId, state, hasConflict, oldestFirst = false } = query;
  const order = sql.raw(oldestFirst ? "ASC" : "DESC");
  const beyond = sql.raw(oldestFirst ? ">" : "<");
  const upTo = sql.raw(oldestFirst ? "<=" : ">=");
  const conditions = referenceSql(reference);
  const matched = matchesSql(query);
  const isOfFew = ticketId !== null || hasConflict || (state !== null && OPEN.has(state));
  // PostgreSQL would rather look for the few in the order of the list, although all may be at its end.
  const isSorted = !engine.isInProcess && (isOfFew || reference !== null);
  const hasParts = engine.isInProcess && matched.length > 0 && !isOfFew; // PostgreSQL serves others meanwhile
  const until = performance.now() + waitMs;
  const found: Submission[] = [];
  const spans = spansSql(query);
  for (const span of oldestFirst ? spans.toReversed() : spans) {
    let after = query.after === null ? null : bytesOf(query.after);
    do {
      const rest = sql.join([...span, after === null ? ALL : sql`id ${beyond} ${after}`], AND);
      const parts = conditions.map((condition) => sql`${condition} AND ${rest}`);
      const end = hasParts ? await endOfPart(parts, order, db) : null;
      const part = end === null ? rest : sql`${rest} AND id ${upTo} ${end}`;
      const limit = sql`ORDER BY id ${order} LIMIT ${first + 1 - found.length}`;
      const pages = conditions.map((condition) => {
        const are = sql.join([...matched, condition, part], AND);
        const few = sql`id IN (WITH those AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM those ${limit})`;
        const isFew = isSorted || (!engine.isInProcess && span === spans[1]);
        return sql`SELECT * FROM (SELECT ${COLUMNS} FROM submissions WHERE ${isFew ? few : are} ${limit}) AS page`;
      });
      const { rows } = await sql<SubmissionRow>`${sql.join(pages, sql` UNION `)} ${limit}`.execute(db);
      found.push(...rows.map(submissionOf));
      after = end;
      if (after !== null) await setImmediate();
      if (performance.now() > until)
        throw new LedgerUnavailable("SLOW", "Nobody waits for this list any more.");
    } while (after !== null && found.length <= first);
    if (found.length > first) break;
  }
  return found;
}

/** Returns the id at which a part ends, for the condition that is the first to have so many rows. Null: it is the last one. */
async function endOfPart(parts: RawBuilder<unknown>[], order: RawBuilder<unknown>, db: Kysely<Tables>) {
  const first = sql`ORDER BY id ${order} LIMIT 1`;
  const ends = parts.map(
    (are) => sql`SELECT * FROM (SELECT id FROM submissions WHERE ${are}
    ${first} OFFSET ${LOOKED_AMONG}) AS part`,
  );
  const { rows } = await sql<{ id: Uint8Array }>`${sql.join(ends, sql` UNION ALL `)} ${first}`.execute(db);
  return rows[0]?.id ?? null;
}

export async function countReasons(filter: SubmissionFilter, { db }: LedgerContext): Promise<ReasonCount[]> {
  const names = Object.keys(filter) as (keyof SubmissionFilter)[];
  if (names.every((name) => !filter[name] || filter[name] === USUAL[name])) return countUsual(filter, db);
  const parts = spansSql(filter).flatMap((span) =>
    referenceSql(filter.reference).map(
      (condition) => sql`SELECT id, state, reason FROM submissions
        WHERE ${sql.join([...matchesSql(filter), ...span, condition], AND)}`,
    ),
  );
  const { rows } = await sql<ReasonCount>`SELECT state, reason, count(*) AS count
    FROM (${sql.join(parts, sql` UNION `)}) AS counted
    GROUP BY state, reason ORDER BY count DESC`.execute(db);
  return rows;
}

/** Counts all submissions, or the usual ones, which are the rest of all: no row is read for them. */
async function countUsual({ state, reason }: SubmissionFilter, db: Kysely<Tables>): Promise<ReasonCount[]> {
  const { rows } = await sql<ReasonCount>`WITH other AS MATERIALIZED (
      SELECT state, reason FROM submissions WHERE ${HAS_OTHER_REASON_SQL}
      UNION ALL SELECT state, reason FROM submissions WHERE (state = 'SENDING' OR state = 'UNCERTAIN') AND reason IS NULL)
    SELECT ${USUAL.state} AS state, ${USUAL.reason} AS reason,
      (SELECT count(*) FROM submissions) - (SELECT count(*) FROM other) AS count
    UNION ALL SELECT state, reason, count(*) FROM other GROUP BY state, reason ORDER BY count DESC`.execute(
    db,
  );
  return rows.filter(
    (row) => row.count > 0 && (state ?? row.state) === row.state && (reason ?? row.reason) === row.reason,
  );
}

/** Databases would rather look through all submissions in the order of a list than sort these few. */
const fewSql = (are: RawBuilder<unknown>) =>
  sql`id IN (WITH few AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM few)`;
/** Condition for submissions by the time since which they are as they are. Tries of a queued one change nothing. */
const sinceSql = (is: ">=" | "<", { epochMilliseconds: ms }: Temporal.Instant) =>
  sql`CASE WHEN state = 'QUEUED' OR settled_at IS NULL THEN id ${sql.raw(is)} ${firstIdAt(ms)} ELSE settled_at ${sql.raw(is)} ${ms} END`;

/** Most by which the clock that made an id is ahead of the one that settled its submission. Milliseconds. */
const CLOCKS_DIFFER_MS = 3_600_000;

/**
 * Conditions by a rare state or reason, and by the time of the first call, by which ids sort. Those that have changed since a time come in two spans, the
 * newer one first: what is new since then, and the few older ones, which have an index.
 */
function spansSql(filter: SubmissionFilter) {
  const { state, reason, createdAfter, createdBefore, changedAfter, changedBefore } = filter;
  const isRare = state !== null && state !== USUAL.state;
  const hasEnded = isRare && !OPEN.has(state);
  const conditions = [
    isRare && sql`state = ${sql.lit(state)}`,
    hasEnded && HAS_ENDED_SQL,
    reason !== null && reason !== USUAL.reason && sql`reason = ${reason} AND ${HAS_OTHER_REASON_SQL}`,
    createdAfter && sql`id >= ${firstIdAt(createdAfter.epochMilliseconds)}`,
    createdBefore && sql`id < ${firstIdAt(createdBefore.epochMilliseconds)}`,
    changedBefore && sql`id < ${firstIdAt(changedBefore.epochMilliseconds + CLOCKS_DIFFER_MS)}`,
  ];
  const bounds = conditions.filter((condition) => !!condition);
  if (changedAfter === null) return [bounds];
  const first = firstIdAt(changedAfter.epochMilliseconds);
  const since = sql`settled_at >= ${changedAfter.epochMilliseconds}`;
  const isOlder = sql.join([...bounds, sql`id < ${first}`], AND);
  return [
    [...bounds, sql`id >= ${first}`],
    // IS TRUE keeps databases from other indexes.
    [since, hasEnded ? ENDED_SQL : HAS_SETTLED_SQL, sql`(${isOlder}) IS TRUE`],
  ];
}

/** Conditions for the submissions of a filter, whatever its reference and the time of the first call. Both ends of a span of changes are exact here. */
function matchesSql(filter: SubmissionFilter): RawBuilder<unknown>[] {
  const { state, operation, ticketId, reason, clientId, branchCode, changedAfter, changedBefore } = filter;
  const conditions = [
    state === USUAL.state && sql`state = ${state}`,
    filter.state === "QUEUED" && fewSql(sql`deliver_by IS NOT NULL`),
    operation !== null && sql`operation = ${operation}`,
    filter.hasConflict && fewSql(sql`conflicting_ticket_id IS NOT NULL`),
    ticketId !== null && sql`id IN (${idsOfTicketsSql(sql`${ticketId}`)})`,
    changedAfter !== null && sinceSql(">=", changedAfter),
    changedBefore !== null && sinceSql("<", changedBefore),
    reason === USUAL.reason && sql`reason = ${reason}`,
    clientId !== null && sql`client_id = ${clientId}`,
    branchCode !== null && sql`branch_code = ${branchCode}`,
  ];
  return conditions.filter((condition) => !!condition);
}

/** Reads pages, those of one size by one statement. Of the updates of a ticket it looks at those of the page alone. SQLite keeps the order of a CROSS JOIN. */
export async function listHistories(pages: readonly HistoryPage[], { db }: LedgerContext) {
  const histories: Submission[][] = pages.map(() => []);
  const ofUpdates = sql`ticket_id = of_ticket AND ${IS_UPDATE_SQL} AND id < before`;
  for (const [first, ofSize] of Map.groupBy(pages.keys(), (nth) => pages[nth]!.first)) {
    const wanted = ofSize.map((nth) => {
      const { ticketId, after } = pages[nth]!;
      const before = after === null ? AFTER_IDS : bytesOf(after);
      return sql`(${sql.lit(nth)}, cast(${ticketId} as text), cast(${before} as blob))`;
    });
    const { rows } = await sql<SubmissionRow & { page: number }>`
      WITH wanted (page, of_ticket, before) AS (VALUES ${sql.join(wanted)}),
      bounded AS MATERIALIZED (SELECT wanted.*, coalesce((SELECT id FROM submissions WHERE ${ofUpdates}
        ORDER BY id DESC LIMIT 1 OFFSET ${sql.lit(first)}), cast(${BEFORE_IDS} as blob)) AS oldest FROM wanted),
      history AS (SELECT page, id FROM bounded CROSS JOIN submissions WHERE ${ofUpdates} AND id >= oldest
        UNION SELECT page, id FROM bounded CROSS JOIN submissions
          WHERE ticket_id = of_ticket AND ${HAS_OPENED_SQL} AND id < before
        UNION SELECT page, id FROM bounded CROSS JOIN submissions WHERE conflicting_ticket_id = of_ticket AND id < before),
      newest AS (SELECT page, id, row_number() OVER (PARTITION BY page ORDER BY id DESC) AS nth FROM history)
      SELECT page, ${COLUMNS} FROM newest JOIN submissions ON submissions.id = newest.id
      WHERE nth <= ${sql.lit(first + 1)} ORDER BY page, nth`.execute(db);
    for (const row of rows) histories[row.page]!.push(submissionOf(row));
    await setImmediate();
  }
  return histories;
}

export async function findSubmissions(ids: readonly string[], context: LedgerContext) {
  const found = await submissionsWhere(sql`id IN (${sql.join(ids.map(bytesOf))})`, context);
  return ids.map((id) => found.find((submission) => submission.id === id) ?? null);
}

export async function findByKey(key: SubmissionKey, context: LedgerContext): Promise<Submission | null> {
  return (await submissionsWhere(sql`key_hash = ${keyHashOf(key)}`, context))[0] ?? null;
}

async function submissionsWhere(which: RawBuilder<unknown>, { db }: LedgerContext): Promise<Submission[]> {
  const { rows } = await sql<SubmissionRow>`SELECT ${COLUMNS} FROM submissions WHERE ${which}`.execute(db);
  return rows.map(submissionOf);
}

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTicketsSql(tickets: RawBuilder<unknown>): RawBuilder<unknown> {
  const select = sql`SELECT id FROM submissions WHERE`;
  return sql`${select} ticket_id IN (${tickets}) AND ${IS_UPDATE_SQL}
    UNION ${select} ticket_id IN (${tickets}) AND ${HAS_OPENED_SQL}
    UNION ${select} conflicting_ticket_id IN (${tickets})`;
}

/** Conditions for submissions under a reference, and for others of the tickets that it names. They come apart: each has an index. */
const referenceSql = (reference: TicketReference | null) =>
  reference === null ? [ALL] : [...hasSql(reference), isOfNamedSql(reference)];

/** Condition for submissions whose tickets a reference names. */
function isOfNamedSql({ type, value }: TicketReference) {
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamedSql(type, value)}) AS named`;
  return sql<boolean>`id IN (${idsOfTicketsSql(tickets)})`;
}

/** Conditions for submissions that have a reference, one for each index. Only creates have Sociomile's number. */
function hasSql({ type, value }: TicketReference) {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const indexed = type === "SOCIOMILE_TICKET_NUMBER" ? [IS_CREATE_SQL] : [LIVE_SQL, ENDED_SQL, SENDING_SQL];
  return indexed.map((are) => sql<boolean>`(${column} = ${value} AND length(${column}) <= 255 AND ${are})`);
}
