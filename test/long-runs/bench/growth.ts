import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { ENGINES, type Engine, placeFor } from "../../support/ledgers.ts";
import { median } from "./measures.ts";
import { type Plan, createMicros, warm } from "./rounds.ts";
import { type Running, type Urls, serviceOn, startTarget } from "./targets.ts";

/** Numbers of submissions, and of tickets, in the ledgers before the measurement. */
const FEW = 1000;
const MANY = 1_000_000;
/** Rows that one statement inserts. */
const ROWS_A_STATEMENT = 100_000;
/** Time between two inserted submissions, in milliseconds: the oldest of a million is then eleven days old. */
const APART_MS = 1000;

export interface Growth {
  engine: Engine;
  /** CPU per helpdesk create, in microseconds. */
  fewMicros: number;
  manyMicros: number;
}

/** Measures the CPU time per helpdesk create with few and with many rows in the ledger, in alternating slices. */
export async function growth(
  { vendor, postgres }: Urls,
  plan: Plan,
  progress: (line: string) => void,
): Promise<Growth[]> {
  const found: Growth[] = [];
  for (const engine of ENGINES) {
    await using opened = new AsyncDisposableStack();
    const both: { running: Running; micros: number[] }[] = [];
    for (const rows of [FEW, MANY]) {
      const { url } = opened.use(await placeFor(engine, postgres));
      const target = serviceOn(engine, vendor, url);
      await (await startTarget(target)).stop(); // creates the tables, and a row to copy
      await fill(engine, url, rows);
      progress(`${engine}: ${rows} rows`);
      both.push({ running: opened.use(await startTarget(target)), micros: [] });
    }
    await warm(
      both.map(({ running }) => running),
      plan,
      () => {},
    );
    for (let round = 0; round < plan.rounds; round++)
      for (const { running, micros } of both) micros.push(await createMicros(running, 1));
    const [fewMicros, manyMicros] = both.map(({ micros }) => median(micros));
    progress(`${engine}: ${fewMicros!.toFixed(0)} and ${manyMicros!.toFixed(0)} µs`);
    found.push({ engine, fewMicros: fewMicros!, manyMicros: manyMicros! });
  }
  return found;
}

/** Fills a ledger with copies of its only submission and ticket, with new ids, keys and references. */
async function fill(engine: Engine, url: string, rows: number): Promise<void> {
  await using database = await open(engine, url);
  const { random, hex, bytes } = WORDS[engine];
  const at = `(${Date.now() - rows * APART_MS} + n * ${APART_MS})`;
  const ticketId = `(substr(${hex(at)}, 1, 8) || substr(${random}, 1, 16))`;
  const number = `substr(${random}, 1, 10)`;
  const submission = {
    id: bytes(`${hex(at)} || substr(${random}, 1, 20)`), // sorts by time, as real ids do
    key_hash: bytes(random),
    lease_until: at,
    settled_at: at,
    ticket_id: ticketId,
    helpdesk_ticket_number: number,
    branch_complaint_number: number,
    ticket_number: number,
  };
  for (let from = 1; from <= rows; from += ROWS_A_STATEMENT) {
    const to = Math.min(rows, from + ROWS_A_STATEMENT - 1);
    await database.copyRow("submissions", submission, from, to);
    await database.copyRow("tickets", { id: ticketId, observed_at: at }, from, to);
  }
  for (const statement of WORDS[engine].settle) await database.run(statement);
}

/** SQL that differs between the engines. `random`: 32 hex digits; `hex`: 12 hex digits; `bytes`: hex digits as bytes; `settle`: maintenance that time would bring. */
const WORDS = {
  SQLite: {
    random: "lower(hex(randomblob(16)))",
    hex: (number: string) => `printf('%012x', ${number})`,
    bytes: (digits: string) => `unhex(${digits})`,
    settle: ["PRAGMA wal_checkpoint(TRUNCATE)"],
  },
  PostgreSQL: {
    random: "md5(random()::text || n)",
    hex: (number: string) => `lpad(to_hex(${number}::bigint), 12, '0')`,
    bytes: (digits: string) => `decode(${digits}, 'hex')`,
    settle: ["VACUUM ANALYZE", "CHECKPOINT"],
  },
} as const;

interface Database extends AsyncDisposable {
  run(statement: string): Promise<Record<string, unknown>[]>;
  /** Inserts copies of a table's newest row, numbered `n`; `changes`: SQL by column. */
  copyRow(table: string, changes: Record<string, string>, from: number, to: number): Promise<void>;
}

async function open(engine: Engine, url: string): Promise<Database> {
  const { run, close } = await (engine === "SQLite" ? openSqlite(url) : openPostgres(url));
  return {
    run,
    async copyRow(table, changes, from, to) {
      const [row] = await run(`SELECT * FROM ${table} ORDER BY id DESC LIMIT 1`);
      const columns = Object.keys(row ?? {});
      await run(
        `WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to}),
           original AS (SELECT * FROM ${table} ORDER BY id DESC LIMIT 1)
         INSERT INTO ${table} (${columns.join(", ")})
         SELECT ${columns.map((column) => changes[column] ?? `original.${column}`).join(", ")} FROM numbers, original`,
      );
    },
    [Symbol.asyncDispose]: close,
  };
}

interface OpenDatabase {
  run: Database["run"];
  close: () => Promise<void>;
}

async function openSqlite(url: string): Promise<OpenDatabase> {
  const database = new DatabaseSync(url.replace("sqlite:", ""));
  return {
    run: async (statement) => database.prepare(statement).all(),
    close: async () => database.close(),
  };
}

async function openPostgres(url: string): Promise<OpenDatabase> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    run: async (statement) => (await client.query<Record<string, unknown>>(statement)).rows,
    close: () => client.end(),
  };
}
