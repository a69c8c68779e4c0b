/**
 * Deletes expired rows. Any number of replicas may do so at once. A row that expired long ago waits for a person, because time
 * alone does not explain it. While it waits, nothing is deleted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import type { Events } from "../telemetry/events.ts";
import type { SubmissionState } from "../tickets/submission.ts";
import type { LedgerContext } from "./context.ts";
import { HAS_OPENED_SQL, IS_CREATE_SQL, IS_UPDATE_SQL } from "./database/schema.ts";
import { BEFORE_IDS, firstIdAt, timeIn } from "./clock.ts";
import { deleteOldActions } from "./tickets/actions.ts";
import { deleteOldTickets, lastNewsOf, oldAmong } from "./tickets/forget.ts";

export interface Retention {
  /** Days for which submissions that ended without a ticket are kept, with their keys. Doubts and conflicts are kept for ever. */
  submissionDays: number;
  /** Days for which a ticket is kept after its last news, with all about it. Details of doubts and actions are kept as long. */
  ticketDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time over its own for which something may be and still go by itself. Milliseconds. */
const GOES_WITHIN_MS = 7 * DAY_MS;
/** Pause between two reports that rows wait, and between two sweeps when none do: each looks at every ticket. Milliseconds. */
const REPORT_EVERY_MS = 60 * 60 * 1000;
const SWEEP_EVERY_MS = 5 * 60 * 1000;
/** Rows of a piece of the work, and the rest after it, as a multiple of its time: callers come first, and wait for its locks. */
const DELETED = { inProcess: { most: 10, restTimes: 6 }, elsewhere: { most: 100, restTimes: 20 } };
const READ = { most: 200, restTimes: 3 };
const ACTIONS_AT_ONCE = 200;

/** Submissions that ended without a ticket, details of doubts, and tickets with their submissions. */
type Table = Exclude<Events["retention.deleted"]["table"], "actions">;
/** Times (epoch, ms). What was last known before them is over its time. */
type Limits = Readonly<Record<Table, number>>;
/** Rows of submissions that are over their time, and the times of their last news. */
export interface Found {
  count: number;
  oldest: number;
  newest: number;
}
type Row = { id: Uint8Array; ticket_id: string; settled_at: number };

const ENDED_SQL = sql`state <> 'CONFIRMED' AND conflicting_ticket_id IS NULL`;
interface Group {
  table: Table;
  state: SubmissionState;
  are: RawBuilder<unknown>;
}
/** Rows that may be deleted, or lose their details, by their states: an index sorts those of a state by id, and so by time. */
const GROUPS: readonly Group[] = [
  { table: "submissions", state: "REJECTED", are: ENDED_SQL },
  { table: "submissions", state: "NOT_EXECUTED", are: ENDED_SQL },
  {
    table: "submissions", // of a ticket of which nothing was accepted: others leave with it
    state: "UNCERTAIN",
    are: sql`state <> 'CONFIRMED' AND ${IS_UPDATE_SQL} AND NOT EXISTS (SELECT 1 FROM submissions AS other
      WHERE other.ticket_id = submissions.ticket_id AND ${IS_UPDATE_SQL} AND state = 'CONFIRMED')
        AND NOT EXISTS (SELECT 1 FROM submissions AS created
          WHERE created.ticket_id = submissions.ticket_id AND ${HAS_OPENED_SQL})`,
  },
  {
    table: "details",
    state: "UNCERTAIN",
    are: sql`state <> 'CONFIRMED' AND ${IS_CREATE_SQL} AND (details IS NOT NULL OR answer IS NOT NULL)`,
  },
  { table: "tickets", state: "CONFIRMED", are: sql`ticket_id IS NOT NULL` },
];
const TABLES = ["submissions", "details", "tickets"] as const;

/**
 * Conditions for rows of a group after an id whose own news are older than `before`. A ticket may have younger ones. Rows that
 * are not confirmed are named by pairs: PostgreSQL would rather look for them among all ids.
 */
function isOldSql({ state, are }: Group, after: Uint8Array, before: number) {
  const is = sql`settled_at < ${before} AND ${are}`;
  const [from, to] = [sql`${after}`, sql`${firstIdAt(before)}`];
  if (state === "CONFIRMED") return sql`state = 'CONFIRMED' AND id > ${from} AND id < ${to} AND ${is}`;
  const [first, end] = [sql`(${sql.lit(state)}, ${from})`, sql`(${sql.lit(state)}, ${to})`];
  return sql`(state, id) > ${first} AND (state, id) < ${end} AND ${is}`;
}

