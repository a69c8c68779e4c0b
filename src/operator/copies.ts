/** Copies of whole ledgers: a head, each row by the name of its table, and an end, a line each. Sealed texts stay sealed, and so does the data key that opens them. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { type Kysely, sql } from "kysely";
import type { Engine } from "../ledger/database/engine.ts";
import { PREPARE_WAIT_MS, formOf } from "../ledger/database/migrate.ts";
import { MIGRATIONS } from "../ledger/database/migrations.ts";
import { TABLES, type Tables } from "../ledger/database/tables.ts";
import { LedgerRefused } from "../ledger/database/unusable.ts";
import { type LedgerAddress, cipherOf, connect, runOnEngine } from "../ledger/open.ts";
import { migrateLedger, readLedger } from "./ledgers.ts";
import { SEALED } from "./sealed.ts";
import type { Observe } from "../telemetry/events.ts";
import { LINE } from "../tickets/fields/field-types.ts";
import { VERSION } from "../version.ts";
import { UsageError, form as formOfCommand, readAs, optionIn } from "./arguments.ts";
import { createCommand } from "./command.ts";
import { write } from "./output.ts";
import { jsonOf } from "./printable.ts";

type Value = string | number | Uint8Array | null;
type Row = Readonly<Record<string, Value>>;
/** Some rows of one table. */
interface Page {
  table: keyof typeof TABLES;
  rows: Row[];
}

const NAMES = Object.keys(TABLES) as Page["table"][];
const LEDGER = "sociomile-subgraph";
/** A statement of SQLite takes 32,766 values, and each of them is an object until it has run. */
const ROWS_A_PAGE = 250;
/** Columns with personal data. An export without details has them empty. */
const PERSONAL: ReadonlySet<string> = new Set([
  ...Object.values(SEALED).map(({ table, column }) => `${table}.${column}`),
  "submissions.requested_by",
  "actions.person",
  "actions.note",
]);

export const exportLedger = createCommand(
  formOfCommand(
    "export",
    "Writes the ledger for `import`, a row a line, with sealed texts as they are.",
  ).option("--without-details", "leave out all personal data"),
  (options) => {
    if (optionIn(options, "json")) throw new UsageError("An export is JSON already.");
    return ({ address }) =>
      readLedger(address, (db, _, engine) => {
        const snapshot = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
        return snapshot.execute(async (within) => {
          const form = (await formOf(within, engine, "read")).at(-1)!;
          for await (const text of linesOf(form, pagesIn(within), options.withoutDetails === true)) {
            const error = await write(text).catch((thrown: NodeJS.ErrnoException) => thrown);
            if (error)
              return { text: "", data: {}, refusal: `The export cannot be written (${error.code}).` };
          }
          return { text: "", data: {} };
        });
      });
  },
);

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

/** Writes an export, some lines at once. Its end has the number of rows, and the hash of the lines before it. */
async function* linesOf(form: string, pages: AsyncIterable<Page>, withoutDetails: boolean) {
  const sha256 = createHash("sha256");
  let count = 0;
  const lineOf = (data: object) => {
    const line = `${jsonOf(data, 0)}\n`;
    sha256.update(line);
    return line;
  };
  const exportedAt = new Date().toISOString();
  yield lineOf({ ledger: LEDGER, form, version: VERSION, exportedAt, withoutDetails });
  for await (const { table, rows } of pages) {
    // A copy without details is for those who have no key: its ledger has a new one.
    if (withoutDetails && table === "ledger_keys") continue;
    count += rows.length;
    const shown = ([column, value]: [string, Value]) => {
      const isEmpty = withoutDetails && PERSONAL.has(`${table}.${column}`);
      if (value instanceof Uint8Array) return [column, { base64: isEmpty ? "" : value.toBase64() }];
      return [column, isEmpty ? "" : value];
    };
    const lines = rows.map((row) => {
      const values = Object.entries(row).filter(([, value]) => value !== null);
      return lineOf({ [table]: Object.fromEntries(values.map(shown)) as object });
    });
    yield lines.join("");
  }
  yield `${JSON.stringify({ end: { rows: count, sha256: sha256.digest("hex") } })}\n`;
}

const NOT_WHOLE =
  "This is no whole export: it was cut off or changed, or is another file. Nothing of it is in the ledger.";
const LACKS_DETAILS =
  "This export has no personal data, so a service cannot go on with it. To look at it, give --without-details.";

