import { setImmediate } from "node:timers/promises";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type {
  HistoryPage,
  ReasonCount,
  SubmissionFilter,
  SubmissionKey,
  SubmissionQuery,
} from "../../tickets/ports.ts";
import type { TicketReference } from "../../tickets/fields/references.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, firstIdAt, textOf } from "../ids.ts";
import { keyHashOf } from "../submissions/reservation.ts";
import { SUBMISSION_COLUMNS, TICKET_REFERENCE_COLUMNS, submissionOf } from "../submissions/row.ts";
import { ticketsNamed } from "./read.ts";

/** Rows among which one statement looks for a page. SQLite serves nobody meanwhile. */
const LOOKED_AMONG = 20_000;

/** Reads a page, and one submission more. Where no index serves the filter, it looks through the ledger part by part. */
export async function listSubmissions(query: SubmissionQuery, { db }: LedgerContext): Promise<Submission[]> {
  const { first, oldestFirst = false } = query;
  const [order, beyond, upTo] = oldestFirst ? (["asc", ">", "<="] as const) : (["desc", "<", ">="] as const);
  const found: Submission[] = [];
  let after = query.after === null ? null : bytesOf(query.after);
  do {
    const from = after;
    const rest = db.selectFrom("submissions").$if(from !== null, (all) => all.where("id", beyond, from!));
    const end = needsParts(query)
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
    const merged = [...new Map(rows.map((row) => [row.id, row])).values()].toSorted((a, b) =>
      a.id < b.id === oldestFirst ? -1 : 1,
    );
    found.push(...merged.slice(0, first + 1 - found.length));
    after = end?.id ?? null;
    if (after !== null) await setImmediate();
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
function needsParts({ ticketId, reference, state, hasConflict, ...filter }: SubmissionFilter): boolean {
  const isFound = ticketId !== null || reference !== null || hasConflict;
  const isOpen = state === "UNCERTAIN" || state === "SENDING";
  const { operation, reason, clientId, branchCode, changedAfter, changedBefore } = filter;
  const others = [state, operation, reason, clientId, branchCode, changedAfter, changedBefore];
  return !isFound && !isOpen && others.some((condition) => condition !== null);
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

/** The submissions of a filter, whatever its reference. */
function matching(filter: SubmissionFilter, db: Kysely<Tables>) {
  const { ticketId, createdAfter, createdBefore, changedAfter, changedBefore } = filter;
  const conditions: [keyof SubmissionRow, "=" | "in" | ">=" | "<", unknown][] = [
    ["state", "=", filter.state],
    ["operation", "=", filter.operation],
    ["id", "in", ticketId === null ? null : sql`(${idsOfTickets(sql`${ticketId}`)})`],
    ["id", ">=", createdAfter && firstIdAt(createdAfter.epochMilliseconds)], // ids sort by the time of the first call
    ["id", "<", createdBefore && firstIdAt(createdBefore.epochMilliseconds)],
    ["reason", "=", filter.reason],
    ["client_id", "=", filter.clientId],
    ["branch_code", "=", filter.branchCode],
    ["settled_at", ">=", changedAfter && changedAfter.epochMilliseconds],
    ["settled_at", "<", changedBefore && changedBefore.epochMilliseconds],
  ];
  return conditions
    .filter(([, , value]) => value !== null)
    .reduce(
      (some, [column, is, value]) => some.where(column, is, value as never),
      db
        .selectFrom("submissions")
        .$if(filter.hasConflict, (some) => some.where("conflicting_ticket_id", "is not", null)),
    );
}

export async function listHistories(
  pages: readonly HistoryPage[],
  { db }: LedgerContext,
): Promise<Submission[][]> {
  const wanted = pages.map(({ ticketId, first, after }, nth) => {
    const before = after === null ? NO_ID : bytesOf(after);
    return sql`(${sql.lit(nth)}, cast(${ticketId} as text), cast(${before} as blob), ${sql.lit(first)})`;
  });
  const columns = SUBMISSION_COLUMNS.map((column) => sql.ref(`submissions.${column}`));
  const { rows } = await sql<SubmissionRow & { page: number }>`
    WITH wanted (page, of_ticket, before, first) AS (VALUES ${sql.join(wanted)}),
    history AS (${ofTickets(sql`SELECT wanted.*, id FROM wanted JOIN submissions ON`, sql`= of_ticket`)}),
    newest AS (SELECT page, first, id, row_number() OVER (PARTITION BY page ORDER BY id DESC) AS nth FROM history WHERE id < before)
    SELECT page, ${sql.join(columns)} FROM newest JOIN submissions ON submissions.id = newest.id
    WHERE nth <= first + 1 ORDER BY page, nth`.execute(db);
  const found = Map.groupBy(rows, ({ page }) => page);
  return pages.map((_, nth) => (found.get(nth) ?? []).map(submissionOf));
}

/** Bytes above those of every id. */
const NO_ID = new Uint8Array(16).fill(0xff);

export async function findSubmissions(
  ids: readonly string[],
  { db }: LedgerContext,
): Promise<(Submission | null)[]> {
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
    .selectAll()
    .where("key_hash", "=", keyHashOf(key))
    .executeTakeFirst();
  return row ? submissionOf(row) : null;
}

/** Completes a SELECT to one of the submissions of tickets. Each part has an index: updates, creates, and conflicts. */
function ofTickets(select: RawBuilder<unknown>, areTheirs: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${select} ticket_id ${areTheirs} AND requested_status IS NOT NULL
    UNION ${select} ticket_id ${areTheirs} AND requested_status IS NULL AND state = 'CONFIRMED' AND holds_ticket = 1
    UNION ${select} conflicting_ticket_id ${areTheirs}`;
}

function idsOfTickets(tickets: RawBuilder<unknown>): RawBuilder<unknown> {
  return ofTickets(sql`SELECT id FROM submissions WHERE`, sql`IN (${tickets})`);
}

/** Condition for submissions whose tickets a reference names. */
function isOfNamed(reference: TicketReference) {
  const tickets = sql`SELECT ticket_id FROM (${ticketsNamed(reference)}) AS named`;
  return sql<boolean>`id IN (${idsOfTickets(tickets)})`;
}

/** Condition for submissions that have a reference. Only creates have Sociomile's number, and its index holds no others. */
function has({ type, value }: TicketReference) {
  const column = sql.ref(TICKET_REFERENCE_COLUMNS[type]);
  const isIndexed = sql.raw(type === "SOCIOMILE_TICKET_NUMBER" ? "AND requested_status IS NULL" : "");
  return sql<boolean>`(${column} = ${value} AND length(${column}) <= 255 ${isIndexed})`;
}
