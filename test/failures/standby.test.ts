import { describe, test } from "vitest";
import { quietly } from "../long-runs/watched.ts";
import { CLEAN } from "../support/accounts.ts";
import { PGBOUNCER, hasPgBouncer } from "../support/pgbouncer.ts";
import { POSTGRES_PROGRAMS, hasPostgresPrograms } from "../support/standby.ts";
import { promotion } from "../long-runs/torture/faults.ts";

const WAYS = [
  { way: "directly", pooled: false, isThere: true },
  { way: `through PgBouncer (skipped without ${PGBOUNCER})`, pooled: true, isThere: hasPgBouncer },
];

describe.skipIf(!hasPostgresPrograms)(
  `a primary that is cut off (skipped without ${POSTGRES_PROGRAMS})`,
  { concurrent: true },
  () => {
    for (const { way, pooled, isThere } of WAYS) {
      test.skipIf(!isThere)(
        `MUST lose and repeat nothing when its synchronous standby is promoted, used ${way}`,
        { timeout: 180_000 },
        async ({ expect }) => {
          const counts = await promotion({ pooled, beforeMs: 1000, unnoticedMs: 1500 }, quietly);

          expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
          expect(counts.servedAfterMs).toBeLessThan(30_000); // generous for a busy machine: torture --faults measures the ten seconds
          expect(counts.keys).toBeGreaterThan(0);
        },
      );
    }
  },
);
