/**
 * Decides which rows each change of a submission's state may leave, and where it leads. Settlement, deliveries, leases and verdicts call it. No other
 * file ever writes `state`, except the insert of a new row.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { OPERATOR_REASONS } from "../../tickets/submission.ts";
import type { Engine } from "../database/engine.ts";
import { type ManyRows, createChangeMany } from "../database/many.ts";
import type { SubmissionRow, Tables } from "../database/tables.ts";

/** Rows that a change may leave, by their SQL conditions. */
const ROWS = {
  SENDING: "submissions.state = 'SENDING'",
  QUEUED: "submissions.state = 'QUEUED'",
  "NOT_EXECUTED, without a conflict":
    "submissions.state = 'NOT_EXECUTED' AND submissions.conflicting_ticket_id IS NULL",
  "UNCERTAIN, a create": "submissions.state = 'UNCERTAIN' AND submissions.requested_status IS NULL",
  "UNCERTAIN, owner died": "submissions.state = 'UNCERTAIN' AND submissions.reason = 'OWNER_DIED'",
  "resolved by an operator": `submissions.reason IN (${OPERATOR_REASONS.map((reason) => `'${reason}'`).join(", ")})`,
} as const;

/** Changes of state: the rows that each may leave, the states that it may reach, and its cause. The README prints this table. */
export const CHANGES = {
  send: {
    from: ["NOT_EXECUTED, without a conflict", "QUEUED"],
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
  giveBack: {
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
    from: ["UNCERTAIN, a create", "resolved by an operator"],
    to: ["CONFIRMED", "NOT_EXECUTED"],
    when: "an operator decides, or corrects a decision",
  },
} as const;
export type Change = keyof typeof CHANGES;

function mayLeaveSql(name: Change): string {
  return `(${CHANGES[name].from.map((rows) => `(${ROWS[rows]})`).join(" OR ")})`;
}

/** Columns of a stored request, when none is stored. */
export const NO_REQUEST = {
  request: null,
  deliver_by: null,
  handed_in_at: null,
  not_before: null,
  tries: null,
} as const;

const REQUEST_COLUMNS = Object.keys(NO_REQUEST) as (keyof typeof NO_REQUEST)[];

type Values = {
  [Column in Exclude<keyof SubmissionRow, "state" | "id">]?:
    SubmissionRow[Column] | RawBuilder<SubmissionRow[Column]> | undefined;
};

/** Changes those rows of `which` that the change may leave. Returns them as they are then. */
export function change<Name extends Change>(
  db: Kysely<Tables>,
  name: Name,
  state: (typeof CHANGES)[Name]["to"][number],
  values: Values,
  which: RawBuilder<unknown>,
): Promise<SubmissionRow[]> {
  // A stored request stays while it waits or is delivered, and when the owner of a delivery died: it may be given back.
  const keepsRequest = state === "SENDING" || state === "QUEUED" || name === "loseOwner";
  return db
    .updateTable("submissions")
    .set({ ...(keepsRequest ? {} : NO_REQUEST), ...values, state })
    .where(sql<boolean>`${sql.raw(mayLeaveSql(name))} AND (${which})`)
    .returningAll()
    .execute();
}

const OF_ATTEMPT = ["attempt", "state", "reason", "settled_at", ...REQUEST_COLUMNS] as const;
const OF_OUTCOME = ["ticket_id", "ticket_number", "refused_field", "trace_id", "details", "answer"] as const;
const OF_BEGINNING = ["reservation_id", "sent_at", "nth"] as const;
const FLAGS = ["opens_once", "holds_ticket", "is_forgotten"] as const;

const highestSql = (state: string) => `(SELECT max(other.nth) FROM submissions AS other
  WHERE other.ticket_id = submissions.ticket_id AND other.requested_status IS NOT NULL AND other.state = '${state}')`;
/** Position of an update that ends now among those of its ticket that decide what it shows: the next one. A create has none. */
const NEXT_NTH = `CASE WHEN submissions.requested_status IS NOT NULL THEN 1 + (SELECT coalesce(max(highest), 0)
  FROM (SELECT ${highestSql("CONFIRMED")} AS highest UNION ALL SELECT ${highestSql("UNCERTAIN")}) AS highests) END`;
export const NEXT_NTH_SQL = sql.raw<number | null>(NEXT_NTH);

/** Settles attempts of creates whose outcome goes into no queue. A second create with one ticket id is refused by the index of ticket ids. */
export function createSettleCreates(engine: Engine): ManyRows {
  return createChangeMany(engine, {
    changed: [...OF_ATTEMPT, ...OF_OUTCOME],
    condition: (value) => `${mayLeaveSql("settle")} AND submissions.conflicting_ticket_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM submissions AS other WHERE other.conflicting_ticket_id = ${value("ticket_id")})`,
  });
}

/** Settles attempts of updates, and stores Sociomile's reports about their tickets. */
export function createSettleUpdates(engine: Engine): ManyRows {
  return createChangeMany(engine, {
    changed: [...OF_ATTEMPT, ...OF_OUTCOME],
    computed: { nth: NEXT_NTH },
    condition: () => mayLeaveSql("settle"),
    hasReports: true,
  });
}

/** Lets requests without an effect run again: they are sent, or wait for delivery. */
export function createRunRowsAgain(engine: Engine): ManyRows {
  return createChangeMany(engine, {
    changed: [...OF_ATTEMPT, ...OF_BEGINNING, ...FLAGS],
    condition: (value) =>
      `CASE ${value("state")} WHEN 'SENDING' THEN ${mayLeaveSql("send")} ELSE ${mayLeaveSql("wait")} END`,
  });
}
