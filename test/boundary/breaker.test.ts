import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Breaker, type BreakerState, type Evidence } from "../../src/sociomile/breaker.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

/** A breaker, what it told, and a vendor of which a connection can be made or not. */
function startBreaker() {
  const vendor = { isThere: true, probes: 0 };
  const told: BreakerState[] = [];
  const probe = () => {
    vendor.probes += 1;
    return Promise.resolve(vendor.isThere);
  };
  const breaker = new Breaker(probe, (state) => told.push(state));
  const enter = () => {
    const entered = breaker.enter();
    if ("waitSeconds" in entered) throw new Error("It is open");
    return entered.passed;
  };
  const calls = (count: number, evidence: Evidence) => {
    for (let i = 0; i < count; i++) enter()(evidence);
  };
  return { breaker, told, vendor, enter, calls };
}

describe("the circuit breaker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each<[string, [number, Evidence][], boolean]>([
    ["20 of 20 calls failed", [[20, "failed"]], true],
    [
      "half of 20 calls failed",
      [
        [10, "worked"],
        [10, "failed"],
      ],
      true,
    ],
    ["19 of 19 calls failed", [[19, "failed"]], false],
    [
      "less than half failed",
      [
        [11, "worked"],
        [10, "failed"],
      ],
      false,
    ],
    [
      "calls that were never tried are many",
      [
        [50, "nothing"],
        [19, "failed"],
      ],
      false,
    ],
  ])("MUST know whether to open when %s", (_, all, opens) => {
    const { breaker, told, calls } = startBreaker();

    for (const [count, evidence] of all) calls(count, evidence);

    expect(breaker.isOpen).toBe(opens);
    expect(told).toEqual(opens ? ["open"] : []);
  });

  test("MUST forget what is older than 30 s", () => {
    const { breaker, calls } = startBreaker();
    calls(19, "failed");
    vi.advanceTimersByTime(31_000);

    calls(19, "failed");
    expect(breaker.isOpen).toBe(false);
    calls(1, "failed");
    expect(breaker.isOpen).toBe(true);
  });

  test("MUST stay open for 5 s, doubling to 30 s, while no connection can be made", async () => {
    const { breaker, vendor, calls } = startBreaker();
    vendor.isThere = false;
    calls(20, "failed");

    for (const seconds of [5, 10, 20, 30, 30]) {
      expect(breaker.enter()).toEqual({ waitSeconds: seconds });
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
      const { probes } = vendor;
      await vi.advanceTimersByTimeAsync(1);
      expect(vendor.probes).toBe(probes + 1);
      expect(breaker.isOpen).toBe(true);
    }
  });

  test("MUST let one call try after a connection was made, then a few, then all", async () => {
    const { breaker, told, enter, calls } = startBreaker();
    calls(20, "failed");
    await vi.advanceTimersByTimeAsync(5000);

    for (const step of [1, 4, 16]) {
      const passed = Array.from({ length: step }, enter);
      expect(breaker.enter()).toEqual({ waitSeconds: 1 });
      for (const pass of passed) pass("worked");
    }

    expect(told).toEqual(["open", "trial", "closed"]);
    calls(19, "failed"); // what was before is forgotten
    expect(breaker.isOpen).toBe(false);
  });

  test("MUST open again for twice as long when the call on trial fails", async () => {
    const { breaker, told, calls } = startBreaker();
    calls(20, "failed");
    await vi.advanceTimersByTimeAsync(5000);

    calls(1, "failed");

    expect(told).toEqual(["open", "trial", "open"]);
    expect(breaker.enter()).toEqual({ waitSeconds: 10 });
  });

  test("MUST NOT learn from a call that began before it opened", async () => {
    const { breaker, told, enter, calls } = startBreaker();
    const late = enter();
    calls(20, "failed");
    await vi.advanceTimersByTimeAsync(5000);

    late("failed");

    expect(breaker.isOpen).toBe(false);
    expect(told).toEqual(["open", "trial"]);
  });
});

describe("a vendor that fails", () => {
  test("MUST be left alone after 20 calls: nothing is sent, and callers are told when to come again", async () => {
    await using service = await startService({ mood: "cut-after" });
    await Promise.all(Array.from({ length: 20 }, () => mutate(service, "createVoiceTicket")));
    const received = service.sandbox.received.length;

    const { payload } = await mutate(service, "createVoiceTicket");

    expect(received).toBe(20);
    expect(service.sandbox.received).toHaveLength(received);
    expect(payload).toMatchObject({
      ticket: null,
      submission: { state: "NOT_EXECUTED", reason: "CIRCUIT_OPEN" },
      problems: [{ code: "SOCIOMILE_UNAVAILABLE", retryable: true, retryAfterSeconds: expect.any(Number) }],
    });
    expect(service.events).toContainEqual({ event: "sociomile.breaker", state: "open" });
  });

  test("MUST NOT be taken for failing when it refuses", async () => {
    await using service = await startService({ mood: "refuse" });

    for (let i = 0; i < 25; i++) await mutate(service, "createVoiceTicket");

    expect(service.sandbox.received).toHaveLength(25);
    expect(service.events).toEqual([]);
  });
});
