import { chmodSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { startLeashed } from "./leashed.ts";

export const PGBOUNCER = "/usr/sbin/pgbouncer";

/** True when tests behind PgBouncer run. In CI they always run, and fail when PgBouncer is not installed. */
export const hasPgBouncer = existsSync(PGBOUNCER) || process.env["CI"] === "true";

/** Starts a PgBouncer in front of the PostgreSQL at `port`, set up as docs/maintenance.md advises. */
export async function startPgBouncer(port: number) {
  const directory = mkdtempSync(join(tmpdir(), "sociomile-pgbouncer-"));
  chmodSync(directory, 0o755); // the user postgres must read it
  const own = await freePort();
  const settings = join(directory, "pgbouncer.ini");
  writeFileSync(join(directory, "users.txt"), '"postgres" "postgres"\n');
  writeFileSync(
    settings,
    `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = plain
auth_file = users.txt
pool_mode = transaction
server_connect_timeout = 2
server_login_retry = 1
`,
  );
  // Ends at once. Since version 1.23 SIGTERM waits for all clients, and a killed client may still count as one.
  const order = { command: PGBOUNCER, args: [settings], signal: "SIGQUIT", directory } as const;
  return { port: own, ...(await startLeashed(order, own)) };
}
