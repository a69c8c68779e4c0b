import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { bytesOf, firstIdAt, textOf } from "../../src/ledger/clock.ts";
import { COLUMN_TYPES } from "../../src/ledger/database/tables.ts";
import type { Engine, LedgerPlace } from "./ledgers.ts";

/** A row of either engine. A bigint of PostgreSQL is text. */
export type Row = Record<string, string | number | Uint8Array | null>;

/** Beginning of the statement that settles on PostgreSQL. */
export const RECORDS_OUTCOMES = /^\s*WITH limited/i;

/** Another connection to a ledger, for tests that read rows, make them old or hold locks. */
export interface Sql extends AsyncDisposable {
  run(statement: string, ...parameters: SQLInputValue[]): Promise<Row[]>;
}

export async function sqlOn({ url }: Pick<LedgerPlace, "url">): Promise<Sql> {
  return url.startsWith("sqlite:") ? sqlite(url.slice("sqlite:".length)) : postgres(url);
}

function sqlite(path: string): Sql {
  const database = new DatabaseSync(path, { timeout: 5000 });
  return {
    run: async (statement, ...parameters) => database.prepare(statement).all(...parameters) as Row[],
    [Symbol.asyncDispose]: async () => database.close(),
  };
}

async function postgres(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // a database that is dropped first
  await client.connect();
  return {
    async run(statement, ...parameters) {
      let nth = 0;
      const numbered = statement.replaceAll("?", () => `$${++nth}`);
      return (await client.query<Row>(numbered, parameters)).rows;
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

/** Begins some work while a change is made and not committed yet. Resolves when both are done. */
export async function duringChange(
  { sql, place }: { sql: Sql; place: Pick<LedgerPlace, "url"> },
  change: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await sql.run(place.url.startsWith("sqlite:") ? "BEGIN IMMEDIATE" : "BEGIN");
  await sql.run(change);
  const working = work();
  await sleep(200); // it waits for the row, or for its turn
  await sql.run("COMMIT");
  await working;
}

export type Lock = Awaited<ReturnType<typeof lockOn>>;

/** Locks tables against writes, and in PostgreSQL also against reads, until it is released. */
export async function lockOn(place: Pick<LedgerPlace, "url">) {
  const sql = await sqlOn(place);
  if (place.url.startsWith("sqlite:")) await sql.run("BEGIN IMMEDIATE");
  else {
    await sql.run("BEGIN");
    await sql.run("LOCK TABLE submissions, tickets IN ACCESS EXCLUSIVE MODE");
  }
  let own = true;
  const release = async () => {
    if (!own) return;
    own = false;
    await sql.run("ROLLBACK");
    await sql[Symbol.asyncDispose]();
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** Gives a submission the id that it would have if it were made at `time`. Milliseconds since the epoch. Returns the id. */
export async function madeAt(sql: Sql, time: number, id: string): Promise<string> {
  const earlier = Buffer.concat([firstIdAt(time).subarray(0, 6), bytesOf(id).subarray(6)]);
  await sql.run("UPDATE submissions SET id = ? WHERE id = ?", earlier, bytesOf(id));
  return textOf(earlier);
}

/** SQL of an id that was made at `time`, with the number of a copy. Milliseconds since the epoch. */
export function idSql(engine: Engine, time: number): string {
  if (engine === "SQLite") return `unhex(printf('%012x%020x', ${Math.round(time)}, number))`;
  return `decode(lpad(to_hex(${Math.round(time)}::bigint), 12, '0') || lpad(to_hex(number), 20, '0'), 'hex')`;
}

/** Copies each submission of `where` so many times. `changes`: columns that differ, as SQL, in which `number` is that of the copy, from 1. */
export async function copyRows(
  sql: Sql,
  count: number,
  changes: Record<string, string>,
  where = "true",
): Promise<void> {
  const columns = [...COLUMN_TYPES.keys()];
  await sql.run(`WITH RECURSIVE many (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many WHERE number < ${count})
    INSERT INTO submissions (${columns.join(", ")})
    SELECT ${columns.map((column) => changes[column] ?? column).join(", ")} FROM submissions CROSS JOIN many WHERE ${where}`);
}

/** Makes all that was sent, or has ended, older, as if time had passed. */
export async function makeOlder(sql: Sql, ms: number): Promise<void> {
  await sql.run("UPDATE submissions SET sent_at = sent_at - ?, settled_at = settled_at - ?", ms, ms);
}

export async function statesIn(sql: Sql): Promise<unknown[]> {
  return (await sql.run("SELECT state FROM submissions ORDER BY id")).map(({ state }) => state);
}

/** Counts the statements of this database that wait for a lock in PostgreSQL. `like`: pattern of their text. */
export async function countWaiting(sql: Sql, like = "%"): Promise<number> {
  const waiting = `SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE ?`;
  return (await sql.run(waiting, like)).length;
}

/** Matches what callers read. Beside them the queue is read, once a second, and a sweep reads the clock, old doubts and what is old. */
export const READ_BY_CALLERS =
  /^\s*(?:select|with wanted)\b(?! distinct ticket_id|[^]*(?:deliver_by"? (?:is not null|>)|settled_at <| as now$))/i;

export type Statements = ReturnType<typeof listenToStatements>;

export function listenToStatements() {
  const all: string[] = [];
  const parameters: unknown[][] = [];
  const onSqlite = (message: unknown) => void all.push((message as { sql: string }).sql);
  subscribe("sqlite.db.query", onSqlite);
  // oxlint-disable-next-line typescript/unbound-method -- the original is restored at the end
  const original = Client.prototype.query;
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const [statement, values] = args as [string | { text?: string }, unknown[]?];
    parameters.push(values ?? []);
    all.push(typeof statement === "string" ? statement : String(statement.text));
    return Reflect.apply(original, this, args) as never;
  };
  return {
    all,
    parameters,
    matching: (pattern: RegExp) => all.filter((statement) => pattern.test(statement)),
    [Symbol.dispose]() {
      unsubscribe("sqlite.db.query", onSqlite);
      Client.prototype.query = original;
    },
  };
}
