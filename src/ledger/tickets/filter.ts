/** Conditions for submissions in SQL. */
import { type RawBuilder, sql } from "kysely";
import type { SubmissionFilter, SubmissionQuery } from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { LedgerContext } from "../context.ts";
import * as schema from "../database/schema.ts";
import { TICKET_REFERENCE_COLUMNS } from "../database/tables.ts";
import { bytesOf, firstIdAt } from "../clock.ts";
import { ticketsNamedSql } from "./references.ts";

const USUAL = { state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" } as const;
const ALL = sql<boolean>`true`;

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
  return { each: [ALL], rest: filter };
}

type JoinSql = (...conditions: Conditions[]) => RawBuilder<unknown>;
const joinSql: JoinSql = (...conditions) => sql.join(conditions.flat(), sql` AND `);

/**
 * Returns what joins the conditions for each part of a ledger that has rows of a filter, the newest first. Rows settled
 * since a time are the new ones, and a few older ones, which an index has by the time of their change: IS TRUE keeps
 * planners from other indexes.
 */
function joinsOf({ settledAfter }: SubmissionFilter): JoinSql[] {
  if (!settledAfter) return [joinSql];
  const first = firstIdAt(settledAfter.epochMilliseconds);
  const hasChanged = sql`changed_at >= ${settledAfter.epochMilliseconds}`;
  return [
    (...conditions) => joinSql([sql`id >= ${first}`], ...conditions),
    (inOrder = [], ...others) =>
      joinSql([hasChanged, sql`(${joinSql([sql`id < ${first}`], inOrder)}) IS TRUE`], ...others),
  ];
}

/** Orders of a list, with the comparison of an id with the last one on the page before. */
export const ORDERS = { CREATED_DESC: [sql`DESC`, sql`<`], CREATED_ASC: [sql`ASC`, sql`>`] } as const;

/**
 * Returns the conditions of a filter in parts, in the order of the list: each row of a part meets at least one. `isSorted`:
 * PostgreSQL would look for few rows in the order of the list, although all may be at its end.
 */
export function partsOf(
  filter: SubmissionFilter,
  { orderBy = "CREATED_DESC", after }: Pick<SubmissionQuery, "orderBy" | "after">,
  { engine }: LedgerContext,
) {
  const { each, rest } = indexedBy(filter);
  const { inOrder, few, read } = conditionsOf(rest);
  const bounds = [...inOrder, ...(after === null ? [] : [sql`id ${ORDERS[orderBy][1]} ${bytesOf(after)}`])];
  const parts = joinsOf(filter).map((join, nth) => ({
    each: each.map((one) => (filter.reference ? join(bounds, few, read, [one]) : join([...bounds, one], few, read))),
    isSorted: !engine.isInProcess && (few.length > 0 || Boolean(filter.reference) || nth === 1),
  }));
  return orderBy === "CREATED_ASC" ? parts.toReversed() : parts;
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
  const isIndexed = type === "SOCIOMILE_TICKET_NUMBER" ? schema.IS_CREATE_SQL : ALL;
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamedSql(type, value)}) AS named`;
  return [
    sql`(${column} = ${value} AND length(${column}) <= 255 AND ${isIndexed})`,
    sql`id IN (${idsOfTicketsSql(tickets)})`,
  ];
}
