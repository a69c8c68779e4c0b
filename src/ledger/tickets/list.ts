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
import { ENDED, HAS_OPENED } from "../database/schema.ts";
import { type SubmissionRow, TICKET_REFERENCE_COLUMNS, type Tables } from "../database/tables.ts";
import { AFTER_IDS, BEFORE_IDS, bytesOf, firstIdAt, textOf } from "../ids.ts";
import { keyHashOf } from "../submissions/reservation.ts";
import { SUBMISSION_COLUMNS, submissionOf } from "../submissions/row.ts";
import { ticketsNamed } from "./read.ts";

/** Rows among which one statement looks for a page. SQLite serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** Reads a page, and one submission more. Where no index serves the filter it looks through a database of this process part by part, for `waitMs` milliseconds. */
export async function listSubmissions(query: SubmissionQuery, waitMs: number, { db, engine }: LedgerContext) {
  const { first, oldestFirst = false } = query;
  const [order, beyond, upTo] = oldestFirst ? (["asc", ">", "<="] as const) : (["desc", "<", ">="] as const);
  const found: Submission[] = [];
  const hasParts = engine.isInProcess && needsParts(query); // PostgreSQL serves others meanwhile
  const until = performance.now() + waitMs;
  let after = query.after === null ? null : bytesOf(query.after);
  do {
    const from = after;
    const rest = db
      .selectFrom("submissions")
      .$if(from !== null, (all) => all.where("id", beyond, from!))
      .$if(query.reference !== null, (all) => all.where(has(query.reference!)));
    const end = hasParts
      ? await rest.select("id").orderBy("id", order).offset(LOOKED_AMONG).limit(1).executeTakeFirst()
      : undefined;
    const rows: Submission[] = [];
    for (const some of partsOf(query, db)) {
      const part = some
        .select(SUBMISSION_COLUMNS)
        .$if(from !== null, (page) => page.where("id", beyond, from!))
        .$if(end !== undefined, (page) => page.where("id", upTo, end!.id))
        .orderBy("id", order)
        .limit(first + 1 - found.length);
      rows.push(...(await part.execute()).map(submissionOf));
    }
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
    const sorted = unique.toSorted((a, b) => (a.id < b.id === oldestFirst ? -1 : 1));
    found.push(...sorted.slice(0, first + 1 - found.length));
    after = end?.id ?? null;
    if (after !== null) await setImmediate();
    if (performance.now() > until)
      throw new LedgerUnavailable("SLOW", "Nobody waits for this list any more.");
  } while (after !== null && found.length <= first);
  return found;
}

/** The submissions of a filter. Those under a reference, and others of the tickets that it names, come apart: each part has an index. */
function partsOf(filter: SubmissionFilter, db: Kysely<Tables>) {
  const all = matching(filter, db);
  return filter.reference === null
    ? [all]
    : [has, isOfNamed].map((part) => all.where(part(filter.reference!)));
}

/** True when no index finds the submissions of a filter, and many others may lie between them. */
function needsParts({ ticketId, state, hasConflict, ...filter }: SubmissionFilter): boolean {
  const isFound = ticketId !== null || hasConflict || (state !== null && state !== "CONFIRMED");
  const { operation, reason, clientId, branchCode, changedAfter, changedBefore } = filter;
  const others = [state, operation, reason, clientId, branchCode, changedAfter, changedBefore];
  return !isFound && others.some((condition) => condition !== null);
}

export function countReasons(filter: SubmissionFilter, { db }: LedgerContext): Promise<ReasonCount[]> {
  const { reference } = filter;
  return matching(filter, db)
    .$if(reference !== null, (all) =>
      all.where(sql<boolean>`(${has(reference!)} OR ${isOfNamed(reference!)})`),
    )
    .select((eb) => ["state", "reason", eb.fn.countAll<number>().as("count")])
    .groupBy(["state", "reason"])
    .orderBy("count", "desc")
    .execute();
}

/** Ids of what waits, of what ended without a ticket, and of conflicts. Databases would rather look through all submissions in the order of a list than sort these few. */
const few = (are: RawBuilder<unknown>) =>
  sql`(WITH few AS MATERIALIZED (SELECT id FROM submissions WHERE ${are}) SELECT id FROM few)`;
const ended = few(ENDED);
const conflicting = few(sql`conflicting_ticket_id IS NOT NULL`);
const FEW: Partial<Record<SubmissionState, RawBuilder<unknown>>> = {
  QUEUED: few(sql`deliver_by IS NOT NULL`),
  REJECTED: ended,
  NOT_EXECUTED: ended,
  SUPERSEDED: ended,
};

/** Condition for submissions by the time since which they are as they are. Tries of a queued one change nothing. */
const since = (is: ">=" | "<", { epochMilliseconds: ms }: Temporal.Instant) =>
  sql<boolean>`CASE WHEN state = 'QUEUED' OR settled_at IS NULL THEN id ${sql.raw(is)} ${firstIdAt(ms)} ELSE settled_at ${sql.raw(is)} ${ms} END`;

