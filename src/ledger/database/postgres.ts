/** PostgreSQL. It writes concurrent rows in one statement: one for each costs it three times as much, and us twice. */
import { type Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql, CompiledQuery } from "kysely";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, Pool, type PoolClient, types } from "pg";
import type { Engine, GivenRow, RowStatement, WriteRow } from "./engine.ts";
import { type Tables, COLUMN_TYPES } from "./tables.ts";
import { createGroup } from "../work.ts";
import { REPORT_COLUMNS } from "./row-statements.ts";

const INT8 = types.builtins.INT8; // PostgreSQL's oid of bigint; those of the ledger fit a double

const MAX_CONNECTIONS = 8;
/** First number of the advisory locks, whose second stands for a name. Nothing else in the database uses it. */
const LOCKS = 5_736_012;
const UNIQUE_VIOLATION = "23505"; // https://www.postgresql.org/docs/current/errcodes-appendix.html
/** Codes with which a server, or a pooler without its server, ends a connection. What was sent may be committed. */
const ENDS_CONNECTION = /^(?:08|57P)/;
const CANCEL_REQUEST = 80_877_102; // code of a CancelRequest in the protocol
const CANCEL_WAIT_MS = 1000;
/** Longest wait of a change of the form for a lock. Milliseconds. */
const LOCK_WAIT_MS = 100;
/** Pause between two looks for the lock of `alone`. The server ends a transaction that is silent for longer. Milliseconds. */
const LOOK_MS = 1000;

/** PostgreSQL at `url`. No state is kept in a session, so a pooler in transaction mode may sit in between. */
export function postgres(url: string): Engine {
  return {
    dialect: (waitMs) => new PostgresDialect({ pool: soundConnections(url, waitMs) }),
    now: "cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)",
    tables: sql`SELECT relname AS name, cast(relnamespace = current_schema()::regnamespace as integer) AS "isOwn"
      FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)`,
    subjectId: sql`CASE WHEN subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN uuid_send(cast(subject AS uuid)) END`,
    skipLocked: sql`FOR UPDATE SKIP LOCKED`,
    alone,
    prepareSessions: turnJitOff,
    checkDisk: () => {},
    async committedUntil(db) {
      // A COMMIT that waits for a standby counts as a writer. Writers of other users count only for members of pg_read_all_stats.
      const { rows } = await sql<{ until: number }>`SELECT
        cast(floor(extract(epoch from least(statement_timestamp(), min(xact_start))) * 1000) as bigint) AS until
        FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
          AND backend_type = 'client backend'`.execute(db);
      return rows[0]!.until;
    },
    limitLockWait: (transaction) => sql`SET LOCAL lock_timeout = ${sql.lit(LOCK_WAIT_MS)}`.execute(transaction),
    isThere: () => true, // connecting shows it
    forgetChanges: () => Promise.resolve(true),
    damage: () => Promise.resolve([]),
    name: "PostgreSQL",
    isInProcess: false,
    isDuplicate,
    rowWriters: createRowWriters,
  };
}

const isDuplicate = (error: unknown) => error instanceof DatabaseError && error.code === UNIQUE_VIOLATION;
/** True for an error with which the server refused a statement. False when it did not answer. */
const isRefusal = (error: unknown) => error instanceof DatabaseError && !ENDS_CONNECTION.test(error.code ?? "");
// A role may do this for itself: the session's. PgBouncer refuses options at the beginning of a session.
/** Turns the server's JIT off, which may compile each look for deliveries for more than a second. */
async function turnJitOff(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ jit: string | null }>`SELECT current_setting('jit', true) AS jit`.execute(db);
  if (rows[0]!.jit !== "on") return false;
  const turnOff = sql`DO $$ BEGIN
    SET LOCAL ROLE NONE;
    EXECUTE format('ALTER ROLE SESSION_USER IN DATABASE %I SET jit = off', current_database());
  END $$`;
  await turnOff.execute(db).catch(() => {}); // it may be forbidden, or another replica does it now
  return true;
}

/**
 * Locks in a transaction, because poolers share sessions, and without a snapshot, for which building an index would
 * wait. So others poll, without parameters. Two names with one hash only wait for each other.
 */
const alone: Engine["alone"] = async (name, db, work) => {
  const turn = await db.startTransaction().execute();
  const isOurs = async () => {
    const { rows } = await sql<{ isOurs: boolean }>`
      SELECT pg_try_advisory_xact_lock(${sql.lit(LOCKS)}, hashtext(${sql.lit(name)})) AS "isOurs"`.execute(turn);
    return rows[0]!.isOurs;
  };
  try {
    while (!(await isOurs())) await sleep(LOOK_MS);
    using _ = setInterval(() => void isOurs().catch(() => false), LOOK_MS);
    await work();
  } finally {
    await turn.rollback().execute();
  }
};