export const importLedger = createCommand(
  formOfCommand("import", "Makes a ledger of an export, all or nothing, where none is.")
    .argument("<file>", "the export", readAs(LINE))
    .option("--without-details", "take an export without personal data"),
  ({ withoutDetails }, [path]) =>
    async ({ makeAddress, observe }) => {
      const opened = await open(path).catch((error: NodeJS.ErrnoException) => error);
      if (opened instanceof Error)
        return { text: "", data: {}, refusal: `The file cannot be read (${opened.code}).` };
      await using file = opened; // Node ends a process that leaves a file to the garbage collector
      const lines = file.readLines()[Symbol.asyncIterator]();
      const first = String((await lines.next()).value);
      const head = entryIn(first) as { ledger?: string; form?: string; withoutDetails?: boolean };
      if (head.ledger !== LEDGER || !head.form) throw new LedgerRefused(NOT_WHOLE);
      if (head.withoutDetails && !withoutDetails) throw new LedgerRefused(LACKS_DETAILS);
      const pages = pagesOf(first, { [Symbol.asyncIterator]: () => lines });
      await makeLedger(makeAddress(), head.form, pages, observe);
      return { text: "The ledger has everything of the export. Look with `verify`.", data: {} };
    },
);

/** Reads the pages in the lines after the first one. Throws LedgerRefused, at the end at the latest, unless they are whole. */
async function* pagesOf(first: string, lines: AsyncIterable<string>): AsyncGenerator<Page> {
  const sha256 = createHash("sha256").update(`${first}\n`);
  let end: { sha256?: string } | null = null;
  let page: Page = { table: "submissions", rows: [] };
  for await (const line of lines) {
    const [[name, value] = ["", {}]] = Object.entries(entryIn(line));
    if (end || !(name === "end" || Object.hasOwn(TABLES, name))) throw new LedgerRefused(NOT_WHOLE);
    if (name === "end") {
      end = Object(value) as object;
      continue;
    }
    if (name !== page.table || page.rows.length === ROWS_A_PAGE) {
      yield page;
      page = { table: name as Page["table"], rows: [] };
    }
    sha256.update(`${line}\n`);
    page.rows.push(Object(value) as Row);
  }
  yield page;
  if (end?.sha256 !== sha256.digest("hex")) throw new LedgerRefused(NOT_WHOLE);
}

function entryIn(line: string): object {
  try {
    return Object(JSON.parse(line, bytesIn)) as object;
  } catch {
    throw new LedgerRefused(NOT_WHOLE);
  }
}

/** Reads bytes, which stand in base64. */
function bytesIn(_: string, value: { base64?: unknown } | null): unknown {
  return typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value;
}

/** Makes a ledger of this form, all or nothing. Throws LedgerRefused, LedgerUnavailable, and what the pages throw. */
async function makeLedger(
  address: LedgerAddress,
  form: string,
  pages: AsyncIterable<Page>,
  observe: Observe,
): Promise<void> {
  if (!Object.hasOwn(MIGRATIONS, form))
    throw new LedgerRefused(`A newer version wrote this export (${form}). Import it with that version.`);
  await migrateLedger(address, observe, form);
  await runOnEngine(address.url, async (engine) => {
    await using db = connect(engine, PREPARE_WAIT_MS, "use");
    await db.transaction().execute(async (within) => {
      await engine.lock("copy of a ledger", within);
      if ((await formOf(within, engine, "write")).at(-1) !== form)
        throw new LedgerRefused(`The ledger at DATABASE_URL has a newer form than the export (${form}).`);
      await empty(within);
      for await (const { table, rows } of pages) {
        if (table === "ledger_keys") await within.deleteFrom("ledger_keys").execute();
        if (rows.length > 0) await insert(table, rows, within, engine);
        if (table === "ledger_keys") await cipherOf(within, address.keys);
      }
      if (engine.name === "PostgreSQL")
        await sql`SELECT setval(pg_get_serial_sequence('actions', 'nth'), max(nth)) FROM actions`.execute(
          within,
        );
    });
    // PostgreSQL would read whole indexes until it has looked at the tables by itself.
    if (engine.name === "PostgreSQL") await sql`ANALYZE`.execute(db);
  });
}

/** Deletes what every new ledger has, but its key. Throws LedgerRefused for one that has more. */
async function empty(db: Kysely<Tables>): Promise<void> {
  for (const table of NAMES) {
    if (table === "ledger_keys") continue;
    const { rows } = await sql`SELECT 1 FROM ${sql.table(table)} LIMIT 1`.execute(db);
    if (rows.length > 0) throw new LedgerRefused("The ledger at DATABASE_URL is not empty. Take a new one.");
  }
}

async function insert(table: Page["table"], rows: readonly Row[], db: Kysely<Tables>, { name }: Engine) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]; // a row leaves out what is null
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const refs = sql.join(columns.map((column) => sql.ref(column)));
  const numbered = name === "PostgreSQL" ? sql`OVERRIDING SYSTEM VALUE` : sql``; // actions keep their numbers
  await sql`INSERT INTO ${sql.table(table)} (${refs}) ${numbered} VALUES ${sql.join(values)}`.execute(db);
}
