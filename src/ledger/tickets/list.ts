/** Lists and counts of submissions, and single ones by their ids and keys. */
import { sql } from "kysely";
import type {
  ChangedSubmission,
  ChangesQuery,
  SubmissionCount,
  SubmissionFilter,
  SubmissionKey,
  SubmissionQuery,
} from "../../tickets/ports.ts";
import type { Submission } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { SubmissionRow } from "../database/tables.ts";
import { BEFORE_IDS, bytesOf } from "../clock.ts";
import { keyHashOf } from "../submissions/reserve.ts";
import { columnsSql, readRows, submissionOf } from "../submissions/row.ts";
import { ORDERS, type Reading, stepsOf } from "./filter.ts";
import { openAnswer } from "../cipher.ts";

export async function listSubmissions(query: SubmissionQuery, waitMs: number, context: LedgerContext) {
  const { first, after, orderBy = "CREATED_DESC" } = query;
  const [order] = ORDERS[orderBy];
  const found: Submission[] = [];
  for await (const { each, isSorted } of stepsOf(query, { orderBy, after, readsAll: false, waitMs }, context)) {
    const limit = sql`ORDER BY id ${order} LIMIT ${first + 1 - found.length}`;
    const pages = each.map((are) => {
      const those = sql`WITH those AS MATERIALIZED (SELECT id FROM submissions WHERE ${are})`;
      const which = isSorted ? sql`id IN (${those} SELECT id FROM those ${limit})` : are;
      return sql`SELECT * FROM (SELECT ${columnsSql(context)} FROM submissions WHERE ${which} ${limit}) AS page`;
    });
    const page = sql<SubmissionRow>`${sql.join(pages, sql` UNION `)} ${limit}`;
    found.push(...(await page.execute(context.db)).rows.map(submissionOf));
    if (found.length > first) return found;
  }
  return found;
}

/**
 * Age of the youngest change that is listed, in milliseconds. PostgreSQL does not show a writer that has read the time of its
 * change and written nothing yet: its statement ends within a second. A clock that is set back by less hides nothing.
 */
const FOLLOWED_AFTER_MS = 5000;

export async function listChanges({ first, after }: ChangesQuery, context: LedgerContext) {
  const until = (await context.engine.committedUntil(context.db)) - FOLLOWED_AFTER_MS;
  const [changedAt, id] = after ? [after.changedAt, bytesOf(after.id)] : [0, BEFORE_IDS];
  const { rows } = await sql<SubmissionRow>`SELECT ${columnsSql(context)} FROM submissions
    WHERE (changed_at, id) > (${changedAt}, ${id}) AND changed_at < ${until}
    ORDER BY changed_at, id LIMIT ${first + 1}`.execute(context.db);
  return rows.map((row): ChangedSubmission => ({ ...submissionOf(row), changedAt: row.changed_at }));
}

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
  const inOrder = [...counts].toSorted(
    ([of, { count }], [other, { count: more }]) => more - count || (of < other ? -1 : 1),
  );
  return inOrder.map(([, each]) => each);
}

/** Reads submissions, in the order of their ids. Null: unknown. */
export async function findSubmissions(ids: readonly string[], context: LedgerContext): Promise<(Submission | null)[]> {
  const rows = await readRows(ids, columnsSql(context), context.db);
  return rows.map((row) => row && submissionOf(row));
}

export async function findByKey(key: SubmissionKey, context: LedgerContext): Promise<Submission | null> {
  const { rows } = await sql<SubmissionRow>`SELECT ${columnsSql(context)} FROM submissions
    WHERE key_hash = ${keyHashOf(key)}`.execute(context.db);
  return rows[0] ? submissionOf(rows[0]) : null;
}

/** Reads Sociomile's words in answers that were refused or not understood. Operators alone see them. */
export async function readAnswers(ids: readonly string[], { db, cipher }: LedgerContext) {
  const rows = await readRows<Pick<SubmissionRow, "id" | "answer">>(ids, sql`id, answer`, db);
  return rows.map((row, nth) => (row?.answer ? openAnswer(row.answer, ids[nth]!, cipher) : null));
}
