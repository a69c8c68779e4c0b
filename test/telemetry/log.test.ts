import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { createApp } from "../../src/app.ts";
import type { Config } from "../../src/config/config.ts";
import type { RefusalReason } from "../../src/telemetry/events.ts";
import { logTo } from "../../src/telemetry/log.ts";
import { clientOf } from "../support/client.ts";
import { serviceConfig } from "../support/config.ts";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { mutate } from "../support/mutations.ts";
import { CLIENT_SECRET_KEY } from "../support/service.ts";
import { without } from "../support/without.ts";
import { startSandbox } from "../../src/sandbox/server.ts";

const INFO = 30;
const WARN = 40;
const KEY = { idempotencyKey: "a-key-of-the-log-test" };

const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** Starts the service with its real log, which `lines` returns. */
async function startLogging(config: Partial<Config> = {}) {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await placeFor("SQLite"));
  const sandbox = opening.use(await startSandbox({ secret: CLIENT_SECRET_KEY }));
  const written: string[] = [];
  const app = await createApp(
    serviceConfig({ vendorUrl: sandbox.url, ledgerUrl: place.url, config }),
    logTo({ write: (line) => void written.push(line) }, "info"),
  );
  opening.defer(() => app.close());
  const lines = (name: string) => parsed(written).filter(({ event }) => event === name);
  return Object.assign(opening.move(), { ...clientOf(app.url), sandbox, lines });
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
    const observe = logTo({ write: (line) => void written.push(line) }, "info");
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
