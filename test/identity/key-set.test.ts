import { type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { exportJWK, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Issuer, ROUTER, credentials, down, startIssuer } from "../support/issuer.ts";
import { keySetAt } from "../../src/identity/key-set.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { type Service, startService, untilReady } from "../support/service.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { startVendor } from "../sociomile/scripted-vendor.ts";
import { ASK, codeFor, startBehind } from "./asking.ts";
import { without } from "../support/without.ts";

const skipSeconds = (seconds: number) => {
  vi.setSystemTime(Date.now() + seconds * 1000);
  skipTime(seconds * 1000);
};
const minutes = 60;

// Only the clock is replaced. Timers and the network are real.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const readiness = async ({ managementUrl }: Service) => (await fetch(`${managementUrl}/readyz`)).text();
const failures = ({ events }: Service) =>
  events.filter(({ event }) => event === "identity.key_set_failed").map(({ reason }) => reason);

const hang = () => {};
const endingWith = (body: string) => (response: ServerResponse) => void response.end(body);

const ELSEWHERE = { location: "http://127.0.0.1:1/" };
const HALF = '{"keys":[';

type Outage = [what: string, reason: string, NonNullable<Issuer["instead"]>];
const OUTAGES: Outage[] = [
  ["down", "UNREACHABLE", down],
  ["failing", "STATUS", (response) => response.writeHead(503).end("s3cret")],
  ["without the address", "STATUS", (response) => response.writeHead(404).end("s3cret")],
  ["pointing elsewhere", "STATUS", (response) => response.writeHead(302, ELSEWHERE).end()],
  ["hanging", "TIMED_OUT", hang],
  ["hanging in the middle", "TIMED_OUT", (response) => void response.write(HALF)],
  ["cut in the middle", "UNREACHABLE", (response) => void response.write(HALF, () => response.destroy())],
  ["answering with a page", "MALFORMED", endingWith("<html>s3cret</html>")],
  ["answering with nothing", "MALFORMED", endingWith("")],
  ["answering with a list", "MALFORMED", endingWith("[]")],
  ["answering with JSON that is no key set", "MALFORMED", endingWith('{"keys":"s3cret"}')],
  ["answering with an empty key set", "MALFORMED", endingWith('{"keys":[]}')],
];

describe("the first key set", () => {
  test("MUST be fetched at the start, and MUST turn readiness green for good", async () => {
    await using issuer = await startIssuer();
    issuer.instead = down;
    await using service = await startBehind(issuer);
    await expect.poll(() => failures(service)).toEqual(["UNREACHABLE"]);
    expect(await readiness(service)).toBe('{"status":"not ready","because":"keys"}');

    issuer.instead = null;
    skipSeconds(10);
    await untilReady(service);

    issuer.instead = down;
    skipSeconds(71 * minutes);
    expect(await codeFor(service, credentials(await issuer.token()))).toBe("AUTHENTICATION_UNAVAILABLE");
    expect(await readiness(service)).toBe('{"status":"ready"}');
  });

  test.each(OUTAGES)(
    "MUST NOT make a caller UNAUTHENTICATED while it is missing and the issuer is %s (%s)",
    async (_, reason, outage) => {
      await using issuer = await startIssuer();
      issuer.instead = outage;
      await using service = await startBehind(issuer);
      const good = credentials(await issuer.token());

      for (const headers of [good, {}, { authorization: "Bearer s3cret" }, credentials("a.b.c")]) {
        expect(await codeFor(service, headers)).toBe("AUTHENTICATION_UNAVAILABLE");
      }
      const { text } = await service.post(ASK, good);
      expect(text + JSON.stringify(service.events)).not.toContain("s3cret");
      expect(service.events).toEqual([
        { event: "identity.key_set_failed", reason },
        { event: "identity.issuer_unreachable" },
      ]);

      issuer.instead = null;
      skipSeconds(10);
      expect(await codeFor(service, good)).toBe("open"); // a request begins a fetch that is due
    },
  );

  test("MUST be missing for a reason of its own when the issuer's certificate is not trusted", async () => {
    await using issuer = await startIssuer();
    await using stranger = await startVendor({ certificate: selfSigned() });
    const AUTH_JWKS_URL = `https://127.0.0.1:${stranger.port}/keys`;
    await using service = await startService({ config: { ...issuer.auth, AUTH_JWKS_URL } });

    await expect.poll(() => failures(service)).toEqual(["CERTIFICATE"]);
    expect(stranger.bytes()).toBe(0);
  });

  test("MUST NOT be needed by a request that needs no identity", async () => {
    await using issuer = await startIssuer();
    issuer.instead = down;
    await using service = await startBehind(issuer);

    const { data } = await service.post('{"query":"{ __typename }"}', ROUTER);

    expect(data).toEqual({ __typename: "Query" });
  });

  test.each([
    ["down", down],
    ["hanging", hang],
  ])(
    "MUST be fetched once in 10 s while the issuer is %s, whatever the number of requests",
    async (_, outage) => {
      await using issuer = await startIssuer();
      issuer.instead = outage;
      await using service = await startBehind(issuer);
      const headers = credentials(await issuer.token());
      const knock = () => Promise.all(Array.from({ length: 40 }, () => codeFor(service, headers)));

      for (const fetches of [1, 2]) {
        await knock();
        await expect.poll(() => failures(service).length).toBe(fetches);
        for (let time = 0; time < 3; time++) await knock();
        expect(issuer.fetches).toBe(fetches);
        skipSeconds(10);
        await expect.poll(() => issuer.fetches).toBe(fetches + 1);
      }
    },
  );
});

describe("a key set that is there", () => {
  test.each(OUTAGES)(
    "MUST serve for 70 minutes, and no longer, while the issuer is %s (%s)",
    async (_, reason, outage) => {
      await using issuer = await startIssuer();
      await using service = await startBehind(issuer);
      const headers = credentials(await issuer.token());
      const failed = { event: "identity.key_set_failed", reason };
      expect(await codeFor(service, headers)).toBe("open");

      issuer.instead = outage;
      for (const [nth, after] of [11, 58].entries()) {
        skipSeconds(after * minutes);
        expect(await codeFor(service, headers)).toBe("open");
        await expect.poll(() => failures(service).length).toBe(nth + 1);
      }
      expect(service.events).toEqual([failed, failed]);
      skipSeconds(2 * minutes);
      expect(await codeFor(service, headers)).toBe("AUTHENTICATION_UNAVAILABLE");

      issuer.instead = null;
      skipSeconds(10);
      expect(await codeFor(service, headers)).toBe("open");
    },
  );

  test("MUST be refreshed in the background, before it is stale and without a caller", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    await untilReady(service);
    const young = credentials(await issuer.token({}, { key: "young" }));

    issuer.publish("young");
    skipSeconds(10 * minutes);
    await expect.poll(() => issuer.fetches).toBe(2);

    await expect.poll(() => codeFor(service, young)).toBe("open");
    expect(service.events.filter(({ event }) => event !== "identity.caller_refused")).toEqual([]);
  });

  test("MUST serve callers while a new one is awaited", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const headers = credentials(await issuer.token());
    expect(await codeFor(service, headers)).toBe("open");

    const awaited: ServerResponse[] = [];
    issuer.instead = (response) => void awaited.push(response);
    skipSeconds(11 * minutes);
    await expect.poll(() => awaited.length).toBe(1);

    expect(await codeFor(service, headers)).toBe("open");
  });

  test("MUST be fetched again for a key that it does not have, at most once in 10 s", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const strangers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => issuer.token({}, { key: "unknown", kid: `unknown-${i}` })),
    );
    const knock = () => Promise.all(strangers.map((token) => codeFor(service, credentials(token))));

    for (const fetches of [2, 3]) {
      skipSeconds(10);
      expect((await knock()).filter((code) => code === "UNAUTHENTICATED")).toHaveLength(1); // it was fetched for this one
      expect(new Set(await knock())).toEqual(new Set(["AUTHENTICATION_UNAVAILABLE"]));
      expect(issuer.fetches).toBe(fetches);
    }
  });

  test("MUST be awaited by 20 tokens at once: nobody knows whose they are, and each holds a place", async () => {
    await using issuer = await startIssuer();
    using keys = keySetAt(issuer.auth.AUTH_JWKS_URL, () => {});
    await expect.poll(() => keys.hasBeenFetched()).toBe(true);
    skipSeconds(10);
    issuer.instead = hang;
    const token = [
      { alg: "ES256", kid: "unknown" },
      { payload: "", signature: "" },
    ] as const;
    let refused = 0;

    const calls = Array.from({ length: 30 }, () => keys.find(...token).catch(() => refused++));

    await expect.poll(() => refused).toBe(10); // the others wait for the issuer
    await Promise.all(calls);
  });

  test("MUST NOT make a token UNAUTHENTICATED when its key may be new, also while somebody tries unknown keys", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const stranger = credentials(await issuer.token({}, { key: "unknown" }));
    const young = credentials(await issuer.token({}, { key: "young" }));
    await untilReady(service);
    skipSeconds(10);
    expect(await codeFor(service, stranger)).toBe("UNAUTHENTICATED");

    issuer.publish("young");
    const headers = { "content-type": "application/json", ...young };
    const answer = await fetch(service.url, { method: "POST", headers, body: ASK });
    expect(await answer.json()).toMatchObject({
      errors: [{ message: expect.stringContaining("again in 10 seconds") }],
    });
    skipSeconds(Number(answer.headers.get("retry-after")));

    expect(await codeFor(service, young)).toBe("open");
  });

  test("MUST bring new keys 10 s after the last fetch, and MUST forget those that are withdrawn", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const [old, young] = await Promise.all([issuer.token(), issuer.token({}, { key: "young" })]);
    expect(await codeFor(service, credentials(old))).toBe("open");

    issuer.publish("young");
    skipSeconds(11);

    expect(await codeFor(service, credentials(young))).toBe("open");
    skipSeconds(10);
    expect(await codeFor(service, credentials(old))).toBe("UNAUTHENTICATED");
  });

  test("MUST NOT make a token UNAUTHENTICATED when its key may be new and the issuer is down", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const young = credentials(await issuer.token({}, { key: "young" }));
    expect(await codeFor(service, credentials(await issuer.token()))).toBe("open");

    issuer.publish("young");
    issuer.instead = down;
    skipSeconds(11);
    expect(await codeFor(service, young)).toBe("AUTHENTICATION_UNAVAILABLE");

    issuer.instead = null;
    skipSeconds(10);
    expect(await codeFor(service, young)).toBe("open");
  });
});

