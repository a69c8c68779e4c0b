/** The ledger's form: what has run, which versions may use it, and the way to the newest one. */
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import type { Observe } from "../../telemetry/events.ts";
import { VERSION } from "../../version.ts";
import type { Engine } from "./engine.ts";
import { TABLES, type Tables } from "./tables.ts";
import { LedgerRefused, ledgerFaultOf } from "./unusable.ts";
import { newDataKey } from "../cipher.ts";
import { schema } from "./schema.ts";

/** Longest time for a statement that may read or write a whole table, in milliseconds. */
export const PREPARE_WAIT_MS = 60_000;
/** Longest time for which a change is tried again while others lock its tables, and the pause between two tries. Milliseconds. */
const TRY_FOR_MS = 300_000;
const TRY_PAUSE_MS = 500;
const REPORT_EVERY_MS = 10_000;
/** Rest after a piece of long work, as a multiple of its time: callers get the rest of the database. */
const REST = 4;

const OTHER_FORM =
  "The ledger has another form: a newer version wrote it, or one from before the first release. Start the version that wrote it.";
const OTHER_PROGRAM =
  "DATABASE_URL leads to tables of another program. Give the ledger a database, or a schema, of its own.";

/** Names of the migrations that have run, in order. None: there is no ledger. */
type Form = readonly string[];

/** Reads the form of a ledger. Throws LedgerRefused when this version may not use it. */
export async function formOf(db: Kysely<Tables>, engine: Engine, use: "write" | "read"): Promise<Form> {
  const tables = engine.isThere() ? (await engine.tables.execute(db)).rows : [];
  if (!tables.some(({ name }) => name === "kysely_migration")) {
    if (tables.some(({ name, isOwn }) => isOwn && name in TABLES)) throw new LedgerRefused(OTHER_PROGRAM);
    return [];
  }
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const form = rows.map(({ name }) => name);
  const [first] = form;
  if (first !== undefined && !(first in MIGRATIONS)) throw new LedgerRefused(OTHER_FORM);
  const newer = form.filter((name) => !(name in MIGRATIONS));
  if (newer.length > 0) await checkNewer(newer, db, use);
  return form;
}

/** Refuses newer migrations, unless each lets this version use the ledger. */
async function checkNewer(newer: Form, db: Kysely<Tables>, use: "write" | "read"): Promise<void> {
  const from = sql.ref(use === "write" ? "writable_from" : "readable_from");
  const names = sql.join(newer);
  const { rows } = await sql<Record<"version" | "from", string>>`
    SELECT version, ${from} AS "from" FROM ledger_forms WHERE name IN (${names}) ORDER BY name`.execute(db);
  if (rows.length < newer.length) throw new LedgerRefused(OTHER_FORM);
  const barring = rows.findLast((row) => isOlder(VERSION, row.from));
  if (!barring) return;
  const state = `The ledger has the form of version ${rows.at(-1)!.version}, which version ${VERSION} may not ${use}.`;
  throw new LedgerRefused(`${state} Start version ${barring.from} or a newer one.`);
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}

export function migrationsAfter(form: Form): (Migration & { name: string })[] {
  const all = Object.entries(MIGRATIONS).map(([name, migration]) => ({ name, ...migration }));
  return all.filter(({ name }) => !form.includes(name));
}

/** Refuses a ledger without the newest form. `mayMigrate`: only when migrating would shut out replicas of its version. */
export function refuseOld(form: Form, mayMigrate = false): void {
  const version = MIGRATIONS[form.at(-1) ?? ""]?.version;
  const pending = migrationsAfter(form);
  const barring = pending.find(({ writableFrom }) => version && isOlder(version, writableFrom));
  if (mayMigrate ? !barring : pending.length === 0) return;
  const state = version
    ? `The ledger has the form of version ${version}, and this is version ${VERSION}.`
    : "There is no ledger of this version at DATABASE_URL. Check the address.";
  const first = mayMigrate ? `Deploy version ${barring!.writableFrom} first, or stop all replicas and run` : "Run";
  throw new LedgerRefused(`${state} ${first} \`operator migrate\`.`);
}

