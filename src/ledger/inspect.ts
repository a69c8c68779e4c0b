/** Looks into a ledger, or a restored backup of one, without a change to it. */
import type { Kysely } from "kysely";
import type { SubmissionState } from "../tickets/submission.ts";
import { LedgerCipher } from "./cipher.ts";
import type { Engine } from "./database/engine.ts";
import { bytesOf, textOf } from "./ids.ts";
import {
  type LedgerAddress,
  LedgerRefused,
  NOT_PREPARED,
  answering,
  connect,
  engineAt,
  isMigrated,
  refuseOtherKeys,
} from "./open.ts";
import { openRequest } from "./queue/queue.ts";
import { instantOf } from "./rows.ts";
import type { Tables } from "./database/tables.ts";
import { countReferences } from "./settlements/ticket-references.ts";

/** Longest time for one statement, in milliseconds. A count reads a whole table. */
const INSPECT_WAIT_MS = 60_000;
/** Rows that are read at once. A queued request may hold 750 KB. */
const TICKETS_A_READ = 1000;
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
    tickets: Unreadable;
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
  tickets: number;
}

/** True when a service finds its tables in the ledger, false when its start makes them. Throws LedgerRefused or LedgerUnusable. */
export async function checkLedger({ url, keys }: LedgerAddress): Promise<boolean> {
  const engine = await engineAt(url);
  if (!engine.isThere()) return false;
  await using db = connect(engine, INSPECT_WAIT_MS, "read");
  return await answering(engine, async () => {
    if (!(await isMigrated(db, engine))) return false;
    const used = await db.selectFrom("ledger_keys").select("id").execute();
    refuseOtherKeys(
      used.map(({ id }) => id),
      new LedgerCipher(keys),
    );
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
      resolutions: await countOf("resolutions", db),
      tickets: await countOf("tickets", db),
      references: await countReferences(db),
      keys: ledgerKeys,
      unreadable: {
        tickets: await sealedTickets(db, cipher),
        queuedRequests: await sealedRequests(db, cipher),
        submissions: ledgerKeys.reduce((sum, { isHere, submissions }) => sum + (isHere ? 0 : submissions), 0),
        damage,
      },
    };
  });
}

async function countOf(table: "resolutions" | "tickets", db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
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
  const rowsUnder = async (table: "submissions" | "tickets") => {
    const rows = await db
      .selectFrom(table)
      .select((eb) => ["key_id", eb.fn.countAll<number>().as("count")])
      .groupBy("key_id")
      .execute();
    return new Map(rows.map(({ key_id, count }) => [key_id, count]));
  };
  const [submissions, tickets] = [await rowsUnder("submissions"), await rowsUnder("tickets")];
  const firstUse = new Map(noted.map(({ id, first_used_at }) => [id, first_used_at]));
  return [...new Set([...firstUse.keys(), ...submissions.keys(), ...tickets.keys()])].map((id) => {
    const at = firstUse.get(id);
    return {
      id,
      isHere: cipher.ids.includes(id),
      firstUsedAt: at === undefined ? null : instantOf(at),
      submissions: submissions.get(id) ?? 0,
      tickets: tickets.get(id) ?? 0,
    };
  });
}

/** Decrypts the details of every ticket, and reports those for which that fails. */
function sealedTickets(db: Kysely<Tables>, cipher: LedgerCipher): Promise<Unreadable> {
  const query = db
    .selectFrom("tickets")
    .select(["id", "details", "key_id"])
    .orderBy("id")
    .limit(TICKETS_A_READ);
  return unreadableIn(async (last) => {
    const rows = await query.where("id", ">", last?.id ?? "").execute();
    return rows.map((row) => ({
      ...row,
      isReadable: row.details === null || cipher.open(row.details, row.key_id, row.id) !== null,
    }));
  });
}

/** Decrypts every queued request, and reports those for which that fails. */
function sealedRequests(db: Kysely<Tables>, cipher: LedgerCipher): Promise<Unreadable> {
  const query = db
    .selectFrom("queued_requests")
    .select(["submission_id", "request", "key_id"])
    .orderBy("submission_id")
    .limit(REQUESTS_A_READ);
  return unreadableIn(async (last) => {
    const rows = await query
      .where("submission_id", ">", last ? bytesOf(last.id) : new Uint8Array())
      .execute();
    return rows.map((row) => {
      const id = textOf(row.submission_id);
      return { id, isReadable: openRequest(row, id, cipher) !== null };
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
