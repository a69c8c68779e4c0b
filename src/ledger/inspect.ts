/** Looks into a ledger, or a restored backup of one, without a change to it. */
import type { Kysely } from "kysely";
import type { SubmissionState } from "../tickets/submission.ts";
import { LedgerCipher } from "./cipher.ts";
import type { Engine } from "./engine.ts";
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
import { instantOf } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** Longest time for one statement, in milliseconds. A count reads a whole table. */
const INSPECT_WAIT_MS = 60_000;
/** Tickets that are read at once. */
const TICKETS_A_READ = 1000;
/** Most ids of unreadable tickets that a report names. */
const NAMED_TICKETS = 10;

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
    /** Tickets whose details cannot be decrypted, because their key is not here or they were changed, and the ids of the first ones. */
    tickets: { count: number; ids: string[] };
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
      references: await countOf("ticket_references", db),
      keys: ledgerKeys,
      unreadable: {
        tickets: await sealedTickets(db, cipher),
        submissions: ledgerKeys.reduce((sum, { isHere, submissions }) => sum + (isHere ? 0 : submissions), 0),
        damage,
      },
    };
  });
}

async function countOf(table: "resolutions" | "tickets" | "ticket_references", db: Kysely<Tables>) {
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
async function sealedTickets(
  db: Kysely<Tables>,
  cipher: LedgerCipher,
): Promise<LedgerReport["unreadable"]["tickets"]> {
  const ids: string[] = [];
  let count = 0;
  for (let after = ""; ;) {
    const rows = await db
      .selectFrom("tickets")
      .select(["id", "details", "key_id"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(TICKETS_A_READ)
      .execute();
    for (const { id, details, key_id } of rows) {
      if (details === null || cipher.open(details, key_id, id) !== null) continue;
      count++;
      if (ids.length < NAMED_TICKETS) ids.push(id);
    }
    if (rows.length < TICKETS_A_READ) return { count, ids };
    after = rows.at(-1)!.id;
  }
}
