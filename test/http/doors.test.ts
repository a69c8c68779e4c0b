/** Effects that a caller without credentials can have, and anybody who reaches the management port. */
import { once } from "node:events";
import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { listen } from "../../src/http/server.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { startService } from "../support/service.ts";

const { braked, watched } = await vi.importActual<typeof import("../../src/http/brake.ts")>("../../src/http/brake.ts");

const BODY = '{"query":"{ __typename }"}';

/** Sends the headers, and the body once it is asked for. Returns everything that the service says. */
async function converse(url: string, credential: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding("utf8");
  let said = "";
  socket.on("data", (text: string) => {
    if (!said && text.startsWith("HTTP/1.1 100")) socket.write(BODY);
    said += text;
    if (said.includes("}")) socket.end();
  });
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: a\r\nRouter-Authorization: ${credential}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${BODY.length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  await once(socket, "close");
  return said;
}

test("A caller who waits before sending the body (Expect: 100-continue) MUST be asked for it only after the router's credential", async () => {
  await using service = await startService({ config: TRUSTS_ROUTER });

  expect(await converse(service.url, "wrong")).toMatch(/^HTTP\/1\.1 401 [^]*connection: close/i);
  const admitted = await converse(service.url, ROUTER_SECRET);
  expect(admitted).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

/** Sends requests at once, and returns everything that the service says until it closes the connection. */
async function pipeline(url: string, ...requests: string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on("error", () => {});
  socket.write(requests.join(""));
  return textOf(socket).catch(() => "");
}

test("A second request before the answer MUST close the connection, and no later one is served", async () => {
  let served = 0;
  const server = await listen(
    async (request, response) => {
      served++;
      if (request.method !== "GET") await sleep(100);
      response.end("served");
    },
    { host: "127.0.0.1", port: 0 },
  );
  const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  const waiting = get.replace("GET", "DELETE");
  const withBody = waiting.replace("\r\n\r\n", "\r\ncontent-length: 1\r\n\r\nx");
  const inChunks = withBody.replace(
    "content-length: 1\r\n\r\nx",
    "transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
  );

  for (const first of [waiting, withBody, inChunks])
    for (const others of [1, 3000]) {
      served = 0;
      expect(await pipeline(server.url, first, get.repeat(others))).toBe("");
      expect(served).toBe(1);
    }
  served = 0;
  await pipeline(server.url, get.repeat(3000));
  expect(served).toBeLessThanOrEqual(2); // the first is answered when the second comes
  await server.close();
});

test("A port MUST have a bounded number of connections, of which idle ones give way to a new one", async () => {
  const server = await listen((_, response) => response.end("served"), {
    host: "127.0.0.1",
    port: 0,
    maxConnections: 2,
  });
  const { url } = server;
  const { hostname, port } = new URL(url);
  const request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  const kept = [1, 2].map(() => connect(Number(port), hostname));
  for (const socket of kept) {
    socket.write(request);
    await once(socket, "data");
  }

  const last = request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
  expect(await pipeline(url, last)).toBe(""); // one too many
  for (const socket of kept) if (!socket.closed) await once(socket, "close");
  expect(await pipeline(url, last)).toContain("served");
  await server.close();
});

test("A request MUST have a host, but for HTTP/1.0, and other expectations than 100-continue MUST have no effect", async () => {
  await using service = await startService({ config: TRUSTS_ROUTER });
  const { url } = service;

  expect(await pipeline(url, "GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  expect(await pipeline(url, "GET /livez HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
  const expecting = "GET /livez HTTP/1.1\r\nhost: a\r\nexpect: all\r\nconnection: close\r\n\r\n";
  expect(await pipeline(url, expecting)).toMatch(/^HTTP\/1\.1 200 /);
});

test("A body that holds ends of heads, and one in pieces, MUST be read as it is", async () => {
  await using service = await startService();
  const body = `${"\r\n\r\n".repeat(20)}${BODY}${"\r\n\r\n".repeat(20)}`;

  for (const sent of [body, body.padEnd(200_000)])
    expect((await service.post(sent)).data).toEqual({ __typename: "Query" });
});

test("Readiness MUST be reported at once, from a recent look", async () => {
  const looks = [Promise.resolve(1), Promise.resolve(2), new Promise<number>(() => {})];
  using last = await watched(() => looks.shift()!);

  expect(await last()).toBe(1);
  await expect.poll(last, { timeout: 5000 }).toBe(2);
  await expect.poll(() => looks).toEqual([]); // the third never ends
  expect(await last()).toBe(2);
});

test("A look that is slow MUST end before the next one begins, so that no old result replaces a newer one", async () => {
  let [begun, ended, most] = [0, 0, 0];
  const release = Promise.withResolvers<void>();
  using last = await watched(async () => {
    const mine = ++begun;
    most = Math.max(most, begun - ended);
    if (mine === 2) await release.promise;
    ended++;
    return mine;
  });
  await expect.poll(() => begun).toBe(2);
  await sleep(1100); // time for two more looks
  release.resolve();
  await expect.poll(last, { timeout: 5000 }).toBe(3);
  expect(most).toBe(1);
});

describe("metrics", () => {
  test("MUST NOT be served by other methods than GET", async () => {
    await using service = await startService();

    for (const method of ["POST", "PUT", "DELETE"]) {
      const { status, headers } = await fetch(`${service.managementUrl}/metrics`, { method });
      expect([method, status, headers.get("allow")]).toEqual([method, 405, "GET"]);
    }
  });

  test("MUST be computed once for all who ask at the same time, and at most ten times a second", async () => {
    let runs = 0;
    const count = braked(() => Promise.resolve(++runs));
    const began = performance.now();

    const answers = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const seen: number[] = [];
        while (performance.now() - began < 450) seen.push(await count());
        return seen;
      }),
    );

    expect(runs).toBeLessThanOrEqual(6);
    expect(new Set(answers.map(String))).toHaveLength(1);
  });

  test("MUST be as fresh as the question", async () => {
    let value = 0;
    const read = braked(async () => {
      const now = value;
      await sleep(20);
      return now;
    });
    const first = read();
    await sleep(5);
    value = 1;

    expect(await Promise.all([first, read()])).toEqual([0, 1]);
  });

  test("MUST go on after a failure", async () => {
    const failing = braked(() => Promise.reject(new Error("once")));

    await expect(failing()).rejects.toThrow("once");
    await expect(failing()).rejects.toThrow("once");
  });
});
