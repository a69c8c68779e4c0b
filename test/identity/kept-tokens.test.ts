import { type MockInstance, afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAccessTokens } from "../../src/identity/access-token.ts";
import type { Caller } from "../../src/identity/principal.ts";
import { credentials, down, startIssuer } from "../support/issuer.ts";
import { skipTime } from "../support/monotonic-clock.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let checked: MockInstance<typeof crypto.subtle.verify>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  checked = vi.spyOn(crypto.subtle, "verify");
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Moves both clocks, as time does. */
function skip(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
  skipTime(ms);
}

/** Starts an issuer, and reads its tokens without a service around it. */
async function startTokens() {
  const issuer = await startIssuer();
  const settings = { ...issuer.auth, AUTH_CLIENT_CLAIM: null, AUTH_PERSON_CLAIM: "sub" };
  const tokens = createAccessTokens(settings, () => {});
  await expect.poll(() => tokens.isReady()).toBe(true);
  const identify = (token: string): Promise<Caller> =>
    tokens.identify({ authorization: [credentials(token)["authorization"]!] });
  const end = () => (tokens[Symbol.dispose](), issuer[Symbol.asyncDispose]());
  return { issuer, identify, [Symbol.asyncDispose]: end };
}

test("A token MUST be verified once in five minutes, and MUST name its own caller each time", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const one = await issuer.token({ azp: "one", sub: "siti" });
  const other = await issuer.token({ azp: "other", scope: "ticket:read openid" });
  const askBoth = async () => {
    expect(await tokens.identify(one)).toMatchObject({ clientId: "one", person: "siti" });
    expect(await tokens.identify(other)).toMatchObject({ clientId: "other", scopes: new Set(["ticket:read"]) });
  };

  await askBoth();
  skip(5 * MINUTE - SECOND);
  await askBoth();
  expect(checked).toHaveBeenCalledTimes(2);
  skip(SECOND);
  await askBoth();
  expect(checked).toHaveBeenCalledTimes(4);
});

test("A kept token MUST end when it expires, as another one does", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const token = await issuer.token({ exp: Math.floor(Date.now() / SECOND) + 1 });

  expect(await tokens.identify(token)).toMatchObject({ clientId: "the-app" });
  skip(SECOND);
  await tokens.identify(token);
  expect(checked).toHaveBeenCalledTimes(2); // within the tolerance for clocks it is verified each time
  skip(5 * SECOND);
  expect(await tokens.identify(token)).toMatchObject({ code: "UNAUTHENTICATED" });
});

test("A kept token MUST end when a clock that was slow is set right", async () => {
  await using tokens = await startTokens();
  const token = await tokens.issuer.token({ exp: Math.floor(Date.now() / SECOND) + 60 });

  expect(await tokens.identify(token)).toMatchObject({ clientId: "the-app" });
  vi.setSystemTime(Date.now() + 2 * MINUTE); // the monotonic clock knows nothing of it
  expect(await tokens.identify(token)).toMatchObject({ code: "UNAUTHENTICATED" });
});

test("A kept token MUST end with the key that signed it, at the next refresh of the key set", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const token = await issuer.token();
  const young = await issuer.token({}, { key: "young" });
  expect(await tokens.identify(token)).toMatchObject({ clientId: "the-app" });

  issuer.publish("young");
  skip(10 * SECOND);
  expect(await tokens.identify(young)).toMatchObject({ clientId: "the-app" }); // its key is fetched
  expect(await tokens.identify(token)).not.toMatchObject({ clientId: "the-app" });
});

test("A token whose verification ends after its key is gone MUST NOT be kept", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const token = await issuer.token();
  const young = await issuer.token({}, { key: "young" });
  issuer.publish("young");
  skip(10 * SECOND);
  const { promise: isGone, resolve: end } = Promise.withResolvers<void>();
  const verify = crypto.subtle.verify.bind(crypto.subtle);
  checked.mockImplementationOnce(async (...signed) => isGone.then(() => verify(...signed)));

  const slow = tokens.identify(token);
  await expect.poll(() => checked).toHaveBeenCalledTimes(1);
  await tokens.identify(young);
  end();

  expect(await slow).toMatchObject({ clientId: "the-app" }); // its key was good when it came
  expect(await tokens.identify(token)).not.toMatchObject({ clientId: "the-app" });
});

test("A kept token MUST NOT be served by a key set that is too old", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const token = await issuer.token();
  expect(await tokens.identify(token)).toMatchObject({ clientId: "the-app" });

  issuer.instead = down;
  skipTime(71 * MINUTE); // the wall clock may be set back
  expect(await tokens.identify(token)).toMatchObject({ code: "AUTHENTICATION_UNAVAILABLE" });
});

test("A refusal MUST NOT be kept", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const early = await issuer.token({ nbf: Math.floor(Date.now() / SECOND) + 60 });

  expect(await tokens.identify(early)).toMatchObject({ code: "UNAUTHENTICATED" });
  skip(MINUTE);
  expect(await tokens.identify(early)).toMatchObject({ clientId: "the-app" });
});

test("Tokens beyond 5000 MUST take the places of those that were used least recently", async () => {
  await using tokens = await startTokens();
  const { issuer } = tokens;
  const making = Array.from({ length: 5001 }, (_, nth) => issuer.token({ jti: nth }));
  const [first, ...others] = await Promise.all(making);
  await tokens.identify(first!);
  await Promise.all(others.map((token) => tokens.identify(token)));
  checked.mockClear();

  await tokens.identify(others.at(-1)!);
  expect(checked).not.toHaveBeenCalled();
  await tokens.identify(first!);
  expect(checked).toHaveBeenCalledOnce();
});
