/** Lists and counts of submissions, and single ones by their ids and keys. */
import { setImmediate } from "node:timers/promises";
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  LedgerUnavailable,
  type ReasonCount,
  type SubmissionFilter,
  type SubmissionKey,
  type SubmissionQuery,
} from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import * as schema from "../database/schema.ts";
import { type SubmissionRow, TICKET_REFERENCE_COLUMNS, type Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt, textOf } from "../ids.ts";
import { keyHashOf } from "../submissions/reservation.ts";
import { type KeptAnswer, columnsSql, openAnswer, submissionOf } from "../submissions/row.ts";
import { ticketsNamedSql } from "./read.ts";

/** Rows among which SQLite looks for a page in one statement. It serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** State and reason of nearly all submissions. */
const USUAL: Partial<SubmissionFilter> = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" };
const ALL = sql<boolean>`true`;

/** A condition for a field of a filter, by how its rows are found: by an index that has the order of ids, as few rows, or by reading each. */
type Condition = { [How in "inOrder" | "few" | "read"]?: RawBuilder<unknown> };

/** Finds few rows first. Otherwise planners scan all submissions in the order of a list. */
const firstSql = (are: RawBuilder<unknown>) =>
  sql`id IN (WITH few AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM few)`;
/** Compares the time since which a submission is as it is. Tries of a queued one change nothing. */
const changedSql = (is: ">=" | "<", { epochMilliseconds: ms }: Temporal.Instant) =>
  sql`CASE WHEN state = 'QUEUED' OR settled_at IS NULL THEN id ${sql.raw(is)} ${firstIdAt(ms)} ELSE settled_at ${sql.raw(is)} ${ms} END`;

/** Most by which the clock that made an id is ahead of the one that settled its submission. Milliseconds. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** Conditions by the fields of a filter, except its reference. SQLite uses an index of some states for a literal one alone. */
const CONDITIONS: {
  [Field in keyof SubmissionFilter]?: (value: NonNullable<SubmissionFilter[Field]>) => Condition;
} = {
  state: (state) => {
    const isState = sql`state = ${sql.lit(state)}`;
    return state === USUAL.state
      ? { read: isState }
      : { inOrder: sql`${isState} AND ${schema.IS_NOT_CONFIRMED_SQL}` };
  },
  reason: (reason) => {
    const isReason = sql`reason = ${reason}`;
    return reason === USUAL.reason
      ? { read: isReason }
      : { inOrder: sql`${isReason} AND ${schema.HAS_OTHER_REASON_SQL}` };
  },
  ticketId: (id) => ({ few: sql`id IN (${idsOfTicketsSql(sql`${id}`)})` }),
  hasConflict: () => ({ few: firstSql(sql`conflicting_ticket_id IS NOT NULL`) }),
  createdAfter: (time) => ({ inOrder: sql`id >= ${firstIdAt(time.epochMilliseconds)}` }),
  createdBefore: (time) => ({ inOrder: sql`id < ${firstIdAt(time.epochMilliseconds)}` }),
  changedAfter: (time) => ({ read: changedSql(">=", time) }),
  changedBefore: (time) => ({
    inOrder: sql`id < ${firstIdAt(time.epochMilliseconds + CLOCKS_DIFFER_MS)}`,
    read: changedSql("<", time),
  }),
  operation: (operation) => ({ read: sql`operation = ${operation}` }),
  isCreate: () => ({ read: schema.IS_CREATE_SQL }),
  clientId: (clientId) => ({ read: sql`client_id = ${clientId}` }),
  branchCode: (branchCode) => ({ read: sql`branch_code = ${branchCode}` }),
};

function conditionsOf(filter: SubmissionFilter) {
  const fields = Object.keys(CONDITIONS) as (keyof SubmissionFilter)[];
  const all = fields.flatMap((field) => (filter[field] ? CONDITIONS[field]!(filter[field] as never) : []));
  const of = (how: keyof Condition) => all.flatMap((condition) => condition[how] ?? []);
  return { inOrder: of("inOrder"), few: of("few"), read: of("read") };
}

/** Joins the conditions of a filter, those that have the order of ids first. */
type JoinSql = (...conditions: (readonly RawBuilder<unknown>[])[]) => RawBuilder<unknown>;
const joinSql: JoinSql = (...conditions) => sql.join(conditions.flat(), sql` AND `);

