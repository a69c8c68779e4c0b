import { spawnSync } from "node:child_process";
import { closeSync, existsSync, globSync, openSync, readdirSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { graphql } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { BEHIND_ROUTER, DEV, DEVELOPMENT, MAIN, startBuild } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import { clientOf } from "../support/client.ts";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { ROUTER } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { ROOT, repositoryText } from "../support/repository.ts";
import { countWaiting, sqlOn } from "../support/sql.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const OPERATOR = join(ROOT, "dist/operator.js");
const LEDGER_KEY = Buffer.alloc(32, "k").toString("base64");
const SDL = "{ _service { sdl } }";
const SCHEMA = JSON.stringify({ query: SDL });
const DEBUGGER_OPENS_MS = 300;
const GOOD_END = { code: 0, signal: null, stderr: "" };

/** The build fails on faults that the transform of the test runner hides, such as a wrong order of imports. */
test("The build MUST start without settings for a developer, serve the schema of the code, open a ticket, log JSON lines with time and event alone, and end with 0 on SIGTERM", async () => {
  await using service = startBuild(DEVELOPMENT);
  const client = clientOf(await service.startedAt());
  const { data } = await client.post(SCHEMA);
  const { payload } = await mutate(client, "createHelpdeskTicket");

  expect(data).toEqual((await graphql({ schema, source: SDL })).data);
  expect(payload).toMatchObject({ ticket: { id: expect.any(String), kind: "HELPDESK" }, problems: [] });

  service.process.kill("SIGTERM");
  const { stdout, ...ended } = await service.ended;
  expect(ended).toEqual(GOOD_END);
  for (const line of stdout.trimEnd().split("\n"))
    expect(JSON.parse(line)).toMatchObject({ event: expect.any(String), time: expect.any(String) });
});

test("A start that is refused for a profile MUST NOT leave one, also by the command line", async () => {
  using files = temporaryFiles();
  for (const program of [MAIN, OPERATOR])
    for (const options of [["--cpu-prof"], ["--heap-prof"]]) {
      const at = { cwd: files.directory, env: {}, encoding: "utf8" } as const;
      const start = () => spawnSync(process.execPath, [...options, program, "check"], at);
      let ended = start();
      // A last signal of V8's profiler may meet the process that takes the place of the refused one. That leaves no profile, but no exit code either.
      for (let tries = 1; ended.signal === "SIGPROF" && tries < 5; tries++) ended = start();
      expect([ended.status, ended.stderr]).toEqual([78, expect.stringContaining(`${options[0]} must not be on`)]);
    }

  expect(readdirSync(files.directory)).toEqual([]);
});

test("The command line MUST tell an older Node which one it needs, instead of all that it cannot parse", () => {
  const older = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "26.9.0" } })`;
  const options = ["--import", `data:text/javascript,${encodeURIComponent(older)}`];

  const { status, stderr } = spawnSync(process.execPath, [...options, OPERATOR], { encoding: "utf8" });

  expect([status, stderr]).toEqual([78, "Node 26.10 or a later one is needed. This is 26.9.0.\n"]);
  expect(repositoryText("package.json")).toContain('"node": ">=26.10"');
});

/** An option of Node that makes a process end by `statement` at SIGUSR2. */
const crash = (statement: string) =>
  `--import data:text/javascript,${encodeURIComponent(`process.on("SIGUSR2", () => { ${statement} })`)}`;

test.each([
  ["an error that nobody caught", 'throw new RangeError("s3cret-of-a-crash")', "RangeError"],
  ["a rejection that nobody caught", 'Promise.reject(new TypeError("s3cret-of-a-crash"))', "TypeError"],
  ["a thrown text", 'throw "s3cret-of-a-crash"', "string"],
])("A crash of the build MUST end it with 70 and tell the class, never the message: %s", async (_, statement, name) => {
  await using service = startBuild({ ...DEVELOPMENT, NODE_OPTIONS: crash(statement) });
  await service.startedAt();

  service.process.kill("SIGUSR2");
  const { code, stdout, stderr } = await service.ended;

  expect([code, stderr]).toEqual([70, `The service crashed (${name}).\n`]);
  expect(stdout).not.toContain("s3cret");
});

describe("a fault in the build", () => {
  const MESSAGE = "s3cret\\n    at s3cret (/srv/s3cret.js:1:2)";
  const failing = (name: string) => crash(`${name} = () => { throw new RangeError("${MESSAGE}") }`);

  test("MUST make a create a doubt, be logged with its submission and frames of the source, and reach nobody with its message", async () => {
    const NODE_OPTIONS = failing("Temporal.Instant.prototype.toString");
    await using service = startBuild({ ...DEVELOPMENT, NODE_OPTIONS });
    const client = clientOf(await service.startedAt());
    service.process.kill("SIGUSR2");

    const { text, payload } = await mutate(client, "createHelpdeskTicket");
    service.process.kill("SIGTERM");
    const { stdout, stderr } = await service.ended;

    expect(payload).toMatchObject({ ticket: null, problems: [{ code: "OUTCOME_UNKNOWN" }] });
    expect(text + stdout + stderr).not.toContain("s3cret");
    const line = stdout.split("\n").find((one) => one.includes('"sociomile.answer_not_read"'));
    const { error, submissionId, frames } = JSON.parse(line!) as Record<string, string[]>;
    expect([error, submissionId]).toEqual(["RangeError", payload!.submission!.id]);
    expect(frames![0]).toMatch(/^Object\.wallClock src\/sociomile\/translate\.ts:\d+$/);
  });

  test("MUST be reported with frames of the source when it ends the process", async () => {
    await using service = startBuild({ ...DEVELOPMENT, NODE_OPTIONS: failing("performance.now") });
    const client = clientOf(await service.startedAt());
    service.process.kill("SIGUSR2");

    await client.post(SCHEMA).catch(() => {});

    const { code, stdout, stderr } = await service.ended;
    expect([code, stdout.includes("s3cret")]).toEqual([70, false]);
    expect(stderr).toMatch(/^The service crashed \(RangeError\)\.\n(?: {4}at (?:[\w.<>]+ )?src\/[\w/.-]+:\d+\n)+$/);
  });

  test("MUST be reported with frames of the source when it prevents a start", async () => {
    const statement = `globalThis.AsyncDisposableStack = class { constructor() { throw new RangeError("${MESSAGE}") } }`;
    const options = `--import data:text/javascript,${encodeURIComponent(statement)}`;

    await using service = startBuild({ ...DEVELOPMENT, NODE_OPTIONS: options });

    const { code, stderr } = await service.ended;
    expect(code).toBe(69);
    expect(stderr).toMatch(
      /^The service could not start \(RangeError\)\.\n {4}at createApp src\/app\.ts:\d+\n {4}at runService src\/run\.ts:\d+\n$/,
    );
  });
});

/** Standard error of a service whose log cannot be written. */
const lost = (code: string) =>
  `Standard output cannot be written (${code}). The service stops, because its log would be lost.\n`;

describe("a stop of the build", () => {
  /** Serves for so long after the first signal that the others find it draining. */
  const SLOW = { ...DEVELOPMENT, DRAIN_LAG_MS: "2000" };

  test.each([
    ["NOT be cut short by a second signal, which supervisors and npm send too", false, 0],
    ["be cut short by a third signal", true, 130],
  ])("MUST %s", async (_, sendsThird, expected) => {
    await using service = startBuild(SLOW);
    const url = await service.startedAt();

    service.process.kill("SIGTERM");
    await service.until("service.stopping");
    service.process.kill("SIGTERM");
    expect((await fetch(url, { method: "POST" })).status).toBe(415); // served, and refused for its body
    if (sendsThird) service.process.kill("SIGINT");

    const { code, stdout } = await service.ended;
    expect(code).toBe(expected);
    expect(stdout.includes('"event":"service.stopped"')).toBe(!sendsThird);
  });

  test.each(["its database", "the collector of traces"])("MUST end it, also while %s is silent", async (silent) => {
    await using place = await placeFor("PostgreSQL");
    const address = new URL(place.url);
    await using network = await FaultyNetwork.to({ port: Number(address.port) });
    address.port = `${network.port}`;
    const changes: Record<string, string> =
      silent === "its database"
        ? { LEDGER_KEY, DATABASE_URL: address.href }
        : { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address.host}` };
    await using service = startBuild({ ...DEVELOPMENT, ...changes });
    const client = clientOf(await service.startedAt());
    network.blackhole({ swallowNew: true });
    await client.post(SCHEMA);

    service.process.kill("SIGTERM");
    await service.until("service.stopped");
    const stoppedAt = performance.now();

    expect(await service.ended).toMatchObject(GOOD_END);
    expect(performance.now() - stoppedAt).toBeLessThan(4000); // an export takes up to 10 s
  });

  test("MUST follow, with 70 and a sentence, when nobody reads its log any more", async () => {
    await using service = startBuild(DEVELOPMENT);
    const url = await service.startedAt();
    service.process.stdout!.destroy();

    expect((await clientOf(url).post(SCHEMA)).status).toBe(200);
    const { code, stderr } = await service.ended;
    expect([code, stderr]).toEqual([70, lost("EPIPE")]);
  });

  test.runIf(existsSync("/dev/full"))("MUST follow when the disk of its log is full", () => {
    using files = temporaryFiles();
    const log = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [DEV], {
      cwd: files.directory,
      env: DEVELOPMENT,
      stdio: ["ignore", log, "pipe"],
      encoding: "utf8",
    });
    closeSync(log);

    expect([status, stderr]).toEqual([70, lost("ENOSPC")]);
  });
});

