import { randomUUID } from "node:crypto";
import { Kysely, sql } from "kysely";
import { bulkhead } from "../tickets/bulkhead.ts";
import { standingInLine } from "../tickets/turns.ts";
import type { Observe } from "../telemetry/events.ts";
import { LEDGER_WAIT_MS, OPERATOR_WAIT_MS } from "./available.ts";
import { type LedgerCipher, ledgerCipher } from "./cipher.ts";
import { LedgerClock } from "./clock.ts";
import type { Access, Engine } from "./database/engine.ts";
import { type LedgerSettings, type SqlLedger, sqlLedger } from "./ledger.ts";
import { VERSION, schema } from "./database/schema.ts";
import type { Tables } from "./database/tables.ts";
import { LedgerRefused, unavailable } from "./database/unusable.ts";
import { BEFORE_IDS } from "./ids.ts";

/** Longest time for a statement while the ledger is prepared or inspected, in milliseconds: it may read or write a whole table. */
const PREPARE_WAIT_MS = 60_000;

const NOT_PREPARED =
  "There is no ledger of this version at DATABASE_URL. Check the address, or start the service, which makes the ledger.";
const OTHER_FORM =
  "The ledger has another form: a newer version of this service wrote it, or one from before the first release. Start the version that wrote it.";
const OTHER_PROGRAM =
  "DATABASE_URL leads to tables of another program. Give the ledger a database, or a schema, of its own.";
const TABLES = "submissions resolutions tickets ticket_references ledger_keys retention_clock".split(" ");

export interface LedgerAddress {
  /** `sqlite:PATH` or `postgres://…`. */
  url: string;
  /** The first key encrypts, all decrypt. */
  keys: readonly Uint8Array[];
}

/** Opens the ledger, and checks its keys. With `retention` it makes what is missing, and does the upkeep. Throws LedgerRefused or LedgerUnavailable. */
export async function openLedger(
  { url, keys }: LedgerAddress,
  { retention, ...settings }: LedgerSettings,
  observe: Observe,
): Promise<SqlLedger> {
  const cipher = ledgerCipher(keys, (keyId) => observe("ledger.key_missing", { keyId }));
  const engine = await engineAt(url);
  const clock = new LedgerClock(engine.now);
  const access = retention ? "make" : "use";
  const waitMs = retention ? LEDGER_WAIT_MS : OPERATOR_WAIT_MS;
  const db = connect(engine, waitMs, access, () => observe("ledger.replaced", {}));
  try {
    await answering(engine, async () => {
      if (!(await isPrepared(db, engine))) await prepare(engine, access, observe);
      await clock.read(db);
      await checkKeys(db, cipher, clock, observe);
      if (access === "make") await tryAndRollBack(db);
    });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const waits = { inLine: standingInLine(), alone: bulkhead(4, Infinity) }; // half of the connections
  return sqlLedger({ db, engine, cipher, clock, ...waits, observe, ...settings }, retention);
}

/** Tries to write, or to make a table, and rolls back. False: a service's start would make the tables. Throws LedgerRefused or LedgerUnavailable. */
export async function checkLedger({ url, keys }: LedgerAddress): Promise<boolean> {
  const engine = await engineAt(url);
  return answering(engine, async () => {
    if (!engine.isThere()) return false;
    await using db = connect(engine, OPERATOR_WAIT_MS, "use");
    const isThere = await isPrepared(db, engine);
    if (isThere) await usedKeys(db, ledgerCipher(keys));
    await tryAndRollBack(db, isThere);
    return isThere;
  });
}

/** Runs `work` on a ledger that it only reads. Throws LedgerRefused or LedgerUnavailable. */
export async function reading<Result>(
  { url, keys }: LedgerAddress,
  work: (db: Kysely<Tables>, cipher: LedgerCipher, engine: Engine) => Promise<Result>,
): Promise<Result> {
  const engine = await engineAt(url);
  await using db = connect(engine, PREPARE_WAIT_MS, "read");
  return await answering(engine, async () => {
    if (!(await isPrepared(db, engine))) throw new LedgerRefused(NOT_PREPARED);
    return work(db, ledgerCipher(keys), engine);
  });
}

/** Returns the result of `work` on a ledger. Throws LedgerUnavailable when the engine fails. */
async function answering<Result>(engine: Engine, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LedgerRefused ? error : unavailable(error, engine.name);
  }
}

