/** Effects that a caller without credentials can have, and anybody who reaches the management port. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { ROUTER_SECRET, TRUSTS_ROUTER } from "../support/issuer.ts";
import { startService } from "../support/service.ts";

const { braked } = await vi.importActual<typeof import("../../src/http/brake.ts")>("../../src/http/brake.ts");

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

describe("metrics and readiness", () => {
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
