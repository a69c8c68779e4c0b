/** Copies of whole ledgers: a head, a line for each row with its table, and an end. All that is sealed stays sealed. */
import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Engine } from "../../src/ledger/database/engine.ts";
import { PREPARE_WAIT_MS, formOf, MIGRATIONS } from "../../src/ledger/database/migrate.ts";
import { TABLES, type Tables } from "../../src/ledger/database/tables.ts";
import { LedgerRefused } from "../../src/ledger/database/unusable.ts";
import { type LedgerAddress, cipherOf, connect, runOnEngine } from "../../src/ledger/open.ts";
import type { Observe } from "../../src/telemetry/events.ts";
import { VERSION } from "../../src/version.ts";
import { migrateLedger, readLedger } from "./closed.ts";
import { SEALED } from "./sealed.ts";

type Table = keyof typeof TABLES;
type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

const NAMES = Object.keys(TABLES) as Table[];
const LEDGER = "sociomile-subgraph";
/** A statement of SQLite accepts 32,766 values, and each of them is an object until it has run. */
const ROWS_AT_ONCE = 250;
/** Columns with personal data. An export without details has them empty. */
const PERSONAL: ReadonlySet<string> = new Set([
  ...Object.values(SEALED).map(({ table, column }) => `${table}.${column}`),
  "submissions.requested_by",
  "actions.person",
  "actions.note",
]);

/** Writes a whole ledger as one snapshot shows it, some lines at once, until `write` returns false. */
export function copyLedger(
  address: LedgerAddress,
  withoutDetails: boolean,
  write: (lines: string) => Promise<boolean>,
): Promise<void> {
  return readLedger(address, (db, _, engine) => {
    const snapshot = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
    return snapshot.execute(async (within) => {
      const form = (await formOf(within, engine, "read")).at(-1)!;
      for await (const lines of linesOf(within, { form, withoutDetails })) if (!(await write(lines))) return;
    });
  });
}

/** Writes an export, some lines at once. Its end has the hash of the lines before it. */
async function* linesOf(db: Kysely<Tables>, head: { form: string; withoutDetails: boolean }) {
  const sha256 = createHash("sha256");
  const lineOf = (data: object) => {
    const text = `${JSON.stringify(data).replaceAll(/[^\x20-\x7e]/g, escaped)}\n`;
    sha256.update(text);
    return text;
  };
  yield lineOf({ ledger: LEDGER, version: VERSION, exportedAt: new Date().toISOString(), ...head });
  // A copy without details is for those who have no key: its ledger has a new one.
  for (const table of NAMES.filter((name) => !(head.withoutDetails && name === "ledger_keys")))
    for await (const rows of rowsOf(table, db))
      yield rows.map((row) => lineOf({ [table]: shown(row, table, head.withoutDetails) })).join("");
  yield `${JSON.stringify({ end: { sha256: sha256.digest("hex") } })}\n`;
}

/** Reads all rows of a table, some at once, in the order of its key. */
async function* rowsOf(table: Table, db: Kysely<Tables>): AsyncGenerator<Row[]> {
  const key = sql.join(TABLES[table].map((column) => sql.ref(column)));
  let after = sql``;
  for (let last: Row | undefined = {}; last;) {
    const { rows } = await sql<Row>`SELECT * FROM ${sql.table(table)} ${after}
      ORDER BY ${key} LIMIT ${sql.lit(ROWS_AT_ONCE)}`.execute(db);
    yield rows;
    last = rows[ROWS_AT_ONCE - 1];
    after = sql`WHERE (${key}) > (${sql.join(TABLES[table].map((column) => last?.[column]))})`;
  }
}

/** Escapes a unit of UTF-16: readers may treat some characters as line ends, and terminals obey others. */
const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Shows a row without what is null, and its bytes in base64. */
function shown(row: Row, table: Table, withoutDetails: boolean): object {
  const values = Object.entries(row).flatMap(([column, value]) => {
    if (value === null) return [];
    const left =
      withoutDetails && PERSONAL.has(`${table}.${column}`) ? (value as string | Uint8Array).slice(0, 0) : value;
    return [[column, left instanceof Uint8Array ? { base64: left.toBase64() } : left]];
  });
  return Object.fromEntries(values) as object;
}

const NOT_WHOLE =
  "This is no whole export: it was cut off or changed, or is another file. Nothing of it is in the ledger.";
const LACKS_DETAILS =
  "This export has no personal data, so a service cannot go on with it. To look at it, give --without-details.";

