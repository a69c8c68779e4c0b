import { execFile } from "node:child_process";
import { chownSync, globSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { FaultyNetwork } from "./faulty-network.ts";
import { freePort } from "./free-port.ts";
import { startLeashed } from "./leashed.ts";
import { asPostgres } from "./postgres-user.ts";
import { sqlOn } from "./sql.ts";

/** Programs of Debian's package postgresql, of the newest version that is installed. */
const PROGRAMS = "/usr/lib/postgresql/*/bin/pg_basebackup";

/** Longest time for a PostgreSQL to start, follow or take over. Milliseconds. */
const READY_WITHIN_MS = 60_000;

/** True when tests with a standby run. In CI they always run, and fail when PostgreSQL's programs are not installed. */
export const hasPostgresPrograms = globSync(PROGRAMS).length > 0 || process.env["CI"] === "true";
export const POSTGRES_PROGRAMS = dirname(PROGRAMS);

/** Address of a superuser's database on the PostgreSQL at `port`. */
export function databaseAt(port: number): string {
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
}

/** Starts a primary and its synchronous standby. A commit is answered when it is on the disks of both. */
export async function startPostgresPair() {
  await using opening = new AsyncDisposableStack();
  const [primary, standby] = [dataDirectory("primary"), dataDirectory("standby")];
  const [primaryPort, standbyPort] = [await freePort(), await freePort()];
  await runProgram("initdb", ["-D", primary, "-U", "postgres", "--auth=trust", "--no-sync"]);
  opening.use(await serve(primary, primaryPort, ["-c", "synchronous_standby_names=*"]));
  const network = opening.use(await FaultyNetwork.to({ port: primaryPort }));
  // -R: the copy follows the server from which it was made.
  const from = ["-h", "127.0.0.1", "-p", String(network.port), "-U", "postgres"];
  await runProgram("pg_basebackup", [...from, "-D", standby, "-R", "--checkpoint=fast", "--no-sync"]);
  opening.use(await serve(standby, standbyPort, []));
  const follows = "SELECT count(*) = 1 AS yes FROM pg_stat_replication WHERE sync_state = 'sync'";
  await untilTrue(primaryPort, follows);
  return Object.assign(opening.move(), {
    primaryPort,
    standbyPort,
    /** Cuts the standby off from the primary for ever. */
    separate: () => network.blackhole({ swallowNew: true }),
    /** Makes the standby a primary. Resolves when it takes writes. */
    async promote() {
      await using sql = await sqlOn({ url: databaseAt(standbyPort) });
      await sql.run("SELECT pg_promote()");
      await untilTrue(standbyPort, "SELECT NOT pg_is_in_recovery() AS yes");
    },
  });
}

/** Path of a directory that does not exist yet, in a directory of the user postgres. */
function dataDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `sociomile-${name}-`));
  const { uid, gid } = asPostgres();
  if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
  return join(directory, "data");
}

/** Starts a PostgreSQL. Resolves when it answers statements; it accepts connections earlier. */
async function serve(data: string, port: number, more: readonly string[]): Promise<AsyncDisposable> {
  const own = ["-D", data, "-p", String(port), "-c", "unix_socket_directories=", "-c", "max_connections=200"];
  const address = ["-c", "listen_addresses=127.0.0.1"];
  const [command, args] = [program("postgres"), [...own, ...address, ...more]];
  // Its data is thrown away.
  const running = await startLeashed({ command, args, signal: "SIGQUIT", directory: dirname(data) }, port);
  await untilTrue(port, "SELECT true AS yes");
  return running;
}

async function runProgram(name: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program(name), args, { cwd: tmpdir(), ...asPostgres() });
}

function program(name: string): string {
  const all = globSync(join(POSTGRES_PROGRAMS, name)).toSorted((a, b) => versionIn(b) - versionIn(a));
  if (!all[0]) throw new Error(`${name} is not installed in ${POSTGRES_PROGRAMS}`);
  return all[0];
}

function versionIn(path: string): number {
  return Number(/postgresql\/(\d+)\//.exec(path)?.[1]);
}

async function untilTrue(port: number, statement: string): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  for (let isTrue = false; !isTrue; await sleep(50)) {
    isTrue = await answersYes(port, statement).catch(() => false);
    if (!isTrue && performance.now() > giveUpAt) throw new Error(`It never became true: ${statement}`);
  }
}

async function answersYes(port: number, statement: string): Promise<boolean> {
  await using sql = await sqlOn({ url: databaseAt(port) });
  const [row] = await sql.run(statement);
  return Boolean(row?.["yes"]);
}
