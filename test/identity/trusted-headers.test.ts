import { describe, expect, test } from "vitest";
import { EVERY_SCOPE, ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { sharedService } from "../support/service.ts";
import { codeFor, posted } from "./asking.ts";

const KNOWN = { "x-client-id": "the-app", "x-scopes": EVERY_SCOPE, "x-user-id": "siti" };

describe("AUTH=router", () => {
  const service = sharedService({ config: TRUSTS_ROUTER });

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