export function createRetention(context: LedgerContext, { submissionDays, ticketDays }: Retention) {
  const { db, engine, clock, observe } = context;
  const deleted = engine.isInProcess ? DELETED.inProcess : DELETED.elsewhere;
  /** Monotonic times of the next report, 0 while nothing waits, and of the next sweep. */
  let [reportAt, sweepAt] = [0, 0];

  return { sweep, look, deleteUntil, limits, waitLimits: () => limits(clock.estimate() - GOES_WITHIN_MS) };

  /** Deletes what is over its time, unless something waits. */
  async function sweep(): Promise<void> {
    if (performance.now() < sweepAt) return;
    await clock.read(db);
    const now = clock.estimate(); // of the whole sweep: a clock that is set meanwhile deletes nothing
    const isReportDue = performance.now() >= reportAt;
    const waiting = Object.values(await look(limits(now - GOES_WITHIN_MS), () => !isReportDue));
    if (waiting.length === 0) {
      if (reportAt > 0) observe("retention.continued", {});
      reportAt = 0;
      await deleteUntil(limits(now));
      await deleteOldActions(limits(now).tickets, ACTIONS_AT_ONCE, context);
      sweepAt = performance.now() + SWEEP_EVERY_MS;
    } else if (isReportDue) {
      reportAt = performance.now() + REPORT_EVERY_MS;
      const { count, oldest, newest } = waiting.reduce(sumOf);
      observe("retention.waits", { count, oldest: isoTime(oldest), newest: isoTime(newest) });
    }
  }

  function limits(at = clock.estimate()): Limits {
    const ofTickets = Math.floor(at) - ticketDays * DAY_MS;
    return { submissions: Math.floor(at) - submissionDays * DAY_MS, details: ofTickets, tickets: ofTickets };
  }

  /** Finds expired rows. `isEnough` gets the number of rows in each piece, and may stop it. */
  async function look(before: Limits, isEnough: (count: number) => boolean) {
    const found: Partial<Record<Table, Found>> = {};
    for (const group of GROUPS)
      for await (const rows of piecesOf(group, before[group.table], READ.most, createRest(READ.restTimes))) {
        const { table } = group;
        const ticketIds = rows.map(({ ticket_id }) => ticket_id);
        const tickets = table === "tickets" ? await oldAmong(ticketIds, before.tickets, db) : null;
        const { length: count } = tickets ? ticketIds.filter((id) => tickets.has(id)) : rows;
        if (count === 0) continue;
        const times = tickets ? await lastNewsOf(tickets, db) : rows.map(({ settled_at }) => settled_at);
        const piece = { count, oldest: Math.min(...times), newest: Math.max(...times) };
        found[table] = found[table] ? sumOf(found[table], piece) : piece;
        if (isEnough(count)) return found;
      }
    return found;
  }

  /** Deletes what was last known before these limits, reports it, also when it fails later, and returns the numbers. */
  async function deleteUntil(before: Limits, onProgress = (_table: Table, _count: number): void => {}) {
    const counts = { submissions: 0, details: 0, tickets: 0 };
    for (const table of TABLES) {
      let oldest = before[table];
      try {
        for (const group of GROUPS.filter((each) => each.table === table)) {
          const rest = createRest(deleted.restTimes);
          for await (const rows of piecesOf(group, before[table], deleted.most, rest)) {
            const isTicket = table === "tickets";
            const ids = await (isTicket ? deleteTickets(rows, before.tickets, rest) : end(group, rows));
            counts[table] += ids.length;
            for (const id of ids) oldest = Math.min(oldest, timeIn(id));
            onProgress(table, counts[table]);
          }
        }
      } finally {
        const [count, cutOff] = [counts[table], isoTime(before[table])];
        if (count > 0) observe("retention.deleted", { table, count, oldest: isoTime(oldest), cutOff });
      }
    }
    return counts;

    /** Deletes rows, or empties details of doubts. It repeats the conditions: PostgreSQL checks them again on a changed row. */
    async function end(group: Group, some: readonly Row[]): Promise<Uint8Array[]> {
      const isStill = sql`id IN (${sql.join(some.map(({ id }) => id))}) AND ${isOldSql(group, BEFORE_IDS, before[group.table])}`;
      // The doubts stay.
      const emptied = sql`UPDATE submissions SET details = NULL, answer = NULL, changed_at = ${clock.sql}`;
      const ending = group.table === "details" ? emptied : sql`DELETE FROM submissions`;
      const { rows } = await sql<Row>`${ending} WHERE ${isStill} RETURNING id`.execute(db);
      return rows.map(({ id }) => id);
    }
  }

  /** Deletes whole tickets, and returns the first of the rows of each. */
  async function deleteTickets(rows: readonly Row[], before: number, rest: Rest): Promise<Uint8Array[]> {
    const firstRows = new Map(rows.toReversed().map(({ id, ticket_id }) => [ticket_id, id]));
    for (;;) {
      const ticketIds = await deleteOldTickets([...firstRows.keys()], before, deleted.most, context);
      if (ticketIds) return [...ticketIds].map((ticketId) => firstRows.get(ticketId)!);
      await rest();
    }
  }

  /** Yields the rows of a group that may be expired, the oldest first, with a rest after each piece. */
  async function* piecesOf(group: Group, before: number, most: number, rest: Rest) {
    for (let last: Uint8Array = BEFORE_IDS; ; await rest()) {
      const { rows } = await sql<Row>`SELECT id, ticket_id, settled_at FROM submissions
        WHERE ${isOldSql(group, last, before)} ORDER BY state, id LIMIT ${most}`.execute(db);
      if (rows.length > 0) yield rows;
      if (rows.length < most) return;
      last = rows.at(-1)!.id;
    }
  }
}

const isoTime = (ms: number) => new Date(ms).toISOString();

function sumOf(one: Found, other: Found): Found {
  return {
    count: one.count + other.count,
    oldest: Math.min(one.oldest, other.oldest),
    newest: Math.max(one.newest, other.newest),
  };
}

type Rest = () => Promise<void>;

/** Returns a rest, as a multiple of the time since the one before. */
function createRest(times: number): Rest {
  let beganAt = performance.now();
  return async () => {
    await sleep(times * (performance.now() - beganAt));
    beganAt = performance.now();
  };
}
