import { globSync, readFileSync, statSync } from "node:fs";
import type { Sql } from "./sql.ts";

/** Finds every file of a database: SQLite's with its log, or those of this database and the write-ahead log of PostgreSQL. */
export async function filesOfDatabase(url: string, sql: Sql): Promise<string[]> {
  if (url.startsWith("sqlite:")) return globSync(`${url.slice("sqlite:".length)}*`);
  await sql.run("CHECKPOINT");
  const [row] = await sql.run(
    "SELECT current_setting('data_directory') AS root, oid FROM pg_database WHERE datname = current_database()",
  );
  const root = String(row!["root"]);
  return [`base/${String(row!["oid"])}/*`, "pg_wal/*"].flatMap((pattern) => globSync(`${root}/${pattern}`));
}

/** Reads a file of a database that is in use. Null: it is no file, or is gone by now, as a part of a log that is not needed any more. */
export function readIfThere(path: string): Buffer | null {
  try {
    return statSync(path).isFile() ? readFileSync(path) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
