/** Deliveries beside everything else that happens: other replicas, callers who wait, an outage, a stop. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { pauseAfter } from "../../src/tickets/attempt.ts";
import { openBreaker } from "../support/breaker.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, makeDue, untilDelivered } from "../support/queued.ts";
import { startService, startServiceOn } from "../support/service.ts";
import { sqlOn, statesIn } from "../support/sql.ts";
import { vendorAnswering, openSandbox } from "../support/vendor.ts";

test("The pause between two tries MUST double from 5 s to 5 min, and MUST vary by a fifth", ({ expect }) => {
  for (const tries of [1, 2, 3, 4, 5, 6, 7, 8, 50]) {
    const middle = Math.min(5000 * 2 ** (tries - 1), 300_000);
    const shares = Array.from({ length: 500 }, () => pauseAfter(tries) / middle);
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    expect(least).toBeGreaterThanOrEqual(0.8);
    expect(most).toBeLessThanOrEqual(1.2);
    expect(most - least).toBeGreaterThan(0.2);
  }
});

describe.concurrent.each(ENGINES)("deliveries on %s", (engine) => {
  test("MUST take at most a quarter of the calls at once", async ({ expect }) => {
    const config = { SOCIOMILE_MAX_CONCURRENT: 8, SOCIOMILE_TIMEOUT_MS: 10_000 };
    await using service = await startServiceOn(engine, { config, mood: "unauthorized" });
    const { sql } = service;
    await Promise.all(Array.from({ length: 6 }, () => handIn(service)));
    const refused = service.sandbox.received.length;

    const counted = Promise.withResolvers<void>();
    service.sandbox.setMood("slow", { until: counted.promise });
    await makeDue(sql);
    await expect.poll(() => service.sandbox.received.length).toBe(refused + 2);
    await sleep(500);
    const atOnce = service.sandbox.received.length - refused;
    service.sandbox.setMood("well");
    const { payload } = await mutate(service, "createVoiceTicket");
    counted.resolve();
    await untilDelivered(sql);

    expect(atOnce).toBe(2);
    expect(payload?.problems).toEqual([]);
    expect(service.sandbox.tickets).toHaveLength(7);
  });

  test("MUST come again not sooner than Sociomile asks for", async ({ expect }) => {
    await using vendor = await vendorAnswering({ status: 429, headers: { "retry-after": "600" }, body: {} });
    await using service = await startServiceOn(engine, { config: vendor.settings });
    await handIn(service);

    const [row] = await service.sql.run(
      "SELECT not_before, handed_in_at FROM submissions WHERE request IS NOT NULL",
    );

    const pauseMs = Number(row?.["not_before"]) - Number(row?.["handed_in_at"]);
    expect(pauseMs).toBeGreaterThanOrEqual(600_000);
    expect(vendor.received).toBe(1);
  });

  test("MUST go one by one while Sociomile executes nothing", async ({ expect }) => {
    const config = { SOCIOMILE_MAX_CONCURRENT: 8 };
    await using service = await startServiceOn(engine, { config, mood: "unauthorized" });
    const { sql } = service;
    await Promise.all(Array.from({ length: 30 }, () => handIn(service)));
    const refused = service.sandbox.received.length;

    const since = performance.now();
    await makeDue(sql);
    await expect.poll(() => service.sandbox.received.length).toBeGreaterThan(refused);
    await sleep(1500);
    const tried = service.sandbox.received.length - refused;
    const looks = Math.ceil((performance.now() - since) / 200); // at most: a busy machine sleeps longer
    service.sandbox.setMood("well");
    await makeDue(sql);
    await untilDelivered(sql);

    expect(tried).toBeGreaterThan(0);
    expect(tried).toBeLessThanOrEqual(looks + 2); // one for each look, after two for the first
    expect(service.sandbox.tickets).toHaveLength(30);
  });

  test("MUST be finished by a stop, which begins no other", async ({ expect }) => {
    await using place = await placeFor(engine);
    await using sql = await sqlOn(place);
    await using sandbox = await openSandbox({ mood: "unauthorized" });
    const lag = { DRAIN_LAG_MS: 1000 }; // time in which another one could begin
    const config = { SOCIOMILE_MAX_CONCURRENT: 4, SOCIOMILE_TIMEOUT_MS: 10_000, ...lag };
    const service = await startService({ ledgerUrl: place.url, sandbox, config });
    await handIn(service);
    await handIn(service);
    const stopping = Promise.withResolvers<void>();
    sandbox.setMood("slow", { until: stopping.promise });
    await makeDue(sql);
    await expect.poll(() => statesIn(sql)).toContain("SENDING");

    const stopped = service[Symbol.asyncDispose]();
    stopping.resolve();
    await stopped;

    expect(new Set(await statesIn(sql))).toEqual(new Set(["CONFIRMED", "QUEUED"]));
    expect(sandbox.tickets).toHaveLength(1);
  });

  test("MUST wait without a try while the circuit breaker is open, and go on when Sociomile is back", async ({
    expect,
  }) => {
    await using service = await startServiceOn(engine);
    const { sandbox, sql } = service;
    sandbox.setMood("cut-before");
    await openBreaker(service);
    const received = sandbox.received.length;

    const payloads = await Promise.all(Array.from({ length: 5 }, () => handIn(service)));
    await makeDue(sql);
    await sleep(1500);
    const receivedWhileOpen = sandbox.received.length - received;
    const tries = await sql.run("SELECT tries FROM submissions WHERE request IS NOT NULL");
    sandbox.setMood("well");
    const back = performance.now();
    await untilDelivered(sql);

    expect(payloads.map(({ submission }) => submission?.reason)).toEqual(payloads.map(() => "CIRCUIT_OPEN"));
    expect(receivedWhileOpen).toBe(0);
    expect(tries.map(({ tries: count }) => Number(count))).toEqual([0, 0, 0, 0, 0]);
    expect(performance.now() - back).toBeLessThan(10_000);
    expect(sandbox.tickets).toHaveLength(5);
  });
});
