import { type CryptoKey, SignJWT, UnsecuredJWT, exportJWK, exportSPKI } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RefusalReason } from "../../src/telemetry/events.ts";
import {
  AUDIENCE,
  type Algorithm,
  EVERY_SCOPE,
  type Issuer,
  ROUTER,
  callerOf,
  credentials,
  startIssuer,
} from "../support/issuer.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { type Service, startService, untilReady } from "../support/service.ts";
import { ASK, codeFor, posted, startBehind } from "./asking.ts";

const now = () => Math.floor(Date.now() / 1000);
const bearer = (token: string) => `Bearer ${token}`;

/** Mark in every wrong part of a token. */
const MARK = "s3cret";

type Forge = (issuer: Issuer) => Promise<string> | string;

const signed =
  (claims: Record<string, unknown>): Forge =>
  async (issuer) =>
    bearer(await issuer.token({ jti: MARK, ...claims }));

/** Writes a good token into a header. */
const writtenIn = (header: string) => async (issuer: Issuer) =>
  header.replaceAll("TOKEN", await issuer.token({ jti: MARK }));

/** Signs by another key, or under another header. */
const signedBy =
  (options: Parameters<Issuer["token"]>[1]): Forge =>
  async (issuer) =>
    bearer(await issuer.token({}, options));

const goodClaimsOf = ({ auth: { AUTH_ISSUER: iss } }: Issuer) => {
  return { iss, aud: AUDIENCE, azp: "the-app", scope: EVERY_SCOPE };
};

/** Signs with HS256, with the public key as the secret. */
const signedWithPublicKey =
  (written: (key: CryptoKey) => Promise<string>): Forge =>
  async (issuer) => {
    const secret = new TextEncoder().encode(await written(await issuer.publicKey("RS256")));
    const header = { alg: "HS256", kid: "RS256-current" };
    const token = new SignJWT(goodClaimsOf(issuer)).setProtectedHeader(header).setExpirationTime("1h");
    return bearer(await token.sign(secret));
  };

const unsecured = (issuer: Issuer) => bearer(new UnsecuredJWT(goodClaimsOf(issuer)).setExpirationTime("1h").encode());

const writtenAsJwk = async (key: CryptoKey) => JSON.stringify(await exportJWK(key));

const OWN_KEY = { jwk: { kty: "EC", crv: "P-256", x: MARK, y: MARK }, jku: "http://127.0.0.1/" };

/** Headers that hold more or less than one token. */
const MALFORMED = [
  "|Bearer|TOKEN|Basic TOKEN|Bearers TOKEN|Bearer Bearer TOKEN|Bearer TOKEN, Bearer TOKEN|Bearer TOKEN s3cret",
  "Bearer s3cret|Bearer s3cret.s3cret|Bearer s3cret.s3cret.s3cret|Bearer s3cret.s3cret.s3cret.s3cret.s3cret",
].flatMap((some) => some.split("|"));

