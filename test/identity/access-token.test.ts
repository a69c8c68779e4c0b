import { SignJWT, UnsecuredJWT, exportJWK, exportSPKI } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Client } from "../support/client.ts";
import {
  AUDIENCE,
  type Algorithm,
  EVERY_SCOPE,
  type Issuer,
  ROUTER,
  callerOf,
  credentials,
  down,
  startIssuer,
} from "../support/issuer.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

const ASK = JSON.stringify({ query: '{ ticket(id: "1") { id } }' });
const now = () => Math.floor(Date.now() / 1000);

/** Starts a service with an issuer of its own. */
async function startBehind(issuer: Issuer): Promise<Service> {
  return startService({ config: { auth: issuer.auth } });
}

async function codeFor(service: Pick<Client, "post">, headers: Record<string, string> = {}): Promise<string> {
  const { status, data, errors } = await service.post(ASK, { ...ROUTER, ...headers });
  expect({ status, data }).toEqual({ status: 200, data: { ticket: null } });
  return errors?.[0]?.extensions.code ?? "open";
}

const bearer = (token: string) => `Bearer ${token}`;

/** Mark in every wrong part of a token. */
const MARK = "s3cret";

type Forge = (issuer: Issuer) => Promise<string> | string;

const signed =
  (claims: Record<string, unknown>): Forge =>
  async (issuer) =>
    bearer(await issuer.token({ jti: MARK, ...claims }));

/** Signs with HS256, with the public key as the secret. */
const signedWithPublicKey =
  (form: (issuer: Issuer) => Promise<string>): Forge =>
  async (issuer) => {
    const claims = { iss: issuer.auth.tokens.issuer, aud: AUDIENCE, azp: "the-app", scope: EVERY_SCOPE };
    const token = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "RS256-current" });
    return bearer(await token.setExpirationTime("1h").sign(new TextEncoder().encode(await form(issuer))));
  };

const BAD: [string, Forge][] = [
  ["that is empty", () => ""],
  ["of a scheme alone", () => "Bearer"],
  ["of another scheme", async (issuer) => `Basic ${await issuer.token({ jti: MARK })}`],
  ["of a scheme that only begins well", async (issuer) => `Bearers ${await issuer.token()}`],
  ["without a scheme", async (issuer) => issuer.token()],
  ["of two schemes", async (issuer) => `Bearer Bearer ${await issuer.token()}`],
  ["with two tokens", async (issuer) => `Bearer ${await issuer.token()}, Bearer ${await issuer.token()}`],
  ["with something after the token", async (issuer) => `Bearer ${await issuer.token()} ${MARK}`],
  ["with a word for a token", () => bearer(MARK)],
  ["with two parts", () => bearer(`${MARK}.${MARK}`)],
  ["with three parts of nothing", () => bearer(`${MARK}.${MARK}.${MARK}`)],
  ["with five parts", () => bearer(Array(5).fill(MARK).join("."))],
  ["longer than 8192 characters", signed({ padding: MARK.repeat(1100) })],
  ["with an expired token", signed({ exp: now() - 60 })],
  ["with a token that is not valid yet", signed({ nbf: now() + 600 })],
  ["with a token that never ends", signed({ exp: undefined })],
  ["with an end that is text", signed({ exp: "2099-01-01" })],
  ["of another issuer", signed({ iss: `https://${MARK}.example` })],
  ["of no issuer", signed({ iss: undefined })],
  ["for another audience", signed({ aud: `${AUDIENCE}/` })],
  ["for other audiences", signed({ aud: [MARK, ""] })],
  ["for no audience", signed({ aud: undefined })],
  ["signed by a key that is not published", async (issuer) => bearer(await issuer.token({}, { key: MARK }))],
  [
    "signed by another key under a published id",
    async (issuer) => bearer(await issuer.token({}, { key: MARK, kid: "ES256-current" })),
  ],
  [
    "that brings its own key",
    async (issuer) => {
      const jwk = { kty: "EC", crv: "P-256", x: MARK, y: MARK };
      return bearer(
        await issuer.token({}, { key: MARK, kid: MARK, header: { jwk, jku: "http://127.0.0.1/" } }),
      );
    },
  ],
  [
    "that demands what nobody understands",
    // SignJWT refuses to make such a token, so the claim is written into a good one. Its signature is wrong too.
    async (issuer) => bearer(withHeader(await issuer.token(), { alg: "ES256", crit: [MARK], [MARK]: 1 })),
  ],
  [
    "with claims that were changed",
    async (issuer) => {
      const [header, , signature] = (await issuer.token()).split(".");
      const [, claims] = (await issuer.token({ azp: MARK })).split(".");
      return bearer(`${header}.${claims}.${signature}`);
    },
  ],
  [
    "without a signature (alg none)",
    (issuer) => {
      const claims = { iss: issuer.auth.tokens.issuer, aud: AUDIENCE, azp: "the-app", scope: EVERY_SCOPE };
      return bearer(new UnsecuredJWT(claims).setExpirationTime("1h").encode());
    },
  ],
  [
    "with alg none over a signature",
    async (issuer) => bearer(withHeader(await issuer.token(), { alg: "none" })),
  ],
  [
    "signed with the public key as PEM",
    signedWithPublicKey(async (i) => exportSPKI(await i.publicKey("RS256"))),
  ],
  [
    "signed with the public key as JWK",
    signedWithPublicKey(async (i) => JSON.stringify(await exportJWK(await i.publicKey("RS256")))),
  ],
];

