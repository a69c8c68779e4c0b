/** Short forms of `npm run soak`. */
import { expect, test } from "vitest";
import { databaseRestarts } from "../long-runs/soak/database-restarts.ts";
import { overload } from "../long-runs/soak/overload.ts";
import { OUTAGES, vendorOutage } from "../long-runs/soak/vendor-outage.ts";
import { quietly } from "../long-runs/watched.ts";
import { CLEAN } from "../support/accounts.ts";
import { placeFor } from "../support/ledgers.ts";
import { startPostgres } from "../support/postgres.ts";

test("A crash of PostgreSQL MUST stop all sending, MUST NOT lose anything, and PostgreSQL MUST be used again afterwards", async () => {
  await using postgres = await startPostgres();
  const amounts = { restarts: 1, clients: 8, upMs: 300, downMs: 1000 };

  const counts = await databaseRestarts({ postgres, ...amounts }, quietly);

  expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0, callsWhileDown: 0, ended: false });
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.slowestRecoveryMs).toBeLessThan(5000);
});

test.each(OUTAGES)("An outage MUST make nobody wait and hide no doubt: the vendor %s", async (outage) => {
  await using place = await placeFor("SQLite");
  const config = { SOCIOMILE_TIMEOUT_MS: 500, SOCIOMILE_CONNECT_TIMEOUT_MS: 500 };
  const amounts = { outageMs: 1500, beforeMs: 300, clients: 24 };

  const counts = await vendorOutage({ ledgerUrl: place.url, outage, config, ...amounts }, quietly);

  expect(counts).toMatchObject(CLEAN);
  expect(counts.whileOpen).toBeGreaterThan(0);
  expect(counts.recoveredAfterMs).toBeLessThan(10_000);
});

test("Ten times too many callers MUST be refused with Retry-After, while others get their tickets in time", async () => {
  await using place = await placeFor("SQLite");
  const amounts = { ms: 3000, vendorMs: 200, fitting: [32], fittingMs: 1000 };

  const counts = await overload({ ledgerUrl: place.url, ...amounts }, quietly);

  expect(counts).toMatchObject({ callers: 320, shedWithoutRetryAfter: 0, others: {}, ended: false });
  expect(counts.vendorTickets).toBe(counts.tickets);
  expect(counts.shedPerSecond).toBeGreaterThan(0);
  expect(counts.ticketsPerSecond).toBeGreaterThan(0);
  expect(counts.p99Ms).toBeLessThan(12_000);
});
