import { randomUUID } from "node:crypto";
import { Kysely, sql } from "kysely";
import { Limiter } from "../limiter.ts";
import type { Observe } from "../telemetry/events.ts";
import { type LedgerCipher, createLedgerCipher } from "./cipher.ts";
import { LedgerClock } from "./clock.ts";
import type { Engine } from "./database/engine.ts";
import { type LedgerSettings, type SqlLedger, createSqlLedger } from "./ledger.ts";
import { PREPARE_WAIT_MS, formOf, migrate, migrationsAfter, refuseOld } from "./database/migrate.ts";
import type { Tables } from "./database/tables.ts";
import { LEDGER_WAIT_MS, OPERATOR_WAIT_MS, LedgerRefused, unavailable } from "./database/unusable.ts";
import { BEFORE_IDS } from "./ids.ts";

export interface LedgerAddress {
  /** `sqlite:PATH` or `postgres://…`. */
  url: string;
  /** The first key encrypts, all decrypt. */
  keys: readonly Uint8Array[];
}

/** Transactions about single rows at once: half of the connections. */
export const TRANSACTIONS_AT_ONCE = 4;

// Each function here throws LedgerRefused or LedgerUnavailable when it may not, or cannot, do its work.

/** Opens the ledger, and checks its keys. With `retention` it makes what is missing, and does the upkeep. */
export function openLedger(
  { url, keys }: LedgerAddress,
  {
    retention,
    migrates = "start",
    transactions = new Limiter({ most: TRANSACTIONS_AT_ONCE }),
    ...settings
  }: LedgerSettings,
  observe: Observe,
): Promise<SqlLedger> {
  return runOnEngine(url, async (engine) => {
    const cipher = createLedgerCipher(keys, (keyId) => observe("ledger.key_missing", { keyId }));
    const clock = new LedgerClock(engine.now);
    const waitMs = retention ? LEDGER_WAIT_MS : OPERATOR_WAIT_MS;
    const begin = () =>
      connect(engine, waitMs, retention ? "make" : "use", () => observe("ledger.replaced", {}));
    let db = begin();
    try {
      const form = await formOf(db, engine, "write");
      refuseOld(form, retention !== null && migrates === "start");
      // Most starts find nothing to do: they do not wait a minute for a database that is silent.
      if (migrationsAfter(form).length > 0) await migrate(engine, observe);
      if (retention && (await engine.prepareSessions(db))) {
        await db.destroy();
        db = begin();
      }
      await clock.read(db);
      await checkKeys(db, cipher, clock, observe);
      if (retention) await tryAndRollBack(db);
    } catch (error) {
      await db.destroy();
      throw error;
    }
    return createSqlLedger({ db, engine, cipher, clock, transactions, observe, ...settings }, retention);
  });
}

/** Tries to write, or to make a table, and rolls back. False: the ledger lacks tables of this version. */
export function checkLedger({ url, keys }: LedgerAddress): Promise<boolean> {
  return runOnEngine(url, async (engine) => {
    if (!engine.isThere()) return false;
    await using db = connect(engine, OPERATOR_WAIT_MS, "use");
    const form = await formOf(db, engine, "write");
    if (form.length > 0) await findUsedKeys(db, createLedgerCipher(keys));
    const isWhole = migrationsAfter(form).length === 0;
    await tryAndRollBack(db, isWhole);
    return isWhole;
  });
}

/** Runs `work` on a ledger that it only reads. */
export function readLedger<Result>(
  { url, keys }: LedgerAddress,
  work: (db: Kysely<Tables>, cipher: LedgerCipher, engine: Engine) => Promise<Result>,
): Promise<Result> {
  return runOnEngine(url, async (engine) => {
    await using db = connect(engine, PREPARE_WAIT_MS, "read");
    refuseOld(await formOf(db, engine, "read"));
    return await work(db, createLedgerCipher(keys), engine);
  });
}

/** Lists the migrations that the ledger lacks. */
export function planLedger({ url }: LedgerAddress) {
  return runOnEngine(url, async (engine) => {
    await using db = connect(engine, OPERATOR_WAIT_MS, "read");
    return migrationsAfter(await formOf(db, engine, "read"));
  });
}

/** Makes the ledger, or brings it to the newest form, or to that of `last`. */
export function migrateLedger({ url }: LedgerAddress, observe: Observe, last?: string): Promise<void> {
  return runOnEngine(url, (engine) => migrate(engine, observe, last));
}

/** Returns the result of `work` on the engine of an address. */
export async function runOnEngine<Result>(url: string, work: (engine: Engine) => Promise<Result>) {
  const engine = await engineAt(url);
  try {
    return await work(engine);
  } catch (error) {
    throw error instanceof LedgerRefused ? error : unavailable(error, engine.name);
  }
}

export function connect(...[engine, ...how]: [Engine, ...Parameters<Engine["dialect"]>]): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: engine.dialect(...how) });
}

/** Loads the engine of an address, and no other. */
export async function engineAt(url: string): Promise<Engine> {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path === undefined) return (await import("./database/postgres.ts")).postgres(url);
  return (await import("./database/sqlite.ts")).sqlite(path);
}

/** Refuses a ledger that none of these keys can read, tells when the newest is not among them, and records a new one. */
async function checkKeys(db: Kysely<Tables>, cipher: LedgerCipher, clock: LedgerClock, observe: Observe) {
  const used = await findUsedKeys(db, cipher);
  const [newest = cipher.id] = used;
  if (!cipher.ids.includes(newest)) observe("ledger.key_missing", { keyId: newest });
  if (!used.includes(cipher.id))
    await sql`INSERT INTO ledger_keys VALUES (${cipher.id}, ${clock.sql}) ON CONFLICT DO NOTHING`.execute(db);
}

/** Returns the ids of the keys that wrote a ledger, the newest first. Throws LedgerRefused when none of them is here. */
export async function findUsedKeys(db: Kysely<Tables>, cipher: LedgerCipher): Promise<string[]> {
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