function withHeader(token: string, header: object): string {
  return token.replace(/^[^.]+/, Buffer.from(JSON.stringify(header)).toString("base64url"));
}

describe("an access token", () => {
  test("MUST be required", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service)).toBe("UNAUTHENTICATED");
    expect(await service.refusals("UNAUTHENTICATED")).toBe(1);
  });

  test.each(BAD)("MUST be refused and not repeated: a header %s", async (_, forge) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const authorization = await forge(issuer);

    const { status, data, errors, text } = await service.post(ASK, { ...ROUTER, authorization });

    expect({ status, data }).toEqual({ status: 200, data: { ticket: null } });
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: "UNAUTHENTICATED" }]);
    const told = text + JSON.stringify(service.events);
    const parts = authorization.split(/[\s.,]+/).filter((part) => part.length > 5 && part !== "Bearer");
    expect(parts.filter((part) => told.includes(part))).toEqual([]);
    expect(told).not.toContain(MARK);
  });

  test.each<Algorithm>(["RS256", "ES256", "EdDSA"])(
    "MUST be accepted with a signature by %s",
    async (alg) => {
      await using issuer = await startIssuer();
      await using service = await startBehind(issuer);

      expect(await codeFor(service, credentials(await issuer.token({}, { alg })))).toBe("open");
    },
  );

  test.each(["Bearer", "bearer", "BEARER"])("MUST be accepted after the scheme %s", async (scheme) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, { authorization: `${scheme} ${await issuer.token()}` })).toBe("open");
  });

  test.each<[string, Record<string, unknown>]>([
    ["an audience among others", { aud: ["https://other.example", AUDIENCE] }],
    ["an end within the clocks' difference", { exp: now() + 3600, nbf: now() + 2 }],
  ])("MUST be accepted with %s", async (_, claims) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, credentials(await issuer.token(claims)))).toBe("open");
  });
});

describe("scopes", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["a scope", { scope: "ticket:read" }, "open"],
    ["scopes with blanks between", { scope: "openid  ticket:read profile" }, "open"],
    ["scp as text", { scope: undefined, scp: "openid ticket:read" }, "open"],
    ["scp as a list", { scope: undefined, scp: ["openid", "ticket:read"] }, "open"],
    ["none", { scope: undefined }, "FORBIDDEN"],
    ["nothing", { scope: "" }, "FORBIDDEN"],
    ["another", { scope: "ticket:create" }, "FORBIDDEN"],
    ["a longer one", { scope: "ticket:read:all" }, "FORBIDDEN"],
    ["a shorter one", { scope: "ticket" }, "FORBIDDEN"],
    ["capitals", { scope: "TICKET:READ" }, "FORBIDDEN"],
    ["a pattern", { scope: "ticket:* *" }, "FORBIDDEN"],
    ["a comma", { scope: "ticket:read,ticket:create" }, "FORBIDDEN"],
    ["a number", { scope: 1 }, "FORBIDDEN"],
    ["an object", { scope: { "ticket:read": true } }, "FORBIDDEN"],
    ["a list within a list", { scope: undefined, scp: [["ticket:read"]] }, "FORBIDDEN"],
    ["roles", { scope: undefined, roles: ["ticket:read"], permissions: ["ticket:read"] }, "FORBIDDEN"],
    ["scp beside another scope", { scope: "openid", scp: "ticket:read" }, "FORBIDDEN"],
  ])("MUST be read from %s", async (_, claims, code) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, credentials(await issuer.token(claims)))).toBe(code);
  });
});

/** True when the client with these claims is the client `owner`. */
async function isOwner(owner: string, claims: Record<string, unknown>, headers: Record<string, string> = {}) {
  await using issuer = await startIssuer();
  await using service = await startBehind(issuer);
  const caller = await callerOf(service, issuer, claims);
  const created = await mutate({ post: (body) => caller.post(body, headers) }, "createVoiceTicket");
  const query = `{ ticketSubmission(id: "${created.payload?.submission?.id}") { id } }`;
  const { errors } = await (
    await callerOf(service, issuer, { azp: owner, scope: "" })
  ).post(JSON.stringify({ query }));
  return errors === undefined;
}

