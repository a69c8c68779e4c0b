import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { announce } from "../support/client.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER, EVERY_SCOPE, ROUTER } from "../support/issuer.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { type Service, sharedService, startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { codeFor, posted } from "./asking.ts";

const REFUSED =
  '{"errors":[{"message":"Only the router may call this service. The header Router-Authorization is missing or wrong.","extensions":{"code":"ROUTER_CREDENTIAL_REFUSED","requestId":"id-of-a-request"}}]}';
const NOBODY = JSON.stringify({ query: "{ __typename }" });

const [FIRST, SECOND] = ["first", "second"].map((nth) => `the-${nth}-secret-of-32-characters-or-more`) as [
  string,
  string,
];

/** Starts a service that accepts the secrets in a file. */
const startAccepting = (value: string, file: string) =>
  startService({ config: { AUTH: "router", ROUTER_SECRET: { value, file } } });

async function isLetIn(called: Service, credential: string): Promise<boolean> {
  const { status } = await called.post(NOBODY, { "router-authorization": credential });
  expect([200, 401]).toContain(status);
  return status === 200;
}

const service = sharedService({ config: TRUSTS_ROUTER });

describe("the router's credential", () => {
  test.each<[string, Record<string, string>]>([
    ["no credential", {}],
    ["an empty credential", { "router-authorization": "" }],
    ["a wrong credential", { "router-authorization": "s3cret-s3cret" }],
    ["the beginning of the credential", { "router-authorization": ROUTER_SECRET.slice(0, -1) }],
    ["more than the credential", { "router-authorization": `${ROUTER_SECRET}s` }],
    ["the credential in capitals", { "router-authorization": ROUTER_SECRET.toUpperCase() }],
    ["the credential after a scheme", { "router-authorization": `Bearer ${ROUTER_SECRET}` }],
    ["the credential twice", { "router-authorization": `${ROUTER_SECRET}, ${ROUTER_SECRET}` }],
    ["the credential in another header", { authorization: ROUTER_SECRET }],
    ["a long credential", { "router-authorization": "s3cret".repeat(1000) }],
  ])("MUST be checked before the body is read: %s", async (_, headers) => {
    const before = await service.refusals("ROUTER_CREDENTIAL_REFUSED");

    const answer = await announce(service.url, { ...headers, "x-request-id": "id-of-a-request" });

    expect(answer).toMatchObject({ status: 401, text: REFUSED, headers: { connection: "close" } });
    expect(await service.refusals("ROUTER_CREDENTIAL_REFUSED")).toBe(before + 1);
    expect(service.events).toEqual([{ event: "identity.router_refused" }]);
    expect(service.operations).toEqual([]);
  });

  test.each(["GET", "PUT", "OPTIONS"])("MUST be checked before the method %s", async (method) => {
    expect((await fetch(service.url, { method })).status).toBe(401);
  });

  test("MUST NOT be needed for health", async () => {
    for (const origin of [new URL(service.url).origin, service.managementUrl]) {
      const live = await fetch(`${origin}/livez`);
      const ready = await fetch(`${origin}/readyz`);
      expect([live.status, await live.text()]).toEqual([200, '{"status":"alive"}']);
      expect([ready.status, await ready.text()]).toEqual([200, '{"status":"ready"}']);
    }
    const { status } = await fetch(`${service.managementUrl}/graphql`, { method: "POST", body: NOBODY });
    expect(status).toBe(404);
  });
});

/** Moves the clock to after the next look at the file. */
const skipToNextLook = () => skipTime(1500);

describe("the router's credential in a file", () => {
  const files = temporaryFiles();
  const write = (content: string) => files.write("secret", content);
  afterAll(() => files[Symbol.dispose]());

  test("MUST be rotated without a restart", async () => {
    await using another = await startAccepting(FIRST, write(`${FIRST}\n`));
    expect(await isLetIn(another, FIRST)).toBe(true);

    const both = `${FIRST} , ${SECOND}`;
    write(` ${both}\n`);
    skipToNextLook();
    for (const secret of both.split(" , ")) expect(await isLetIn(another, secret)).toBe(true);
    for (const secret of [both, ""]) expect(await isLetIn(another, secret)).toBe(false);

    write(SECOND);
    skipToNextLook();
    expect(await isLetIn(another, FIRST)).toBe(false);
    expect(await isLetIn(another, SECOND)).toBe(true);
    const reloaded = { event: "service.secret_reloaded", name: "ROUTER_SECRET" };
    expect(another.events.filter(({ event }) => event.startsWith("service."))).toEqual([reloaded, reloaded]);
  });

  test.each<[string, string | null]>([
    ["is gone", null],
    ["is empty", ""],
    ["holds a placeholder", "changeme"],
    ["holds one that is too short", "s".repeat(31)],
    ["holds three secrets", [SECOND, FIRST, SECOND].map((secret, nth) => secret + nth).join()],
  ])("MUST stay the last good secret while the file %s", async (_, content) => {
    const file = write(`${FIRST}\n`);
    await using another = await startAccepting(FIRST, file);
    const changes = () => another.events.filter(({ event }) => event.startsWith("service."));
    if (content === null) rmSync(file);
    else write(content);
    skipToNextLook();

    expect(await isLetIn(another, FIRST)).toBe(true);
    expect(changes()).toEqual([]); // the file may be in the middle of a replacement
    expect(await isLetIn(another, SECOND)).toBe(false);
    expect(await isLetIn(another, "changeme")).toBe(false);
    expect(await isLetIn(another, "")).toBe(false);

    for (let look = 0; look < 3; look++) {
      skipToNextLook();
      await isLetIn(another, FIRST);
    }
    const unusable = { event: "service.secret_unusable", name: "ROUTER_SECRET" };
    expect(changes()).toEqual([unusable]);
    skipTime(60_000);
    await isLetIn(another, FIRST);
    expect(changes()).toEqual([unusable, unusable]); // a fault that stays is reported every minute

    write(SECOND);
    skipToNextLook();
    expect(await isLetIn(another, SECOND)).toBe(true);
  });
});

const KNOWN = { "x-client-id": "the-app", "x-scopes": EVERY_SCOPE, "x-user-id": "siti" };

describe("AUTH=router", () => {
  test.each<[string, Record<string, string>, string]>([
    ["a client with the scope", KNOWN, "open"],
    ["a client without a person", { ...KNOWN, "x-user-id": "" }, "open"],
    ["a client with the scope among blanks", { ...KNOWN, "x-scopes": "  openid   ticket:read " }, "open"],
    ["a client without scopes", { "x-client-id": "the-app" }, "FORBIDDEN"],
    ["a client with an empty header of scopes", { ...KNOWN, "x-scopes": "" }, "FORBIDDEN"],
    ["another scope", { ...KNOWN, "x-scopes": "ticket:create" }, "FORBIDDEN"],
    ["scopes with commas", { ...KNOWN, "x-scopes": "ticket:create, ticket:read" }, "UNAUTHENTICATED"],
    ["two merged clients", { ...KNOWN, "x-client-id": "the-app,another" }, "UNAUTHENTICATED"],
    ["two merged persons", { ...KNOWN, "x-user-id": "siti, budi" }, "UNAUTHENTICATED"],
    ["scopes as JSON", { ...KNOWN, "x-scopes": '["ticket:read"]' }, "FORBIDDEN"],
    ["no client", { "x-scopes": EVERY_SCOPE, "x-user-id": "siti" }, "UNAUTHENTICATED"],
    ["an empty client", { ...KNOWN, "x-client-id": "" }, "UNAUTHENTICATED"],
    ["a client with a blank", { ...KNOWN, "x-client-id": "the app" }, "UNAUTHENTICATED"],
    ["a token alone", { authorization: "Bearer a.b.c" }, "UNAUTHENTICATED"],
  ])("MUST answer %s", async (_, headers, code) => {
    expect(await codeFor(service, headers)).toBe(code);
  });

  test.each(Object.keys(KNOWN))("MUST refuse a request with two headers %s", async (name) => {
    const known = Object.entries({ ...ROUTER, ...KNOWN });

    for (const other of ["of-the-caller", KNOWN[name as keyof typeof KNOWN]]) {
      expect(await posted(service.url, [...known, [name, other]])).toContain('"UNAUTHENTICATED"');
    }
    const refused = { event: "identity.caller_refused", reason: "MALFORMED" };
    expect(service.events).toEqual([refused, refused]);
  });
});
