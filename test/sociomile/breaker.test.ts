import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Limiter } from "../../src/limiter.ts";
import { type BreakerState, type CallResult, createCircuitBreaker } from "../../src/sociomile/breaker.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

/** Makes a breaker, and a list of its states. */
function startBreaker() {
  const states: BreakerState[] = [];
  const breaker = createCircuitBreaker((state) => states.push(state));
  const calls = (count: number, result: CallResult) => {
    for (let i = 0; i < count; i++) breaker.enter()!(result);
  };
  return { breaker, states, calls };
}

/** Makes calls for ten minutes as the client does: 64 at once, others wait for up to 2 s, a hanging one keeps its place for 2 s. Returns the doubts. */
async function doubtsLeftBy({ rate, failsAfterMs }: { rate: number; failsAfterMs: number }): Promise<number> {
  const { breaker } = startBreaker();
  const places = new Limiter({ most: 64, waiting: 100 });
  let doubts = 0;
  async function send(): Promise<void> {
    const ended = breaker.enter();
    const place = ended && (await places.acquire("omnix", 2000));
    if (typeof place === "string") return ended!("nothing");
    if (!place || breaker.isOpen) return place?.[Symbol.dispose]();
    doubts++;
    setTimeout(ended, failsAfterMs, "failed");
    setTimeout(() => place[Symbol.dispose](), failsAfterMs === 8000 ? 10_000 : failsAfterMs);
  }
  for (let ms = 0; ms < 600_000; ms += 1000 / rate) {
    void send();
    await vi.advanceTimersByTimeAsync(1000 / rate);
  }
  return doubts;
}

describe("the circuit breaker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    ["10 calls failed", "10 failed", true],
    ["9 calls failed", "9 failed", false],
    ["half of the last 20 failed", "500 worked, 10 failed", true],
    ["less than half of the last 20 failed", "9 failed, 11 worked, 9 failed", false],
    ["calls that were never tried are many", "50 nothing, 9 failed", false],
  ])("MUST decide correctly when %s", (_, all, opens) => {
    const { breaker, states, calls } = startBreaker();

    for (const some of all.split(", ")) calls(Number.parseInt(some, 10), some.split(" ")[1] as CallResult);

    expect(breaker.isOpen).toBe(opens);
    expect(states).toEqual(opens ? ["open"] : []);
  });

  const PAGES = { failsAfterMs: 100, most: 40 };
  const HANGS = { failsAfterMs: 8000, most: 64 + 15 };
  test.each([1, 10, 100].flatMap((rate) => [PAGES, HANGS].map((vendor) => ({ rate, ...vendor }))))(
    "MUST leave at most $most doubts of ten minutes in which $rate calls a second fail after $failsAfterMs ms",
    async ({ most, ...outage }) => {
      const doubts = await doubtsLeftBy(outage);

      expect(doubts).toBeGreaterThan(20);
      expect(doubts).toBeLessThanOrEqual(most);
    },
  );

  const HOUR_MS = 3_600_000;
  test.each([0, -HOUR_MS, HOUR_MS])("MUST let one call probe after 5 to 60 s, with a step of %i ms", async (stepMs) => {
    const { breaker, states, calls } = startBreaker();
    calls(10, "failed");

    for (const seconds of [5, 10, 20, 40, 60, 60]) {
      expect([breaker.enter(), breaker.waitSeconds, breaker.free]).toEqual([null, seconds, 0]);
      vi.setSystemTime(Date.now() + stepMs);
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
      expect([breaker.isOpen, breaker.waitSeconds]).toEqual([true, 1]);
      await vi.advanceTimersByTimeAsync(1);
      expect([breaker.isOpen, breaker.waitSeconds, breaker.free]).toEqual([false, 0, 1]);
      breaker.enter()!("nothing"); // it was never sent
      const probe = breaker.enter()!;
      expect([breaker.enter(), breaker.waitSeconds, breaker.free]).toEqual([null, 1, 0]);
      probe("failed");
    }
    await vi.advanceTimersByTimeAsync(60_000);
    calls(1, "worked");
    expect(breaker.free).toBe(Infinity);
    expect(states.slice(-3)).toEqual(["open", "half-open", "closed"]);
  });

  test("MUST keep a long pause until 20 calls have passed without another opening", async () => {
    const { breaker, calls } = startBreaker();
    const pauseAfter = async (worked: number) => {
      calls(worked, "worked");
      calls(10, "failed");
      const { waitSeconds } = breaker;
      await vi.advanceTimersByTimeAsync(waitSeconds * 1000);
      return waitSeconds;
    };

    expect([await pauseAfter(0), await pauseAfter(10), await pauseAfter(20)]).toEqual([5, 10, 5]);
  });

  test("MUST ignore the results of calls that began before it opened", async () => {
    const { breaker, states, calls } = startBreaker();
    const late = Array.from({ length: 30 }, () => breaker.enter()!);
    calls(10, "failed");
    for (const ended of late.splice(0, 10)) ended("worked");
    await vi.advanceTimersByTimeAsync(5000);
    for (const ended of late.splice(0, 10)) ended("failed");
    calls(1, "worked");

    for (const ended of late) ended("failed");

    expect(states).toEqual(["open", "half-open", "closed"]);
  });
});

test("A service MUST send 10 requests to a vendor that answers with error pages, one more after the pause, and all others when that one worked", async () => {
  await using service = await startService({ mood: "html-502" });
  const { sandbox } = service;
  const create = async () => (await mutate(service, "createVoiceTicket")).payload!.submission!;
  for (let nth = 1; nth <= 12; nth++)
    expect(await create()).toMatchObject({ reason: nth <= 10 ? "ANSWER_NOT_UNDERSTOOD" : "CIRCUIT_OPEN" });
  expect(sandbox.received).toHaveLength(10);
  sandbox.setMood("well");

  const worked = async () => expect(await create()).toMatchObject({ state: "CONFIRMED" });
  await vi.waitFor(worked, { timeout: 30_000 });
  for (let nth = 1; nth <= 20; nth++) await worked();

  expect(sandbox.received).toHaveLength(31);
  const states = ["open", "half-open", "closed"].map((state) => ({ event: "sociomile.breaker", state }));
  expect(service.events.filter(({ event }) => event === "sociomile.breaker")).toEqual(states);
});

test("A vendor MUST NOT count as failing when it refuses requests", async () => {
  await using service = await startService({ mood: "refuse" });

  for (let i = 0; i < 25; i++) await mutate(service, "createVoiceTicket");

  expect(service.sandbox.received).toHaveLength(25);
  expect(service.events).toEqual([]);
});
