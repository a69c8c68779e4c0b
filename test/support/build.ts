import { type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PRODUCTION } from "../config/production.ts";
import { ROUTER_SECRET } from "./issuer.ts";
import { ROOT } from "./repository.ts";
import { temporaryFiles } from "./temporary-files.ts";

export const MAIN = join(ROOT, "dist/main.js");
/** The build for developers, with the sandbox. */
export const DEV = join(ROOT, "dist/dev.js");

/** Settings of a developer, but on free ports. */
export const DEVELOPMENT = { APP_MODE: "development", PORT: "0", SANDBOX_PORT: "0", MANAGEMENT_PORT: "0" };

/** Settings of production for a router that authenticates, but on free ports of loopback. */
export const BEHIND_ROUTER = {
  ...PRODUCTION,
  HOST: "127.0.0.1",
  PORT: "0",
  MANAGEMENT_PORT: "0",
  DRAIN_LAG_MS: "0",
  AUTH: "router",
  ROUTER_SECRET,
};

export type RunningBuild = ReturnType<typeof startBuild>;

interface BuildOptions {
  cwd?: string;
  sendsMessages?: boolean;
  /** True: in a process group of its own, which ends as a whole. */
  detached?: boolean;
}

/** Starts the build in a process of its own, with exactly these settings and arguments of Node, by default in an empty folder. */
export function startBuild(
  env: Record<string, string>,
  args: readonly string[] = [env["APP_MODE"] === "development" ? DEV : MAIN],
  { cwd, sendsMessages = false, detached = false }: BuildOptions = {},
) {
  const files = temporaryFiles();
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", ...(sendsMessages ? ["ipc" as const] : [])];
  const child = spawn(process.execPath, args, { cwd: cwd ?? files.directory, env, stdio, detached });
  const written = { stdout: "", stderr: "" };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (written.stderr += text));
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = closed.then(([code, signal]) => ({ code, signal, ...written }));
  const lines = createInterface({ input: child.stdout! });
  const lineOf = (name: string) =>
    new Promise<{ url: string }>((resolve) => {
      lines.on("line", (line) => {
        if (line.includes(`"event":"${name}"`)) resolve(JSON.parse(line) as { url: string });
      });
    });
  const started = lineOf("service.started").then(({ url }) => url);
  const tooEarly = ended.then(({ code, stderr }) => Promise.reject(new Error(`Ended with ${code}: ${stderr}`)));
  tooEarly.catch(() => {}); // nobody may wait for it

  return {
    process: child,
    written,
    ended,
    /** URL of GraphQL, when it is served. Rejects with the output when the process ends before that. */
    startedAt: () => Promise.race([started, tooEarly]),
    until: async (event: string) => void (await lineOf(event)),
    async [Symbol.asyncDispose]() {
      if (!detached) child.kill("SIGKILL");
      else if (child.stdout!.readable) process.kill(-child.pid!, "SIGKILL");
      await ended;
      files[Symbol.dispose]();
    },
  };
}
