import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { notExecuted } from "./outcomes.ts";
import { answering, http, openClient, startVendor } from "./scripted-vendor.ts";

const HOUR_MS = 3_600_000;
const THROTTLED = http(429, "", { "retry-after": "1" });

describe.each([
  ["back", -HOUR_MS],
  ["forward", HOUR_MS],
])("the machine's clock, set %s by an hour,", (_, stepMs) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] })); // timers and the network run on
  afterEach(() => void vi.useRealTimers());
  const setClock = () => void vi.setSystemTime(Date.now() + stepMs);

  test("MUST NOT hold back a request that is about to leave", async () => {
    await using vendor = await startVendor(answering(http(200)));
    await using client = openClient(vendor.url);

    const answer = client.send();
    setClock();

    expect(await answer).toMatchObject({ outcome: "accepted" });
  });

  test("MUST NOT let a request wait longer for its place, nor refuse it", async () => {
    await using vendor = await startVendor({
      onRequest: (socket) => setTimeout(() => socket.write(http(200)), 100),
    });
    await using client = openClient(vendor.url, { maxConcurrent: 1 });

    const first = client.send();
    const second = client.send();
    setClock();

    expect([await first, await second]).toMatchObject([{ outcome: "accepted" }, { outcome: "accepted" }]);
  });

  test("MUST NOT change a pause, nor the deadline after it", async () => {
    await using vendor = await startVendor({
      onRequest(socket, nth) {
        setClock();
        if (nth === 1) socket.write(THROTTLED); // the second is never answered
      },
    });
    await using client = openClient(vendor.url, { timeoutMs: 4000 });

    expect(await client.send()).toMatchObject({ outcome: "unknown", reason: "ANSWER_TIMED_OUT" });
    expect(vendor.received).toHaveLength(2);
  });
});

describe("a request that has certainly not been executed", () => {
  test("MUST NOT become a doubt because of a try that leaves the vendor no time to answer", async () => {
    await using vendor = await startVendor({
      onRequest: (socket, nth) => void (nth === 1 && socket.write(THROTTLED)), // the second would never be answered
    });
    await using client = openClient(vendor.url, { timeoutMs: 1200 });

    expect(await client.send()).toEqual({ ...notExecuted("SOCIOMILE_THROTTLED"), retryAfterSeconds: 1 });
    expect(vendor.received).toHaveLength(1);
  });

  test("MUST be tried again when a quarter of its deadline is left for the answer", async () => {
    await using vendor = await startVendor(answering(THROTTLED, http(200)));
    await using client = openClient(vendor.url, { timeoutMs: 4000 });

    expect(await client.send()).toMatchObject({ outcome: "accepted" });
  });

  test("MUST NOT become a doubt because it got its place at the last moment", async () => {
    await using vendor = await startVendor({
      onRequest: (socket, nth) => void (nth === 1 && setTimeout(() => socket.write(http(200)), 1800)),
    });
    await using client = openClient(vendor.url, { maxConcurrent: 1, timeoutMs: 2000 });

    const first = client.send();
    const second = client.send();

    expect(await second).toMatchObject({ outcome: "notExecuted", reason: "NOT_SENT_IN_TIME" });
    await first;
    expect(vendor.received).toHaveLength(1);
  });

  test("MUST NOT leave when its connection was ready too late", async () => {
    const accepted = Promise.withResolvers<void>();
    await using vendor = await startVendor({ onConnection: () => accepted.resolve() });
    await using client = openClient(vendor.url, { timeoutMs: 8000 });

    const answer = client.send();
    const until = performance.now() + 2050; // blocks this process while the connection is made
    while (performance.now() < until);

    expect(await answer).toMatchObject({ outcome: "notExecuted", reason: "NOT_SENT_IN_TIME" });
    await accepted.promise;
    await sleep(50);
    expect(vendor.bytes()).toBe(0);
  });
});
