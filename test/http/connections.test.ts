/** Connections of callers that have shown no credential, beside those of the router. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { MAX_UNPROVEN, listen } from "../../src/http/server.ts";
import { selfSigned } from "../sociomile/certificate.ts";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { startService } from "../support/service.ts";
import { temporaryFiles } from "../support/temporary-files.ts";

const BODY = '{"query":"{ __typename }"}';
const headFor = (secret: string) =>
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\nrouter-authorization: ${secret}\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`;

/** Opens a connection and waits until the service has accepted it. */
async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Sends a text, and returns the status of the answer; undefined when the connection is closed. */
async function askedOn(socket: Socket, text: string): Promise<string | undefined> {
  const answered = once(socket.resume(), "data") as Promise<[Buffer]>;
  socket.write(text);
  const [said] = await Promise.race([answered.catch(() => []), closedLater(socket)]);
  return /^HTTP\/1.1 (\d+)/.exec(String(said))?.[1];
}
async function closedLater(socket: Socket): Promise<[]> {
  if (!socket.closed) await once(socket, "close").catch(() => {});
  return [];
}

/** Opens so many connections, one after the other, and reads what comes on them. */
async function crowdOf(url: string, count: number, text: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let nth = 0; nth < count; nth++) {
    const socket = await open(url);
    if (text) socket.write(text);
    sockets.push(socket.resume());
  }
  return sockets;
}
const closedOf = (sockets: readonly Socket[]) => sockets.map(({ closed }) => closed);
const leave = (sockets: readonly Socket[]) => sockets.forEach((socket) => socket.destroy());

describe("where the router has a secret", () => {
  test.each([
    ["says nothing", ""],
    ["sends half a head", "POST /graphql HTTP/1.1\r\n"],
    ["asks for health", "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"],
    ["guesses a secret", headFor("wrong") + BODY],
  ])("the oldest of a crowd that %s MUST give way, and no connection of the router", async (_, text) => {
    await using service = await startService({ config: TRUSTS_ROUTER });
    const [idle, sending] = [await open(service.url), await open(service.url)];
    expect(await askedOn(idle, headFor(ROUTER_SECRET) + BODY)).toBe("200");
    sending.write(headFor(ROUTER_SECRET)); // and its body later
    await expect.poll(() => service.metric("sociomile_requests_in_flight")).toBe(1);

    const sockets = await crowdOf(service.url, MAX_UNPROVEN + 3, text);

    await expect.poll(() => closedOf(sockets.slice(0, 3))).toEqual([true, true, true]);
    expect(await askedOn(sending, BODY)).toBe("200");
    expect(await askedOn(idle, headFor(ROUTER_SECRET) + BODY)).toBe("200");
    expect(new Set(closedOf(sockets.slice(3)))).toEqual(new Set([false]));
    const [probe] = await crowdOf(service.url, 1, "");
    expect(await askedOn(probe!, "GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n")).toBe("200");
    leave([idle, sending, probe!, ...sockets]);
  });

  test("a crowd MUST count before its TLS begins, and a router with its secret or certificate MUST stay", async () => {
    using files = temporaryFiles();
    const [pair, router] = [selfSigned(), selfSigned("router")];
    const tls = { TLS_CERT_FILE: files.write("tls.crt", pair.cert), TLS_KEY_FILE: files.write("tls.key", pair.key) };
    const clients = { ...tls, TLS_CLIENT_CA_FILE: files.write("ca.crt", router.cert) };

    for (const [config, asks, status] of [
      [{ ...tls, ...TRUSTS_ROUTER }, true, "200"],
      [{ ...tls, ...TRUSTS_ROUTER }, false, undefined],
      [{ ...clients, ...TRUSTS_ROUTER }, false, "200"],
      [clients, false, "200"],
    ] as const) {
      await using service = await startService({ config });
      const port = Number(new URL(service.url).port);
      const socket = connectTls({ port, host: "127.0.0.1", ca: pair.cert, ...router }).on("error", () => {});
      await once(socket, "secureConnect");
      if (asks) await askedOn(socket, headFor(ROUTER_SECRET) + BODY);

      const sockets = await crowdOf(service.url, MAX_UNPROVEN + 1, "");

      await expect.poll(() => sockets[0]!.closed).toBe(true);
      expect(await askedOn(socket, headFor(ROUTER_SECRET) + BODY)).toBe(status);
      leave([socket, ...sockets]);
    }
  });
});

test("The oldest of a crowd at the management port, where nobody shows a credential, MUST give way", async () => {
  await using service = await startService();
  const sockets = await crowdOf(service.managementUrl, MAX_UNPROVEN + 1, "");

  await expect.poll(() => sockets[0]!.closed).toBe(true);
  expect(await askedOn(sockets[1]!, "GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n")).toBe("200");
  leave(sockets);
});

test("Where nobody can show a credential, connections MUST NOT give way until the port is full", async () => {
  await using service = await startService();
  const sockets = await crowdOf(service.url, MAX_UNPROVEN + 20, "");

  expect(await askedOn(sockets[0]!, "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n")).toBe("200");
  leave(sockets);
});

test.skipIf(process.platform !== "linux")(
  "Connections that come at once MUST wait in a queue that is long, because one that finds no place tries again after seconds",
  async () => {
    const server = await listen(() => {}, { host: "127.0.0.1", port: 0 });
    const port = Number(new URL(server.url).port);
    const sockets = Array.from({ length: 1000 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    await new Promise((resolve) => process.nextTick(resolve)); // all have asked, and none is accepted yet

    const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 02`; // 02: SYN sent
    const waiting = readFileSync("/proc/net/tcp", "latin1").split("\n");

    expect(waiting.filter((line) => line.includes(to))).toEqual([]);
    leave(sockets);
    await server.close();
  },
);

/** Asks again as soon as it has read an answer, in a thread of its own. Tells the number of answers when the connection is closed. */
const IMPATIENT = `
  const { workerData, parentPort } = require("node:worker_threads");
  const socket = require("node:tls").connect({ ...workerData.to, rejectUnauthorized: false });
  let answers = 0;
  const ask = () => socket.write("GET / HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n");
  socket.on("secureConnect", ask).on("error", () => {});
  socket.on("data", (text) => String(text).includes("served") && (++answers < workerData.most ? ask() : socket.end()));
  socket.on("close", () => parentPort.postMessage(answers));
`;

test("A caller over TLS that asks again at once after an answer MUST be served, although Node does not know yet that it was sent", async () => {
  const pair = selfSigned();
  const server = await listen(
    (_, response) =>
      void setImmediate(() => {
        response.writeHead(200, { "content-length": 6 });
        response.write("served", () => response.end());
        const since = performance.now();
        while (performance.now() < since + 2); // other work, while the next request arrives
      }),
    { host: "127.0.0.1", port: 0, tls: () => pair },
  );
  const to = { host: "127.0.0.1", port: Number(new URL(server.url).port) };

  const [answers] = (await once(new Worker(IMPATIENT, { eval: true, workerData: { to, most: 200 } }), "message")) as [
    number,
  ];

  expect(answers).toBe(200);
  await server.close();
});