/** A published key of the issuer, and sets made of it. */
type Key = Record<string, unknown>;
const setOf = (...keys: unknown[]) => JSON.stringify({ keys });
const cut = (text: unknown) => String(text).slice(0, -9);

const MALFORMED: [string, (rsa: Key, ec: Key) => unknown][] = [
  ["without its type", (rsa) => without(rsa, "kty")],
  ["that is null", () => null],
  ["that is text", () => "s3cret"],
  ["that is empty", () => ({})],
  ["without a modulus", (rsa) => without(rsa, "n")],
  ["without an exponent", (rsa) => without(rsa, "e")],
  ["with a modulus that is no text", (rsa) => ({ ...rsa, n: 5 })],
  ["with a short modulus", (rsa) => ({ ...rsa, n: "AQAB" })],
  ["with a modulus of 1024 bits", (rsa) => ({ ...rsa, n: String(rsa["n"]).slice(0, 171) })],
  ["without a curve", (_, ec) => without(ec, "crv")],
  ["with a coordinate that is cut", (_, ec) => ({ ...ec, x: cut(ec["x"]) })],
  ["with a point that is not on the curve", (_, ec) => ({ ...ec, x: ec["y"] })],
  ["of another curve than its algorithm", (_, ec) => ({ ...ec, alg: "ES384" })],
  ["of another type than its algorithm", (_, ec) => ({ ...ec, alg: "RS256" })],
  ["under the id of another key", (_, ec) => ({ ...ec, kid: "another" })],
];

