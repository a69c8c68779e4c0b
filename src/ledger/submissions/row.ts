/** Rows of submissions, as the domain sees them, what is sealed in them, and transactions about single ones. */
import { hash } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { References, SubmittedDetails, TicketRequest } from "../../tickets/request.ts";
import { NO_REFERENCES, REFERENCES, submittedDetailsOf } from "../../tickets/request.ts";
import type { Outcome, OutcomeName, VendorAnswer, Submission } from "../../tickets/submission.ts";
import { OUTCOME_NAMES, UUID } from "../../tickets/submission.ts";
import { type Reserved, LedgerUnavailable } from "../../tickets/ports.ts";
import { NO_DETAILS, type Ticket, type TicketDetails } from "../../tickets/ticket.ts";
import type { LedgerCipher } from "../cipher.ts";
import type { LedgerContext } from "../context.ts";
import { HAS_OPENED_SQL } from "../database/schema.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { bytesOf, textOf, timeIn } from "../clock.ts";
import { byTimeSql } from "./stored.ts";
import { LEDGER_WAIT_MS } from "../database/unusable.ts";

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

/** Writes what is sealed. Times become plain objects, and what is null is left out. */
export const sealedText = (value: object): string => JSON.stringify(plainCopy(value));

/** Copies an object for JSON. A replacer would take twice as long. */
function plainCopy(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value))
    if (each instanceof Temporal.Instant) copy[field] = { epochMilliseconds: each.epochMilliseconds };
    else if (each !== null) copy[field] = typeof each === "object" ? plainCopy(each as object) : each;
  return copy;
}

/** Encrypts what a create submitted, but what has columns. Null for an update. */
export function sealSubmitted(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array | null {
  const submitted = submittedDetailsOf(request);
  return submitted && cipher.seal(sealedText({ ...submitted, ...NO_REFERENCES }), `details ${id}`);
}

/** Encrypts what Sociomile reported about a ticket, bound to that ticket. Null: nothing was reported. */
export function sealReport(ticket: Ticket, cipher: LedgerCipher): Uint8Array | null {
  const details = (Object.keys(NO_DETAILS) as (keyof TicketDetails)[]).map((name) => [name, ticket[name]]);
  const text = sealedText(Object.fromEntries(details) as object);
  return text === "{}" ? null : cipher.seal(text, `report ${ticket.id}`);
}

export function sealRequest(request: TicketRequest, id: string, cipher: LedgerCipher): Uint8Array {
  return cipher.seal(sealedText(request), `request ${id}`);
}

/** Sociomile's words in an answer, with what they meant to this service, and the time (epoch, ms). */
export interface KeptAnswer extends VendorAnswer {
  outcome: OutcomeName;
  at: number;
}

export function sealAnswer(answer: VendorAnswer, { outcome }: Outcome, id: string, cipher: LedgerCipher) {
  const kept: KeptAnswer = { ...answer, outcome: OUTCOME_NAMES[outcome], at: Date.now() };
  return cipher.seal(JSON.stringify(kept), `answer ${id}`);
}

type Sealed = [sealed: Uint8Array, id: string, cipher: LedgerCipher];

/** Decrypts what was sealed for one use in one row. Null: it was changed. Times are plain objects. */
const open = (use: string, [sealed, id, cipher]: Sealed, reviver?: typeof timesOf): unknown =>
  JSON.parse(cipher.open(sealed, `${use} ${id}`) ?? "null", reviver);

export const openSubmitted = (...sealed: Sealed) => open("details", sealed) as SubmittedDetails | null;
export const openAnswer = (...sealed: Sealed) => open("answer", sealed) as KeptAnswer | null;
export const openReport = (...sealed: Sealed) => open("report", sealed) as Partial<TicketDetails> | null;
/** Its times are instants. */
export const openRequest = (...sealed: Sealed) => open("request", sealed, timesOf) as TicketRequest | null;

const timesOf = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && "epochMilliseconds" in value
    ? instantOf(Number(value.epochMilliseconds))
    : value;

export function instantOf(milliseconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds);
}

/** Keeps the id of a ticket without its data, so that no report restores that. A settlement locks rows first, so this is last. */
export async function keepForgotten(ticketId: string, { db, clock }: LedgerContext): Promise<void> {
  await sql`INSERT INTO tickets (id, forgotten_at) VALUES (${ticketId}, ${clock.sql}) ON CONFLICT (id)
    DO UPDATE SET details = NULL, reported_nth = NULL, observed_at = NULL, forgotten_at = excluded.forgotten_at`.execute(
    db,
  );
  await sql`DELETE FROM ticket_references WHERE ticket_id = ${ticketId}`.execute(db);
}

const TRIES = 3;

/**
 * Runs `work` in a transaction, and reports its events after the commit. Repeats it a little when a unique index refuses it: it
 * then finds what another call has written. Rejects after a second's wait. `waitsAs`: these names share the connections fairly.
 */
export async function inTransaction<Result>(
  waitsAs: string,
  context: LedgerContext,
  work: (within: LedgerContext) => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + LEDGER_WAIT_MS; // then its caller has gone
  for (let tries = 1; ; tries++) {
    const leftMs = until - performance.now();
    const turn = leftMs < 0 ? "late" : await context.transactions.acquire(waitsAs, leftMs);
    if (typeof turn === "string") throw new LedgerUnavailable("SLOW", "Too many transactions wait.");
    using _ = turn;
    try {
      return await run(context, work);
    } catch (error) {
      if (!context.engine.isDuplicate(error) || tries === TRIES) throw error;
    }
  }
}

async function run<Result>(context: LedgerContext, work: (within: LedgerContext) => Promise<Result>) {
  const events: Parameters<LedgerContext["observe"]>[] = [];
  const observe = (...event: (typeof events)[number]) => void events.push(event);
  const result = await context.db.transaction().execute((db) => work({ ...context, db, observe }));
  for (const event of events) context.observe(...event);
  return result;
}
