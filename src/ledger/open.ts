import { randomUUID } from "node:crypto";
import { Kysely, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, Migrator } from "kysely/migration";
import type { Observe } from "../telemetry/events.ts";
import { LEDGER_WAIT_MS } from "./available.ts";
import { LedgerCipher } from "./cipher.ts";
import { LedgerClock } from "./clock.ts";
import type { Access, Engine } from "./database/engine.ts";
import { type LedgerSettings, SqlLedger } from "./ledger.ts";
import { migrations } from "./database/migrations.ts";
import type { Tables } from "./database/tables.ts";
import { LedgerRefused, LedgerUnusable } from "./database/unusable.ts";

export { LedgerRefused, LedgerUnusable } from "./database/unusable.ts";

/** Longest time for a statement while the ledger is prepared or inspected, in milliseconds: it may read or write a whole table. */
const PREPARE_WAIT_MS = 60_000;

/** Shortest time between two reports of one missing key, in milliseconds. */
const MISSING_KEY_EVERY_MS = 60_000;

export interface LedgerAddress {
  /** `sqlite:PATH` or `postgres://…`. */
  url: string;
  /** The first key encrypts, all decrypt. */
  keys: readonly Uint8Array[];
}

/** Opens the ledger, brings its schema up to date and checks its keys. Throws LedgerRefused or LedgerUnusable. */
export function openLedger(
  address: LedgerAddress,
  { retention, ...settings }: LedgerSettings,
  observe: Observe,
): Promise<SqlLedger> {
  return opening(address, "make", { ...settings, observe }, retention);
}

/**
 * Opens a ledger beside the services that run on it. It makes no file, runs no migration, and leaves upkeep to the services. Throws
 * LedgerRefused or LedgerUnusable.
 */
export function openExistingLedger(
  address: LedgerAddress,
  settings: Omit<LedgerSettings, "retention">,
  observe: Observe,
): Promise<SqlLedger> {
  return opening(address, "use", { ...settings, observe }, null);
}

async function opening(
  { url, keys }: LedgerAddress,
  access: "make" | "use",
  settings: Omit<LedgerSettings, "retention"> & { observe: Observe },
  retention: LedgerSettings["retention"] | null,
): Promise<SqlLedger> {
  const cipher = new LedgerCipher(keys, missingKeys(settings.observe));
  const engine = await engineAt(url);
  const clock = new LedgerClock(engine.now);
  const db = connect(engine, LEDGER_WAIT_MS, access);
  try {
    await answering(engine, async () => {
      await prepare(db, engine, access);
      await checkKeys(db, cipher, clock);
      if (access === "make") await tryWrite(db);
    });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return new SqlLedger({ db, engine, cipher, clock, ticketLines: new Map(), ...settings }, retention);
}

/** Makes sure that the tables are there. */
async function prepare(db: Kysely<Tables>, engine: Engine, access: "make" | "use"): Promise<void> {
  if (access === "use" && !engine.isThere()) throw new LedgerRefused(NOT_PREPARED);
  if (await isMigrated(db, engine)) return;
  if (access === "use") throw new LedgerRefused(NOT_PREPARED);
  // Most starts find nothing to migrate: they do not wait a minute for a database that is silent.
  await using preparing = connect(engine, PREPARE_WAIT_MS, "make");
  await migrate(preparing, engine);
}

/** Returns the function that reports a missing key, at most once in MISSING_KEY_EVERY_MS for each. */
function missingKeys(observe: Observe): (keyId: string) => void {
  const reportedAt = new Map<string, number>();
  return (keyId) => {
    if (performance.now() - (reportedAt.get(keyId) ?? -Infinity) < MISSING_KEY_EVERY_MS) return;
    reportedAt.set(keyId, performance.now());
    observe("ledger.key_missing", { keyId });
  };
}

/** Runs `work` on a ledger that a service of this version has prepared. Null: there is no such ledger. Throws LedgerRefused or LedgerUnusable. */
export async function onPrepared<Result>(
  url: string,
  access: "use" | "read",
  work: (db: Kysely<Tables>, engine: Engine) => Promise<Result>,
): Promise<Result | null> {
  const engine = await engineAt(url);
  if (!engine.isThere()) return null;
  await using db = connect(engine, PREPARE_WAIT_MS, access);
  return await answering(engine, async () => {
    if (await isMigrated(db, engine)) return work(db, engine);
    if (access === "use") await tryToMake(db);
    return null;
  });
}

/** Sentence about a ledger that no service of this version has prepared. */
export const NOT_PREPARED =
  "There is no ledger of this version at DATABASE_URL. Check the address, or start the service, which makes the ledger.";

/** Returns the result of `work` on a ledger. Throws LedgerUnusable when the engine fails. */
async function answering<Result>(engine: Engine, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LedgerRefused ? error : new LedgerUnusable(error, engine.name);
  }
}

