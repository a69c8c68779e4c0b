import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { management } from "../../src/http/management.ts";
import { answer } from "../../src/http/message.ts";
import { listen } from "../../src/http/server.ts";
import { clientOf } from "../support/client.ts";
import { EVERY_SCOPE, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { BYTES_A_WEIGHT } from "../../src/request-load.ts";
import { startAnswering } from "./answering.ts";

const HEAD = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
const HALF_A_BODY = 'content-length: 64\r\n\r\n{"query":';

/** Opens a connection and writes the beginning of a request. */
async function sendBeginning(url: string, beginning: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.write(beginning);
  return socket;
}

const sendQueryTo = ({ url }: { url: string }) => sendBeginning(url, `${HEAD}content-length: 13\r\n\r\n{"query":"a"}`);

/** Resolves with the milliseconds until a connection is closed by the other side. */
function closed(socket: Socket): Promise<number> {
  const since = performance.now();
  return new Promise((resolve) => {
    socket.resume().once("close", () => resolve(performance.now() - since));
  });
}

describe.concurrent("a slow request", () => {
  test("MUST be cut within 12 s when headers or body do not arrive, also when it trickles", async ({ expect }) => {
    await using service = await startService();
    const headers = await sendBeginning(service.url, HEAD);
    const body = await sendBeginning(service.url, HEAD + HALF_A_BODY);
    const trickling = await sendBeginning(service.url, HEAD);
    const trickle = setInterval(() => trickling.write("x: y\r\n"), 500);

    const tookMs = await Promise.all([headers, body, trickling].map(closed));
    clearInterval(trickle);

    expect(Math.max(...tookMs)).toBeLessThan(15_000); // 12 s, and a stall of the machine
    expect(Math.min(...tookMs)).toBeGreaterThan(9000); // honest callers on bad lines have their time
  });

  test("MUST be cut after 12 s without an answer, and count as in flight until its work ends", async ({ expect }) => {
    const work = Promise.withResolvers<{ status: number; body: string }>();
    await using server = await startAnswering(() => work.promise);

    const tookMs = await closed(await sendQueryTo(server));

    expect(tookMs).toBeGreaterThan(11_500);
    expect(tookMs).toBeLessThan(15_000); // as above
    expect(server.limiters.requests.inUse).toBe(1);
    work.resolve({ status: 200, body: "{}" });
    await expect.poll(() => server.limiters.requests.inUse).toBe(0);
  });

  test("MUST be cut after 12 s with its connection when its answer is not read, on both ports", async ({ expect }) => {
    const text = "x".repeat(32 * 1024 * 1024);
    await using server = await startAnswering(
      () => Promise.resolve("OVERLOADED"),
      (_, __, response) => (answer(response, 200, text), true),
    );
    const metrics = management(
      () => Promise.resolve(null),
      () => Promise.resolve({ text, contentType: "text/plain" }),
      false,
    );
    const managementServer = await listen(metrics, { host: "127.0.0.1", port: 0 });

    const tookMs = await Promise.all(
      [server, managementServer].map(async ({ url }) => {
        const since = performance.now();
        const socket = await sendBeginning(url, "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
        const poke = setInterval(() => socket.write("\r\n"), 250); // a closed connection refuses it
        await Promise.race([new Promise((resolve) => socket.once("close", resolve)), sleep(30_000)]);
        clearInterval(poke);
        socket.destroy();
        return performance.now() - since;
      }),
    );

    expect(Math.min(...tookMs)).toBeGreaterThan(11_500);
    expect(Math.max(...tookMs)).toBeLessThan(20_000); // as above, and the next write after it
    await managementServer.close();
  });

  test("MUST count as in flight until its answer is read", async ({ expect }) => {
    const body = "x".repeat(32 * 1024 * 1024);
    await using server = await startAnswering(() => Promise.resolve({ status: 200, body }));
    const request = await sendQueryTo(server);
    await once(request, "readable"); // and nothing is read

    expect(server.limiters.requests.inUse).toBe(1);
    request.destroy();
    await expect.poll(() => server.limiters.requests.inUse).toBe(0);
  });

  test("MUST NOT fill the memory: a client that reads no large answers waits for the next one", async ({ expect }) => {
    const body = "x".repeat(8 * 1024 * 1024);
    const weight = body.length / BYTES_A_WEIGHT;
    let entered = 0;
    await using server = await startAnswering(
      async (_, { load }) => {
        expect(await load.enter(weight)).toBe(true);
        entered++;
        return { status: 200, body };
      },
      null,
      9 * weight, // three quarters of it are six answers and their requests
    );
    const unread = [];
    for (let nth = 0; nth < 6; nth++) {
      unread.push(await sendQueryTo(server));
      await once(unread[nth]!, "readable"); // and nothing is read
    }
    const next = await sendQueryTo(server);
    await expect.poll(() => server.limiters.requests.inUse).toBe(7);
    expect(entered).toBe(6);

    unread[0]!.destroy();
    await expect.poll(() => entered).toBe(7);
    for (const request of [...unread, next]) request.destroy();
  });

  test("MUST NOT shut out other clients: 200 half-sent bodies of one leave them places", async ({ expect }) => {
    await using service = await startService({ config: TRUSTS_ROUTER });
    const headers = Object.entries(namedWith(EVERY_SCOPE, "greedy"));
    const head = HEAD + headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const modest = clientOf(service.url, namedWith(EVERY_SCOPE, "modest"));

    const sent = Array.from({ length: 200 }, () => sendBeginning(service.url, head + HALF_A_BODY));
    const bodies = await Promise.all(sent);
    await expect.poll(() => service.refusals("OVERLOADED")).toBe(50);
    const { status, payload } = await mutate(modest, "createVoiceTicket");

    expect(status).toBe(200);
    expect(payload?.problems).toEqual([]);
    for (const socket of bodies) socket.destroy();
  });
});
