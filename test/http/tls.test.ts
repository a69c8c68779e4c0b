import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { type Service, startService } from "../support/service.ts";
import { type TemporaryFiles, temporaryFiles } from "../support/temporary-files.ts";
import { selfSigned } from "../sociomile/certificate.ts";

type Pair = ReturnType<typeof selfSigned>;

let files: TemporaryFiles;
beforeEach(() => void (files = temporaryFiles()));
afterEach(() => files[Symbol.dispose]());

/** Writes the files of a pair, and returns their settings. */
function filesOfPair({ cert, key }: Pair) {
  return { TLS_CERT_FILE: files.write("tls.crt", cert), TLS_KEY_FILE: files.write("tls.key", key) };
}

/** Asks for the type of the root over a new connection. Returns status and body. */
async function askOverTls(url: string, options: ConnectionOptions, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const always = { "content-type": "application/json" };
  const sent = { method: "POST", agent: false, headers: { ...always, ...headers }, ...options } as const;
  request(url, sent, resolve).on("error", reject).end('{"query":"{ __typename }"}');
  const response = await promise;
  return [response.statusCode, await text(response)];
}

/** A refusal in the handshake, or just after it, as TLS 1.3 refuses certificates. */
const REFUSED = /alert|ECONNRESET|EPIPE|socket hang up/;
const ROTATIONS = 10;
const ANSWER = [200, '{"data":{"__typename":"Query"}}'];
const changesOf = ({ events }: Service) => events.filter(({ event }) => event.startsWith("service.secret"));

describe("TLS on the port", () => {
  test("MUST serve with the certificate, and refuse TLS below 1.2", async () => {
    const pair = selfSigned();
    await using service = await startService({ config: filesOfPair(pair) });

    expect(service.url).toMatch(/^https:/);
    expect(await askOverTls(service.url, { ca: pair.cert })).toEqual(ANSWER);
    expect(await askOverTls(service.url, { ca: pair.cert, maxVersion: "TLSv1.2" })).toEqual(ANSWER);
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const refused = askOverTls(service.url, { ca: pair.cert, ...old });
    await expect(refused).rejects.toThrow(/alert protocol version/);
  });

  test("MUST use new certificates for new connections, without a failed request of 100 a second", async () => {
    const pairs = Array.from({ length: 1 + ROTATIONS }, () => selfSigned());
    await using service = await startService({ config: filesOfPair(pairs[0]!) });
    const anyOfThem = { rejectUnauthorized: false }; // authorities of one name are too many for a client
    const endings: unknown[] = [];
    const over = new AbortController();
    const callers = Array.from({ length: 4 }, async () => {
      for (; !over.signal.aborted; await sleep(30))
        endings.push(await askOverTls(service.url, anyOfThem).catch(String));
    });

    for (const [nth, pair] of pairs.slice(1).entries()) {
      filesOfPair(pair);
      await expect.poll(() => askOverTls(service.url, { ca: pair.cert }).catch(String)).toEqual(ANSWER);
      await expect.poll(() => endings.length).toBeGreaterThan(50 * (nth + 1)); // on a busy machine, too
    }
    over.abort();
    await Promise.all(callers);

    expect(new Set(endings.map(String))).toEqual(new Set([String(ANSWER)]));
    const reloaded = { event: "service.secret_reloaded", name: "TLS_CERT_FILE" };
    expect(changesOf(service)).toEqual(pairs.slice(1).map(() => reloaded));
  });

  test("MUST keep the last good pair while certificate and key do not fit together, and tell it once", async () => {
    const pair = selfSigned();
    await using service = await startService({ config: filesOfPair(pair) });
    files.write("tls.crt", selfSigned().cert);
    await expect.poll(() => changesOf(service)).toHaveLength(1);

    expect(await askOverTls(service.url, { ca: pair.cert })).toEqual(ANSWER);
    expect(changesOf(service)).toEqual([{ event: "service.secret_unusable", name: "TLS_CERT_FILE" }]);
  });

  test("MUST demand a client's certificate of an authority in TLS_CLIENT_CA_FILE, beside the router's credential", async () => {
    const [pair, router, stranger] = [selfSigned(), selfSigned("router"), selfSigned("stranger")];
    const TLS_CLIENT_CA_FILE = files.write("ca.crt", router.cert);
    const config = { ...filesOfPair(pair), TLS_CLIENT_CA_FILE, ...TRUSTS_ROUTER };
    await using service = await startService({ config });
    const as = (client: Partial<Pair>) => ({ ca: pair.cert, ...client });

    expect(await askOverTls(service.url, as(router), ROUTER)).toEqual(ANSWER);
    expect(await askOverTls(service.url, as(router))).toMatchObject([401, expect.any(String)]);
    await expect(askOverTls(service.url, as({}), ROUTER)).rejects.toThrow(REFUSED);
    await expect(askOverTls(service.url, as(stranger), ROUTER)).rejects.toThrow(REFUSED);

    files.write("ca.crt", stranger.cert);
    await expect.poll(() => askOverTls(service.url, as(stranger), ROUTER).catch(String)).toEqual(ANSWER);
    await expect(askOverTls(service.url, as(router), ROUTER)).rejects.toThrow(REFUSED);
  });

  test("MUST show the days until the end of each certificate in the metrics", async () => {
    const [pair, authority] = [selfSigned(), selfSigned("router")];
    const TLS_CLIENT_CA_FILE = files.write("ca.crt", `${authority.cert}\n${pair.cert}`);
    await using service = await startService({ config: { ...filesOfPair(pair), TLS_CLIENT_CA_FILE } });
    const daysLeft = (setting: string, position: number) =>
      service.metric(`sociomile_certificate_days_left{setting="${setting}",position="${position}"}`);

    // Certificates of the tests end in a day.
    expect(await daysLeft("TLS_CERT_FILE", 1)).toBeCloseTo(1, 2);
    expect(await daysLeft("TLS_CLIENT_CA_FILE", 1)).toBeCloseTo(1, 2);
    expect(await daysLeft("TLS_CLIENT_CA_FILE", 2)).toBeCloseTo(1, 2);
    expect(await daysLeft("TLS_CERT_FILE", 2)).toBe(0); // there is none
  });
});
