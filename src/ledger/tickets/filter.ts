/** Conditions for submissions in SQL, and the steps in which their rows are read. */
import { setImmediate } from "node:timers/promises";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { LedgerUnavailable, type SubmissionFilter, type SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { LedgerContext } from "../context.ts";
import * as schema from "../database/schema.ts";
import { TICKET_REFERENCE_COLUMNS, type Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt } from "../clock.ts";
import { ticketsNamedSql } from "./references.ts";

/** Rows among which SQLite looks in one statement. It serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** State and reason of nearly all submissions. */
const USUAL = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" } as const;
const ALL_SQL = sql<boolean>`true`;

type Conditions = readonly RawBuilder<unknown>[];
/** A condition for a field of a filter, by the way to its rows: an index in the order of ids, few rows, or reading each. */
type Condition = { [How in "inOrder" | "few" | "read"]?: RawBuilder<unknown> };

/** Finds few rows first. Otherwise planners scan all submissions in the order of a list. */
const firstSql = (are: RawBuilder<unknown>) =>
  sql`id IN (WITH few AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM few)`;
const isInSql = (column: string, values: readonly string[]) =>
  sql`${sql.ref(column)} IN (${sql.join([...new Set(values)])})`;

/** Most by which the clock that made an id is ahead of the one that settled its submission. Milliseconds. */
const CLOCKS_DIFFER_MS = 3_600_000;

const CONDITIONS: {
  [Field in keyof SubmissionFilter]?: (value: NonNullable<SubmissionFilter[Field]>) => Condition;
} = {
  states: (states) => ({ read: isInSql("state", states) }),
  reasons: (reasons) => ({ read: isInSql("reason", reasons) }),
  ticketId: (id) => ({ few: sql`id IN (${idsOfTicketsSql(sql`${id}`)})` }),
  isConflicting: (is) =>
    is ? { few: firstSql(sql`conflicting_ticket_id IS NOT NULL`) } : { read: sql`conflicting_ticket_id IS NULL` },
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
  const all = fields.flatMap((field) => (isSet(filter[field]) ? CONDITIONS[field]!(filter[field] as never) : []));
  const of = (how: keyof Condition) => all.flatMap((condition) => condition[how] ?? []);
  return { inOrder: of("inOrder"), few: of("few"), read: of("read") };
}

const areRare = (values: readonly string[] | null | undefined, usual: string) =>
  isSet(values) && !values!.includes(usual);

// SQLite uses an index of some states for a literal one alone.
/** Splits a filter into conditions of which each row meets one, with an index in the order of ids, and the rest of it. */
function indexedBy(filter: SubmissionFilter): { each: Conditions; rest: SubmissionFilter } {
  const { reference, ticketId, isConflicting, states, reasons } = filter;
  if (reference) return { each: referenceSql(reference), rest: filter };
  if (!ticketId && !isConflicting && areRare(reasons, USUAL.reason)) {
    const each = [...new Set(reasons)].map((reason) => sql`reason = ${reason} AND ${schema.HAS_OTHER_REASON_SQL}`);
    return { each, rest: { ...filter, reasons: null } };
  }
  if (!ticketId && !isConflicting && areRare(states, USUAL.state)) {
    const each = [...new Set(states)].map((state) => sql`state = ${sql.lit(state)} AND ${schema.IS_NOT_CONFIRMED_SQL}`);
    return { each, rest: { ...filter, states: null } };
  }
  return { each: [ALL_SQL], rest: filter };
}

const joinSql = (...conditions: Conditions) => sql.join(conditions, sql` AND `);

/** Joins the conditions that an index serves with others, for one part of a ledger. */
type Part = (byIndex: Conditions, others: Conditions) => RawBuilder<unknown>;

/**
 * Returns the parts of a ledger that have the rows of a filter, the newest first. Rows that were settled since a time are the new
 * ones, and a few older ones, which an index has by the time of their change: IS TRUE keeps planners from other indexes.
 */
function partsOf({ settledAfter }: SubmissionFilter): Part[] {
  if (!settledAfter) return [(byIndex, others) => joinSql(...byIndex, ...others)];
  const first = firstIdAt(settledAfter.epochMilliseconds);
  const hasChanged = sql`changed_at >= ${settledAfter.epochMilliseconds}`;
  return [
    (byIndex, others) => joinSql(sql`id >= ${first}`, ...byIndex, ...others),
    (byIndex, others) => joinSql(hasChanged, sql`(${joinSql(sql`id < ${first}`, ...byIndex)}) IS TRUE`, ...others),
  ];
}

/** Orders of a list, with comparisons with an id: beyond it, and up to it. */
export const ORDERS = {
  CREATED_DESC: [sql`DESC`, sql`<`, sql`>=`],
  CREATED_ASC: [sql`ASC`, sql`>`, sql`<=`],
} as const satisfies Record<Reading["orderBy"], unknown>;

/** Way in which the rows of a filter are read. */
export interface Reading {
  orderBy: NonNullable<SubmissionQuery["orderBy"]>;
  /** Id of the submission after which it begins. Null: it begins with the first. */
  after: string | null;
  /** True: all rows of a step are read, and not only the first. */
  readsAll: boolean;
  /** Milliseconds. */
  waitMs: number;
}

/**
 * Yields the conditions of a filter for one step after another: each row of a step meets at least one. SQLite serves others
 * between them. Throws LedgerUnavailable when nobody waits any more. `isSorted`: PostgreSQL would look for few rows in the order
 * of the list, although all may be at its end.
 */
export async function* stepsOf(
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
    const isSorted = !engine.isInProcess && (few.length > 0 || Boolean(filter.reference) || part === parts[1]);
    const areEach = (bounds: Conditions, others: Conditions = []) =>
      each.map((one) => (filter.reference ? part(bounds, [...others, one]) : part([...bounds, one], others)));
    let after = first === null ? null : bytesOf(first);
    do {
      const bounds = [...inOrder, ...(after === null ? [] : [sql`id ${beyond} ${after}`])];
      after = hasSteps ? await endOfStep(areEach(bounds), order, db) : null;
      if (after !== null) bounds.push(sql`id ${upTo} ${after}`);
      yield { each: areEach(bounds, [...few, ...read]), isSorted };
      if (after !== null) await setImmediate();
      if (performance.now() > until) throw new LedgerUnavailable("SLOW", "Nobody waits for this list any more.");
    } while (after !== null);
  }
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

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTicketsSql(tickets: RawBuilder<unknown>): RawBuilder<unknown> {
  const select = sql`SELECT id FROM submissions WHERE`;
  return sql`${select} ticket_id IN (${tickets}) AND ${schema.IS_UPDATE_SQL}
    UNION ${select} ticket_id IN (${tickets}) AND ${schema.HAS_OPENED_SQL}
    UNION ${select} conflicting_ticket_id IN (${tickets})`;
}

/** Conditions for submissions with a reference, and for others of its tickets, by index. Updates have no ticket number. */
function referenceSql({ type, value }: TicketReference): RawBuilder<unknown>[] {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const isIndexed = type === "SOCIOMILE_TICKET_NUMBER" ? schema.IS_CREATE_SQL : ALL_SQL;
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamedSql(type, value)}) AS named`;
  return [
    sql`(${column} = ${value} AND length(${column}) <= 255 AND ${isIndexed})`,
    sql`id IN (${idsOfTicketsSql(tickets)})`,
  ];
}