/**
 * Returns a pool that closes a connection on which a statement failed or timed out: the server may still run it, and the next one
 * would run inside its transaction. When one does not answer, older idle ones are closed too: the same firewall may block them.
 */
function soundConnections(url: string, waitMs: number): PostgresPool {
  const connectedAt = new WeakMap<PoolClient, number>();
  let suspectBefore = 0;
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: waitMs,
    query_timeout: waitMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: "sociomile-subgraph",
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
  });
  // The pool replaces an idle connection that breaks. Without a listener this event would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => {
    connectedAt.set(client, performance.now());
    client.on("error", () => {}); // a connection that breaks in use has failed its query already
  });
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      for (;;) {
        const client = await pool.connect();
        if ((connectedAt.get(client) ?? 0) >= suspectBefore) return lend(client);
        client.release(true);
      }
    },
  };

  function lend(client: PoolClient): PostgresPoolClient {
    let fault: unknown; // of an earlier statement
    const query = async (statement: string, parameters: readonly unknown[]) => {
      // Closing the connection rolls back. An error here would hide the one that says why.
      if (fault && statement === "rollback") return { command: "ROLLBACK", rowCount: 0, rows: [] };
      if (fault) throw new Error("An earlier statement on this connection failed", { cause: fault });
      try {
        const text = statement === "begin" ? beginSql(waitMs) : statement;
        return await client.query(text, [...parameters]);
      } catch (error) {
        fault = error;
        if (!(error instanceof DatabaseError)) {
          suspectBefore = performance.now();
          cancel(client);
        }
        throw error;
      }
    };
    return { query: query as unknown as PostgresPoolClient["query"], release: () => client.release(!!fault) };
  }
}

/**
 * Asks the server to stop the statement of a client that no longer waits: it would keep one of the server's connections
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
 */
function cancel(client: PoolClient): void {
  // Members that pg's types do not list. Two of them come with the connection.
  type Cancelled = { host: string; port: number } & Record<"processID" | "secretKey", number | null>;
  const { host, port, processID, secretKey } = client as unknown as Cancelled;
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  for (const [nth, number] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(number, nth * 4);
  const socket = connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  socket.setTimeout(CANCEL_WAIT_MS, () => socket.destroy());
  socket.on("error", () => {}).resume();
  socket.write(request); // the server closes, as for libpq: PgBouncer 1.18 crashes when its client is faster
}

/** Begins a transaction that the server ends when this process is silent. Poolers accept no such limits for a session. */
function beginSql(waitMs: number): string {
  return [
    // After a wait for a lock a statement must see what the other has committed, so the level is not left to the settings.
    "begin ISOLATION LEVEL READ COMMITTED",
    // The server gives up earlier than this process, so that it gives the reason: at a lock, one row blocks the others.
    `SET LOCAL lock_timeout = ${Math.floor(waitMs / 2)}`,
    `SET LOCAL statement_timeout = ${Math.floor((waitMs * 3) / 4)}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${waitMs}`,
  ].join("; ");
}

/** Types of the columns of submissions and reports, and of what a change compares. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ...COLUMN_TYPES,
  ...Object.entries(REPORT_COLUMNS),
  ["expected_reservation", "blob"],
]);

/** Names a submission with its reservation: one statement may have rows of an earlier and of the present owner. */
const nameOf = ({ id, expected_reservation }: GivenRow) =>
  id.toHex() + ((expected_reservation as Uint8Array | undefined)?.toHex() ?? "");

/** Returns the function that makes the writer of a statement. When the server refuses it for many rows, each runs alone. */
function createRowWriters(db: Kysely<Tables>): (statement: RowStatement) => WriteRow {
  return ({ columns, text: written, order }) => {
    const arrays = columns.map((column, nth) => `cast($${nth + 1} as ${TYPES.get(column)!}[])`);
    const list = `FROM unnest(${arrays.join(", ")}) AS given (${columns.join(", ")})`;
    const text = written((column) => `given.${column}`, list);
    const run = async (rows: readonly GivenRow[]): Promise<boolean[]> => {
      // A statement changes a row once, whatever others it is given for it: the first one has it, and the others find it changed.
      const firsts = new Map<string, GivenRow>();
      for (const row of rows) firsts.getOrInsert(nameOf(row), row);
      const sorted = [...firsts.values()].toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
      const parameters = columns.map((column) => sorted.map((row) => row[column]));
      const { rows: changed } = await db.executeQuery<GivenRow>(CompiledQuery.raw(text, parameters));
      const isChanged = new Set(changed.map(nameOf));
      return rows.map((row) => firsts.get(nameOf(row)) === row && isChanged.has(nameOf(row)));
    };
    return createGroup(async (rows: readonly GivenRow[]): Promise<(boolean | Error)[]> => {
      try {
        return await run(rows);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
      const results: (boolean | Error)[] = [];
      for (const row of rows)
        results.push(...(await run([row]).catch((error: Error) => [isDuplicate(error) ? false : error])));
      return results;
    });
  };
}