function connect(...[engine, ...how]: [Engine, ...Parameters<Engine["dialect"]>]): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: engine.dialect(...how) });
}

/** Loads the engine of an address, and no other. */
export async function engineAt(url: string): Promise<Engine> {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path === undefined) return (await import("./database/postgres.ts")).postgres(url);
  return (await import("./database/sqlite.ts")).sqlite(path);
}

/** True when the ledger has this version. Throws LedgerRefused when another version of this service, or another program, made its tables. */
async function isPrepared(db: Kysely<Tables>, engine: Engine): Promise<boolean> {
  const tables = engine.isThere() ? (await engine.tables.execute(db)).rows : [];
  if (!tables.some(({ name }) => name === "kysely_migration")) {
    if (tables.some(({ name, isOwn }) => isOwn && TABLES.includes(name)))
      throw new LedgerRefused(OTHER_PROGRAM);
    return false;
  }
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(db);
  if (rows.some(({ name }) => name !== VERSION)) throw new LedgerRefused(OTHER_FORM);
  return rows.length > 0;
}

/** Makes the tables, in one transaction. One replica does, the others wait. */
async function prepare(engine: Engine, access: Access, observe: Observe): Promise<void> {
  if (access !== "make") throw new LedgerRefused(NOT_PREPARED);
  // Most starts find nothing to do: they do not wait a minute for a database that is silent.
  await using db = connect(engine, PREPARE_WAIT_MS, access);
  await db.transaction().execute(async (within) => {
    await engine.lock("versions of the schema", within);
    if (await isPrepared(within, engine)) return;
    for (const statement of schema(engine)) await statement.execute(within);
    await sql`INSERT INTO kysely_migration VALUES (${VERSION}, ${new Date().toISOString()})`.execute(within);
    observe("ledger.made", {});
  });
}

/** Refuses a ledger that none of these keys can read, tells when the newest is not among them, and records a new one. */
async function checkKeys(db: Kysely<Tables>, cipher: LedgerCipher, clock: LedgerClock, observe: Observe) {
  const used = await usedKeys(db, cipher);
  const [newest = cipher.id] = used;
  if (!cipher.ids.includes(newest)) observe("ledger.key_missing", { keyId: newest });
  if (!used.includes(cipher.id))
    await sql`INSERT INTO ledger_keys VALUES (${cipher.id}, ${clock.sql}) ON CONFLICT DO NOTHING`.execute(db);
}

/** Returns the ids of the keys that wrote a ledger, the newest first. Throws LedgerRefused when none of them is here. */
export async function usedKeys(db: Kysely<Tables>, cipher: LedgerCipher): Promise<string[]> {
  const rows = await db.selectFrom("ledger_keys").select("id").orderBy("first_used_at", "desc").execute();
  if (rows.length > 0 && !rows.some(({ id }) => cipher.ids.includes(id)))
    throw new LedgerRefused("LEDGER_KEY does not open this ledger: it was written with another key.");
  return rows.map(({ id }) => id);
}

/** Tries to write, or to make a table, and rolls that back. Rejects when the database refuses it, such as a standby, or for a user without rights. */
async function tryAndRollBack(db: Kysely<Tables>, hasTables = true): Promise<void> {
  const transaction = await db.startTransaction().execute();
  try {
    if (hasTables) {
      const id = randomUUID(); // not that of another start, which would wait for this one
      await sql`INSERT INTO ledger_keys VALUES (${id}, 0)`.execute(transaction);
      await sql`UPDATE submissions SET attempt = 0 WHERE id = ${BEFORE_IDS}`.execute(transaction);
      await sql`DELETE FROM submissions WHERE id = ${BEFORE_IDS}`.execute(transaction);
    } else await transaction.schema.createTable("ledger_trial").addColumn("id", "integer").execute();
  } finally {
    await transaction.rollback().execute();
  }
}
