import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** URL of a PostgreSQL without a database name. Its user may create databases. */
    postgresUrl: string;
  }
}

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** Starts a real PostgreSQL with these settings on a free port of loopback, for one run. Its data is deleted at the end. */
export async function startPostgres(...settings: string[]) {
  const program = fileURLToPath(new URL("postgres-process.ts", import.meta.url));
  const child = spawn(process.execPath, [program, ...settings], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  const lines = createInterface(child.stdout);
  const nextLine = async () => {
    const ended = gone.then(() => Promise.reject(new Error("PostgreSQL did not start")));
    const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
    return line;
  };
  const order = async (word: string) => {
    child.stdin.write(`${word}\n`);
    await nextLine();
  };
  return {
    url: await nextLine(),
    /** Stops it in order, or at once, as at a power failure. Its data stays. */
    halt: (how: "stop" | "crash") => order(how),
    /** Starts it again on the same port. Resolves when it accepts connections. */
    resume: () => order("start"),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}

/**
 * Starts one PostgreSQL for all tests (setup of vitest). Each test makes its own database. No test takes this machine's power away, so
 * nothing waits for its disk: that took a third of the time.
 */
export default async function globalSetup(project: TestProject) {
  const postgres = await startPostgres("fsync=off");
  project.provide("postgresUrl", postgres.url);
  return () => postgres[Symbol.asyncDispose]();
}
