/** Record of what operators did: a row for each action, with the ids of the submissions and tickets to which it was done. */
import { type Kysely, sql } from "kysely";
import { MOST_ACTIONS, type Operator } from "../../tickets/ports.ts";
import type { Action, ActionKind, OperatorChange } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { Engine } from "../database/engine.ts";
import type { Tables } from "../database/tables.ts";
import { instantOf } from "../clock.ts";

/** Words of a person about an action, and of a verdict its ticket. */
type Words = Pick<Action, "note" | "verdict" | "ticketId" | "ticketNumber">;

const SUBJECTS_AT_ONCE = 1000;

/** Keeps an action, in the transaction of the change that it records. */
export async function keepAction(
  kind: ActionKind,
  { by, byPerson }: Operator,
  subjects: readonly string[],
  { db, clock }: LedgerContext,
  { note = null, verdict = null, ticketId = null, ticketNumber = null }: Partial<Words> = {},
): Promise<void> {
  const { rows } = await sql<{ nth: number }>`
    INSERT INTO actions (kind, client, person, at, note, verdict, ticket_id, ticket_number)
    VALUES (${kind}, ${by}, ${byPerson}, ${clock.sql}, ${note}, ${verdict}, ${ticketId}, ${ticketNumber})
    RETURNING nth`.execute(db);
  for (let from = 0; from < subjects.length; from += SUBJECTS_AT_ONCE) {
    const some = subjects.slice(from, from + SUBJECTS_AT_ONCE);
    const values = some.map((subject) => sql`(${subject}, ${sql.lit(rows[0]!.nth)})`);
    await sql`INSERT INTO action_subjects VALUES ${sql.join(values)} ON CONFLICT DO NOTHING`.execute(db);
  }
}

/** Erases what people wrote about these ids. False: there was nothing. Why something was forgotten stays as proof. */
export async function forgetNotes(subjects: readonly string[], db: Kysely<Tables>): Promise<boolean> {
  const { numAffectedRows } = await sql`UPDATE actions SET note = NULL, ticket_number = NULL
    WHERE nth IN (SELECT action FROM action_subjects WHERE subject IN (${sql.join([...subjects])}))
      AND kind <> 'FORGET' AND (note IS NOT NULL OR ticket_number IS NOT NULL)`.execute(db);
  return numAffectedRows! > 0n;
}

const COLUMNS_SQL = sql`nth, kind, client, person, at, note, verdict, ticket_id AS "ticketId", ticket_number AS "ticketNumber"`;
type Row<More = object, Kind extends ActionKind = ActionKind> = Omit<Action<Kind>, "at"> & { at: number } & More;

/** Reads what was done to each of these submissions, newest first, but no readings. */
export async function actionsOf(submissionIds: readonly string[], db: Kysely<Tables>) {
  if (submissionIds.length === 0) return [];
  type Change = Row<{ subject: string; position: number }, keyof typeof OperatorChange>;
  const { rows } = await sql<Change>`SELECT * FROM (
      SELECT subject, row_number() OVER (PARTITION BY subject ORDER BY nth DESC) AS position, ${COLUMNS_SQL}
      FROM action_subjects JOIN actions ON nth = action
      WHERE subject IN (${sql.join([...submissionIds])}) AND kind NOT IN ('SHOW', 'EXPORT')) AS positioned
    WHERE position <= ${sql.lit(MOST_ACTIONS)} ORDER BY nth DESC`.execute(db);
  const bySubject = Map.groupBy(rows, ({ subject }) => subject);
  return submissionIds.map((id) =>
    (bySubject.get(id) ?? []).map(({ subject: _subject, position: _position, ...row }) => actionOf(row)),
  );
}

/** Reads actions with their subjects, in their order. `subject`: id of a submission or ticket; null: any. */
export async function actionsBetween(
  from: Temporal.Instant,
  to: Temporal.Instant,
  subject: string | null,
  db: Kysely<Tables>,
) {
  const isAbout = sql`AND nth IN (SELECT action FROM action_subjects WHERE subject = ${subject})`;
  const { rows } = await sql<Row<{ subjects: string }>>`
    SELECT ${COLUMNS_SQL}, (SELECT string_agg(subject, ${"\n"}) FROM action_subjects WHERE action = actions.nth) AS subjects
    FROM actions WHERE at >= ${from.epochMilliseconds} AND at < ${to.epochMilliseconds} ${subject === null ? sql`` : isAbout}
    ORDER BY nth`.execute(db);
  return rows.map(({ subjects, ...row }) => ({ ...actionOf(row), subjects: subjects.split("\n").toSorted() }));
}

const actionOf = <Kind extends ActionKind>(row: Row<object, Kind>): Action<Kind> => ({ ...row, at: instantOf(row.at) });

/** Condition for actions of which no submission is left. */
export const isLeftAloneSql = ({ subjectId }: Engine) => sql`NOT EXISTS (
  SELECT 1 FROM action_subjects JOIN submissions ON submissions.id = ${subjectId} WHERE action = actions.nth)`;

/** Deletes at most `most` old actions, the oldest first, and reports it. An action stays while one of its submissions does. */
export async function deleteOldActions(before: number, most: number, { db, engine, observe }: LedgerContext) {
  const { rows } = await sql<{ at: number }>`DELETE FROM actions WHERE nth IN (
    SELECT nth FROM actions WHERE at < ${before} AND ${isLeftAloneSql(engine)}
    ORDER BY at LIMIT ${most} ${engine.skipLocked}) RETURNING at`.execute(db);
  if (rows.length === 0) return;
  const oldest = new Date(Math.min(...rows.map(({ at }) => at))).toISOString();
  const cutOff = new Date(before).toISOString();
  observe("retention.deleted", { table: "actions", count: rows.length, oldest, cutOff });
}
