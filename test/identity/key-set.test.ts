import { type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Issuer, ROUTER, credentials, down, startIssuer } from "../support/issuer.ts";
import { keySetAt } from "../../src/identity/key-set.ts";
import { skipTime } from "../support/monotonic-clock.ts";
import { type Service, startService, untilReady } from "../support/service.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { startVendor } from "../sociomile/scripted-vendor.ts";
import { ASK, codeFor, startBehind } from "./asking.ts";

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
const ZIPPED = gzipSync(`${HALF}${" ".repeat(64e6)}]}`);
const zipped = (response: ServerResponse) => response.writeHead(200, { "content-encoding": "gzip" });

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
  ["answering with 64 MB that are compressed", "TOO_LARGE", (response) => zipped(response).end(ZIPPED)],
  ["answering with an empty key set", "MALFORMED", endingWith('{"keys":[]}')],
];

test.each(OUTAGES)("An issuer that is %s (%s) MUST make nobody UNAUTHENTICATED", async (_, reason, outage) => {
  await using issuer = await startIssuer();
  issuer.instead = outage;
  await using service = await startBehind(issuer);
  const good = credentials(await issuer.token());
  const failed = { event: "identity.key_set_failed", reason };

  for (const headers of [good, {}, { authorization: "Bearer s3cret" }, credentials("a.b.c")])
    expect(await codeFor(service, headers)).toBe("AUTHENTICATION_UNAVAILABLE");
  const { text } = await service.post(ASK, good);
  expect(text + JSON.stringify(service.events)).not.toContain("s3cret");
  expect(service.events.splice(0)).toEqual([failed, { event: "identity.issuer_unreachable" }]);
  issuer.instead = null;
  skipSeconds(10);
  expect(await codeFor(service, good)).toBe("open"); // a request begins a fetch that is due

  issuer.instead = outage; // the set serves for 70 minutes, and no longer
  for (const [nth, after] of [11, 58].entries()) {
    skipSeconds(after * minutes);
    expect(await codeFor(service, good)).toBe("open");
    await expect.poll(() => failures(service).length).toBe(nth + 1);
  }
  expect(service.events).toEqual([failed, failed]);
  skipSeconds(2 * minutes);
  expect(await codeFor(service, good)).toBe("AUTHENTICATION_UNAVAILABLE");
  issuer.instead = null;
  skipSeconds(10);
  expect(await codeFor(service, good)).toBe("open");
});

describe("the first key set", () => {
  test("MUST be fetched at the start, MUST turn readiness green for good, and MUST NOT be needed where no identity is", async () => {
    await using issuer = await startIssuer();
    issuer.instead = down;
    await using service = await startBehind(issuer);
    await expect.poll(() => failures(service)).toEqual(["UNREACHABLE"]);
    expect(await readiness(service)).toBe('{"status":"not ready","because":"keys"}');
    const { data } = await service.post('{"query":"{ __typename }"}', ROUTER);
    expect(data).toEqual({ __typename: "Query" }); // this needs no identity

    issuer.instead = null;
    skipSeconds(10);
    await untilReady(service);

    issuer.instead = down;
    skipSeconds(71 * minutes);
    expect(await codeFor(service, credentials(await issuer.token()))).toBe("AUTHENTICATION_UNAVAILABLE");
    expect(await readiness(service)).toBe('{"status":"ready"}');
  });

  test("MUST be missing for a reason of its own when the issuer's certificate is not trusted", async () => {
    await using issuer = await startIssuer();
    await using stranger = await startVendor({ certificate: selfSigned() });
    const AUTH_JWKS_URL = `https://127.0.0.1:${stranger.port}/keys`;
    await using service = await startService({ config: { ...issuer.auth, AUTH_JWKS_URL } });

    await expect.poll(() => failures(service)).toEqual(["CERTIFICATE"]);
    expect(stranger.bytes()).toBe(0);
  });

  test.each([
    ["down", down],
    ["hanging", hang],
  ])("MUST be fetched once in 10 s while the issuer is %s, however many call", async (_, outage) => {
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
  });
});

describe("a key set that is there", () => {
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
    await expect.poll(() => keys.fetchedAt).toBeGreaterThan(-Infinity);
    skipSeconds(10);
    issuer.instead = hang;
    const find = () => keys.find({ alg: "ES256", kid: "unknown" }, { payload: "", signature: "" });
    let refused = 0;

    const calls = Array.from({ length: 30 }, () => find().catch(() => refused++));

    await expect.poll(() => refused).toBe(10); // the others wait for the issuer
    await Promise.all(calls);
  });

  test("MUST bring new keys 10 s after the last fetch, also while somebody tries unknown ones, MUST NOT make a token UNAUTHENTICATED whose key may be new, and MUST forget old ones", async () => {
    await using issuer = await startIssuer();
    await using service = await startBehind(issuer);
    const [old, young, stranger] = await Promise.all(
      ["current", "young", "unknown"].map(async (key) => credentials(await issuer.token({}, { key }))),
    );
    await untilReady(service);
    expect(await codeFor(service, old)).toBe("open");
    skipSeconds(10);
    expect(await codeFor(service, stranger)).toBe("UNAUTHENTICATED"); // it was fetched for this one

    issuer.publish("young");
    const headers = { "content-type": "application/json", ...young };
    const answer = await fetch(service.url, { method: "POST", headers, body: ASK });
    const message = expect.stringContaining("again in 10 seconds") as string;
    expect(await answer.json()).toMatchObject({ errors: [{ message }] });
    expect(answer.headers.get("retry-after")).toBe("10");

    issuer.instead = down;
    skipSeconds(10);
    expect(await codeFor(service, young)).toBe("AUTHENTICATION_UNAVAILABLE");
    issuer.instead = null;
    skipSeconds(10);
    expect(await codeFor(service, young)).toBe("open");
    skipSeconds(10);
    expect(await codeFor(service, old)).toBe("UNAUTHENTICATED");
  });
});

test("A key set of 400 MB MUST NOT be read beyond 1 MiB", async () => {
  await using issuer = await startIssuer();
  await using service = await startBehind(issuer);
  const old = credentials(await issuer.token());
  expect(await codeFor(service, old)).toBe("open");

  let sent = 0;
  function* streamed() {
    for (const chunk = Buffer.alloc(64 * 1024, " "); sent < 400e6; sent += chunk.length) yield chunk;
  }
  const closed = Promise.withResolvers<void>();
  issuer.instead = (response) => void Readable.from(streamed()).pipe(response.on("close", closed.resolve));
  skipSeconds(11 * minutes);
  await expect.poll(() => failures(service)).toEqual(["TOO_LARGE"]);

  await closed.promise;
  expect(sent).toBeLessThan(40e6); // some lies in the buffers between the two
  expect(await codeFor(service, old)).toBe("open");
});