describe("a new key set", () => {
  /** A service with a good set, and its issuer, whose next set is `body`. */
  async function replaced(body: (rsa: Key, ec: Key) => string | Promise<string>) {
    await using opening = new AsyncDisposableStack();
    const issuer = opening.use(await startIssuer());
    const service = opening.use(await startBehind(issuer));
    const old = credentials(await issuer.token());
    expect(await codeFor(service, old)).toBe("open");
    const [rsa, ec] = await Promise.all([
      exportJWK(await issuer.publicKey("RS256")),
      exportJWK(await issuer.publicKey("ES256")),
    ]);
    const keys = [
      { ...rsa, kid: "RS256-current" },
      { ...ec, kid: "ES256-current" },
    ] as const;
    issuer.instead = endingWith(await body(...keys));
    skipSeconds(11 * minutes);
    await codeFor(service, old); // a request begins a fetch that is due, as the timer does
    const opened = opening.move();
    return { issuer, service, old, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  }

  test.each(MALFORMED)("MUST NOT replace the last good one when it holds a key %s", async (_, spoil) => {
    await using scene = await replaced((rsa, ec) => setOf({ ...rsa, kid: "another" }, spoil(rsa, ec)));
    const { service, old } = scene;

    await expect.poll(() => failures(service)).toEqual(["MALFORMED"]);
    expect(await codeFor(service, old)).toBe("open");
  });

  test("MUST NOT replace the last good one when it holds a private key", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    await using scene = await replaced(async (rsa) => setOf(rsa, await exportJWK(privateKey)));

    await expect.poll(() => failures(scene.service)).toEqual(["MALFORMED"]);
    expect(await codeFor(scene.service, scene.old)).toBe("open");
  });

  test.each<[string, Key]>([
    ["for encryption", { kty: "RSA", use: "enc", n: "s3cret", e: "AQAB" }],
    ["for an algorithm of encryption", { kty: "RSA", alg: "RSA-OAEP-256", n: "s3cret", e: "AQAB" }],
    ["of a curve for key agreement", { kty: "OKP", crv: "X25519", x: "s3cret" }],
    ["of a curve that is not accepted", { kty: "EC", crv: "secp256k1", x: "s3cret", y: "s3cret" }],
    ["of a type that is not accepted", { kty: "AKP", alg: "ML-DSA-44", pub: "s3cret" }],
    ["of a type that nobody knows", { kty: "NEW", s3cret: "s3cret" }],
    ["for signatures with a shared secret", { kty: "oct", alg: "HS256", k: "s3cret-s3cret-s3cret" }],
  ])("MUST replace the last good one, and its key %s MUST be ignored", async (_, other) => {
    await using scene = await replaced((rsa) => setOf(other, rsa));
    const { service, issuer, old } = scene;

    const young = credentials(await issuer.token({}, { alg: "RS256" }));
    await expect.poll(() => codeFor(service, old)).toBe("AUTHENTICATION_UNAVAILABLE"); // its key is withdrawn
    expect(await codeFor(service, young)).toBe("open");
    skipSeconds(10);
    expect(await codeFor(service, old)).toBe("UNAUTHENTICATED");
    expect(failures(service)).toEqual([]);
  });

  test("MUST NOT be read beyond 1 MiB: 400 MB that are streamed", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const old = credentials(await issuer.token());
    expect(await codeFor(service, old)).toBe("open");

    const streamed = stream(400e6);
    issuer.instead = (response) => streamed.answer(response);
    skipSeconds(11 * minutes);
    await expect.poll(() => failures(service)).toEqual(["TOO_LARGE"]);

    expect(await streamed.sent).toBeLessThan(40e6); // what lies in the buffers between the two
    expect(await codeFor(service, old)).toBe("open");
  });

  test("MUST NOT be read beyond 1 MiB: 64 MB that are compressed", async () => {
    await using issuer = await startIssuer();
    const zipped = gzipSync(`{"keys":[${" ".repeat(64e6)}]}`);
    issuer.instead = (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(zipped);
    await using service = await startBehind(issuer);

    await expect.poll(() => failures(service)).toEqual(["TOO_LARGE"]);
  });
});

/** Streams `size` bytes, as fast as they are taken. `sent`: how many were, when the connection is closed. */
function stream(size: number) {
  const sent = Promise.withResolvers<number>();
  const chunk = Buffer.alloc(64 * 1024, " ");
  return {
    sent: sent.promise,
    answer(response: ServerResponse) {
      let written = 0;
      response.on("close", () => sent.resolve(written));
      const write = () => {
        while (written < size && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    },
  };
}
