import { type Dialect, Kysely, type Transaction, sql } from "kysely";
import { DEFAULT_MIGRATION_TABLE, type MigrationProvider, Migrator } from "kysely/migration";
import type { Observe } from "../telemetry/events.ts";
import { LEDGER_WAIT_MS } from "./available.ts";
import { LedgerKeys } from "./keys.ts";
import { type LedgerSettings, SqlLedger } from "./ledger.ts";
import { migrations } from "./migrations.ts";
import type { Tables } from "./tables.ts";

/** A number that nothing else in the database locks by. */
const MIGRATION_LOCK = 5_736_011;
/** How long a statement may take while the ledger is being prepared, in milliseconds: migrations are slow. */
const PREPARE_WAIT_MS = 60_000;

/** A ledger that must not be used: starting would lose something. The message says why, and holds no setting. */
export class LedgerRefused extends Error {}

export interface LedgerAddress {
  /** `sqlite:PATH` or `postgres://…`. */
  url: string;
  /** LEDGER_KEY_BYTES each; the first writes, all of them read. */
  keys: readonly Uint8Array[];
}

/** Opens the ledger, brings its schema up to date and checks its keys. Throws LedgerRefused, or what the engine throws. */
export async function openLedger(
  { url, keys: secrets }: LedgerAddress,
  settings: LedgerSettings,
  observe: Observe,
): Promise<SqlLedger> {
  const keys = new LedgerKeys(secrets);
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  const dialect = await dialectAt(url, path);
  const connect = (waitMs: number) => new Kysely<Tables>({ dialect: dialect(waitMs) });

  const preparing = connect(PREPARE_WAIT_MS);
  try {
    await preparing.transaction().execute(async (transaction) => {
      // Of the transaction, not of the session, which poolers share out: one replica migrates, the others wait. SQLite's
      // transactions are such a lock themselves.
      if (path === undefined) await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
      await migrate(transaction, migrations(path === undefined ? "bytea" : "blob"));
    });
    await checkKeys(preparing, keys);
  } finally {
    await preparing.destroy();
  }
  return new SqlLedger(connect(LEDGER_WAIT_MS), keys, settings, observe);
}

/** The engine's dialect, by how long its statements may take. Only that of the engine in use is loaded. */
async function dialectAt(url: string, path: string | undefined): Promise<(waitMs: number) => Dialect> {
  if (path === undefined) {
    const { postgresDialect } = await import("./postgres.ts");
    return (waitMs) => postgresDialect(url, waitMs);
  }
  const { sqliteDialect } = await import("./sqlite.ts");
  return (waitMs) => sqliteDialect(path, waitMs);
}

async function migrate(db: Transaction<Tables>, provider: MigrationProvider): Promise<void> {
  const known = Object.keys(await provider.getMigrations());
  const executed = await db.introspection
    .getTables({ withInternalKyselyTables: true })
    .then((tables) =>
      tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)
        ? sql<{ name: string }>`SELECT name FROM ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
        : { rows: [] },
    );
  if (executed.rows.some(({ name }) => !known.includes(name))) {
    throw new LedgerRefused("The ledger was written by a newer version of this service.");
  }
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
}

/** A ledger whose fingerprints and tickets no key here can read is not ours to write to. */
async function checkKeys(db: Kysely<Tables>, keys: LedgerKeys): Promise<void> {
  const used = (await db.selectFrom("ledger_keys").select("id").execute()).map(({ id }) => id);
  if (used.length > 0 && !used.some((id) => keys.ids.includes(id))) {
    throw new LedgerRefused("LEDGER_KEY does not open this ledger: it was written with another key.");
  }
  await db
    .insertInto("ledger_keys")
    .values({ id: keys.id, first_used_at: Date.now() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
