import { expect, test } from "vitest";
import { rollingRestarts } from "../long-runs/soak/rolling-restarts.ts";
import { placeFor } from "../support/ledgers.ts";

test("A rolling restart MUST NOT cost a request", async () => {
  await using place = await placeFor("PostgreSQL");

  const counts = await rollingRestarts(
    { ledgerUrl: place.url, restarts: 2, clients: 8, vendorMs: 200, drainLagMs: 1000 },
    () => {},
  );

  expect(counts).toMatchObject({ restarts: 2, failed: 0, badExits: 0, vendorCalls: counts.requests });
  expect(counts.requests).toBeGreaterThan(8);
});
