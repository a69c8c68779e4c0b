/** Copies of whole ledgers, page by page. Sealed texts stay sealed, so their keys stay needed. */
import { type Kysely, sql } from "kysely";
import { ledgerCipher } from "../../ledger/cipher.ts";
import { PREPARE_WAIT_MS, formOf } from "../../ledger/database/migrate.ts";
import { MIGRATIONS } from "../../ledger/database/migrations.ts";
import { TABLES, type Tables } from "../../ledger/database/tables.ts";
import { LedgerRefused } from "../../ledger/database/unusable.ts";
import {
  type LedgerAddress,
  connect,
  migrateLedger,
  onEngine,
  reading,
  usedKeys,
} from "../../ledger/open.ts";
import type { Observe } from "../../telemetry/events.ts";

export type Value = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;
export type TableName = keyof typeof TABLES;
/** Some rows of one table. */
export interface Page {
  table: TableName;
  rows: readonly Row[];
}

const NAMES = Object.keys(TABLES) as TableName[];
/** A statement of SQLite takes 32,766 values, and each of them is an object until it has run. */
export const ROWS_A_PAGE = 250;

/** Gives the form and the rows of a ledger, as they are at one moment, to `work`. Throws LedgerRefused or LedgerUnavailable. */
export function copyOut<Result>(
  address: LedgerAddress,
  work: (form: string, pages: AsyncIterable<Page>) => Promise<Result>,
): Promise<Result> {
  return reading(address, (db, _, engine) => {
    const snapshot = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
    return snapshot.execute(async (within) =>
      work((await formOf(within, engine, "read")).at(-1)!, pagesIn(within)),
    );
  });
}

async function* pagesIn(db: Kysely<Tables>): AsyncGenerator<Page> {
  for (const table of NAMES) {
    const key = sql.join(TABLES[table].map((column) => sql.ref(column)));
    let after = sql``;
    for (let last: Row | undefined = {}; last;) {
      const { rows } = await sql<Row>`SELECT * FROM ${sql.table(table)} ${after}
        ORDER BY ${key} LIMIT ${sql.lit(ROWS_A_PAGE)}`.execute(db);
      if (rows.length > 0) yield { table, rows };
      last = rows[ROWS_A_PAGE - 1];
      after = sql`WHERE (${key}) > (${sql.join(TABLES[table].map((column) => last?.[column]))})`;
    }
  }
}

/** Makes a ledger of this form, all or nothing. Throws LedgerRefused, LedgerUnavailable, and what the pages throw. */
export async function copyIn(
  address: LedgerAddress,
  form: string,
  pages: AsyncIterable<Page>,
  observe: Observe,
): Promise<void> {
  if (!Object.hasOwn(MIGRATIONS, form))
    throw new LedgerRefused(`A newer version wrote this export (${form}). Import it with that version.`);
  await migrateLedger(address, observe, form);
  await onEngine(address.url, async (engine) => {
    await using db = connect(engine, PREPARE_WAIT_MS, "use");
    await db.transaction().execute(async (within) => {
      await engine.lock("copy of a ledger", within);
      if ((await formOf(within, engine, "write")).at(-1) !== form)
        throw new LedgerRefused(`The ledger at DATABASE_URL has a newer form than the export (${form}).`);
      await makeRoom(within);
      for await (const { table, rows } of pages) {
        if (rows.length > 0) await insert(table, rows, within);
        if (table === "ledger_keys") await usedKeys(within, ledgerCipher(address.keys));
      }
    });
    // PostgreSQL would read whole indexes until it has looked at the tables by itself.
    if (engine.name === "PostgreSQL") await sql`ANALYZE`.execute(db);
  });
}

/** Deletes what an empty ledger has. Throws LedgerRefused for one that is not empty. */
async function makeRoom(db: Kysely<Tables>): Promise<void> {
  for (const table of NAMES) {
    if (/^(?:ledger_keys|retention_clock)$/.test(table))
      await sql`DELETE FROM ${sql.table(table)}`.execute(db);
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT 1`.execute(db);
    if (rows.length > 0) throw new LedgerRefused("The ledger at DATABASE_URL is not empty. Take a new one.");
  }
}

async function insert(table: TableName, rows: readonly Row[], db: Kysely<Tables>): Promise<void> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]; // a row leaves out what is null
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const refs = sql.join(columns.map((column) => sql.ref(column)));
  await sql`INSERT INTO ${sql.table(table)} (${refs}) VALUES ${sql.join(values)}`.execute(db);
}
