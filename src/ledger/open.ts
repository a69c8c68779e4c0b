import { randomUUID } from "node:crypto";
import { Kysely, sql } from "kysely";
import { Limiter } from "../limiter.ts";
import type { Observe } from "../telemetry/events.ts";
import { type LedgerCipher, createLedgerCipher, idOf, openDataKey } from "./cipher.ts";
import { LedgerClock, BEFORE_IDS } from "./clock.ts";
import type { Engine } from "./database/engine.ts";
import { type LedgerSettings, type SqlLedger, createSqlLedger } from "./ledger.ts";
import { formOf, migrate, migrationsAfter, refuseOld } from "./database/migrate.ts";
import type { Tables } from "./database/tables.ts";
import { LEDGER_WAIT_MS, OPERATOR_WAIT_MS, LedgerRefused, unavailable } from "./database/unusable.ts";

export interface LedgerAddress {
  /** `sqlite:PATH` or `postgres://…`. */
  url: string;
  /** Ledger keys, of which one opens the data key. The first one seals it. */
  keys: readonly Uint8Array[];
}

/** Transactions about single rows at once: half of the connections. */
export const TRANSACTIONS_AT_ONCE = 4;

// Each function here throws LedgerRefused or LedgerUnavailable when it may not, or cannot, do its work.

/** Opens the ledger. With `retention` it makes what is missing, and does the upkeep. */
export function openLedger(
  { url, keys }: LedgerAddress,
  settings: LedgerSettings,
  observe: Observe,
): Promise<SqlLedger> {
  const { retention, migrates = "start", transactions = new Limiter({ most: TRANSACTIONS_AT_ONCE }) } = settings;
  const { leaseMs, queue } = settings;
  return runOnEngine(url, async (engine) => {
    const clock = new LedgerClock(engine.now);
    const waitMs = retention ? LEDGER_WAIT_MS : OPERATOR_WAIT_MS;
    const begin = () => connect(engine, waitMs, retention ? "make" : "use", () => observe("ledger.replaced", {}));
    let db = begin();
    try {
      const form = await formOf(db, engine, "write");
      refuseOld(form, retention !== null && migrates === "start");
      // Most starts find nothing to do: they do not wait a minute for a database that is silent.
      if (migrationsAfter(form).length > 0) await migrate(engine, keys[0]!, observe);
      if (retention && (await engine.prepareSessions(db))) {
        await db.destroy();
        db = begin();
      }
      await clock.read(db);
      const cipher = await cipherOf(db, keys);
      if (retention) await tryAndRollBack(db);
      return createSqlLedger({ db, engine, cipher, clock, transactions, observe, leaseMs, queue }, retention);
    } catch (error) {
      await db.destroy();
      throw error;
    }
  });
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

/** Opens the data key of a ledger. Throws LedgerRefused when none of these keys does. */
export async function dataKeyOf(db: Kysely<Tables>, keys: LedgerAddress["keys"]) {
  const row = await db.selectFrom("ledger_keys").selectAll().executeTakeFirst();
  const dataKey = row ? openDataKey(row, keys) : null;
  if (!row || !dataKey) throw new LedgerRefused("LEDGER_KEY does not open this ledger: another key has sealed it.");
  return { ...row, dataKey, isSealedByFirst: row.sealed_by === idOf(keys[0]!) };
}

export async function cipherOf(db: Kysely<Tables>, keys: LedgerAddress["keys"]): Promise<LedgerCipher> {
  return createLedgerCipher((await dataKeyOf(db, keys)).dataKey);
}

/** Tries to write, or to make a table, and rolls back. Rejects when the database refuses it, as a standby does. */
export async function tryAndRollBack(db: Kysely<Tables>, hasTables = true): Promise<void> {
  const transaction = await db.startTransaction().execute();
  try {
    if (hasTables) {
      const id = randomUUID(); // not that of another start, which would wait for this one
      await sql`INSERT INTO tickets (id) VALUES (${id})`.execute(transaction);
      await sql`UPDATE submissions SET attempts = 0 WHERE id = ${BEFORE_IDS}`.execute(transaction);
      await sql`DELETE FROM submissions WHERE id = ${BEFORE_IDS}`.execute(transaction);
    } else await transaction.schema.createTable("ledger_trial").addColumn("id", "integer").execute();
  } finally {
    await transaction.rollback().execute();
  }
}
