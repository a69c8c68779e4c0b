import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BreakerState, type CallResult, createCircuitBreaker } from "../../src/sociomile/breaker.ts";
import { clientOf } from "../support/client.ts";
import { EVERY_SCOPE, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { answering, http, startVendor } from "./scripted-vendor.ts";

/** Makes a breaker, a list of its states, and a vendor to which a connection succeeds or fails. */
function startBreaker() {
  const vendor = { isThere: true, probes: 0 };
  const states: BreakerState[] = [];
  const probe = () => {
    vendor.probes += 1;
    return Promise.resolve(vendor.isThere);
  };
  const breaker = createCircuitBreaker(probe, (state) => states.push(state));
  const enter = (clientId = "omnix") => {
    const ended = breaker.enter(clientId);
    if (!ended) throw new Error("It is open");
    return ended;
  };
  const calls = (count: number, result: CallResult) => {
    for (let i = 0; i < count; i++) enter()(result);
  };
  return { breaker, states, vendor, enter, calls };
}

/** Opens a breaker, and lets a connection to the vendor succeed after the pause. */
async function startHalfOpen() {
  const started = startBreaker();
  started.calls(20, "failed");
  await vi.advanceTimersByTimeAsync(5000);
  return started;
}

/** Opens a breaker. Then makes one call after the other for `seconds`; each fails after 8 s. Returns the times of their beginnings. */
async function probesIn(seconds: number): Promise<number[]> {
  const { breaker, calls } = startBreaker();
  const since = Date.now();
  calls(20, "failed");
  const began: number[] = [];
  while (Date.now() < since + seconds * 1000) {
    const ended = breaker.enter();
    if (!ended) await vi.advanceTimersByTimeAsync(100);
    else {
      began.push((Date.now() - since) / 1000);
      await vi.advanceTimersByTimeAsync(8000);
      ended("failed");
    }
  }
  return began;
}

describe("the circuit breaker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    ["20 of 20 calls failed", "20 failed", true],
    ["half of 20 calls failed", "10 worked, 10 failed", true],
    ["19 of 19 calls failed", "19 failed", false],
    ["20 failed one after the other, though many more had worked", "500 worked, 20 failed", true],
    ["one call in between worked", "500 worked, 19 failed, 1 worked, 19 failed", false],
    ["less than half failed", "11 worked, 10 failed", false],
    ["calls that were never tried are many", "50 nothing, 19 failed", false],
  ])("MUST decide correctly when %s", (_, all, opens) => {
    const { breaker, states, calls } = startBreaker();

    for (const some of all.split(", ")) calls(Number.parseInt(some, 10), some.split(" ")[1] as CallResult);

    expect(breaker.isOpen).toBe(opens);
    expect(states).toEqual(opens ? ["open"] : []);
  });

  test.each([
    ["two clients met four of them", ["a", "a", "a", "b"], true],
    ["one client met them, because its requests may cause them", Array<string>(19).fill("a"), false],
    ["three are too few", ["a", "b", "c"], false],
    ["a call worked between them", ["a", "b", "c", "worked", "a", "b", "c"], false],
    ["other failures between them count for nothing", ["a", "failed", "b", "failed", "c", "failed"], false],
  ])("MUST open on answers that are none of the vendor's when %s", (_, met, opens) => {
    const { breaker, enter } = startBreaker();

    for (const each of met) enter(each)(each === "worked" || each === "failed" ? each : "formless");

    expect(breaker.isOpen).toBe(opens);
  });

  test.each([
    [1, 24],
    [10, 25],
    [100, 34],
  ])(
    "MUST leave few doubts of ten minutes of error pages: %d calls a second, two clients",
    async (rate, most) => {
      const { breaker } = startBreaker();
      let doubts = 0;
      for (let ms = 0, nth = 0; ms < 600_000; ms += 1000 / rate, nth++) {
        const ended = breaker.enter(nth % 2 === 0 ? "omnix" : "mobile");
        if (ended) {
          doubts++;
          setTimeout(() => ended("formless"), 100);
        }
        await vi.advanceTimersByTimeAsync(1000 / rate);
      }

      expect(doubts).toBeGreaterThan(10);
      expect(doubts).toBeLessThanOrEqual(most);
    },
  );

  test("MUST stay open while no connection succeeds, and try a connection every 5 s", async () => {
    const { breaker, vendor, calls } = startBreaker();
    vendor.isThere = false;
    calls(20, "failed");

    for (let probes = 1; probes <= 20; probes++) {
      expect([breaker.enter(), breaker.waitSeconds]).toEqual([null, 5]);
      await vi.advanceTimersByTimeAsync(5000);
      expect(vendor.probes).toBe(probes);
      expect(breaker.isOpen).toBe(true);
    }
    vendor.isThere = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(breaker.isOpen).toBe(false);
  });

  test("MUST let one call pass after a connection, then a few calls, then all, and tell deliveries how many", async () => {
    const { breaker, states, enter, calls } = startBreaker();
    expect(breaker.free).toBe(Infinity);
    calls(20, "failed");
    expect(breaker.free).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);

    for (const step of [1, 4, 16]) {
      expect(breaker.free).toBe(step);
      const passed = Array.from({ length: step }, enter);
      expect(breaker.free).toBe(0);
      expect([breaker.enter(), breaker.waitSeconds]).toEqual([null, 1]);
      for (const pass of passed) pass("worked");
    }

    expect(breaker.free).toBe(Infinity);
    expect(states).toEqual(["open", "half-open", "closed"]);
    calls(19, "failed"); // all before is forgotten
    expect(breaker.isOpen).toBe(false);
  });

  test("MUST try again at once after a half-open call has timed out while the outage is short, put fewer tickets in doubt the longer it lasts, and try at least every minute", async () => {
    const began = await probesIn(3600);

    const early = began.filter((at) => at < 40);
    expect(early[0]).toBe(5);
    expect(Math.max(...early.slice(1).map((at, index) => at - early[index]!))).toBeLessThan(10);
    const inTheLastHalf = began.filter((at) => at > 1800);
    expect(inTheLastHalf.length).toBeGreaterThan(28);
    expect(inTheLastHalf.length).toBeLessThan(32);
  });

  const HOUR_MS = 3_600_000;
  describe.each([0, -HOUR_MS, HOUR_MS])("while the machine's clock is set by %i ms", (stepMs) => {
    const setClock = () => void vi.setSystemTime(Date.now() + stepMs);

    test("MUST stay open for its pause, and no longer, also after a failed call in half-open", async () => {
      const { breaker, enter, calls } = startBreaker();
      calls(20, "failed");
      await vi.advanceTimersByTimeAsync(1000);
      setClock();
      expect([breaker.enter(), breaker.waitSeconds]).toEqual([null, 4]);
      await vi.advanceTimersByTimeAsync(3999);
      expect(breaker.isOpen).toBe(true);
      await vi.advanceTimersByTimeAsync(1);

      const passed = enter();
      await vi.advanceTimersByTimeAsync(1000);
      setClock();
      passed("failed");
      expect([breaker.enter(), breaker.waitSeconds]).toEqual([null, 4]);
      await vi.advanceTimersByTimeAsync(4000);
      expect(breaker.isOpen).toBe(false);
    });

    test("MUST count the calls of the last 30 s, no fewer and no more", async () => {
      const { breaker, calls } = startBreaker();
      calls(19, "failed");
      await vi.advanceTimersByTimeAsync(1000);
      setClock();
      await vi.advanceTimersByTimeAsync(30_000);
      calls(19, "failed"); // the first ones are forgotten
      expect(breaker.isOpen).toBe(false);

      setClock();
      calls(1, "failed"); // the last ones are not
      expect(breaker.isOpen).toBe(true);
    });
  });

  test("MUST NOT cost more after 40 s of load than at its beginning", () => {
    const { calls } = startBreaker();
    const costs = Array.from({ length: 40 }, () => {
      const before = process.threadCpuUsage().user;
      for (let nth = 0; nth < 100; nth++) {
        calls(19, "worked");
        calls(1, "failed");
        vi.advanceTimersByTime(10);
      }
      return process.threadCpuUsage().user - before;
    });

    // A clock of a thread may go in steps of some milliseconds. Calls that are kept one by one cost 200 ms in each of the last seconds.
    expect(Math.min(...costs.slice(35))).toBeLessThan(5 * Math.max(...costs.slice(0, 5)) + 20_000);
  });

  test("MUST close after a minute in half-open without a failure, also without a call", async () => {
    const { states, calls } = await startHalfOpen();

    await vi.advanceTimersByTimeAsync(59_999);
    expect(states).toEqual(["open", "half-open"]);
    await vi.advanceTimersByTimeAsync(1);
    calls(19, "failed"); // all before is forgotten
    expect(states).toEqual(["open", "half-open", "closed"]);
  });

  test("MUST NOT close before a call in half-open has ended, because it may still fail", async () => {
    const { states, enter } = await startHalfOpen();
    await vi.advanceTimersByTimeAsync(59_000);
    const passed = enter();

    await vi.advanceTimersByTimeAsync(8000);
    passed("failed");

    expect(states).toEqual(["open", "half-open", "open"]);
    await vi.advanceTimersByTimeAsync(59_999); // half-open again after a pause, and then again for a whole minute
    expect(states).toEqual(["open", "half-open", "open", "half-open"]);
  });

  test("MUST ignore the result of a call that began before it opened", async () => {
    const { breaker, states, enter, calls } = startBreaker();
    const late = enter();
    calls(20, "failed");
    await vi.advanceTimersByTimeAsync(5000);

    late("failed");

    expect(breaker.isOpen).toBe(false);
    expect(states).toEqual(["open", "half-open"]);
  });
});

/** Returns the number of calls that reach a vendor with this answer, of a dozen by two clients. */
async function openedAfter(answer: string): Promise<number> {
  await using vendor = await startVendor(answering(answer));
  await using service = await startService({
    config: { ...TRUSTS_ROUTER, SOCIOMILE_BASE_URL: vendor.url },
  });
  for (let nth = 0; nth < 12; nth++)
    await mutate(clientOf(service.url, namedWith(EVERY_SCOPE, `client-${nth % 2}`)), "createVoiceTicket");
  return vendor.received.length;
}

test("The page of a proxy MUST open it soon when two clients meet it, and an answer of Sociomile's that is not understood MUST NOT", async () => {
  const page = http(503, "<html><h1>503 Service Unavailable</h1></html>", { "content-type": "text/html" });
  const odd = http(500, { success: false, message: "Something went wrong" });
  expect(await openedAfter(page)).toBe(4);
  expect(await openedAfter(odd)).toBe(12);
});

test("A vendor MUST NOT count as failing when it refuses requests", async () => {
  await using service = await startService({ mood: "refuse" });

  for (let i = 0; i < 25; i++) await mutate(service, "createVoiceTicket");

  expect(service.sandbox.received).toHaveLength(25);
  expect(service.events).toEqual([]);
});
