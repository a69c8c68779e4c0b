/** Decides which rows each change of a submission's state may leave, and where it leads. Nothing else updates `state`. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { OPERATOR_REASONS } from "../../tickets/submission.ts";
import type { LedgerContext } from "../context.ts";
import type { Engine, RowStatement, ValueOf } from "../database/engine.ts";
import { changeStatement, insertStatement } from "../database/row-statements.ts";
import { HAS_NUMBER_SQL, numberSql } from "../database/schema.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";
import { WITHOUT_TICKET, keepsDetails } from "./row.ts";

const ROWS = {
  SENDING: "submissions.state = 'SENDING'",
  QUEUED: "submissions.state = 'QUEUED'",
  "QUEUED, without a conflict": "submissions.state = 'QUEUED' AND submissions.conflicting_ticket_id IS NULL",
  "NOT_EXECUTED, without a conflict":
    "submissions.state = 'NOT_EXECUTED' AND submissions.conflicting_ticket_id IS NULL",
  "UNCERTAIN, a create": "submissions.state = 'UNCERTAIN' AND submissions.requested_status IS NULL",
  "UNCERTAIN, owner died": "submissions.state = 'UNCERTAIN' AND submissions.reason = 'OWNER_DIED'",
  "resolved by an operator": `submissions.reason IN (${OPERATOR_REASONS.map((reason) => `'${reason}'`).join(", ")})`,
  "in conflict, not SENDING": "submissions.conflicting_ticket_id IS NOT NULL AND submissions.state <> 'SENDING'",
} as const;

/** Changes of state: the rows that each may leave, the states that it may reach, and its cause. The README prints this table. */
export const CHANGES = {
  send: {
    from: ["NOT_EXECUTED, without a conflict", "QUEUED, without a conflict"],
    to: ["SENDING"],
    when: "the key comes again, or a delivery begins",
  },
  wait: {
    from: ["NOT_EXECUTED, without a conflict"],
    to: ["QUEUED"],
    when: "the key comes again, nothing can be sent now, and its caller asks for later delivery",
  },
  settle: {
    from: ["SENDING"],
    to: ["CONFIRMED", "REJECTED", "NOT_EXECUTED", "UNCERTAIN", "QUEUED"],
    when: "the outcome of the attempt arrives",
  },
  settleLate: {
    from: ["UNCERTAIN, owner died"],
    to: ["CONFIRMED", "REJECTED", "NOT_EXECUTED", "QUEUED", "UNCERTAIN"],
    when: "the outcome arrives after the lease; UNCERTAIN: an update was answered too late",
  },
  release: {
    from: ["SENDING", "UNCERTAIN, owner died", "QUEUED"],
    to: ["NOT_EXECUTED", "QUEUED"],
    when: "the reservation failed for its caller, and nothing was sent",
  },
  end: {
    from: ["QUEUED"],
    to: ["NOT_EXECUTED"],
    when: "a queued request is cancelled, expires, cannot be opened, or its ticket is open already",
  },
  loseOwner: { from: ["SENDING"], to: ["UNCERTAIN"], when: "the lease is over: the owner died" },
  resolve: {
    from: ["UNCERTAIN, a create", "resolved by an operator", "in conflict, not SENDING"],
    to: ["CONFIRMED", "NOT_EXECUTED"],
    when: "an operator decides, corrects a decision, or closes a conflict",
  },
} as const;
export type Change = keyof typeof CHANGES;

function mayLeaveSql(name: Change): string {
  return `(${CHANGES[name].from.map((rows) => `(${ROWS[rows]})`).join(" OR ")})`;
}

/** Details that a row keeps in a state, which is given in SQL. */
const keptDetailsSql = (state: string) => `CASE WHEN ${state} NOT IN ('${WITHOUT_TICKET.join("', '")}')
  OR submissions.conflicting_ticket_id IS NOT NULL THEN submissions.details END`;

export const NO_REQUEST = { request: null, deliver_by: null, handed_in_at: null, not_before: null } as const;

type Values = {
  [Column in Exclude<keyof SubmissionRow, "state" | "id" | "changed_at">]?:
    SubmissionRow[Column] | RawBuilder<SubmissionRow[Column]> | undefined;
};

/**
 * Changes those rows of `which` that the change may leave, and returns them. A stored request stays while it may be delivered or
 * released. What was submitted is erased when no ticket can follow, unless the values say otherwise.
 */
