import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "./sql.ts";

/** Stops processes for `ms` milliseconds, as an overloaded machine does. */
export async function pause(pids: readonly number[], ms: number): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch {
        // The process has ended meanwhile.
      }
    }
  };
  signal("SIGSTOP");
  try {
    await sleep(ms);
  } finally {
    signal("SIGCONT");
  }
}

/** Finds the server processes of all other connections to this database, the most recently busy one first. */
export async function backendsOf(sql: Sql): Promise<number[]> {
  const rows = await sql.run(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY state_change DESC",
  );
  return rows.map(({ pid }) => Number(pid));
}
