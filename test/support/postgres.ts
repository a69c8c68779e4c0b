import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL whose superuser may create databases; without a database name. */
    postgresUrl: string;
  }
}

/** Starts a real PostgreSQL on a free port of loopback, for one run. Its data is thrown away. */
export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("postgres-process.ts", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    gone.then(() => Promise.reject(new Error("PostgreSQL did not start"))),
  ])) as [string];
  return {
    url,
    async stop() {
      child.stdin.end();
      await gone;
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