export function change<Name extends Change>(
  { db, clock }: Pick<LedgerContext, "db" | "clock">,
  name: Name,
  state: (typeof CHANGES)[Name]["to"][number],
  values: Values,
  which: RawBuilder<unknown>,
): Promise<SubmissionRow[]> {
  const keepsRequest = state === "SENDING" || state === "QUEUED" || name === "loseOwner";
  const details = keepsDetails(state) ? {} : { details: sql.raw<Uint8Array>(keptDetailsSql(`'${state}'`)) };
  return db
    .updateTable("submissions")
    .set({ ...(keepsRequest ? {} : NO_REQUEST), ...details, ...values, state, changed_at: clock.sql })
    .where(sql<boolean>`${sql.raw(mayLeaveSql(name))} AND (${which})`)
    .returningAll()
    .execute();
}

const highestSql = (state: string) => `(SELECT max(other.nth) FROM submissions AS other
  WHERE other.ticket_id = submissions.ticket_id AND other.requested_status IS NOT NULL AND other.state = '${state}')`;
/** Position of an update that ends now among those of its ticket that decide what it shows: the next one. A create has none. */
const NEXT_NTH_SQL = `CASE WHEN submissions.requested_status IS NOT NULL THEN 1 + (SELECT coalesce(max(highest), 0)
  FROM (SELECT ${highestSql("CONFIRMED")} AS highest UNION ALL SELECT ${highestSql("UNCERTAIN")}) AS highs) END`;
export const NEXT_NTH = { nth: sql.raw<number | null>(NEXT_NTH_SQL) };

/** Selects from the other creates that have the number of a row, by the index `submissions_once`. `own`: its columns. */
export const otherCreatesSql = (own: ValueOf, number = numberSql(own)) => `FROM submissions AS other
  WHERE other.operation = ${own("operation")} AND ${numberSql((name) => `other.${name}`)} = ${number}
      AND other.requested_status IS NULL AND ${HAS_NUMBER_SQL.replaceAll(/state|conflicting/g, "other.$&")}
      AND other.id <> ${own("id")}`;

const numberIsFreeSql = (value: ValueOf, own: ValueOf) =>
  `(${value("opens_once")} = 0 OR NOT EXISTS (SELECT 1 ${otherCreatesSql(own)}))`;

/** Returns the writers of single rows. Each writes one statement, which decides in itself. */
export function createWriters(engine: Engine, db: Kysely<Tables>): LedgerContext["writers"] {
  const writerOf = engine.rowWriters(db);
  const state = ["attempts", "state", "reason", "settled_at"];
  const outcome = ["ticket_id", "ticket_number", "refused_field", "trace_id", "answer"];
  const beginning = ["reservation_id", "sent_at", "opens_once", "details", ...Object.keys(NO_REQUEST)];
  const noRequest = Object.fromEntries(Object.keys(NO_REQUEST).map((column) => [column, "NULL"]));
  return {
    /** Inserts a new submission, unless its key, its number or an update of its ticket stands in the way. */
    insert: writerOf(insertStatement(engine, (value) => numberIsFreeSql(value, value), orderOf)),
    /** Lets a request without an effect run again: it is sent, or waits for delivery. */
    runAgain: writerOf(
      changeStatement(engine, {
        given: [...state, ...beginning],
        computed: () => ({ nth: "NULL", forgotten_at: "NULL" }),
        condition: (value) => {
          const mayBegin = `CASE ${value("state")} WHEN 'SENDING' THEN ${mayLeaveSql("send")} ELSE ${mayLeaveSql("wait")} END`;
          return `${mayBegin} AND ${numberIsFreeSql(value, (column) => `submissions.${column}`)}`;
        },
      }),
    ),
    /** Settles a create whose outcome goes into no queue. The index of ticket ids refuses a second create with one ticket. */
    settleCreate: writerOf(
      changeStatement(engine, {
        given: [...state, ...outcome],
        computed: (value) => ({ ...noRequest, details: keptDetailsSql(value("state")) }),
        condition: (value) => `${mayLeaveSql("settle")} AND submissions.conflicting_ticket_id IS NULL
        AND submissions.forgotten_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM submissions AS other WHERE other.conflicting_ticket_id = ${value("ticket_id")})`,
      }),
    ),
    /** Settles an update, and stores Sociomile's report about its ticket. */
    settleUpdate: writerOf(
      changeStatement(engine, {
        given: [...state, ...outcome],
        computed: () => ({ nth: NEXT_NTH_SQL }),
        condition: () => mayLeaveSql("settle"),
        hasReports: true,
      }),
    ),
  };
}

/** Text by which new rows are sorted: a number is unique among those that open once, and a key among others. */
function orderOf(row: Parameters<RowStatement["order"]>[0]): string {
  const number = row.opens_once === 1 ? (row.helpdesk_ticket_number ?? row.source_ticket_id) : null;
  return number === null
    ? ((row.key_hash as Uint8Array | null)?.toHex() ?? "")
    : `${String(row.operation)} ${String(number)}`;
}
