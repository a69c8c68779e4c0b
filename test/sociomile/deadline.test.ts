import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { notExecuted } from "../support/outcomes.ts";
import { type Behaviour, answering, http, ofNth, oneCall, openDesk } from "./scripted-vendor.ts";

const HOUR_MS = 3_600_000;
const THROTTLED = http(429, "", { "retry-after": "1" });
/** Asks the first request to wait, and never answers another. */
const THROTTLED_ONCE: Behaviour = { onRequest: (socket, nth) => void (nth === 1 && socket.write(THROTTLED)) };
/** Answers the first requests after so many milliseconds, and never another. */
const slow = (ms: number, requests: number): Behaviour => ({
  onRequest: (socket, nth) => void (nth <= requests && setTimeout(() => socket.write(ofNth(http(200), nth)), ms)),
});

describe.each([
  ["back", -HOUR_MS],
  ["forward", HOUR_MS],
])("the machine's clock, set %s by an hour,", (_, stepMs) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] })); // timers and the network run on
  afterEach(() => void vi.useRealTimers());
  const setClock = () => void vi.setSystemTime(Date.now() + stepMs);

  test("MUST NOT hold back a request that is about to leave, nor let one wait longer for its place, nor refuse it", async () => {
    await using client = await openDesk(slow(100, 2), { calls: oneCall() });

    const first = client.send();
    const second = client.send();
    setClock();

    expect([await first, await second]).toMatchObject([{ outcome: "accepted" }, { outcome: "accepted" }]);
  });

  test("MUST NOT change a pause, nor the deadline after it", async () => {
    const steps: Behaviour = { ...THROTTLED_ONCE, onFirstBytes: setClock };
    await using client = await openDesk(steps, { timeoutMs: 4000 });

    expect(await client.send()).toMatchObject({ outcome: "unknown", reason: "ANSWER_TIMED_OUT" });
    expect(client.received).toHaveLength(2);
  });
});

describe("a request that has certainly not been executed", () => {
  test("MUST NOT become a doubt because of a try that leaves the vendor no time to answer", async () => {
    await using client = await openDesk(THROTTLED_ONCE, { timeoutMs: 1200 });

    expect(await client.send()).toEqual({ ...notExecuted("SOCIOMILE_THROTTLED"), retryAfterSeconds: 1 });
    expect(client.received).toHaveLength(1);
  });

  test("MUST be tried again when a quarter of its deadline is left for the answer", async () => {
    await using client = await openDesk(answering(THROTTLED, http(200)), { timeoutMs: 4000 });

    expect(await client.send()).toMatchObject({ outcome: "accepted" });
  });

  test("MUST NOT become a doubt because it got its place at the last instant", async () => {
    await using client = await openDesk(slow(1800, 1), { calls: oneCall(), timeoutMs: 2000 });

    const first = client.send();
    const second = client.send();

    expect(await second).toMatchObject({ outcome: "notExecuted", reason: "NOT_SENT_IN_TIME" });
    await first;
    expect(client.received).toHaveLength(1);
  });

  test("MUST NOT leave in the place of a request that was given up: it would probably end likewise", async () => {
    await using client = await openDesk(slow(0, 0), { calls: oneCall(), timeoutMs: 1000 });

    const first = client.send();
    await sleep(600);
    const second = client.send();

    expect(await first).toMatchObject({ outcome: "unknown", reason: "ANSWER_TIMED_OUT" });
    expect(await second).toMatchObject({ outcome: "notExecuted", reason: "NOT_SENT_IN_TIME" });
    expect(client.received).toHaveLength(1);
  });

  test("MUST NOT leave when its connection was ready too late", async () => {
    const accepted = Promise.withResolvers<void>();
    await using client = await openDesk({ onConnection: () => accepted.resolve() }, { timeoutMs: 8000 });

    const answer = client.send();
    const until = performance.now() + 2050; // blocks this process while the connection is made
    while (performance.now() < until);

    expect(await answer).toMatchObject({ outcome: "notExecuted", reason: "NOT_SENT_IN_TIME" });
    await accepted.promise;
    await sleep(50);
    expect(client.bytes()).toBe(0);
  });
});

test("A process that was suspended MUST read an answer that arrived meanwhile, even after its own deadline", async () => {
  const timeoutMs = 2000;
  await using client = await openDesk(
    {
      onRequest(socket) {
        socket.write(http(200));
        const until = performance.now() + timeoutMs + 300; // blocks this process, also its reading
        while (performance.now() < until);
      },
    },
    { timeoutMs },
  );

  expect(await client.send()).toMatchObject({ outcome: "accepted" });
});