/** Arguments of Node in each way to start the service. */
const WAYS = {
  "npm start": argumentsIn(/"start": "exec node (.+)"/, repositoryText("package.json")),
  "the image": argumentsIn(/^CMD \["node", (.+)\]$/m, repositoryText("deploy/Dockerfile")),
};

function argumentsIn(command: RegExp, text: string): string[] {
  const args = command.exec(text)?.[1]?.replaceAll('"', "").split(/,? /) ?? [];
  return args.map((arg) => arg.replace(/^dist/, join(ROOT, "dist")));
}

describe("SIGUSR1, at which Node opens its debugger", () => {
  test.each(Object.entries(WAYS))("MUST open nothing, and the service MUST go on: %s", async (_, args) => {
    expect(args).toContain(MAIN);
    await using service = startBuild({ ...BEHIND_ROUTER, DATABASE_URL: "sqlite:ledger.db" }, args);
    const client = clientOf(await service.startedAt(), ROUTER);

    service.process.kill("SIGUSR1");
    await sleep(DEBUGGER_OPENS_MS);
    const { status } = await client.post(SCHEMA);
    service.process.kill("SIGTERM");

    expect(status).toBe(200);
    expect(await service.ended).toMatchObject(GOOD_END); // it would tell of a debugger
  });

  test("MUST open nothing in the operators' command line", async () => {
    await using database = await startSilence();
    const settings = { ...BEHIND_ROUTER, DATABASE_URL: database.url };
    await using command = startBuild(settings, [OPERATOR, "list"]);
    await database.asked;

    command.process.kill("SIGUSR1");

    const { code, stderr } = await command.ended;
    expect(code).toBe(78);
    expect(stderr).toMatch(/^The ledger.*\n$/);
  });
});

