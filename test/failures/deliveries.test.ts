/** Deliveries beside what else happens to the service: an outage, a stop. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openBreaker } from "../support/breaker.ts";
import { placeFor } from "../support/ledgers.ts";
import { handIn, makeDue, untilDelivered } from "../support/queued.ts";
import { startService, startServiceOn } from "../support/service.ts";
import { sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

test("Deliveries MUST take a quarter of the calls at once, and a stop MUST finish them and begin no other", async () => {
  await using place = await placeFor("PostgreSQL");
  await using sql = await sqlOn(place);
  await using sandbox = await openSandbox({ mood: "unauthorized" });
  const lag = { DRAIN_LAG_MS: 1000 }; // time in which another one could begin
  const config = { SOCIOMILE_MAX_CONCURRENT: 8, SOCIOMILE_TIMEOUT_MS: 10_000, ...lag };
  const service = await startService({ ledgerUrl: place.url, sandbox, config });
  await Promise.all(Array.from({ length: 6 }, () => handIn(service)));
  const stopping = Promise.withResolvers<void>();
  sandbox.setMood("slow", { until: stopping.promise });
  await makeDue(sql);
  await expect.poll(() => sandbox.tickets).toHaveLength(2);
  await sleep(500);

  const stopped = service[Symbol.asyncDispose]();
  stopping.resolve();
  await stopped;

  const states = await statesIn(sql);
  expect(states.filter((state) => state === "QUEUED")).toHaveLength(4);
  expect(states.filter((state) => state === "CONFIRMED")).toHaveLength(2);
  expect(sandbox.tickets).toHaveLength(2);
});

test("Deliveries MUST wait without a try while the circuit breaker is open, and go on when Sociomile is back", async () => {
  await using service = await startServiceOn("SQLite");
  const { sandbox, sql } = service;
  sandbox.setMood("cut-before");
  await openBreaker(service);
  const received = sandbox.received.length;

  const payloads = await Promise.all(Array.from({ length: 5 }, () => handIn(service)));
  await makeDue(sql);
  await sleep(1500);
  const receivedWhileOpen = sandbox.received.length - received;
  const rows = await sql.run("SELECT attempts FROM submissions WHERE request IS NOT NULL");
  sandbox.setMood("well");
  const back = performance.now();
  await untilDelivered(sql);

  expect(payloads.map(({ submission }) => submission?.reason)).toEqual(payloads.map(() => "CIRCUIT_OPEN"));
  expect(receivedWhileOpen).toBe(0);
  expect(rows.map(({ attempts }) => Number(attempts))).toEqual([0, 0, 0, 0, 0]);
  expect(performance.now() - back).toBeLessThan(10_000);
  expect(sandbox.tickets).toHaveLength(5);
});
