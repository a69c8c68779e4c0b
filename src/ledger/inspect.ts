/** Looks into a ledger, or a restored backup of one, without a change to it. */
import { type Kysely, sql } from "kysely";
import type { SubmissionState } from "../tickets/submission.ts";
import { KEY_ID_BYTES, LedgerCipher } from "./cipher.ts";
import type { Engine } from "./database/engine.ts";
import type { Tables } from "./database/tables.ts";
import { bytesOf, hexOf, textOf } from "./ids.ts";
import {
  type LedgerAddress,
  LedgerRefused,
  NOT_PREPARED,
  answering,
  connect,
  engineAt,
  isMigrated,
  refuseOtherKeys,
  tryWrite,
} from "./open.ts";
import { TICKET_REFERENCE_COLUMNS, instantOf, openRequest, openSubmitted } from "./submissions/row.ts";
import { openReport } from "./tickets/reports.ts";

/** Longest time for one statement, in milliseconds. A count reads a whole table. */
const INSPECT_WAIT_MS = 60_000;
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
    /** Submitted details, by their submissions. */
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
 * True when a service finds its tables in the ledger, false when its start makes them. Tries a write, and takes it back. Throws LedgerRefused
 * or LedgerUnusable.
 */
export async function checkLedger({ url, keys }: LedgerAddress): Promise<boolean> {
  const engine = await engineAt(url);
  if (!engine.isThere()) return false;
  await using db = connect(engine, INSPECT_WAIT_MS, "use");
  return await answering(engine, async () => {
    if (!(await isMigrated(db, engine))) return false;
    const used = await db.selectFrom("ledger_keys").select("id").execute();
    refuseOtherKeys(
      used.map(({ id }) => id),
      new LedgerCipher(keys),
    );
    await tryWrite(db);
    return true;
  });
}

/** Reads a whole ledger. Throws LedgerRefused or LedgerUnusable. */
export async function inspectLedger({ url, keys }: LedgerAddress): Promise<LedgerReport> {
  const cipher = new LedgerCipher(keys);
  const engine = await engineAt(url);
  if (!engine.isThere()) throw new LedgerRefused(NOT_PREPARED);
  await using db = connect(engine, INSPECT_WAIT_MS, "read");
  return await answering(engine, async () => {
    if (!(await isMigrated(db, engine))) throw new LedgerRefused(NOT_PREPARED);
    const damage = await engine.damage(db);
    const ledgerKeys = await keysOf(db, cipher);
    return {
      engine: engine.name,
      submissions: await statesOf(db),
      resolutions: await countOf(sql`resolutions`, db),
      tickets: await countOf(TICKETS, db),
      references: await countReferences(db),
      keys: ledgerKeys,
      unreadable: {
        tickets: await sealedReports(db, cipher),
        details: await sealedInSubmissions(db, "details", ROWS_A_READ, (sealed, id) =>
          openSubmitted(sealed, id, cipher),
        ),
        queuedRequests: await sealedInSubmissions(db, "request", REQUESTS_A_READ, (sealed, id) =>
          openRequest(sealed, id, cipher),
        ),
        submissions: ledgerKeys.reduce((sum, { isHere, submissions }) => sum + (isHere ? 0 : submissions), 0),
        damage,
      },
    };
  });
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
  const noted = await db.selectFrom("ledger_keys").selectAll().orderBy("first_used_at").execute();
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
  const firstUse = new Map(noted.map(({ id, first_used_at }) => [id, first_used_at]));
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

/** Decrypts every report, and names those for which that fails. */
function sealedReports(db: Kysely<Tables>, cipher: LedgerCipher): Promise<Unreadable> {
  const query = db
    .selectFrom("tickets")
    .select(["id", "details"])
    .where("details", "is not", null)
    .orderBy("id")
    .limit(ROWS_A_READ);
  return unreadableIn(async (last) => {
    const rows = await query.where("id", ">", last?.id ?? "").execute();
    return rows.map(({ id, details }) => ({ id, isReadable: openReport(details!, id, cipher) !== null }));
  });
}

/** Decrypts a column of submissions, and names those for which that fails. */
function sealedInSubmissions(
  db: Kysely<Tables>,
  column: "details" | "request",
  rowsARead: number,
  open: (sealed: Uint8Array, id: string) => object | null,
): Promise<Unreadable> {
  const query = db
    .selectFrom("submissions")
    .select(["id", column])
    .where(column, "is not", null)
    .orderBy("id")
    .limit(rowsARead);
  return unreadableIn(async (last) => {
    const rows = await query.where("id", ">", last ? bytesOf(last.id) : new Uint8Array()).execute();
    return rows.map((row) => {
      const id = textOf(row.id);
      return { id, isReadable: open((row as Record<typeof column, Uint8Array>)[column], id) !== null };
    });
  });
}

/** Counts the rows that cannot be read. `next` returns the rows after one, in the order of their ids; none at the end. */
async function unreadableIn<Row extends { id: string; isReadable: boolean }>(
  next: (last: Row | null) => Promise<readonly Row[]>,
): Promise<Unreadable> {
  const ids: string[] = [];
  let count = 0;
  for (let rows = await next(null); rows.length > 0; rows = await next(rows.at(-1)!)) {
    const unreadable = rows.filter(({ isReadable }) => !isReadable);
    count += unreadable.length;
    ids.push(...unreadable.slice(0, NAMED - ids.length).map(({ id }) => id));
  }
  return { count, ids };
}
