/** Lists and counts of submissions, and single ones by their ids and keys. */
import { setImmediate } from "node:timers/promises";
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  LedgerUnavailable,
  type SubmissionCount,
  type SubmissionFilter,
  type SubmissionKey,
  type SubmissionOrder,
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

/** Rows among which SQLite looks in one statement. It serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** State and reason of nearly all submissions. */
const USUAL = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" } as const;
const ALL = sql<boolean>`true`;

type Conditions = readonly RawBuilder<unknown>[];
/** A condition for a field of a filter, by how its rows are found: by an index that has the order of ids, as few rows, or by reading each. */
type Condition = { [How in "inOrder" | "few" | "read"]?: RawBuilder<unknown> };

/** Finds few rows first. Otherwise planners scan all submissions in the order of a list. */
const firstSql = (are: RawBuilder<unknown>) =>
  sql`id IN (WITH few AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM few)`;
const isInSql = (column: string, values: readonly string[]) =>
  sql`${sql.ref(column)} IN (${sql.join([...new Set(values)])})`;

/** Most by which the clock that made an id is ahead of the one that settled its submission. Milliseconds. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** Conditions by the fields of a filter, except its reference. */
const CONDITIONS: {
  [Field in keyof SubmissionFilter]?: (value: NonNullable<SubmissionFilter[Field]>) => Condition;
} = {
  states: (states) => ({ read: isInSql("state", states) }),
  reasons: (reasons) => ({ read: isInSql("reason", reasons) }),
  ticketId: (id) => ({ few: sql`id IN (${idsOfTicketsSql(sql`${id}`)})` }),
  isConflicting: (is) =>
    is
      ? { few: firstSql(sql`conflicting_ticket_id IS NOT NULL`) }
      : { read: sql`conflicting_ticket_id IS NULL` },
  createdAfter: (time) => ({ inOrder: sql`id >= ${firstIdAt(time.epochMilliseconds)}` }),
  createdBefore: (time) => ({ inOrder: sql`id < ${firstIdAt(time.epochMilliseconds)}` }),
  settledAfter: (time) => ({ read: sql`settled_at >= ${time.epochMilliseconds}` }),
  settledBefore: (time) => ({
    inOrder: sql`id < ${firstIdAt(time.epochMilliseconds + CLOCKS_DIFFER_MS)}`,
    read: sql`settled_at < ${time.epochMilliseconds}`,
  }),
  operations: (operations) => ({ read: isInSql("operation", operations) }),
  clientId: (clientId) => ({ read: sql`client_id = ${clientId}` }),
  branchCode: (branchCode) => ({ read: sql`branch_code = ${branchCode}` }),
};

const isSet = (value: unknown) => value != null && !(Array.isArray(value) && value.length === 0);

function conditionsOf(filter: SubmissionFilter) {
  const fields = Object.keys(CONDITIONS) as (keyof SubmissionFilter)[];
  const all = fields.flatMap((field) =>
    isSet(filter[field]) ? CONDITIONS[field]!(filter[field] as never) : [],
  );
  const of = (how: keyof Condition) => all.flatMap((condition) => condition[how] ?? []);
  return { inOrder: of("inOrder"), few: of("few"), read: of("read") };
}

/**
 * Splits a filter into conditions of which each row meets one, each with an index in the order of ids, and what is left of the filter. SQLite uses an index
 * of some states for a literal one alone.
 */
function indexedBy(filter: SubmissionFilter): { each: Conditions; rest: SubmissionFilter } {
  const { reference, ticketId, isConflicting, states, reasons } = filter;
  const isRare = (values: readonly string[] | null | undefined, usual: string) =>
    isSet(values) && !values!.includes(usual);
  if (reference) return { each: referenceSql(reference), rest: filter };
  if (!ticketId && !isConflicting && isRare(reasons, USUAL.reason)) {
    const each = [...new Set(reasons)].map(
      (reason) => sql`reason = ${reason} AND ${schema.HAS_OTHER_REASON_SQL}`,
    );
    return { each, rest: { ...filter, reasons: null } };
  }
  if (!ticketId && !isConflicting && isRare(states, USUAL.state)) {
    const each = [...new Set(states)].map(
      (state) => sql`state = ${sql.lit(state)} AND ${schema.IS_NOT_CONFIRMED_SQL}`,
    );
    return { each, rest: { ...filter, states: null } };
  }
  return { each: [ALL], rest: filter };
}

/** Joins the conditions of a filter, those that have the order of ids first. */
type JoinSql = (...conditions: Conditions[]) => RawBuilder<unknown>;
const joinSql: JoinSql = (...conditions) => sql.join(conditions.flat(), sql` AND `);

/**
 * Returns the parts of a ledger in which the rows of a filter are, the newest first. What was settled since a time is what is new since then, and a few older
 * rows, which an index has by the time of their change: IS TRUE keeps planners from other indexes.
 */
function partsOf({ settledAfter }: SubmissionFilter): JoinSql[] {
  if (!settledAfter) return [joinSql];
  const first = firstIdAt(settledAfter.epochMilliseconds);
  const hasChanged = sql`changed_at >= ${settledAfter.epochMilliseconds}`;
  return [
    (...conditions) => joinSql([sql`id >= ${first}`], ...conditions),
    (inOrder = [], ...others) =>
      joinSql([hasChanged, sql`(${joinSql([sql`id < ${first}`], inOrder)}) IS TRUE`], ...others),
  ];
}

/** Orders of a list, with comparisons with an id: beyond it, and up to it. */
const ORDERS = {
  CREATED_DESC: [sql`DESC`, sql`<`, sql`>=`],
  CREATED_ASC: [sql`ASC`, sql`>`, sql`<=`],
} as const satisfies Record<SubmissionOrder, unknown>;

