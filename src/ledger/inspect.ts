/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { SubmissionState } from "../tickets/submission.ts";
import { KEY_ID_BYTES, LedgerCipher } from "./cipher.ts";
import type { Engine } from "./database/engine.ts";
import type { Tables } from "./database/tables.ts";
import { hexOf, textOf } from "./ids.ts";
import { type LedgerAddress, LedgerRefused, NOT_PREPARED, onPrepared, tryWrite, usedKeys } from "./open.ts";
import { TICKET_REFERENCE_COLUMNS, instantOf, openRequest, openSubmitted } from "./submissions/row.ts";
import { openReport } from "./tickets/reports.ts";

/** Rows that are read at once. A queued request may hold 750 KB. */
const ROWS_A_READ = 1000;
const REQUESTS_A_READ = 100;
/** Most ids of unreadable rows that a report names. */
const NAMED = 10;

/** Rows that cannot be decrypted, because their key is not here or they were changed, and the ids of the first ones. */
interface Unreadable {
  count: number;
  ids: string[];
}

/** Contents of a ledger, and the part of them that cannot be read. */
export interface LedgerReport {
  engine: Engine["name"];
  /** Number of submissions in each state that occurs. */
  submissions: Partial<Record<SubmissionState, number>>;
  resolutions: number;
  tickets: number;
  references: number;
  /** Keys that wrote this ledger. */
  keys: LedgerKeyReport[];
  unreadable: {
    /** Reports of Sociomile, by their tickets. */
    tickets: Unreadable;
    /** Details that creates submitted, by their submissions. */
    details: Unreadable;
    /** Requests that wait for delivery, by their submissions. */
    queuedRequests: Unreadable;
    /** Submissions whose key is not here. A repeated request under their idempotency keys is refused. */
    submissions: number;
    /** Damage that the database itself found. */
    damage: string[];
  };
}

export interface LedgerKeyReport {
  id: string;
  /** True when LEDGER_KEY holds the key. */
  isHere: boolean;
  firstUsedAt: Temporal.Instant | null;
  submissions: number;
  /** Sealed details and requests. */
  sealed: number;
}

/**
 * Lists the keys that are not here and lock something. Null: a start makes the tables. Tries a write, and rolls it back. Throws LedgerRefused
 * or LedgerUnusable.
 */
export function checkLedger({ url, keys }: LedgerAddress): Promise<LedgerKeyReport[] | null> {
  return onPrepared(url, "use", async (db) => {
    const cipher = new LedgerCipher(keys);
    const used = await usedKeys(db, cipher);
    await tryWrite(db);
    if (used.every((id) => cipher.ids.includes(id))) return []; // as nearly always: counting reads every row
    const reports = await keysOf(db, cipher);
    return reports.filter(({ isHere, submissions, sealed }) => !isHere && submissions + sealed > 0);
  });
}

/** Reads a whole ledger. Throws LedgerRefused or LedgerUnusable. */
export async function inspectLedger({ url, keys }: LedgerAddress): Promise<LedgerReport> {
  const cipher = new LedgerCipher(keys);
  const report = await onPrepared(url, "read", async (db, engine) => {
    const damage = await engine.damage(db);
    const ledgerKeys = await keysOf(db, cipher);
    const details = (sealed: Uint8Array, id: string) => openSubmitted(sealed, id, cipher);
    const request = (sealed: Uint8Array, id: string) => openRequest(sealed, id, cipher);
    const reported = (sealed: Uint8Array, id: string) => openReport(sealed, id, cipher);
    return {
      engine: engine.name,
      submissions: await statesOf(db),
      resolutions: await countOf(sql`resolutions`, db),
      tickets: await countOf(TICKETS, db),
      references: await countReferences(db),
      keys: ledgerKeys,
      unreadable: {
        tickets: await unreadableIn("tickets", "details", ROWS_A_READ, reported, db),
        details: await unreadableIn("submissions", "details", ROWS_A_READ, details, db),
        queuedRequests: await unreadableIn("submissions", "request", REQUESTS_A_READ, request, db),
        submissions: ledgerKeys.reduce((sum, { isHere, submissions }) => sum + (isHere ? 0 : submissions), 0),
        damage,
      },
    };
  });
  if (report === null) throw new LedgerRefused(NOT_PREPARED);
  return report;
}

