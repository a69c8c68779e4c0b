import { stripVTControlCharacters } from "node:util";
import { type ChildProcess, spawn } from "node:child_process";
import { text as textOf } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import type { Config } from "../../src/config/config.ts";
import { type Events, type RefusalReason, levelOf } from "../../src/telemetry/events.ts";
import { prettyLines } from "../../sandbox/pretty-log.ts";
import { createLogTo } from "../../src/telemetry/log.ts";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { without } from "../support/without.ts";
import { captured } from "../support/captured.ts";

const INFO = 30;
const WARN = 40;
const KEY = { idempotencyKey: "a-key-of-the-log-test" };

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** Starts the service with its real log, which `lines` returns. */
async function startLogging(config: Partial<Config> = {}) {
  const written: string[] = [];
  const observe = createLogTo({ write: (line) => void written.push(line) }, "info");
  const service = await startService({ config, observe });
  return { ...service, lines: (name: string) => parsed(written).filter(({ event }) => event === name) };
}

describe("the log", () => {
  test("MUST tell the version at the start, and warn of a misspelt variable and of a ledger without TLS", async () => {
    const config = { unknownSettings: ["SOCIOMILE_TIMEOUT"], ledgerIsInClear: true };
    await using service = await startLogging(config);

    expect(service.lines("service.started")).toMatchObject([{ level: INFO, version: manifest.version }]);
    const warning = { level: WARN, name: "SOCIOMILE_TIMEOUT" };
    expect(service.lines("service.setting_unknown")).toMatchObject([warning]);
    expect(service.lines("ledger.connection_in_clear")).toMatchObject([{ level: WARN }]);
  });

  test("MUST have one line a minute about each kind of caller who is refused, with their number", () => {
    const written: string[] = [];
    const observe = createLogTo({ write: (line) => void written.push(line) }, "info");
    const refuse = (reason: RefusalReason) => {
      observe("identity.router_refused", {});
      observe("identity.caller_refused", { reason });
    };

    for (let nth = 0; nth < 20; nth++) refuse("NO_CLIENT");
    skipTime(60_000);
    refuse("MALFORMED");
    refuse("NO_CLIENT");
    observe("retention.deleted", { table: "tickets", count: 3, oldest: "then", cutOff: "now" });

    expect(parsed(written).map(({ event, reason, count }) => [event, reason, count])).toEqual([
      ["identity.router_refused", undefined, 1],
      ["identity.caller_refused", "NO_CLIENT", 1],
      ["identity.router_refused", undefined, 20],
      ["identity.caller_refused", "MALFORMED", 1],
      ["identity.caller_refused", "NO_CLIENT", 20],
      ["retention.deleted", undefined, 3], // a count of its own
    ]);
  });

  test("MUST have no line of an operation for a caller without an identity", async () => {
    await using service = await startLogging(TRUSTS_ROUTER);

    await service.post('{"query":"{ ticketSubmissions { edges { cursor } } }"}', ROUTER);

    expect(service.lines("operation.answered")).toEqual([]);
  });

  test("MUST have the client, the person, times and each submission's reason in the line of an operation", async () => {
    await using service = await startLogging();
    service.sandbox.setMood("unauthorized", { times: 1 });

    await mutate(service, "createVoiceTicket");
    await mutate(service, "updateTicketStatus");

    const caller = { level: INFO, client: "development", person: null, tookMs: expect.any(Number) as number };
    const tookMs = { send: expect.any(Number) as number };
    const lines = service.lines("operation.answered");
    expect(lines).toMatchObject([
      { ...caller, submissions: [{ outcome: "NOT_EXECUTED", reason: "SOCIOMILE_SETTINGS_REFUSED" }] },
      { ...caller, submissions: [{ outcome: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE", tookMs }] },
    ]);
    const text = JSON.stringify(lines.map((line) => without(line, "time")));
    expect(text).not.toMatch(/\d+\.\d{2,}/); // at most one decimal
  });

  test.each([
    ["Branches", "Branches"],
    ["Card_4111_1111_1111_1111", null],
    ["A".repeat(101), null],
  ])("MUST have type and name of an operation that can hold no card: %s", async (name, operationName) => {
    await using service = await startLogging();

    for (let time = 0; time < 2; time++) await service.post(`{"query":"query ${name} { __typename }"}`);

    const facts = { operationType: "query", operationName };
    expect(service.lines("operation.answered")).toMatchObject([facts, facts]); // prepared, and run again
  });

  test("MUST warn of a new doubt, and not again when the request is repeated", async () => {
    await using service = await startLogging();
    service.sandbox.setMood("cut-after", { times: 1 });

    await mutate(service, "createVoiceTicket", KEY);
    await mutate(service, "createVoiceTicket", KEY);

    expect(service.lines("operation.answered")).toMatchObject([
      { level: WARN, submissions: [{ outcome: "UNCERTAIN", reason: "CONNECTION_LOST" }] },
      { level: INFO, submissions: [{ outcome: "REPLAYED", reason: "CONNECTION_LOST" }] },
    ]);
  });
});

test("MUST warn of an answer without the ledger", () => {
  const answered = { client: "development", outcome: "LEDGER_UNAVAILABLE" } as Events["operation.answered"];

  expect(levelOf("operation.answered", answered)).toBe("warn");
  expect(levelOf("operation.answered", { ...answered, outcome: "OK" })).toBe("info");
});

test("The log for people MUST show the addresses of a start, outcomes, and never a control character", async () => {
  let written = "";
  const observe = createLogTo(await prettyLines({ write: (text) => void (written += text) }), "info");
  const doubt = { operation: "SENT", outcome: "UNCERTAIN", reason: "ANSWER_TIMED_OUT" } as const;
  const send = { startedAt: 0, tookMs: { send: 2.1 } };

  observe("sandbox.started", { url: "http://127.0.0.1:4002" });
  const [url, managementUrl] = ["http://127.0.0.1:4001/graphql", "http://127.0.0.1:9464"];
  observe("service.started", { version: "1.2.3", mode: "development", url, managementUrl });
  observe("operation.answered", {
    requestId: "request-1",
    traceParent: null,
    fields: ["createVoiceTicket"],
    operationType: "mutation",
    operationName: null,
    outcome: "OK",
    status: 200,
    problems: ["STATUS_UNKNOWN"],
    ledgerFault: null,
    startedAt: 0,
    tookMs: 33.4,
    client: "development",
    person: null,
    submissions: [{ id: "id", ...doubt, ...send }],
  });
  const delivered = { operation: "SENT", outcome: "CONFIRMED", reason: null, traceParent: null };
  observe("delivery.ended", { submissionId: "id-2", ...delivered, ...send });
  observe("service.setting_unknown", { name: "SOCIOMILE_\u001b[31mTIMEOUT\u0007" });

  expect(written).not.toContain("\u0007");
  expect(written).not.toContain("\u001b[31mTIMEOUT");
  const times = /^\[\d{2}:\d{2}:\d{2}\.\d{3}\] /gm;
  expect(stripVTControlCharacters(written).replaceAll(times, "")).toMatchInlineSnapshot(`
    "INFO: sandbox.started {"url":"http://127.0.0.1:4002"}
    INFO: service.started {"version":"1.2.3","mode":"development","url":"http://127.0.0.1:4001/graphql","managementUrl":"http://127.0.0.1:9464"}

        explorer       http://127.0.0.1:4001/explorer   works without the internet; a tab for each operation
        operators      http://127.0.0.1:4001/operators/  what waits for an operator: doubts, conflicts, the queue
        Apollo Studio  https://studio.apollographql.com/sandbox/explorer?endpoint=http://127.0.0.1:4001/graphql  needs the internet
        GraphQL        http://127.0.0.1:4001/graphql
        metrics        http://127.0.0.1:9464/metrics
        sandbox        http://127.0.0.1:4002/sandbox/   stands in for Sociomile; its moods and its log

    WARN: operation.answered createVoiceTicket OK STATUS_UNKNOWN {"requestId":"request-1","status":200,"ledgerFault":null,"tookMs":33.4,"client":"development","submissions":[{"id":"id","operation":"SENT","outcome":"UNCERTAIN","reason":"ANSWER_TIMED_OUT","startedAt":0,"tookMs":{"send":2.1}}]}
    INFO: delivery.ended CONFIRMED {"submissionId":"id-2","operation":"SENT","reason":null,"tookMs":{"send":2.1}}
    WARN (SOCIOMILE_[31mTIMEOUT): service.setting_unknown
    "
  `);
});

/** Starts a process that logs to standard output and then does `what`. */
function logging(what: string, stderr: "inherit" | "pipe" = "inherit"): ChildProcess {
  const script = `
    import { guardProcess } from "${import.meta.resolve("../../src/guard.ts")}";
    import { createLog } from "${import.meta.resolve("../../src/telemetry/log.ts")}";
    guardProcess();
    const log = createLog("info");
    log("service.stopping", {});
    log("service.stopped", {});
    ${what}`;
  const args = ["--input-type=module", "--eval", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", stderr] });
}

const eventsIn = (lines: string) => captured(lines, /"event":"([^"]+)"/g);

describe("log lines on standard output", () => {
  test.each([
    ["ends by itself", ""],
    ["is ended", "process.exit(1);"],
    ["crashes", "throw new Error();"],
    ["crashes later", "Promise.reject(new Error());"],
    ["is killed", "process.kill(process.pid, 'SIGKILL');"],
  ])("MUST all be written when the process %s", async (_, what) => {
    const events = eventsIn(await textOf(logging(what).stdout!));

    expect(events.slice(0, 2)).toEqual(["service.stopping", "service.stopped"]);
  });

  test("MUST all be written at once in a burst of warnings, and Node has nothing to say about that", async () => {
    const burst = "for (let nth = 0; nth < 20; nth++) log('ledger.connection_in_clear', {});";
    const { stdout, stderr } = logging(burst, "pipe");

    expect(eventsIn(await textOf(stdout!))).toHaveLength(22);
    expect(await textOf(stderr!)).toBe("");
  });
});
