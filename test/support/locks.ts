/** Locks that stop transactions of PostgreSQL at a chosen place. */
import { vi } from "vitest";
import type { LedgerPlace } from "./ledgers.ts";
import { type Lock, type Sql, lockOf, sqlOn } from "./sql.ts";

/** Keeps transactions from writing a table until it is released. */
export async function writeLockOn(table: string, place: LedgerPlace): Promise<Lock> {
  const sql = await sqlOn(place);
  await sql.run("BEGIN");
  await sql.run(`LOCK TABLE ${table} IN SHARE MODE`);
  return lockOf(sql);
}

/** Waits until so many transactions wait for a lock, or `work` is done. */
export async function untilWaiting(count: number, sql: Sql, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  void work.finally(() => (isDone = true));
  const waiting = async () =>
    (
      await sql.run(
        "SELECT 1 FROM pg_locks JOIN pg_database ON oid = database WHERE NOT granted AND datname = current_database()",
      )
    ).length;
  await vi.waitUntil(async () => isDone || (await waiting()) === count, { interval: 5, timeout: 10_000 });
}