/** Brings a ledger to the newest form, or to that of `last`. One process does, and the others wait. Resumes interrupted work. */
export async function migrate(engine: Engine, ledgerKey: Uint8Array, observe: Observe, last?: string): Promise<void> {
  await using db = new Kysely<Tables>({ dialect: engine.dialect(PREPARE_WAIT_MS, "make") });
  await engine.alone("versions of the schema", db, async () => {
    for (const { name: migration, prepare } of migrationsAfter(await formOf(db, engine, "write"))) {
      const beganAt = performance.now();
      const report = (rows: number) => observe("ledger.migrating", { migration, rows });
      if (prepare) await inPieces(prepare(db, engine), report);
      const change = () => db.transaction().execute((within) => changeForm(migration, within, engine, ledgerKey));
      const isOurs = await whenFree(change);
      const tookMs = Math.round(performance.now() - beganAt);
      if (isOurs && migration === Object.keys(MIGRATIONS)[0]) observe("ledger.made", {});
      else if (isOurs) observe("ledger.migrated", { migration, tookMs });
      if (migration === last) return;
    }
  });
}

async function inPieces(work: AsyncIterable<number>, report: (rows: number) => void): Promise<void> {
  let [rows, beganAt] = [0, performance.now()];
  using _ = setInterval(() => report(rows), REPORT_EVERY_MS);
  for await (const count of work) {
    rows += count;
    await sleep(REST * (performance.now() - beganAt));
    beganAt = performance.now();
  }
}

/** Makes one change, and records it. False: another process was faster. */
async function changeForm(
  name: string,
  within: Kysely<Tables>,
  engine: Engine,
  ledgerKey: Uint8Array,
): Promise<boolean> {
  await engine.limitLockWait(within);
  if ((await formOf(within, engine, "write")).includes(name)) return false;
  const { change, version, writableFrom, readableFrom } = MIGRATIONS[name]!;
  await change?.(within, engine, ledgerKey);
  await sql`INSERT INTO kysely_migration VALUES (${name}, ${new Date().toISOString()})`.execute(within);
  await sql`INSERT INTO ledger_forms (name, version, writable_from, readable_from)
    VALUES (${name}, ${version}, ${writableFrom}, ${readableFrom})`.execute(within);
  return true;
}

/** Repeats work that gives up early while others lock its tables. */
async function whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + TRY_FOR_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (ledgerFaultOf(error) !== "SLOW" || performance.now() > giveUpAt) throw error;
      await sleep(TRY_PAUSE_MS);
    }
  }
}

/** A change of the ledger's form. Some only expand it; a later one contracts it, when no replica of an older version is left. */
export interface Migration {
  /** Version of the service that brings it, and the oldest ones that may still write and read a ledger after it. */
  version: string;
  writableFrom: string;
  readableFrom: string;
  /**
   * Does slow work before `change`, beside callers, in short pieces, and yields the rows of each. It skips what is done:
   * after an interruption it begins anew, and another process may do the same at once.
   */
  prepare?: (db: Kysely<Tables>, engine: Engine) => AsyncIterable<number>;
  /** Changes the form in one transaction, which blocks callers: it reads no large table. `ledgerKey`: the first one. */
  change?: (db: Kysely<Tables>, engine: Engine, ledgerKey: Uint8Array) => Promise<void>;
}

/** Every form of the ledger by its name, in their order. One that has run anywhere is never changed: another one follows it. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001_in_few_words": {
    version: "1.0.0",
    writableFrom: "1.0.0",
    readableFrom: "1.0.0",
    async change(db, engine, ledgerKey) {
      for (const statement of schema(engine)) await statement.execute(db);
      await db.insertInto("ledger_keys").values(newDataKey(ledgerKey)).execute();
    },
  },
};
