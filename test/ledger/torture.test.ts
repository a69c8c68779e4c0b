import { describe, expect, inject, test } from "vitest";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { hasPgBouncer } from "../support/pgbouncer.ts";
import { POSTGRES_PROGRAMS, hasPostgresPrograms } from "../support/standby.ts";
import { faults, kills, promotion } from "../long-runs/torture/faults.ts";
import { idling } from "../long-runs/torture/idling.ts";
import { order } from "../long-runs/torture/order.ts";
import { sharing } from "../long-runs/torture/two-processes.ts";
import { quietly } from "../long-runs/watched.ts";
import { CLEAN } from "../support/accounts.ts";

test.each(ENGINES)("Two processes MUST call the vendor once for each shared key, on %s", async (engine) => {
  await using place = await placeFor(engine);

  const counts = await sharing({ ledgerUrl: place.url, keys: 200 }, quietly);

  expect(counts).toEqual({ keys: 200, calls: 1600, vendorCalls: 200, otherAnswers: 0 });
});

test("Healthy calls MUST NOT become doubts because the vendor closes idle connections", async () => {
  await using place = await placeFor("SQLite");

  const counts = await idling({ ledgerUrl: place.url, calls: 300 }, quietly);

  expect(counts).toEqual({ calls: 300, confirmed: 300, doubts: 0 });
});

describe.concurrent.each(ENGINES)("a short torture run with kills on %s", (engine) => {
  test("MUST NOT repeat, lose or hide anything when processes are killed", async () => {
    await using place = await placeFor(engine);

    const counts = await kills({ ledgerUrl: place.url, count: 8, seconds: 90 }, quietly);

    expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0, kills: 8 });
    expect(counts.keys).toBeGreaterThanOrEqual(24); // every client reached an outcome
  }, 180_000);
});

test("Updates of a ticket MUST have the order of their executions, while processes of PostgreSQL are stopped", async () => {
  const plan = { server: inject("postgresUrl"), updates: 300, seconds: 60 };

  const { accepted, ...counts } = await order(plan, quietly);

  expect(counts).toMatchObject({ inversions: 0, wrongStatuses: 0 });
  expect(accepted).toBeGreaterThanOrEqual(30); // on a busy machine
}, 180_000);

const WAYS = [false, true].filter((pooled) => !pooled || hasPgBouncer);
describe.concurrent.each(WAYS)("a little torture by faults of the network, with PgBouncer: %s", (pooled) => {
  test("MUST neither repeat nor lose nor hide anything, nor confirm what is not committed", async () => {
    const plan = { server: inject("postgresUrl"), pooled, faults: 6, kills: 2, seconds: 30 };

    const counts = await faults(plan, quietly);

    expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
    expect(counts.keys).toBeGreaterThanOrEqual(16); // every client got to an outcome
  }, 120_000);
});

describe.concurrent.each(WAYS)("a promoted synchronous standby, with PgBouncer: %s,", (pooled) => {
  test.runIf(hasPostgresPrograms)(
    `MUST lose and repeat nothing (skipped without ${POSTGRES_PROGRAMS})`,
    async () => {
      const counts = await promotion({ pooled, beforeMs: 1000, unnoticedMs: 1500 }, quietly);

      expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
      expect(counts.servedAfterMs).toBeLessThan(30_000); // generous for a busy machine: torture --faults measures the ten seconds
      expect(counts.keys).toBeGreaterThan(0);
    },
    180_000,
  );
});