/** How a filter is read. */
interface Reading {
  orderBy: SubmissionOrder;
  /** Id of the submission after which it begins. Null: it begins with the first. */
  after: string | null;
  /** True: all rows of a step are read, and not only the first. */
  readsAll: boolean;
  /** Milliseconds. */
  waitMs: number;
}

/**
 * Yields the conditions of a filter for one step after another. Each row of a step meets at least one of them. SQLite serves others between them. Throws
 * LedgerUnavailable when nobody waits any more. `isSorted`: few rows, which PostgreSQL would look for in the order of the list, although all may be at its end.
 */
async function* stepsOf(
  filter: SubmissionFilter,
  { orderBy, after: first, readsAll, waitMs }: Reading,
  { db, engine }: LedgerContext,
) {
  const [order, beyond, upTo] = ORDERS[orderBy];
  const { each, rest } = indexedBy(filter);
  const { inOrder, few, read } = conditionsOf(rest);
  const hasSteps = engine.isInProcess && few.length === 0 && (readsAll || read.length > 0);
  const until = performance.now() + waitMs;
  const parts = partsOf(filter);
  for (const part of orderBy === "CREATED_ASC" ? parts.toReversed() : parts) {
    const isSorted =
      !engine.isInProcess && (few.length > 0 || Boolean(filter.reference) || part === parts[1]);
    const areEach = (bounds: Conditions, ...others: Conditions[]) =>
      each.map((one) =>
        filter.reference ? part(bounds, ...others, [one]) : part([...bounds, one], ...others),
      );
    let after = first === null ? null : bytesOf(first);
    do {
      const bounds = [...inOrder, ...(after === null ? [] : [sql`id ${beyond} ${after}`])];
      after = hasSteps ? await endOfStep(areEach(bounds), order, db) : null;
      if (after !== null) bounds.push(sql`id ${upTo} ${after}`);
      yield { each: areEach(bounds, few, read), isSorted };
      if (after !== null) await setImmediate();
      if (performance.now() > until)
        throw new LedgerUnavailable("SLOW", "Nobody waits for this list any more.");
    } while (after !== null);
  }
}

/** Reads a page, and one submission more. */
export async function listSubmissions(query: SubmissionQuery, waitMs: number, context: LedgerContext) {
  const { first, after, orderBy = "CREATED_DESC" } = query;
  const [order] = ORDERS[orderBy];
  const found: Submission[] = [];
  for await (const { each, isSorted } of stepsOf(
    query,
    { orderBy, after, readsAll: false, waitMs },
    context,
  )) {
    const limit = sql`ORDER BY id ${order} LIMIT ${first + 1 - found.length}`;
    const pages = each.map((are) => {
      const sorted = sql`id IN (WITH those AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM those ${limit})`;
      return sql`SELECT * FROM (SELECT ${columnsSql(context)} FROM submissions WHERE ${isSorted ? sorted : are} ${limit}) AS page`;
    });
    const page = sql<SubmissionRow>`${sql.join(pages, sql` UNION `)} ${limit}`;
    found.push(...(await page.execute(context.db)).rows.map(submissionOf));
    if (found.length > first) return found;
  }
  return found;
}

/** Returns the id at which a step ends, for the condition that is the first to have so many rows. Null: it is the last one. */
async function endOfStep(conditions: RawBuilder<unknown>[], order: RawBuilder<unknown>, db: Kysely<Tables>) {
  const first = sql`ORDER BY id ${order} LIMIT 1`;
  const offset = Math.ceil(LOOKED_AMONG / conditions.length);
  const ends = conditions.map(
    (are) => sql`SELECT * FROM (SELECT id FROM submissions WHERE ${are} ${first} OFFSET ${offset}) AS step`,
  );
  const { rows } = await sql<{ id: Uint8Array }>`${sql.join(ends, sql` UNION ALL `)} ${first}`.execute(db);
  return rows[0]?.id ?? null;
}

/** Counts submissions by operation, state and reason, the most frequent first. */
export async function countSubmissions(filter: SubmissionFilter, waitMs: number, context: LedgerContext) {
  const counts = new Map<string, SubmissionCount>();
  const reading: Reading = { orderBy: "CREATED_ASC", after: null, readsAll: true, waitMs };
  // A row meets one condition alone, but for a reference.
  const union = filter.reference ? sql` UNION ` : sql` UNION ALL `;
  for await (const { each } of stepsOf(filter, reading, context)) {
    const rows = each.map((are) => sql`SELECT id, operation, state, reason FROM submissions WHERE ${are}`);
    const counted = sql<SubmissionCount>`SELECT operation, state, reason, count(*) AS count
      FROM (${sql.join(rows, union)}) AS counted GROUP BY operation, state, reason`;
    for (const { count, ...of } of (await counted.execute(context.db)).rows) {
      const key = Object.values(of).join(" ");
      counts.set(key, { ...of, count: count + (counts.get(key)?.count ?? 0) });
    }
  }
  return [...counts.values()].toSorted((one, other) => other.count - one.count);
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
function referenceSql({ type, value }: TicketReference): RawBuilder<unknown>[] {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const isIndexed = type === "SOCIOMILE_TICKET_NUMBER" ? schema.IS_CREATE_SQL : ALL;
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamedSql(type, value)}) AS named`;
  return [
    sql`(${column} = ${value} AND length(${column}) <= 255 AND ${isIndexed})`,
    sql`id IN (${idsOfTicketsSql(tickets)})`,
  ];
}