/**
 * Returns the parts of a ledger in which the rows of a filter are, the newest first. What has changed since a time is what is new since then, and a few
 * older rows, which an index has by the time of their change: IS TRUE keeps planners from other indexes.
 */
function partsOf({ changedAfter }: SubmissionFilter): JoinSql[] {
  if (changedAfter === null) return [joinSql];
  const first = firstIdAt(changedAfter.epochMilliseconds);
  const hasChanged = sql`changed_at >= ${changedAfter.epochMilliseconds}`;
  return [
    (...conditions) => joinSql([sql`id >= ${first}`], ...conditions),
    (inOrder = [], ...others) =>
      joinSql([hasChanged, sql`(${joinSql([sql`id < ${first}`], inOrder)}) IS TRUE`], ...others),
  ];
}

/** Order of a list, and comparisons with an id: beyond it, and up to it. */
const NEWEST_FIRST = [sql`DESC`, sql`<`, sql`>=`] as const;
const OLDEST_FIRST = [sql`ASC`, sql`>`, sql`<=`] as const;

/** Reads a page, and one submission more. SQLite reads step by step where no index serves the filter, for `waitMs` milliseconds. */
export async function listSubmissions(query: SubmissionQuery, waitMs: number, context: LedgerContext) {
  const { db, engine } = context;
  const { first, reference, oldestFirst = false } = query;
  const [order, beyond, upTo] = oldestFirst ? OLDEST_FIRST : NEWEST_FIRST;
  const { inOrder, few, read } = conditionsOf(query);
  const references = referenceSql(reference);
  const hasSteps = engine.isInProcess && few.length === 0 && read.length > 0;
  const until = performance.now() + waitMs;
  const found: Submission[] = [];
  const parts = partsOf(query);
  for (const part of oldestFirst ? parts.toReversed() : parts) {
    // PostgreSQL would rather look for few rows in the order of the list, although all may be at its end.
    const isSorted = !engine.isInProcess && (few.length > 0 || reference !== null || part === parts[1]);
    let after = query.after === null ? null : bytesOf(query.after);
    do {
      const bounds = [...inOrder, ...(after === null ? [] : [sql`id ${beyond} ${after}`])];
      const step = references.map((condition) => part(bounds, [condition]));
      after = hasSteps ? await endOfStep(step, order, db) : null;
      if (after !== null) bounds.push(sql`id ${upTo} ${after}`);
      const limit = sql`ORDER BY id ${order} LIMIT ${first + 1 - found.length}`;
      const pages = references.map((condition) => {
        const are = part(bounds, few, read, [condition]);
        const sorted = sql`id IN (WITH those AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM those ${limit})`;
        return sql`SELECT * FROM (SELECT ${columnsSql(context)} FROM submissions WHERE ${isSorted ? sorted : are} ${limit}) AS page`;
      });
      const { rows } = await sql<SubmissionRow>`${sql.join(pages, sql` UNION `)} ${limit}`.execute(db);
      found.push(...rows.map(submissionOf));
      if (found.length > first) return found;
      if (after !== null) await setImmediate();
      if (performance.now() > until)
        throw new LedgerUnavailable("SLOW", "Nobody waits for this list any more.");
    } while (after !== null);
  }
  return found;
}

/** Returns the id at which a step ends, for the condition that is the first to have so many rows. Null: it is the last one. */
async function endOfStep(conditions: RawBuilder<unknown>[], order: RawBuilder<unknown>, db: Kysely<Tables>) {
  const first = sql`ORDER BY id ${order} LIMIT 1`;
  const ends = conditions.map(
    (are) =>
      sql`SELECT * FROM (SELECT id FROM submissions WHERE ${are} ${first} OFFSET ${LOOKED_AMONG}) AS step`,
  );
  const { rows } = await sql<{ id: Uint8Array }>`${sql.join(ends, sql` UNION ALL `)} ${first}`.execute(db);
  return rows[0]?.id ?? null;
}

