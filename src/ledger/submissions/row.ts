/** Rows of submissions as the domain sees them, and statements about single ones. */
import { hash } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type References, REFERENCES } from "../../tickets/request.ts";
import { type Submission, UUID } from "../../tickets/submission.ts";
import type { Reserved } from "../../tickets/ports.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_OPENED_SQL } from "../database/schema.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, instantOf, textOf, timeIn } from "../clock.ts";
import { byTimeSql } from "./stored.ts";

export const REFERENCE_COLUMNS = {
  ticketId: "ticket_id",
  bsgTicketId: "bsg_ticket_id",
  helpdeskTicketNumber: "helpdesk_ticket_number",
  branchComplaintNumber: "branch_complaint_number",
  sourceTicketId: "source_ticket_id",
  maskedTicketId: "masked_ticket_id",
  branchCode: "branch_code",
} as const satisfies Record<keyof References, keyof SubmissionRow>;

/** Column of each field of a submission that is stored as it is. */
const PLAIN_COLUMNS = {
  clientId: "client_id",
  requestedBy: "requested_by",
  operation: "operation",
  state: "state",
  reason: "reason",
  attempts: "attempts",
  ticketNumber: "ticket_number",
  requestedStatus: "requested_status",
  refusedField: "refused_field",
  traceId: "trace_id",
  conflictingTicketId: "conflicting_ticket_id",
  ...REFERENCE_COLUMNS,
} as const satisfies Partial<Record<keyof Submission, keyof SubmissionRow>>;

const OTHER_COLUMNS = ["id", "settled_at", "deliver_by", "changed_at", "reservation_id"] as const;
const SHOWN_SQL = sql.join(
  [...OTHER_COLUMNS, ...Object.values(PLAIN_COLUMNS)].map((column) => sql.ref(`submissions.${column}`)),
);

/** Columns of a submission as the domain sees it. The sealed ones, which may be long, are not among them. */
export const columnsSql = ({ clock }: Pick<LedgerContext, "clock">) =>
  sql`${SHOWN_SQL}, CASE WHEN ${byTimeSql(clock).waits} THEN NULL ELSE submissions.not_before END AS not_before`;

export function submissionOf(row: SubmissionRow): Submission {
  return {
    id: textOf(row.id),
    ...fieldsIn(PLAIN_COLUMNS, row),
    createdAt: instantOf(timeIn(row.id)),
    settledAt: row.settled_at === null ? null : instantOf(row.settled_at),
    deliverBy: row.deliver_by === null ? null : instantOf(row.deliver_by),
    nextTryAt: row.state === "QUEUED" && row.not_before !== null ? instantOf(row.not_before) : null,
    version: row.changed_at === JUST_NOW ? null : versionOf(row),
  };
}

/** Stands for the time of a change that was written and not read: the database alone knows it. */
export const JUST_NOW = 0;

/** Names the version of a row. Two changes of one millisecond differ in what people see. */
function versionOf(row: SubmissionRow): string {
  const { state, reason, attempts, ticket_id: ticketId, conflicting_ticket_id: conflict } = row;
  const facts = [row.changed_at, state, reason, attempts, ticketId, conflict];
  return hash("sha256", facts.join(" "), "base64url").slice(0, VERSION_LENGTH);
}
const VERSION_LENGTH = 16;

/** Reads these columns of submissions, in the order of their ids. Null: there is none, or the text is no id. */
export async function readRows<Row extends Pick<SubmissionRow, "id"> = SubmissionRow>(
  ids: readonly string[],
  columns: RawBuilder<unknown>,
  db: Kysely<Tables>,
): Promise<(Row | null)[]> {
  const known = ids.filter((id) => UUID.test(id)).map(bytesOf);
  if (known.length === 0) return ids.map(() => null);
  const { rows } = await sql<Row>`SELECT ${columns} FROM submissions WHERE id IN (${sql.join(known)})`.execute(db);
  const byId = new Map(rows.map((row) => [textOf(row.id), row]));
  return ids.map((id) => byId.get(id) ?? null);
}

export function fieldsIn<Columns extends Readonly<Record<string, keyof SubmissionRow>>>(
  columns: Columns,
  row: Pick<SubmissionRow, Columns[keyof Columns]>,
) {
  const fields: Record<string, unknown> = {};
  for (const field in columns) fields[field] = (row as SubmissionRow)[columns[field]!];
  return fields as { [Field in keyof Columns]: SubmissionRow[Columns[Field]] };
}

export function columnsOf(references: References) {
  const columns: Record<string, string | null> = {};
  for (const field of REFERENCES) columns[REFERENCE_COLUMNS[field]] = references[field];
  return columns as Record<(typeof REFERENCE_COLUMNS)[keyof References], string | null>;
}

/** States without a ticket: what a create submitted is erased in them, unless a conflict shows that there is one. */
export const WITHOUT_TICKET: readonly string[] = ["REJECTED", "NOT_EXECUTED"];
export const keepsDetails = (state: SubmissionRow["state"]) => !WITHOUT_TICKET.includes(state);

/** A reservation of this ledger, with its row, whose `reservation_id` only its owner knows. */
export interface ReservedRow extends Reserved {
  row: SubmissionRow;
}

export type RowNow = SubmissionRow & { now: number };

/** Locks a row until the transaction ends, and returns it. What is decided by it stands until then. */
export async function lockedRow(id: string, { db, clock }: LedgerContext): Promise<RowNow | null> {
  const { rows } = await sql<RowNow>`UPDATE submissions SET attempts = attempts WHERE id = ${bytesOf(id)}
    RETURNING *, ${clock.sql} AS now`.execute(db);
  return rows[0] ?? null;
}

/** Condition for the create that has a ticket, or that Sociomile answered with it after an operator had decided otherwise. */
export function openedSql(ticketId: string | RawBuilder<unknown>) {
  return sql<boolean>`(conflicting_ticket_id = ${ticketId} OR (ticket_id = ${ticketId} AND ${HAS_OPENED_SQL}))`;
}

/** Returns the id of a submission of `which`, other than `except`. Null: there is none. */
export async function otherOf(which: RawBuilder<unknown>, except: string, db: Kysely<Tables>) {
  const { rows } = await sql<{ id: Uint8Array }>`SELECT id FROM submissions
    WHERE ${which} AND id <> ${bytesOf(except)} LIMIT 1`.execute(db);
  return rows[0] ? textOf(rows[0].id) : null;
}

/** Keeps the id of a ticket without its data, so that no report restores that. A settlement locks rows first, so this is last. */
export async function keepForgotten(ticketId: string, { db, clock }: LedgerContext): Promise<void> {
  await sql`INSERT INTO tickets (id, forgotten_at) VALUES (${ticketId}, ${clock.sql}) ON CONFLICT (id)
    DO UPDATE SET details = NULL, reported_nth = NULL, observed_at = NULL, forgotten_at = excluded.forgotten_at`.execute(
    db,
  );
  await sql`DELETE FROM ticket_references WHERE ticket_id = ${ticketId}`.execute(db);
}
