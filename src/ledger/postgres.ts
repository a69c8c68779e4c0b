import {
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  sql,
} from "kysely";
import { Pool, type PoolClient, types } from "pg";
import type { Engine } from "./engine.ts";

const INT8 = types.builtins.INT8; // PostgreSQL's oid of bigint; ours are milliseconds and fit a double

/** How many connections one process holds at most. */
const MAX_CONNECTIONS = 8;
/** A number that nothing else in the database locks by. */
const MIGRATION_LOCK = 5_736_011;

/** PostgreSQL at `url`. No state is kept in a session, so a pooler in transaction mode may stand in between. */
export function postgres(url: string): Engine {
  return {
    dialect: (waitMs) => new PostgresDialect({ pool: new SoundConnections(url, waitMs) }),
    now: sql`cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)`,
    // Of the transaction, not of the session, which poolers share out: one replica migrates, the others wait.
    lockForMigration: async (transaction) => {
      await sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(transaction);
    },
    name: "PostgreSQL",
  };
}

/**
 * A pool that never lends a connection again on which a statement failed or timed out. A client that stops waiting does not
 * stop the server: what it asked for may still run, and the next statement would run inside that transaction. When one
 * connection is silent, idle ones from before are closed too, because the same firewall may have dropped them.
 */
class SoundConnections implements PostgresPool {
  readonly options: object;
  readonly #pool: Pool;
  readonly #waitMs: number;
  readonly #connectedAt = new WeakMap<PoolClient, number>();
  #suspectBefore = 0;

  /** `waitMs`: how long a connection and a statement may take, in milliseconds. */
  constructor(url: string, waitMs: number) {
    this.#waitMs = waitMs;
    this.#pool = new Pool({
      connectionString: url,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: waitMs,
      query_timeout: waitMs,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: "sociomile-subgraph",
      types: {
        getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)),
      },
    });
    // An idle connection that breaks is replaced at its next use; unheard, this event would end the process.
    this.options = this.#pool.options;
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => {
      this.#connectedAt.set(client, performance.now());
      client.on("error", () => {}); // one that breaks in use fails its query, and says so a second time
    });
  }

  async connect(): Promise<PostgresPoolClient> {
    for (;;) {
      const client = await this.#pool.connect();
      if ((this.#connectedAt.get(client) ?? 0) >= this.#suspectBefore) return this.#lend(client);
      client.release(true);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #lend(client: PoolClient): PostgresPoolClient {
    let failed = false;
    const query = async <Row>(statement: string, parameters: readonly unknown[]) => {
      if (failed) throw new Error("An earlier statement on this connection failed");
      try {
        const text = statement === "begin" ? bounded(statement, this.#waitMs) : statement;
        return (await client.query(text, [...parameters])) as unknown as PostgresQueryResult<Row>;
      } catch (error) {
        failed = true;
        if (!(error instanceof Error && "severity" in error)) this.#suspectBefore = performance.now();
        throw error;
      }
    };
    return { query: query as PostgresPoolClient["query"], release: () => client.release(failed) };
  }
}

/**
 * The start of a transaction that the server ends by itself when this process has gone silent: it would hold its locks
 * until TCP gives up. Sent with BEGIN, because a pooler in transaction mode takes no settings for the session.
 */
function bounded(begin: string, waitMs: number): string {
  return `${begin}; SET LOCAL statement_timeout = ${waitMs}; SET LOCAL idle_in_transaction_session_timeout = ${waitMs}`;
}