describe("a stop while the build starts", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("MUST end it with 0 on %s, also with a silent database", async (signal) => {
    await using database = await startSilence();
    await using service = startBuild({ ...DEVELOPMENT, LEDGER_KEY, DATABASE_URL: database.url });
    await database.asked;

    service.process.kill(signal);

    expect(await service.ended).toMatchObject(GOOD_END);
  });

  test("MUST leave a ledger that the next start can use", async () => {
    await using place = await placeFor("PostgreSQL");
    await using other = await sqlOn(place);
    await using watch = await sqlOn(place);
    await other.run("BEGIN");
    await other.run("CREATE TABLE submissions (id integer)"); // the migration waits for this transaction
    const settings = { ...DEVELOPMENT, LEDGER_KEY, DATABASE_URL: place.url };
    {
      await using service = startBuild(settings);
      await expect.poll(() => countWaiting(watch), { timeout: 40_000 }).toBe(1);
      service.process.kill("SIGTERM");
      expect(await service.ended).toMatchObject(GOOD_END);
    }
    await other.run("ROLLBACK");

    await using again = startBuild(settings);
    await again.startedAt();
  });
});

async function startSilence() {
  const network = await FaultyNetwork.to({ port: 1 });
  network.blackhole({ swallowNew: true });
  return {
    url: `postgres://user:password@127.0.0.1:${network.port}/ledger`,
    asked: network.next(/^/, "loseAnswer"),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

const FILES = globSync("dist/{main,app,operator,bundle/*}.js", { cwd: ROOT });
const CODE = FILES.map(repositoryText).join("\n");

/** Expressions that mean something else in a bundle. A package that asks for them takes a slower or an unsafe way without a word. */
const LOST_IN_A_BUNDLE =
  /\bmodule\.(?:require|parent|paths)\b|\brequire\.(?:main|resolve|cache)\b|\bprocess\.env\.NODE_ENV\b/g;

describe("the bundle", () => {
  test("MUST hash documents with Node's own SHA-256", () => {
    expect(/__require\(["`]crypto["`]\)\.createHash\(/.test(CODE)).toBe(true); // toMatch would print all of the code
  });

  test("MUST NOT make a package ask for what a bundle does not have", () => {
    expect(FILES.length).toBeGreaterThan(5);
    expect(CODE.match(LOST_IN_A_BUNDLE) ?? []).toEqual([]);
  });

  test("MUST have of class-validator what is used, without the phone numbers of all countries and most of validator", () => {
    expect(/\bvalidateSync\b/.test(CODE)).toBe(true);
    expect(CODE.match(/AsYouType|PhoneNumberMatcher|isMobilePhone|isPostalCode/g) ?? []).toEqual([]);
  });

  test("MUST NOT load a package at run time, but for the one that is optional", () => {
    const loaded = new Set(captured(CODE, /__require\(["`]([^"`]+)["`]\)/g));

    expect([...loaded].filter((name) => !isBuiltin(name))).toEqual(["pg-native"]);
  });
});
