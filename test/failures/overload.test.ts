import { expect, test } from "vitest";
import { overload } from "../long-runs/soak/overload.ts";
import { placeFor } from "../support/ledgers.ts";

test("Ten times too many callers MUST be refused with Retry-After, while others get their tickets in time", async () => {
  await using place = await placeFor("SQLite");

  const counts = await overload(
    { ledgerUrl: place.url, ms: 3000, vendorMs: 200, fitting: [32], fittingMs: 1000 },
    () => {},
  );

  expect(counts).toMatchObject({ callers: 320, shedWithoutRetryAfter: 0, others: {}, ended: false });
  expect(counts.vendorTickets).toBe(counts.tickets);
  expect(counts.shedPerSecond).toBeGreaterThan(0);
  expect(counts.ticketsPerSecond).toBeGreaterThan(0);
  expect(counts.p99Ms).toBeLessThan(12_000);
});
