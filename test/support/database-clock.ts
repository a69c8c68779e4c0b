import { sqlOn } from "./sql.ts";

/**
 * Lets a test set the clock of a database of PostgreSQL, and returns the function that sets it ahead by milliseconds. Sessions that begin from now on
 * find this `clock_timestamp()` before that of PostgreSQL, which itself goes on with the machine's time.
 */
export async function databaseClock(url: string) {
  const run = async (...statements: string[]) => {
    await using sql = await sqlOn({ url }); // a new connection: PostgreSQL may have been restarted
    for (const statement of statements) await sql.run(statement);
  };
  await run(
    "CREATE TABLE test_clock (ahead_ms bigint NOT NULL)",
    "INSERT INTO test_clock VALUES (0)",
    `CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      'SELECT pg_catalog.clock_timestamp() + (SELECT ahead_ms FROM public.test_clock) * interval ''1 millisecond'''`,
    `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET search_path = public, pg_catalog`,
  );
  return (ms: number) => run(`UPDATE test_clock SET ahead_ms = ${Math.round(ms)}`);
}
