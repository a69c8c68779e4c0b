import { chmodSync, existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { DatabaseConnection, Driver, QueryResult } from "kysely";
import { CompiledQuery, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import { LRUCache } from "lru-cache";
import type { Access, Engine } from "./engine.ts";
import { type OneCommit, resultCodeOf, commitRows, createRowWriters, isDuplicate } from "./sqlite-rows.ts";
import { FILE_REPLACED } from "./unusable.ts";

const KEPT_STATEMENTS = 200;
/** Longest wait for other processes while the file is opened, when it may become a file with a write-ahead log. Milliseconds. */
const OPEN_WAIT_MS = 3000;
/** Tries to empty the write-ahead log, and the pause between two of them, in milliseconds. */
const CHECKPOINT_TRIES = 20;
const CHECKPOINT_PAUSE_MS = 20;
/** Pause between two looks at the file by its path. Milliseconds. */
const LOOK_EVERY_MS = 250;
/** SQLite's result code for a lock of another connection (https://sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

/** SQLite in the file at `path`: one connection and a write-ahead log. A commit returns when it is on the disk. */
export function sqlite(path: string): Engine {
  return {
    name: "SQLite",
    isInProcess: true,
    // `waitMs`: longest wait of a statement for another process that writes, in milliseconds.
    dialect: (waitMs, access, onReplaced) => ({
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => driverFor(path, waitMs, access, onReplaced),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    }),
    isThere: () => statSync(path, { throwIfNoEntry: false }) !== undefined, // throws when a directory may not be read
    now: "now_ms()",
    tables: sql`SELECT name, 1 AS "isOwn" FROM sqlite_master WHERE type = 'table'`,
    subjectId: sql`unhex(replace(subject, '-', ''))`,
    skipLocked: sql``, // one statement writes at a time
    alone: (_name, _db, work) => work(),
    prepareSessions: () => Promise.resolve(false),
    // Sets the time of the file. After an error of its disk, Linux refuses this, and still says that the file may be written.
    checkDisk: () => utimesSync(path, new Date(), new Date()),
    // A transaction locks the file for writing: nobody else is writing then.
    committedUntil: (db) =>
      db.transaction().execute(async (within) => {
        const { rows } = await sql<{ until: number }>`SELECT now_ms() AS until`.execute(within);
        return rows[0]!.until;
      }),
    limitLockWait: () => Promise.resolve(), // a change waits for no reader, and blocks none
    isDuplicate,
    rowWriters: createRowWriters,
    async forgetChanges(db) {
      for (let tries = 0; tries < CHECKPOINT_TRIES; tries++) {
        const { rows } = await sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
        if (rows[0]?.busy === 0) return true;
        await sleep(CHECKPOINT_PAUSE_MS); // another process reads now
      }
      return false;
    },
    async damage(db) {
      const { rows } = await sql<{ quick_check: string }>`PRAGMA quick_check`.execute(db);
      return rows.map(({ quick_check }) => quick_check).filter((finding) => finding !== "ok");
    },
  };
}

/** Makes a directory and its parents. Node's recursive mkdir never returns for some impossible paths (below /proc). */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw error; // another process has made it
  }
}

const OWNER_ONLY = 0o600;

/** The files of a database: its own, and those that SQLite makes beside it when it is opened, and keeps until it is closed. */
const filesOf = (path: string) => [path, `${path}-wal`, `${path}-shm`];