function connect(engine: Engine, waitMs: number, access: Access): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: engine.dialect(waitMs, access) });
}

/** Loads the engine of an address, and no other. */
export async function engineAt(url: string): Promise<Engine> {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path === undefined) return (await import("./database/postgres.ts")).postgres(url);
  return (await import("./database/sqlite.ts")).sqlite(path);
}

/** True when every migration has run. Throws LedgerRefused when another version of this service has migrated the ledger further. */
async function isMigrated(db: Kysely<Tables>, engine: Engine): Promise<boolean> {
  const known = Object.keys(await migrations(engine).getMigrations());
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return false;
  const { rows } = await sql<{
    name: string;
  }>`SELECT name FROM ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  const executed = rows.map(({ name }) => name);
  if (executed.some((name) => !known.includes(name))) {
    throw new LedgerRefused(
      "The ledger has another form: a newer version of this service wrote it, or one from before the first release. Start a newer " +
        "version, or this one with an empty ledger.",
    );
  }
  return known.every((name) => executed.includes(name));
}

/** Runs the migrations in one transaction. One replica does, the others wait. */
async function migrate(db: Kysely<Tables>, engine: Engine): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await engine.lockForMigration(transaction);
    if (await isMigrated(transaction, engine)) return;
    const { error } = await new Migrator({ db: transaction, provider: migrations(engine) }).migrateToLatest();
    if (error) throw error;
  });
}

/**
 * Refuses a ledger that none of these keys can read, reports when the newest key is not among them, and records a new key. Reads the ledger's
 * clock for the first time.
 */
async function checkKeys(db: Kysely<Tables>, cipher: LedgerCipher, clock: LedgerClock): Promise<void> {
  const used = await usedKeys(db, cipher);
  if (used[0] !== undefined) cipher.has(used[0]); // reports a key that is not here
  if (!used.includes(cipher.id)) {
    await db
      .insertInto("ledger_keys")
      .values({ id: cipher.id, first_used_at: clock.sql })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  await clock.read(db);
}

/** Writes a row and takes it back. Rejects when the database cannot be written, such as a standby, or for a user without rights. */
export function tryWrite(db: Kysely<Tables>): Promise<void> {
  return takingBack(db, async (transaction) => {
    const id = randomUUID(); // not that of another start, which would wait for this one
    await transaction.insertInto("ledger_keys").values({ id, first_used_at: 0 }).execute();
    await transaction
      .updateTable("submissions")
      .set({ lease_until: 0 })
      .where("id", "=", new Uint8Array())
      .execute();
  });
}

/** Makes a table and takes it back. Rejects when a start could not make the tables of the ledger. */
function tryToMake(db: Kysely<Tables>): Promise<void> {
  return takingBack(db, (transaction) =>
    transaction.schema.createTable("ledger_trial").addColumn("id", "integer").execute(),
  );
}

async function takingBack(
  db: Kysely<Tables>,
  work: (transaction: Kysely<Tables>) => Promise<void>,
): Promise<void> {
  const transaction = await db.startTransaction().execute();
  try {
    await work(transaction);
  } finally {
    await transaction.rollback().execute();
  }
}

/** Returns the ids of the keys that wrote a ledger, the newest first. Throws LedgerRefused when none of them is here. */
export async function usedKeys(db: Kysely<Tables>, cipher: LedgerCipher): Promise<string[]> {
  const rows = await db.selectFrom("ledger_keys").select("id").orderBy("first_used_at", "desc").execute();
  if (rows.length > 0 && !rows.some(({ id }) => cipher.ids.includes(id)))
    throw new LedgerRefused("LEDGER_KEY does not open this ledger: it was written with another key.");
  return rows.map(({ id }) => id);
}