const BAD: [string, RefusalReason, Forge][] = [
  ...MALFORMED.map((header): (typeof BAD)[number] => [`"${header}"`, "MALFORMED", writtenIn(header)]),
  ["longer than 8192 characters", "MALFORMED", signed({ padding: MARK.repeat(1100) })],
  ["with an expired token", "EXPIRED", signed({ exp: now() - 60 })],
  ["with a token that is not valid yet", "NOT_YET_VALID", signed({ nbf: now() + 600 })],
  ["with a token that never ends", "MALFORMED", signed({ exp: undefined })],
  ["with an end beyond all numbers", "MALFORMED", signed({ exp: JSON.rawJSON("1e999") })],
  ["with an end that is text", "MALFORMED", signed({ exp: "2099-01-01" })],
  ["of another issuer", "ISSUER", signed({ iss: `https://${MARK}.example` })],
  ["of no issuer", "ISSUER", signed({ iss: undefined })],
  ["for another audience", "AUDIENCE", signed({ aud: `${AUDIENCE}/` })],
  ["for other audiences", "AUDIENCE", signed({ aud: [MARK, ""] })],
  ["for no audience", "AUDIENCE", signed({ aud: undefined })],
  ["signed by a key that is not published", "KEY_UNKNOWN", signedBy({ key: MARK })],
  ["signed by another key under a known id", "KEY_UNKNOWN", signedBy({ key: MARK, kid: "ES256-current" })],
  ["that brings its own key", "KEY_UNKNOWN", signedBy({ key: MARK, kid: MARK, header: OWN_KEY })],
  [
    "with a critical header that nobody understands",
    "MALFORMED",
    // SignJWT refuses to make such a token, so the claim is written into a good one. Its signature is wrong too.
    (issuer) => underHeader(issuer, { alg: "ES256", crit: [MARK], [MARK]: 1 }),
  ],
  [
    "with claims that were changed",
    "KEY_UNKNOWN",
    async (issuer) => {
      const [header, , signature] = (await issuer.token()).split(".");
      const [, claims] = (await issuer.token({ azp: MARK })).split(".");
      return bearer(`${header}.${claims}.${signature}`);
    },
  ],
  ["without a signature (alg none)", "MALFORMED", unsecured],
  ["with alg none over a signature", "ALGORITHM", (issuer) => underHeader(issuer, { alg: "none" })],
  ["signed with the public key as PEM", "ALGORITHM", signedWithPublicKey(exportSPKI)],
  ["signed with the public key as JWK", "ALGORITHM", signedWithPublicKey(writtenAsJwk)],
];

/** Writes another header over that of a good token. */
async function underHeader(issuer: Issuer, header: object): Promise<string> {
  const written = Buffer.from(JSON.stringify(header)).toString("base64url");
  return bearer((await issuer.token()).replace(/^[^.]+/, written));
}

let issuer: Issuer;
let service: Service;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  issuer = opened.use(await startIssuer());
  service = opened.use(await startBehind(issuer));
});
beforeEach(() => void service.events.splice(0));
afterAll(() => opened.disposeAsync());

const codeIn = async (...token: Parameters<Issuer["token"]>) =>
  codeFor(service, credentials(await issuer.token(...token)));

describe("an access token", () => {
  test.each(BAD)("MUST be refused and not repeated: a header %s (%s)", async (_, reason, forge) => {
    await using fresh = await startBehind(issuer);
    await untilReady(fresh);
    skipTime(10_000); // so that the set is fetched again for an unknown key
    const authorization = await forge(issuer);

    const { status, data, errors, text } = await fresh.post(ASK, { ...ROUTER, authorization });

    expect({ status, data }).toEqual({ status: 200, data: { ticket: null } });
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: "UNAUTHENTICATED" }]);
    expect(fresh.events).toEqual([{ event: "identity.caller_refused", reason }]);
    expect(await fresh.metric(`sociomile_callers_refused_total{reason="${reason}"}`)).toBe(1);
    expect(fresh.operations).toMatchObject([{ client: null, callerRefused: reason }]);
    expect(text).not.toContain(reason);
    const reported = text + JSON.stringify([fresh.events, fresh.operations]);
    const parts = authorization.split(/[\s.,]+/).filter((part) => part.length > 5 && part !== "Bearer");
    expect(parts.filter((part) => reported.includes(part))).toEqual([]);
    expect(reported).not.toContain(MARK);
  });

  test("MUST be refused when another one comes beside it, be it the same", async () => {
    const { authorization = "" } = credentials(await issuer.token());
    const lines = Object.entries({ ...ROUTER, authorization });

    expect(await posted(service.url, lines)).not.toContain("UNAUTHENTICATED");
    for (const other of [authorization, "Bearer a.b.c", ""])
      expect(await posted(service.url, [...lines, ["authorization", other]])).toContain('"UNAUTHENTICATED"');
    const refused = { event: "identity.caller_refused", reason: "MALFORMED" };
    expect(service.events).toEqual([refused, refused, refused]);
  });

  test.each<[Algorithm, string]>([
    ["RS256", "Bearer"],
    ["ES256", "bearer"],
    ["EdDSA", "BEARER"],
  ])("MUST be accepted with a signature by %s after the scheme %s", async (alg, scheme) => {
    const authorization = `${scheme} ${await issuer.token({}, { alg })}`;
    expect(await codeFor(service, { authorization })).toBe("open");
  });

  test.each<[string, Record<string, unknown>]>([
    ["an audience among others", { aud: ["https://other.example", AUDIENCE] }],
    ["an end within the clocks' difference", { exp: now() + 3600, nbf: now() + 2 }],
    ["a client id of 255 characters", { azp: "a".repeat(255) }],
  ])("MUST be accepted with %s", async (_, claims) => {
    expect(await codeIn(claims)).toBe("open");
  });
});