/**
 * Makes the database's file, or removes the rights of others. SQLite gives its mode to the files beside it. It does not open an
 * existing file: closing that would release the locks of this process (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
function keepToOwner(path: string): void {
  if (!existsSync(path)) writeFileSync(path, "", { flag: "a", mode: OWNER_ONLY });
  for (const file of filesOf(path)) {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isFile() && found.mode & 0o077) chmodSync(file, OWNER_ONLY);
  }
}

/** Opens the database's file. `make`: makes what is missing. */
function openFile(path: string, access: Access): DatabaseSync {
  if (access === "make") {
    makeDirectory(dirname(path));
    keepToOwner(path);
  }
  const address = pathToFileURL(resolve(path)); // a URI, for its options (https://sqlite.org/uri.html)
  address.searchParams.set("mode", access === "read" ? "ro" : "rw"); // neither makes a file
  const database = new DatabaseSync(address, { timeout: OPEN_WAIT_MS });
  if (access !== "read") {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    database.exec("PRAGMA cache_size = -16384"); // KiB: keys are random, so each create needs other pages of their index
    database.exec("PRAGMA secure_delete = ON"); // overwrites what is erased, such as a delivered request
  }
  database.exec("SELECT 1 FROM sqlite_master"); // makes the files beside it, which checkFor knows from now on
  database.exec("PRAGMA busy_timeout = 0"); // executeQuery waits instead, without blocking the event loop
  database.function("now_ms", () => Date.now());
  return database;
}

/** Driver for Node's own SQLite. Kysely lends its one connection to one user at a time, so transactions do not mix. */
function driverFor(path: string, waitMs: number, access: Access, onReplaced?: () => void): Driver {
  let database: DatabaseSync | undefined;
  let connection: DatabaseConnection | undefined;
  const run = async (text: string) => void (await connection!.executeQuery(CompiledQuery.raw(text)));
  return {
    async init() {
      database = openFile(path, access);
      connection = connectionTo(database, waitMs, checkFor(path, onReplaced));
    },
    acquireConnection: () => Promise.resolve(connection!),
    releaseConnection: () => Promise.resolve(),
    // Locks the file for writing at once, because SQLite cannot wait for that later in a transaction.
    beginTransaction: (_, { accessMode }) => run(accessMode === "read only" ? "begin" : "begin immediate"),
    commitTransaction: () => run("commit"),
    // After some errors, such as that of a full disk, SQLite has undone it by itself.
    rollbackTransaction: async () => void (database!.isTransaction && (await run("rollback"))),
    destroy: async () => database?.close(),
  };
}

function identityOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}

/** Returns a check that the files are still at their paths, because writes into a removed one vanish. It reports once. */
function checkFor(path: string, onReplaced?: () => void): () => void {
  const identify = () => filesOf(path).map(identityOf).join();
  const opened = identify();
  let [lookedAt, isReplaced] = [performance.now(), false];
  return () => {
    if (!isReplaced && performance.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = performance.now();
      isReplaced = identify() !== opened;
      if (isReplaced) onReplaced?.();
    }
    if (isReplaced) throw Object.assign(new Error("The file was removed or replaced"), { code: FILE_REPLACED });
  };
}

function connectionTo(database: DatabaseSync, waitMs: number, checkFile: () => void): DatabaseConnection {
  const statements = new LRUCache({
    max: KEPT_STATEMENTS,
    memoMethod(text: string): { statement: StatementSync; returnsRows: boolean } {
      const statement = database.prepare(text);
      return { statement, returnsRows: statement.columns().length > 0 };
    },
  });
  const prepared = (text: string) => statements.memo(text).statement;
  return {
    async executeQuery<Row>(query: CompiledQuery | OneCommit): Promise<QueryResult<Row>> {
      checkFile();
      const giveUpAt = performance.now() + waitMs;
      for (;;) {
        try {
          if ("written" in query) return { rows: commitRows(query, database, prepared) as Row[] };
          const { statement, returnsRows } = statements.memo(query.sql);
          const parameters = query.parameters as SQLInputValue[];
          if (returnsRows) return { rows: statement.all(...parameters) as Row[] };
          return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
        } catch (error) {
          const isBusy = ((resultCodeOf(error) ?? 0) & 0xff) === SQLITE_BUSY;
          if (!isBusy || performance.now() > giveUpAt) throw error;
          await sleep(1 + Math.random() * 5);
        }
      }
    },
    streamQuery() {
      throw new Error("Streaming is not supported");
    },
  };
}
