/**
 * Typical mistakes of newcomers, operators and front ends, each with the text that they see. The text must name the thing to change, and
 * must not show a value that could be secret.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { UnusableSettings, readConfig } from "../../src/config/config.ts";
import { EVERY_SCOPE, type Issuer, ROUTER_SECRET, callerOf, startIssuer } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { openAt } from "../support/opened.ts";
import { ROOT } from "../support/repository.ts";
import { type Service, startService, untilReady } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { listening } from "../supergraph/listening.ts";
import { testTable } from "../support/test-table.ts";

const KEY = Buffer.alloc(32, "k").toString("base64");
const PRODUCTION = {
  SOCIOMILE_BASE_URL: "https://vendor.example",
  SOCIOMILE_CLIENT_SECRET_KEY: "s3cret-of-the-vendor",
  DATABASE_URL: "sqlite:/data/ledger.db",
  LEDGER_KEY: KEY,
  ROUTER_SECRET: "s3cret-of-the-router",
  AUTH_JWKS_URL: "https://issuer.example/keys",
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "https://sociomile.example",
};
/** Settings of a start on free ports, which ends with a mistake or is stopped. */
const DEVELOPMENT = { APP_MODE: "development", PORT: "0", MANAGEMENT_PORT: "0", SANDBOX_PORT: "0" };

type Environment = Record<string, string>;

const files = temporaryFiles();
afterAll(() => files[Symbol.dispose]());

describe("a mistake in the settings MUST be told at the start, with the name of the setting", () => {
  testTable<[changes: () => Environment, named: RegExp]>({
    "an address that is misspelt": [
      () => ({ SOCIOMILE_BASE_URL: "htps://vendor.example" }),
      /SOCIOMILE_BASE_URL must be an https URL/,
    ],
    "a secret of the example": [() => ({ ROUTER_SECRET: "changeme" }), /ROUTER_SECRET must be a real secret/],
    "a ledger key in hexadecimal": [
      () => ({ LEDGER_KEY: "6b".repeat(32) }),
      /LEDGER_KEY must be .*32 bytes in base64/,
    ],
    "a time in seconds": [
      () => ({ SOCIOMILE_TIMEOUT_MS: "8" }),
      /SOCIOMILE_TIMEOUT_MS must be a whole number from 100/,
    ],
    "authentication switched off": [
      () => ({ AUTH: "off" }),
      /AUTH may be off only in development, on a loopback HOST/,
    ],
    "certificates switched off": [
      () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
      /NODE_TLS_REJECT_UNAUTHORIZED must not be 0/,
    ],
    "a password with a bare #": [
      () => ({ DATABASE_URL: "postgres://u:s3#cret@db/l" }),
      /DATABASE_URL must be .*% codes for #/,
    ],
    "a file of two lines": [
      () => ({ ROUTER_SECRET_FILE: files.write("two", "s3cret-one\ns3cret-two\n") }),
      /ROUTER_SECRET_FILE must name a file .*one line/,
    ],
  })("%s", (_, [changes, named]) => {
    let message = "";
    try {
      readConfig({ ...PRODUCTION, ...changes() }, []);
    } catch (error) {
      if (!(error instanceof UnusableSettings)) throw error;
      ({ message } = error);
    }

    expect(message).toMatch(named);
    expect(message.match(/^ {2}- /gm)).toHaveLength(1);
    expect(message).not.toMatch(/s3cret|s3#cret/);
  });
});

/** Runs a file of the build in the test's directory until it ends. Returns what it writes. */
async function outputOf(file: string, environment: Environment, args: string[] = []): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    cwd: files.directory,
    env: environment,
  });
  const impatience = setTimeout(() => child.kill("SIGKILL"), 40_000);
  const [stdout, stderr] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "close"),
  ]);
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

