import { describe, expect, test } from "vitest";
import { clientOf } from "../support/client.ts";
import { EVERY_SCOPE, ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { ASK, codeFor, posted } from "./asking.ts";

const KNOWN = { "x-client-id": "the-app", "x-scopes": EVERY_SCOPE, "x-user-id": "siti" };

describe("AUTH=router", () => {
  const service = sharedService({ config: TRUSTS_ROUTER });

  test("MUST require the router's credential, whatever the headers say", async () => {
    const { status, errors } = await service.post(ASK, KNOWN);

    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: "ROUTER_CREDENTIAL_REFUSED" } }]);
  });

  test("MUST be ready without a key set", async () => {
    expect((await fetch(`${service.managementUrl}/readyz`)).status).toBe(200);
  });

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
    ["a client of 256 characters", { ...KNOWN, "x-client-id": "a".repeat(256) }, "UNAUTHENTICATED"],
    ["a client beyond ASCII", { ...KNOWN, "x-client-id": "th\u00e9-app" }, "UNAUTHENTICATED"],
    ["a token alone", { authorization: "Bearer a.b.c" }, "UNAUTHENTICATED"],
  ])("MUST answer %s", async (_, headers, code) => {
    expect(await codeFor(service, headers)).toBe(code);
  });

  test.each(Object.keys(KNOWN))("MUST refuse a request with two headers %s", async (name) => {
    const known = Object.entries({ ...ROUTER, ...KNOWN, "content-type": "application/json" });

    for (const other of ["of-the-caller", KNOWN[name as keyof typeof KNOWN]]) {
      expect(await posted(service.url, [...known, [name, other]])).toContain('"UNAUTHENTICATED"');
    }
    const refused = { event: "identity.caller_refused", reason: "MALFORMED" };
    expect(service.events).toEqual([refused, refused]);
  });

  test("MUST give idempotency keys and submissions to the client of the header", async () => {
    const input = { idempotencyKey: "one-key-of-two-clients" };
    const [us, them] = ["us", "them"].map((client) =>
      clientOf(service.url, { ...ROUTER, ...KNOWN, "x-client-id": client }),
    );

    const ours = await mutate(us!, "createVoiceTicket", input);
    const theirs = await mutate(them!, "createVoiceTicket", input);
    const again = await mutate(us!, "createVoiceTicket", input);

    expect(theirs.payload).toMatchObject({ replayed: false });
    expect(again.payload).toMatchObject({ replayed: true, submission: { id: ours.payload?.submission?.id } });
  });

  test("MUST NOT echo what the headers say", async () => {
    const canary = "kanari-s3cret";

    for (const headers of [
      { ...KNOWN, "x-client-id": `${canary} ${canary}` },
      { ...KNOWN, "x-scopes": canary },
      { "x-scopes": canary, "x-user-id": canary },
    ]) {
      expect((await service.post(ASK, { ...ROUTER, ...headers })).text).not.toContain(canary);
    }
    expect(service.events).toEqual([{ event: "identity.caller_refused", reason: "NO_CLIENT" }]);
  });
});
