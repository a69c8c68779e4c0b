/** Typical mistakes around the process, each with the text that is seen. It must name the thing to change, and show no value that could be secret. */
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { DEVELOPMENT, MAIN, startBuild } from "../support/build.ts";
import { ROUTER_SECRET } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { openAt } from "../support/opened.ts";
import { ROOT } from "../support/repository.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { listening } from "../supergraph/listening.ts";
import { testTable } from "../support/test-table.ts";

const KEY = Buffer.alloc(32, "k").toString("base64");

type Environment = Record<string, string>;

const files = temporaryFiles();
afterAll(() => files[Symbol.dispose]());

interface Output {
  code: number | null;
  output: string;
}

async function outputOf(environment: Environment, args?: string[]): Promise<Output> {
  await using build = startBuild(environment, args, { cwd: files.directory });
  const impatience = setTimeout(() => build.process.kill("SIGKILL"), 40_000);
  const { code, stdout, stderr } = await build.ended;
  clearTimeout(impatience);
  return { code, output: stdout + stderr };
}

const developmentWith = (changes: Environment) => outputOf({ ...DEVELOPMENT, ...changes });

async function withTakenPort(run: (port: string) => Promise<Output>): Promise<Output> {
  await using taken = await listening(0, () => {});
  const { port } = new URL(taken.url);
  const { code, output } = await run(port);
  return { code, output: output.replaceAll(port, "TAKEN") };
}

const VENDOR = { SOCIOMILE_CLIENT_SECRET_KEY: "s3cret-of-the-vendor" };
const NO_DATABASE = "postgres://user:s3cret@127.0.0.1:1/ledger";
const UNSAFE_OPTIONS = "--insecure-http-parser --report-on-signal --tls-keylog=s3cret --tls-min-v1.0";
const SANDBOX = join(ROOT, "sandbox/main.ts");

describe("a mistake around the process MUST be reported at the start, with the setting or option to change", () => {
  testTable<[run: () => Promise<Output>, code: number, output: RegExp]>({
    "the port is taken": [
      () => withTakenPort((port) => developmentWith({ PORT: port })),
      69,
      /^Port TAKEN \(PORT\) is already in use\. Stop the program that uses it, or choose another port\.$/m,
    ],
    "the management port is taken": [
      () => withTakenPort((port) => developmentWith({ MANAGEMENT_PORT: port })),
      69,
      /^Port TAKEN \(MANAGEMENT_PORT\) is already in use/m,
    ],
    "the port of the sandbox is taken": [
      () => withTakenPort((port) => developmentWith({ SANDBOX_PORT: port })),
      69,
      /^Port TAKEN \(SANDBOX_PORT\) is already in use/m,
    ],
    "the port of the sandbox alone is taken": [
      () => withTakenPort((port) => outputOf({}, [SANDBOX, "--secret", "s", "--port", port])),
      69,
      /^Port TAKEN \(--port\).* already in use/m,
    ],
    "the address is another machine's": [
      () => developmentWith({ HOST: "192.0.2.1", AUTH: "router", ROUTER_SECRET }),
      69,
      /^HOST or MANAGEMENT_HOST is no address of this machine/m,
    ],
    "the address holds the beginning of an endpoint's path": [
      () => developmentWith({ SOCIOMILE_BASE_URL: "https://vendor.example/bank-sulut", ...VENDOR }),
      78,
      /SOCIOMILE_BASE_URL must end before \/bank-sulut: the service appends/,
    ],
    "production has no settings": [() => outputOf({}), 78, /SOCIOMILE_BASE_URL[^]*SOCIOMILE_CLIENT_SECRET_KEY/],
    "development has nobody to stand in for Sociomile, and no key": [
      () => outputOf(DEVELOPMENT, [MAIN]),
      78,
      /SOCIOMILE_BASE_URL is missing[^\n]*`npm run dev`\n[^\n]*LEDGER_KEY is missing[^\n]*`npm run dev`\n$/,
    ],
    "production has unsafe options of Node": [
      () => outputOf({ NODE_OPTIONS: UNSAFE_OPTIONS }, ["--inspect=127.0.0.1:0", "--trace-tls", MAIN]),
      78,
      /(?: {2}- --[a-z][^\n]*\n){6}/,
    ],
    "the ledger was written with another key": [
      async () => {
        await using place = await placeFor("SQLite");
        await (await openAt(place)).ledger.close();
        return await developmentWith({ DATABASE_URL: place.url, LEDGER_KEY: KEY });
      },
      78,
      /^LEDGER_KEY does not open this ledger/m,
    ],
    "the database has an older name for TLS, about which pg has prose of its own": [
      () => developmentWith({ LEDGER_KEY: KEY, DATABASE_URL: `${NO_DATABASE}?sslmode=require` }),
      69,
      /^(?:\{.*\n)?The ledger in DATABASE_URL cannot be used: [^\n]*\n$/,
    ],
    "the ledger is below /proc, where nothing can be made": [
      () => developmentWith({ DATABASE_URL: "sqlite:/proc/nope/ledger.db" }),
      69,
      /^The ledger in DATABASE_URL cannot be used: its path is impossible/m,
    ],
  })("%s", async (_, [run, code, expected]) => {
    const { output, ...ended } = await run();

    expect(ended).toEqual({ code });
    expect(output).toMatch(expected);
    expect(output).not.toMatch(/s3cret|\/proc|^\s+at |service\.started/m);
  });
});
