/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { SubmissionState } from "../tickets/submission.ts";
import { KEY_ID_BYTES, LedgerCipher } from "./cipher.ts";
import type { Engine } from "./database/engine.ts";
import type { Tables } from "./database/tables.ts";
import { hexOf, textOf } from "./ids.ts";
import { type LedgerAddress, reading, usedKeys } from "./open.ts";
import { TICKET_REFERENCE_COLUMNS, instantOf, openRequest, openSubmitted } from "./submissions/row.ts";
import { openReport } from "./tickets/reports.ts";

/** Most ids of unreadable rows that a report names. */
const NAMED = 10;

/** Columns that hold sealed texts, and the rows that are read at once: a queued request may hold 750 KB. */
const SEALED = {
  tickets: { table: "tickets", column: "details", open: openReport, rowsARead: 1000 },
  details: { table: "submissions", column: "details", open: openSubmitted, rowsARead: 1000 },
  queuedRequests: { table: "submissions", column: "request", open: openRequest, rowsARead: 100 },
} as const;
type Sealed = (typeof SEALED)[keyof typeof SEALED];

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

/** Lists the keys that are not here and lock something. Throws LedgerRefused or LedgerUnusable. */
export function missingKeysOf({ url, keys }: LedgerAddress): Promise<LedgerKeyReport[]> {
  return reading(url, async (db) => {
    const cipher = new LedgerCipher(keys);
    const used = await usedKeys(db, cipher);
    if (used.every((id) => cipher.ids.includes(id))) return []; // as nearly always: counting reads every row
    const reports = await keysOf(db, cipher);
    return reports.filter(({ isHere, submissions, sealed }) => !isHere && submissions + sealed > 0);
  });
}

/** Reads a whole ledger. Throws LedgerRefused or LedgerUnusable. */
export function inspectLedger({ url, keys }: LedgerAddress): Promise<LedgerReport> {
  const cipher = new LedgerCipher(keys);
  return reading(url, async (db, engine) => {
    const damage = await engine.damage(db);
    const ledgerKeys = await keysOf(db, cipher);
    return {
      engine: engine.name,
      submissions: await statesOf(db),
      ...(await countsOf(db)),
      keys: ledgerKeys,
      unreadable: {
        tickets: await unreadableIn(SEALED.tickets, cipher, db),
        details: await unreadableIn(SEALED.details, cipher, db),
        queuedRequests: await unreadableIn(SEALED.queuedRequests, cipher, db),
        submissions: ledgerKeys.reduce((sum, { isHere, submissions }) => sum + (isHere ? 0 : submissions), 0),
        damage,
      },
    };
  });
}

type Counts = Record<"resolutions" | "tickets" | "references", number>;

/** Counts resolutions, tickets that are known by a confirmed request or by a report, and the numbers and ids by which tickets are found. */
async function countsOf(db: Kysely<Tables>): Promise<Counts> {
  const numbers = Object.values(TICKET_REFERENCE_COLUMNS).map((column) => sql`count(${sql.ref(column)})`);
  const { rows } = await sql<Counts>`SELECT
    (SELECT count(*) FROM resolutions) AS resolutions,
    (SELECT count(*) FROM (
      SELECT ticket_id FROM submissions WHERE state = 'CONFIRMED' AND is_forgotten = 0
      UNION SELECT conflicting_ticket_id FROM submissions WHERE conflicting_ticket_id IS NOT NULL AND is_forgotten = 0
      UNION SELECT id FROM tickets) AS known) AS tickets,
    (SELECT count(*) FROM ticket_references) + (
      SELECT ${sql.join(numbers, sql` + `)} FROM submissions
      WHERE state = 'CONFIRMED' AND is_forgotten = 0) AS "references"`.execute(db);
  return rows[0]!;
}

async function statesOf(db: Kysely<Tables>): Promise<LedgerReport["submissions"]> {
  const { rows } = await sql<{ state: SubmissionState; count: number }>`
    SELECT state, count(*) AS count FROM submissions GROUP BY state ORDER BY state`.execute(db);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Counts the rows under each key. A key without a row is here too, because it may be the first of a rotation. */
async function keysOf(db: Kysely<Tables>, cipher: LedgerCipher): Promise<LedgerKeyReport[]> {
  const recorded = await db.selectFrom("ledger_keys").selectAll().orderBy("first_used_at").execute();
  const under = async (table: Sealed["table"], column: Sealed["column"] | "fingerprint") => {
    const { rows } = await sql<{ key: Uint8Array; count: number }>`
      SELECT substr(${sql.ref(column)}, 1, ${sql.lit(KEY_ID_BYTES)}) AS key, count(*) AS count FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL GROUP BY 1`.execute(db);
    return new Map(rows.map(({ key, count }) => [hexOf(key), count]));
  };
  const submissions = await under("submissions", "fingerprint");
  const sealed: Map<string, number>[] = [];
  for (const { table, column } of Object.values(SEALED)) sealed.push(await under(table, column));
  const firstUse = new Map(recorded.map(({ id, first_used_at }) => [id, instantOf(first_used_at)]));
  const ids = new Set([firstUse, submissions, ...sealed].flatMap((each) => [...each.keys()]));
  return [...ids].map((id) => ({
    id,
    isHere: cipher.ids.includes(id),
    firstUsedAt: firstUse.get(id) ?? null,
    submissions: submissions.get(id) ?? 0,
    sealed: sealed.reduce((sum, counts) => sum + (counts.get(id) ?? 0), 0),
  }));
}

/** Decrypts every value of a column, and names the rows for which that fails. */
async function unreadableIn(
  { table, column, open, rowsARead }: Sealed,
  cipher: LedgerCipher,
  db: Kysely<Tables>,
): Promise<Unreadable> {
  const found: Unreadable = { count: 0, ids: [] };
  let last: string | Uint8Array = table === "tickets" ? "" : new Uint8Array();
  for (;;) {
    const { rows } = await sql<{ id: string | Uint8Array; sealed: Uint8Array }>`
      SELECT id, ${sql.ref(column)} AS sealed FROM ${sql.table(table)}
      WHERE ${sql.ref(column)} IS NOT NULL AND id > ${last} ORDER BY id LIMIT ${sql.lit(rowsARead)}`.execute(
      db,
    );
    for (const { id, sealed } of rows) {
      const name = typeof id === "string" ? id : textOf(id);
      if (open(sealed, name, cipher) === null && found.count++ < NAMED) found.ids.push(name);
    }
    if (rows.length < rowsARead) return found;
    last = rows.at(-1)!.id;
  }
}