describe("scopes", () => {
  test.each<[claims: string, ...unknown[]]>([
    ["scope", "ticket:read"],
    ["scope", "openid  ticket:read profile"],
    ["scp", "openid ticket:read"],
    ["scp", ["openid", "ticket:read"]],
  ])("MUST be read from the claim %s: %j", async (claim, scopes) => {
    expect(await codeIn({ scope: undefined, [claim]: scopes })).toBe("open");
  });

  const NO_SCOPES = "|ticket:create|ticket:read:all|ticket|TICKET:READ|ticket:* *|ticket:read,ticket:create";
  test.each<Record<string, unknown>>([
    ...[...NO_SCOPES.split("|"), undefined, 1, { "ticket:read": true }].map((scope) => ({ scope })),
    { scope: undefined, scp: [["ticket:read"]] },
    { scope: undefined, roles: ["ticket:read"], permissions: ["ticket:read"] },
    { scope: "openid", scp: "ticket:read" },
  ])("MUST NOT be found in %j", async (claims) => {
    expect(await codeIn(claims)).toBe("FORBIDDEN");
  });
});

/** The client that the log names for a caller with these claims. */
async function loggedClient(claims: Record<string, unknown>, headers: Record<string, string> = {}) {
  const caller = await callerOf(service, issuer, claims);
  await caller.post('{"query":"{ __typename }"}', headers);
  return service.operations.at(-1)?.client;
}

describe("the client id", () => {
  test.each<Record<string, unknown>>([
    { azp: "the-owner", client_id: "b", sub: "c" },
    { azp: undefined, client_id: "the-owner", sub: "c" },
  ])("MUST be azp, or client_id where there is no azp: %j", async (claims) => {
    expect(await loggedClient(claims)).toBe("the-owner");
  });

  test("MUST be the claim of AUTH_CLIENT_CLAIM alone, where that is set", async () => {
    await using own = await startService({ config: { ...issuer.auth, AUTH_CLIENT_CLAIM: "appid" } });

    const named = await callerOf(own, issuer, { azp: "another", appid: "the-app" });
    await named.post('{"query":"{ __typename }"}');
    expect(own.operations).toMatchObject([{ client: "the-app" }]);
    expect(await codeFor(own, credentials(await issuer.token()))).toBe("UNAUTHENTICATED");
  });

  const NO_TEXTS = [undefined, 5, true, ["the-app"], { id: "the-app" }];
  const NO_IDS = [...NO_TEXTS, "", "the app", "thé-app", "a".repeat(256), "the-app\n", "the-app\u0000"];
  test.each<Record<string, unknown>>([
    ...NO_IDS.map((azp) => ({ azp })),
    { azp: undefined, sub: "the-app" },
    { azp: "", client_id: "the-app", sub: "the-app" },
  ])("MUST NOT be %j", async (claims) => {
    expect(await codeIn(claims)).toBe("UNAUTHENTICATED");
    expect(service.events).toEqual([{ event: "identity.caller_refused", reason: "NO_CLIENT" }]);
  });

  /** Headers that gateways send beside a token. Anybody can send them. */
  const ofOwner = ["x-user-id", "x-client-id", "x-forwarded-user", "x-consumer-username"];
  const ofScopes = ["x-scope", "x-scopes", "x-authenticated-scope"];
  const SAYING_SO = Object.fromEntries([
    ...ofOwner.map((name) => [name, "the-owner"] as const),
    ...ofScopes.map((name) => [name, EVERY_SCOPE] as const),
  ]);

  test("MUST NOT be read from any other header", async () => {
    expect(await codeFor(service, SAYING_SO)).toBe("UNAUTHENTICATED");
    expect(service.events).toEqual([]); // without a token it is no news
    expect(await loggedClient({ azp: "another" }, SAYING_SO)).toBe("another");
  });
});
