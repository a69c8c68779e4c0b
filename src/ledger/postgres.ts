import { type Dialect, PostgresDialect } from "kysely";
import { Pool, types } from "pg";

const INT8 = types.builtins.INT8; // PostgreSQL's oid of bigint; ours are milliseconds and fit a double

/** How many connections one process holds at most. */
const MAX_CONNECTIONS = 8;

/** Kysely on PostgreSQL. `timeoutMs`: how long a connection and a statement may take. No state is kept in a session. */
export function postgresDialect(url: string, timeoutMs: number): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    idleTimeoutMillis: 30_000,
    application_name: "sociomile-subgraph",
    types: {
      getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)),
    },
  });
  // An idle connection that breaks is replaced at its next use; unheard, this event would end the process.
  pool.on("error", () => {});
  // One that breaks in use fails its query, and says so a second time.
  pool.on("connect", (client) => client.on("error", () => {}));
  return new PostgresDialect({ pool });
}
