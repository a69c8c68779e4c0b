import { execFileSync } from "node:child_process";

/** Options of a child process for PostgreSQL's programs. Root runs them as the user postgres; other users run them as themselves. */
export function asPostgres(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  return { uid: accountIdOf("-u"), gid: accountIdOf("-g") };
}

function accountIdOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}