/** Makes a ledger of the lines of a copy, all or nothing, where none is. Throws LedgerRefused or LedgerUnavailable. */
export async function makeOfCopy(
  address: LedgerAddress,
  copy: AsyncIterable<string>,
  withoutDetails: boolean,
  observe: Observe,
): Promise<void> {
  const lines = copy[Symbol.asyncIterator]();
  const first = String((await lines.next()).value);
  const head = entryIn(first) as { ledger?: string; form?: string; withoutDetails?: boolean };
  if (head.ledger !== LEDGER || !head.form) throw new LedgerRefused(NOT_WHOLE);
  if (head.withoutDetails && !withoutDetails) throw new LedgerRefused(LACKS_DETAILS);
  await makeLedger(address, head.form, rowsIn(first, { [Symbol.asyncIterator]: () => lines }), observe);
}

/** Reads the rows after the first line, each with its table. Throws LedgerRefused, at the latest at the end, if one lacks. */
async function* rowsIn(first: string, lines: AsyncIterable<string>): AsyncGenerator<[Table, Row]> {
  const sha256 = createHash("sha256").update(`${first}\n`);
  let end: { sha256?: string } | null = null;
  for await (const text of lines) {
    const [[name, value] = ["", {}]] = Object.entries(entryIn(text)) as [string, Row][];
    if (end || !(name === "end" || Object.hasOwn(TABLES, name))) throw new LedgerRefused(NOT_WHOLE);
    if (name === "end") end = Object(value) as object;
    else {
      sha256.update(`${text}\n`);
      yield [name as Table, Object(value) as Row];
    }
  }
  if (end?.sha256 !== sha256.digest("hex")) throw new LedgerRefused(NOT_WHOLE);
}

function entryIn(text: string): object {
  try {
    return Object(JSON.parse(text, bytesIn)) as object;
  } catch {
    throw new LedgerRefused(NOT_WHOLE);
  }
}

/** Reads bytes, which stand in base64. */
function bytesIn(_: string, value: { base64?: unknown } | null): unknown {
  return typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value;
}

/** Makes a ledger of this form, all or nothing. Throws LedgerRefused, LedgerUnavailable, and what the rows throw. */
async function makeLedger(
  { url, keys }: LedgerAddress,
  form: string,
  rows: AsyncIterable<[Table, Row]>,
  observe: Observe,
): Promise<void> {
  if (!Object.hasOwn(MIGRATIONS, form))
    throw new LedgerRefused(`A newer version wrote this export (${form}). Import it with that version.`);
  await migrateLedger({ url, keys }, observe, form);
  await runOnEngine(url, async (engine) => {
    await using db = connect(engine, PREPARE_WAIT_MS, "use");
    const isPostgres = engine.name === "PostgreSQL";
    const work = async (within: Kysely<Tables>) => {
      if ((await formOf(within, engine, "write")).at(-1) !== form)
        throw new LedgerRefused(`The ledger at DATABASE_URL has a newer form than the export (${form}).`);
      await refuseFilled(within);
      let [table, some]: [Table, Row[]] = ["ledger_keys", []];
      const insertSome = () => insert(table, some.splice(0), within, engine);
      for await (const [next, row] of rows) {
        if (next !== table || some.length === ROWS_AT_ONCE) await insertSome();
        table = next;
        some.push(row);
      }
      await insertSome();
      await cipherOf(within, keys);
      const numbering = sql`SELECT setval(pg_get_serial_sequence('actions', 'nth'), max(nth)) FROM actions`;
      if (isPostgres) await numbering.execute(within);
    };
    await engine.alone("copy of a ledger", db, () => db.transaction().execute(work));
    // PostgreSQL would read whole indexes until it has looked at the tables by itself.
    if (isPostgres) await sql`ANALYZE`.execute(db);
  });
}

/** Throws LedgerRefused for a ledger that has more than every new one, which has a key. */
async function refuseFilled(db: Kysely<Tables>): Promise<void> {
  for (const table of NAMES.filter((name) => name !== "ledger_keys")) {
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT 1`.execute(db);
    if (rows.length > 0) throw new LedgerRefused("The ledger at DATABASE_URL is not empty. Take a new one.");
  }
}

async function insert(table: Table, rows: readonly Row[], db: Kysely<Tables>, { name }: Engine): Promise<void> {
  if (rows.length === 0) return;
  if (table === "ledger_keys") await db.deleteFrom(table).execute();
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]; // a row leaves out what is null
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const refs = sql.join(columns.map((column) => sql.ref(column)));
  const numbered = name === "PostgreSQL" ? sql`OVERRIDING SYSTEM VALUE` : sql``; // actions keep their numbers
  await sql`INSERT INTO ${sql.table(table)} (${refs}) ${numbered} VALUES ${sql.join(values)}`.execute(db);
}