/** Tickets that are known: by a confirmed request, or by a report. */
const TICKETS = sql`(SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED' AND is_forgotten = 0
  UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND is_forgotten = 0
  UNION SELECT id FROM tickets) AS known`;

async function countOf(rows: typeof TICKETS, db: Kysely<Tables>): Promise<number> {
  const counted = await sql<{ count: number }>`SELECT count(*) AS count FROM ${rows}`.execute(db);
  return counted.rows[0]!.count;
}

/** Counts the numbers and ids by which tickets are found. */
async function countReferences(db: Kysely<Tables>): Promise<number> {
  const counts = Object.values(TICKET_REFERENCE_COLUMNS).map((column) => sql`count(${sql.ref(column)})`);
  const { rows } = await sql<{ count: number }>`
    SELECT ${sql.join(counts, sql` + `)} + (SELECT count(*) FROM ticket_references) AS count FROM submissions
    WHERE state = 'CONFIRMED' AND is_forgotten = 0`.execute(db);
  return rows[0]!.count;
}

async function statesOf(db: Kysely<Tables>): Promise<LedgerReport["submissions"]> {
  const rows = await db
    .selectFrom("submissions")
    .select((eb) => ["state", eb.fn.countAll<number>().as("count")])
    .groupBy("state")
    .orderBy("state")
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Counts the rows under each key. A key without a row is here too, because it may be the first of a rotation. */
async function keysOf(db: Kysely<Tables>, cipher: LedgerCipher): Promise<LedgerKeyReport[]> {
  const recorded = await db.selectFrom("ledger_keys").selectAll().orderBy("first_used_at").execute();
  const under = async (table: "submissions" | "tickets", column: "fingerprint" | "details" | "request") => {
    const { rows } = await sql<{ key: Uint8Array; count: number }>`
      SELECT substr(${sql.ref(column)}, 1, ${sql.lit(KEY_ID_BYTES)}) AS key, count(*) AS count FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL GROUP BY 1`.execute(db);
    return new Map(rows.map(({ key, count }) => [hexOf(key), count]));
  };
  const submissions = await under("submissions", "fingerprint");
  const sealed = [
    await under("submissions", "details"),
    await under("submissions", "request"),
    await under("tickets", "details"),
  ];
  const firstUse = new Map(recorded.map(({ id, first_used_at }) => [id, first_used_at]));
  const ids = new Set([firstUse, submissions, ...sealed].flatMap((counts) => [...counts.keys()]));
  return [...ids].map((id) => {
    const at = firstUse.get(id);
    return {
      id,
      isHere: cipher.ids.includes(id),
      firstUsedAt: at === undefined ? null : instantOf(at),
      submissions: submissions.get(id) ?? 0,
      sealed: sealed.reduce((sum, counts) => sum + (counts.get(id) ?? 0), 0),
    };
  });
}

/** Decrypts every value of a column, and names the rows for which that fails. */
async function unreadableIn(
  table: "submissions" | "tickets",
  column: "details" | "request",
  rowsARead: number,
  open: (sealed: Uint8Array, id: string) => object | null,
  db: Kysely<Tables>,
): Promise<Unreadable> {
  const ids: string[] = [];
  let count = 0;
  let last: string | Uint8Array = table === "tickets" ? "" : new Uint8Array();
  for (;;) {
    const { rows } = await sql<{ id: string | Uint8Array; sealed: Uint8Array }>`
      SELECT id, ${sql.ref(column)} AS sealed FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL AND id > ${last} ORDER BY id LIMIT ${sql.lit(rowsARead)}`.execute(
      db,
    );
    for (const { id, sealed } of rows) {
      const name = typeof id === "string" ? id : textOf(id);
      if (open(sealed, name) !== null) continue;
      count++;
      if (ids.length < NAMED) ids.push(name);
    }
    if (rows.length < rowsARead) return { count, ids };
    last = rows.at(-1)!.id;
  }
}
