import { describe, test } from "vitest";
import { OUTAGES } from "../long-runs/soak/failing-vendor.ts";
import { vendorOutage } from "../long-runs/soak/vendor-outage.ts";
import { placeFor } from "../support/ledgers.ts";

describe.concurrent("a vendor's outage", () => {
  test.for(OUTAGES)(
    "MUST NOT make callers wait, and MUST leave only doubts that are listed: the vendor %s",
    async (outage, { expect }) => {
      await using place = await placeFor("SQLite");

      const counts = await vendorOutage(
        {
          ledgerUrl: place.url,
          outage,
          outageMs: 1500,
          beforeMs: 300,
          clients: 24,
          config: { SOCIOMILE_TIMEOUT_MS: 500, SOCIOMILE_CONNECT_TIMEOUT_MS: 500 },
        },
        () => {},
      );

      expect(counts).toMatchObject({ duplicates: 0, lost: 0, invisibleDoubts: 0 });
      expect(counts.whileOpen).toBeGreaterThan(0);
      expect(counts.recoveredAfterMs).toBeLessThan(10_000);
    },
  );
});