/** The submissions of a filter, whatever its reference. */
function matching(filter: SubmissionFilter, db: Kysely<Tables>) {
  const { ticketId, createdAfter, createdBefore, changedAfter, changedBefore } = filter;
  const conditions: [keyof SubmissionRow, "=" | "in" | ">=" | "<", unknown][] = [
    ["state", "=", filter.state],
    ["operation", "=", filter.operation],
    ["id", "in", (filter.state && FEW[filter.state]) ?? null],
    ["id", "in", filter.hasConflict ? conflicting : null],
    ["id", "in", ticketId === null ? null : sql`(${idsOfTickets(sql`${ticketId}`)})`],
    ["id", ">=", createdAfter && firstIdAt(createdAfter.epochMilliseconds)], // ids sort by the time of the first call
    ["id", "<", createdBefore && firstIdAt(createdBefore.epochMilliseconds)],
    ["reason", "=", filter.reason],
    ["client_id", "=", filter.clientId],
    ["branch_code", "=", filter.branchCode],
  ];
  return conditions
    .filter(([, , value]) => value !== null)
    .reduce(
      (some, [column, is, value]) => some.where(column, is, value as never),
      db
        .selectFrom("submissions")
        .$if(changedAfter !== null, (some) => some.where(since(">=", changedAfter!)))
        .$if(changedBefore !== null, (some) => some.where(since("<", changedBefore!))),
    );
}

/** Pages of histories that one statement reads. */
const PAGES_AT_ONCE = 500;

export async function listHistories(pages: readonly HistoryPage[], context: LedgerContext) {
  const found = new Map<HistoryPage, Submission[]>();
  const parts = Map.groupBy(pages, ({ first }, nth) => `${first} ${Math.floor(nth / PAGES_AT_ONCE)}`);
  for (const some of parts.values()) {
    if (found.size > 0) await setImmediate();
    const rows = await rowsOfHistories(some, some[0]!.first, context);
    for (const [nth, page] of some.entries()) found.set(page, (rows.get(nth) ?? []).map(submissionOf));
  }
  return pages.map((page) => found.get(page)!);
}

/** Reads pages of one size, by their places in the list. Of the updates of a ticket it looks at those of the page alone. SQLite keeps the order of a CROSS JOIN. */
async function rowsOfHistories(pages: readonly HistoryPage[], first: number, { db }: LedgerContext) {
  const wanted = pages.map(({ ticketId, after }, nth) => {
    const before = after === null ? AFTER_IDS : bytesOf(after);
    return sql`(${sql.lit(nth)}, cast(${ticketId} as text), cast(${before} as blob))`;
  });
  const ofUpdates = sql`ticket_id = of_ticket AND requested_status IS NOT NULL AND id < before`;
  const columns = SUBMISSION_COLUMNS.map((column) => sql.ref(`submissions.${column}`));
  const { rows } = await sql<SubmissionRow & { page: number }>`
    WITH wanted (page, of_ticket, before) AS (VALUES ${sql.join(wanted)}),
    bounded AS MATERIALIZED (SELECT wanted.*, coalesce((SELECT id FROM submissions WHERE ${ofUpdates}
      ORDER BY id DESC LIMIT 1 OFFSET ${sql.lit(first)}), cast(${BEFORE_IDS} as blob)) AS oldest FROM wanted),
    history AS (SELECT page, id FROM bounded CROSS JOIN submissions WHERE ${ofUpdates} AND id >= oldest
      UNION SELECT page, id FROM bounded CROSS JOIN submissions
        WHERE ticket_id = of_ticket AND ${HAS_OPENED} AND id < before
      UNION SELECT page, id FROM bounded CROSS JOIN submissions WHERE conflicting_ticket_id = of_ticket AND id < before),
    newest AS (SELECT page, id, row_number() OVER (PARTITION BY page ORDER BY id DESC) AS nth FROM history)
    SELECT page, ${sql.join(columns)} FROM newest JOIN submissions ON submissions.id = newest.id
    WHERE nth <= ${sql.lit(first + 1)} ORDER BY page, nth`.execute(db);
  return Map.groupBy(rows, ({ page }) => page);
}

export async function findSubmissions(ids: readonly string[], { db }: LedgerContext) {
  const rows = await db
    .selectFrom("submissions")
    .select(SUBMISSION_COLUMNS)
    .where("id", "in", ids.map(bytesOf))
    .execute();
  const byId = new Map(rows.map((row) => [textOf(row.id), submissionOf(row)]));
  return ids.map((id) => byId.get(id) ?? null);
}

export async function findByKey(key: SubmissionKey, { db }: LedgerContext): Promise<Submission | null> {
  const row = await db
    .selectFrom("submissions")
    .select(SUBMISSION_COLUMNS)
    .where("key_hash", "=", keyHashOf(key))
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** Selects the ids of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function idsOfTickets(tickets: RawBuilder<unknown>): RawBuilder<unknown> {
  const select = sql`SELECT id FROM submissions WHERE`;
  return sql`${select} ticket_id IN (${tickets}) AND requested_status IS NOT NULL
    UNION ${select} ticket_id IN (${tickets}) AND ${HAS_OPENED}
    UNION ${select} conflicting_ticket_id IN (${tickets})`;
}

/** Condition for submissions whose tickets a reference names. */
function isOfNamed({ type, value }: TicketReference) {
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamed(type, value)}) AS named`;
  return sql<boolean>`id IN (${idsOfTickets(tickets)})`;
}

/** Condition for submissions that have a reference. Only creates have Sociomile's number, and its index holds no others. */
function has({ type, value }: TicketReference) {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const isIndexed = sql.raw(type === "SOCIOMILE_TICKET_NUMBER" ? "AND requested_status IS NULL" : "");
  return sql<boolean>`(${column} = ${value} AND length(${column}) <= 255 ${isIndexed})`;
}