describe("the client id", () => {
  test.each<[string, Record<string, unknown>]>([
    ["azp before all others", { azp: "the-owner", client_id: "b", sub: "c" }],
    ["client_id before sub", { azp: undefined, client_id: "the-owner", sub: "c" }],
    ["sub where there is nothing else", { azp: undefined, sub: "the-owner" }],
  ])("MUST be %s", async (_, claims) => {
    expect(await isOwner("the-owner", claims)).toBe(true);
    expect(await isOwner("c", claims)).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ["none", { azp: undefined }],
    ["empty", { azp: "" }],
    ["a number", { azp: 5 }],
    ["a list", { azp: ["the-app"] }],
    ["an object", { azp: { id: "the-app" } }],
    ["true", { azp: true }],
    ["a blank within", { azp: "the app" }],
    ["a line break", { azp: "the-app\n" }],
    ["a zero", { azp: "the-app\u0000" }],
    ["letters beyond ASCII", { azp: "thé-app" }],
    ["256 characters", { azp: "a".repeat(256) }],
    ["odd where the next would be good", { azp: "", client_id: "the-app", sub: "the-app" }],
  ])("MUST NOT be %s", async (_, claims) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, credentials(await issuer.token(claims)))).toBe("UNAUTHENTICATED");
  });

  test("MUST be accepted up to 255 characters", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, credentials(await issuer.token({ azp: "a".repeat(255) })))).toBe("open");
  });

  /** Headers that gateways send beside a token. Anybody can send them. */
  const SAYING_SO = {
    "x-user-id": "the-owner",
    "x-client-id": "the-owner",
    "x-forwarded-user": "the-owner",
    "x-consumer-username": "the-owner",
    "x-scope": EVERY_SCOPE,
    "x-authenticated-scope": EVERY_SCOPE,
  };

  test("MUST NOT be read from any other header", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);

    expect(await codeFor(service, SAYING_SO)).toBe("UNAUTHENTICATED");
    expect(await isOwner("the-owner", { azp: "another" }, SAYING_SO)).toBe(false);
    expect(await isOwner("another", { azp: "another" }, SAYING_SO)).toBe(true);
  });
});

const later = (seconds: number) => {
  vi.setSystemTime(Date.now() + seconds * 1000);
  skipTime(seconds * 1000);
};

describe("the issuer's keys", () => {
  // Only the clock is replaced. Timers and the network are real.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  test("MUST be fetched at most once in 30 s, also with many unknown key ids", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const strangers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => issuer.token({}, { key: "unknown", kid: `unknown-${i}` })),
    );
    const knock = () => Promise.all(strangers.map((token) => codeFor(service, credentials(token))));

    expect(new Set(await knock())).toEqual(new Set(["UNAUTHENTICATED"]));
    expect(issuer.fetches).toBe(1);
    later(29);
    await knock();
    expect(issuer.fetches).toBe(1);
    later(2);
    await knock();
    expect(issuer.fetches).toBe(2);
  });

  test("MUST be accepted when they are new, 30 s after the last fetch, and refused when they are withdrawn", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const [old, young] = await Promise.all([issuer.token(), issuer.token({}, { key: "young" })]);
    expect(await codeFor(service, credentials(old))).toBe("open");

    issuer.publish("young");
    later(31);

    expect(await codeFor(service, credentials(young))).toBe("open");
    expect(await codeFor(service, credentials(old))).toBe("UNAUTHENTICATED");
  });

  const OUTAGES: [string, NonNullable<Issuer["instead"]>][] = [
    ["down", down],
    ["failing", (response) => response.writeHead(503).end("s3cret")],
    ["answering with a page", (response) => response.end("<html>s3cret</html>")],
    ["answering with JSON that is no key set", (response) => response.end('{"keys":"s3cret"}')],
    ["answering with a key set that holds no keys", (response) => response.end('{"keys":["s3cret"]}')],
    ["pointing elsewhere", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ];

  test.each(OUTAGES)("MUST serve for an hour, and no longer, while the issuer is %s", async (_, outage) => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const headers = credentials(await issuer.token());
    expect(await codeFor(service, headers)).toBe("open");

    issuer.instead = outage;
    for (const minutes of [11, 20, 25]) {
      later(minutes * 60);
      expect(await codeFor(service, headers)).toBe("open");
    }
    expect(issuer.fetches).toBeGreaterThan(1);
    expect(service.events).toEqual([]);
    later(30 * 60);
    expect(await codeFor(service, headers)).toBe("UNAUTHENTICATED");

    issuer.instead = null;
    expect(await codeFor(service, headers)).toBe("open");
  });

  test.each(OUTAGES)("MUST admit no caller when the issuer was %s from the start", async (_, outage) => {
    await using issuer = await startIssuer();
    issuer.instead = outage;
    await using service = await startBehind(issuer);
    const headers = credentials(await issuer.token());

    const { text } = await service.post(ASK, headers);
    expect(text).toContain("UNAUTHENTICATED");
    expect(text + JSON.stringify(service.events)).not.toContain("s3cret");
    expect(service.events).toContainEqual({ event: "identity.issuer_unreachable" });

    issuer.instead = null;
    expect(await codeFor(service, headers)).toBe("open");
  });
});
