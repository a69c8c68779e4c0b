/** Typical mistakes around the process, each with the text that is seen. It must name the thing to change, and show no value that could be secret. */
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { startBuild } from "../support/build.ts";
import { ROUTER_SECRET } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { openAt } from "../support/opened.ts";
import { ROOT } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { listening } from "../supergraph/listening.ts";
import { testTable } from "../support/test-table.ts";

const KEY = Buffer.alloc(32, "k").toString("base64");
/** Settings of a start on free ports, which ends with a mistake or is stopped. */
const DEVELOPMENT = { APP_MODE: "development", PORT: "0", MANAGEMENT_PORT: "0", SANDBOX_PORT: "0" };

type Environment = Record<string, string>;

const files = temporaryFiles();
afterAll(() => files[Symbol.dispose]());

/** Runs a file of the build until it ends. Returns what it writes. */
async function outputOf(file: string, environment: Environment, args: string[] = []): Promise<string> {
  await using build = startBuild(environment, [join(ROOT, file), ...args], { cwd: files.directory });
  const impatience = setTimeout(() => build.process.kill("SIGKILL"), 40_000);
  const { stdout, stderr } = await build.ended;
  clearTimeout(impatience);
  return stdout + stderr;
}

/** Starts the service in development with changed settings. */
function developmentWith(changes: Environment): Promise<string> {
  return outputOf("dist/main.js", { ...DEVELOPMENT, ...changes });
}

/** Runs something while a port is taken. */
async function withTakenPort(run: (port: string) => Promise<string>): Promise<string> {
  await using taken = await listening(0, () => {});
  const { port } = new URL(taken.url);
  return (await run(port)).replaceAll(port, "TAKEN");
}

const VENDOR = { SOCIOMILE_CLIENT_SECRET_KEY: "s3cret-of-the-vendor" };

describe("a mistake around the process MUST be told at the start, with the setting or option to change", () => {
  testTable<[run: () => Promise<string>, named: RegExp]>({
    "the port is taken": [
      () => withTakenPort((port) => developmentWith({ PORT: port })),
      /^Port TAKEN \(PORT\) is already in use/m,
    ],
    "the port of the sandbox is taken": [
      () => withTakenPort((port) => developmentWith({ SANDBOX_PORT: port })),
      /^Port TAKEN \(SANDBOX_PORT\) is already in use/m,
    ],
    "the port of the sandbox alone is taken": [
      () => withTakenPort((port) => outputOf("dist/sandbox/main.js", {}, ["--secret", "s", "--port", port])),
      /^Port TAKEN \(--port\).* already in use/m,
    ],
    "the address is another machine's": [
      () => developmentWith({ HOST: "192.0.2.1", AUTH: "router", ROUTER_SECRET }),
      /^HOST or MANAGEMENT_HOST is no address of this machine/m,
    ],
    "the address holds the beginning of an endpoint's path": [
      () => developmentWith({ SOCIOMILE_BASE_URL: "https://vendor.example/bank-sulut", ...VENDOR }),
      /SOCIOMILE_BASE_URL must end before \/bank-sulut: the service appends/,
    ],
    "the ledger was written with another key": [
      async () => {
        await using place = await placeFor("SQLite");
        await (await openAt(place)).ledger.close();
        return await developmentWith({ DATABASE_URL: place.url, LEDGER_KEY: KEY });
      },
      /^LEDGER_KEY does not open this ledger/m,
    ],
  })("%s", async (_, [run, named]) => {
    const output = await run();

    expect(output).toMatch(named);
    expect(output).not.toMatch(/s3cret|^\s+at |service\.started/m);
  });
});