describe("a mistake around the process MUST be told at the start, with the setting or option to change", () => {
  type Row = [mistake: string, run: () => Promise<string>, named: RegExp];

  test.each<Row>([
    [
      "the port is taken",
      () => withTakenPort((port) => developmentWith({ PORT: port })),
      /^Port TAKEN \(PORT\) is already in use/m,
    ],
    [
      "the port of metrics is taken",
      () => withTakenPort((port) => developmentWith({ MANAGEMENT_PORT: port })),
      /^Port TAKEN \(MANAGEMENT_PORT\) is already in use/m,
    ],
    [
      "the port of the sandbox is taken",
      () => withTakenPort((port) => developmentWith({ SANDBOX_PORT: port })),
      /^Port TAKEN \(SANDBOX_PORT\) is already in use/m,
    ],
    [
      "the port of the sandbox alone is taken",
      () => withTakenPort((port) => outputOf("dist/sandbox/main.js", {}, ["--secret", "s", "--port", port])),
      /^Port TAKEN \(--port\).* already in use/m,
    ],
    [
      "the address is another machine's",
      () => developmentWith({ HOST: "192.0.2.1", AUTH: "router", ROUTER_SECRET }),
      /^HOST or MANAGEMENT_HOST is no address of this machine/m,
    ],
    [
      "the address holds the path of an endpoint",
      () =>
        developmentWith({
          SOCIOMILE_BASE_URL: "https://vendor.example/api/bank-sulut/create/",
          SOCIOMILE_CLIENT_SECRET_KEY: "s3cret-of-the-vendor",
        }),
      /SOCIOMILE_BASE_URL must end before \/bank-sulut\/create: the service appends/,
    ],
    [
      "the address holds the beginning of such a path",
      () =>
        developmentWith({
          SOCIOMILE_BASE_URL: "https://vendor.example/bank-sulut",
          SOCIOMILE_CLIENT_SECRET_KEY: "s3cret-of-the-vendor",
        }),
      /SOCIOMILE_BASE_URL must end before \/bank-sulut: the service appends/,
    ],
    [
      "the database's password is wrong",
      () =>
        developmentWith({
          DATABASE_URL: `${inject("postgresUrl").replace(/:postgres@/, ":s3cret@")}/postgres`,
          LEDGER_KEY: KEY,
        }),
      /DATABASE_URL cannot be used: the database refused the user or the password/,
    ],
    [
      "the ledger was written with another key",
      async () => {
        await using place = await placeFor("SQLite");
        await (await openAt(place)).ledger.close();
        return await developmentWith({ DATABASE_URL: place.url, LEDGER_KEY: KEY });
      },
      /^LEDGER_KEY does not open this ledger/m,
    ],
  ])("%s", async (_, run, named) => {
    const output = await run();

    expect(output).toMatch(named);
    expect(output).not.toMatch(/s3cret|^\s+at |service\.started/m);
  });
});

describe("a mistake of a caller MUST be told, to the caller or in the log, with the thing to change", () => {
  let issuer: Issuer;
  let service: Service;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    issuer = opened.use(await startIssuer());
    service = opened.use(await startService({ config: issuer.auth }));
  });
  afterAll(() => opened.disposeAsync());

  const READ = '{"query":"{ ticket(id: \\"1\\") { id } }"}';
  const caller = async (claims: Record<string, unknown> = {}) => {
    await untilReady(service);
    return callerOf(service, issuer, { scope: EVERY_SCOPE, ...claims });
  };
  /** Text of the answer to a caller with a token of these claims, and the reasons in the log. */
  const toldTo = async (claims: Record<string, unknown>, body = READ, headers = {}) => {
    const before = service.events.length;
    const { text } = await (
      await callerOf(service, issuer, { scope: EVERY_SCOPE, ...claims })
    ).post(body, headers);
    return text + JSON.stringify(service.events.slice(before));
  };
  const toldAbout = async (name: Parameters<typeof mutate>[1], changes: Record<string, unknown>) =>
    (await mutate(await caller(), name, changes)).text;

  test.each<[mistake: string, told: () => Promise<string>, named: RegExp]>([
    [
      "a token for another service",
      () => toldTo({ aud: "https://other.example" }),
      /access token.*"reason":"AUDIENCE"/,
    ],
    [
      "a token without the scope",
      () => toldTo({ scope: "ticket:create" }),
      /lacks the required scope.*"path":\["ticket"\]/,
    ],
    [
      "a router without its secret",
      async () => (await service.post(READ)).text,
      /header Router-Authorization is missing or wrong/,
    ],
    [
      "a router that compresses in another way",
      () => toldTo({}, READ, { "content-encoding": "zstd" }),
      /gzip, deflate or br/,
    ],
    [
      "a form instead of JSON",
      () => toldTo({}, READ, { "content-type": "text/plain" }),
      /Send application\/json/,
    ],
    [
      "a router that sends lists of mutations",
      () => toldTo({}, `[${READ},${JSON.stringify({ query: "mutation { a }" })}]`),
      /batching\.subgraph\.subgraphs\.sociomile\.enabled/,
    ],
    [
      "a field that is left out",
      () => toldAbout("createHelpdeskTicket", { branchCode: undefined }),
      /CreateHelpdeskTicketInput\.branchCode/,
    ],
    [
      "a blank text",
      () => toldAbout("createHelpdeskTicket", { customerName: " " }),
      /"field":"customerName"/,
    ],
  ])("%s", async (_, told, named) => {
    expect(await told()).toMatch(named);
  });
});