export async function countReasons(filter: SubmissionFilter, { db }: LedgerContext): Promise<ReasonCount[]> {
  const names = Object.keys(filter) as (keyof SubmissionFilter)[];
  if (names.every((name) => !filter[name] || filter[name] === USUAL[name])) return countUsual(filter, db);
  const { inOrder, few, read } = conditionsOf(filter);
  // Parts have no row in common. SQLite would read all rows in the order of their ids for UNION.
  const ofParts = partsOf(filter).map((part) => {
    const found = referenceSql(filter.reference).map(
      (condition) =>
        sql`SELECT id, state, reason FROM submissions WHERE ${part(inOrder, few, read, [condition])}`,
    );
    return sql`SELECT state, reason FROM (${sql.join(found, sql` UNION `)}) AS part`;
  });
  const { rows } = await sql<ReasonCount>`SELECT state, reason, count(*) AS count
    FROM (${sql.join(ofParts, sql` UNION ALL `)}) AS counted
    GROUP BY state, reason ORDER BY count DESC`.execute(db);
  return rows;
}

/** Counts all submissions, or the usual ones, which are the rest of all: no row is read for them. */
async function countUsual({ state, reason }: SubmissionFilter, db: Kysely<Tables>): Promise<ReasonCount[]> {
  const { rows } = await sql<ReasonCount>`WITH other AS MATERIALIZED (
      SELECT state, reason FROM submissions WHERE ${schema.HAS_OTHER_REASON_SQL}
      UNION ALL SELECT state, reason FROM submissions WHERE state IN ('SENDING', 'UNCERTAIN') AND ${schema.IS_NOT_CONFIRMED_SQL} AND reason IS NULL)
    SELECT ${USUAL.state} AS state, ${USUAL.reason} AS reason,
      (SELECT count(*) FROM submissions) - (SELECT count(*) FROM other) AS count
    UNION ALL SELECT state, reason, count(*) FROM other GROUP BY state, reason ORDER BY count DESC`.execute(
    db,
  );
  return rows.filter(
    (row) => row.count > 0 && (state ?? row.state) === row.state && (reason ?? row.reason) === row.reason,
  );
}

export async function findSubmissions(ids: readonly string[], context: LedgerContext) {
  const found = await submissionsWhere(sql`id IN (${sql.join(ids.map(bytesOf))})`, context);
  return ids.map((id) => found.find((submission) => submission.id === id) ?? null);
}

export async function findByKey(key: SubmissionKey, context: LedgerContext): Promise<Submission | null> {
  return (await submissionsWhere(sql`key_hash = ${keyHashOf(key)}`, context))[0] ?? null;
}

async function submissionsWhere(which: RawBuilder<unknown>, context: LedgerContext): Promise<Submission[]> {
  const found = sql<SubmissionRow>`SELECT ${columnsSql(context)} FROM submissions WHERE ${which}`;
  const { rows } = await found.execute(context.db);
  return rows.map(submissionOf);
}

/** Reads Sociomile's words in answers that were refused or not understood. Operators alone see them. */
export async function readAnswers(
  ids: readonly string[],
  { db, cipher }: LedgerContext,
): Promise<(KeptAnswer | null)[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Pick<SubmissionRow, "id" | "answer">>`SELECT id, answer FROM submissions
    WHERE id IN (${sql.join(ids.map(bytesOf))})`.execute(db);
  const byId = new Map(rows.map(({ id, answer }) => [textOf(id), answer]));
  return ids.map((id) => {
    const sealed = byId.get(id) ?? null;
    return sealed && openAnswer(sealed, id, cipher);
  });
}

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTicketsSql(tickets: RawBuilder<unknown>): RawBuilder<unknown> {
  const select = sql`SELECT id FROM submissions WHERE`;
  return sql`${select} ticket_id IN (${tickets}) AND ${schema.IS_UPDATE_SQL}
    UNION ${select} ticket_id IN (${tickets}) AND ${schema.HAS_OPENED_SQL}
    UNION ${select} conflicting_ticket_id IN (${tickets})`;
}

/** Conditions for submissions that have a reference, and for others of the tickets that it names: one for each index. Only creates have Sociomile's number. */
function referenceSql(reference: TicketReference | null): RawBuilder<unknown>[] {
  if (reference === null) return [ALL];
  const { type, value } = reference;
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const isIndexed = type === "SOCIOMILE_TICKET_NUMBER" ? schema.IS_CREATE_SQL : ALL;
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamedSql(type, value)}) AS named`;
  return [
    sql`(${column} = ${value} AND length(${column}) <= 255 AND ${isIndexed})`,
    sql`id IN (${idsOfTicketsSql(tickets)})`,
  ];
}
