/**
 * Typical mistakes of newcomers, operators and front ends, each with the text that they see. The text must name the thing to change, and
 * must not show a value that could be secret.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { PRODUCTION, mistakesIn } from "../config/production.ts";
import { startBuild } from "../support/build.ts";
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
/** Settings of a start on free ports, which ends with a mistake or is stopped. */
const DEVELOPMENT = { APP_MODE: "development", PORT: "0", MANAGEMENT_PORT: "0", SANDBOX_PORT: "0" };

type Environment = Record<string, string>;

const files = temporaryFiles();
afterAll(() => files[Symbol.dispose]());

describe("a mistake in the settings MUST be told at the start, with the name of the setting", () => {
  testTable<[changes: Environment, sentence: RegExp]>({
    "an address that is misspelt": [{ SOCIOMILE_BASE_URL: "htps://vendor.example" }, /must be an https URL/],
    "a secret of the example": [{ ROUTER_SECRET: "changeme" }, /must be a real secret/],
    "a ledger key in hexadecimal": [{ LEDGER_KEY: "6b".repeat(32) }, /must be .*32 bytes in base64/],
    "a time in seconds": [{ SOCIOMILE_TIMEOUT_MS: "8" }, /must be a whole number from 100/],
    "authentication switched off": [{ AUTH: "off" }, /may be off only in development, on a loopback HOST/],
    "certificates switched off": [{ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, /must not be 0/],
    "a password with a bare #": [{ DATABASE_URL: "postgres://u:s3#cret@db/l" }, /must be .*% codes for #/],
    "a file of two lines": [
      { ROUTER_SECRET_FILE: files.write("two", "s3cret-one\ns3cret-two\n") },
      /must name a file .*one line/,
    ],
  })("%s", (_, [changes, sentence]) => {
    const told = mistakesIn({ ...PRODUCTION, ...changes });

    expect(told).toEqual([expect.stringMatching(`^${Object.keys(changes)[0]} ${sentence.source}`)]);
    expect(told.join()).not.toMatch(/s3cret|s3#cret|-secret/);
  });
});

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
    "the port of metrics is taken": [
      () => withTakenPort((port) => developmentWith({ MANAGEMENT_PORT: port })),
      /^Port TAKEN \(MANAGEMENT_PORT\) is already in use/m,
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
    "the address holds the path of an endpoint": [
      () =>
        developmentWith({ SOCIOMILE_BASE_URL: "https://vendor.example/api/bank-sulut/create/", ...VENDOR }),
      /SOCIOMILE_BASE_URL must end before \/bank-sulut\/create: the service appends/,
    ],
    "the address holds the beginning of such a path": [
      () => developmentWith({ SOCIOMILE_BASE_URL: "https://vendor.example/bank-sulut", ...VENDOR }),
      /SOCIOMILE_BASE_URL must end before \/bank-sulut: the service appends/,
    ],
    "the database's password is wrong": [
      () => {
        const server = inject("postgresUrl").replace(/:postgres@/, ":s3cret@");
        return developmentWith({ DATABASE_URL: `${server}/postgres`, LEDGER_KEY: KEY });
      },
      /DATABASE_URL cannot be used: the database refused the user or the password/,
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

describe("a mistake of a caller MUST be told, to the caller or in the log, with the thing to change", () => {
  let issuer: Issuer;
  let service: Service;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    issuer = opened.use(await startIssuer());
    service = opened.use(await startService({ config: issuer.auth }));
    await untilReady(service);
  });
  afterAll(() => opened.disposeAsync());

  const READ = '{"query":"{ ticket(id: \\"1\\") { id } }"}';
  const caller = (claims = {}) => callerOf(service, issuer, { scope: EVERY_SCOPE, ...claims });
  /** Text of the answer to a caller with a token of these claims, and the reasons in the log. */
  const toldTo = async (claims: Record<string, unknown>, body = READ, headers = {}) => {
    const before = service.events.length;
    const { text } = await (await caller(claims)).post(body, headers);
    return text + JSON.stringify(service.events.slice(before));
  };
  const toldAbout = async (changes: Record<string, unknown>) =>
    (await mutate(await caller(), "createHelpdeskTicket", changes)).text;

  testTable<[told: () => Promise<string>, named: RegExp]>({
    "a token for another service": [
      () => toldTo({ aud: "https://other.example" }),
      /access token.*"reason":"AUDIENCE"/,
    ],
    "a token without the scope": [
      () => toldTo({ scope: "ticket:create" }),
      /lacks the required scope.*"path":\["ticket"\]/,
    ],
    "a router without its secret": [
      async () => (await service.post(READ)).text,
      /header Router-Authorization is missing or wrong/,
    ],
    "a router that compresses in another way": [
      () => toldTo({}, READ, { "content-encoding": "zstd" }),
      /gzip, deflate or br/,
    ],
    "a form instead of JSON": [
      () => toldTo({}, READ, { "content-type": "text/plain" }),
      /Send application\/json/,
    ],
    "a router that sends lists of mutations": [
      () => toldTo({}, `[${READ},${JSON.stringify({ query: "mutation { a }" })}]`),
      /batching\.subgraph\.subgraphs\.sociomile\.enabled/,
    ],
    "a field that is left out": [
      () => toldAbout({ branchCode: undefined }),
      /CreateHelpdeskTicketInput\.branchCode/,
    ],
    "a blank text": [() => toldAbout({ customerName: " " }), /"field":"customerName"/],
  })("%s", async (_, [told, named]) => {
    expect(await told()).toMatch(named);
  });
});
