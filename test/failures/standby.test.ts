import { test } from "vitest";
import { quietly } from "../long-runs/watched.ts";
import { CLEAN } from "../support/accounts.ts";
import { PGBOUNCER, hasPgBouncer } from "../support/pgbouncer.ts";
import { POSTGRES_PROGRAMS, hasPostgresPrograms } from "../support/standby.ts";
import { promotion } from "../long-runs/torture/faults.ts";

const WAYS = [
  { way: "directly", pooled: false, isThere: true },
  { way: `through PgBouncer (skipped without ${PGBOUNCER})`, pooled: true, isThere: hasPgBouncer },
];

for (const { way, pooled, isThere } of WAYS)
  test.skipIf(!hasPostgresPrograms || !isThere)(
    `A promoted synchronous standby MUST lose and repeat nothing (skipped without ${POSTGRES_PROGRAMS}), used ${way}`,
    { timeout: 180_000, concurrent: true },
    async ({ expect }) => {
      const counts = await promotion({ pooled, beforeMs: 1000, unnoticedMs: 1500 }, quietly);

      expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
      expect(counts.servedAfterMs).toBeLessThan(30_000); // generous for a busy machine: torture --faults measures the ten seconds
      expect(counts.keys).toBeGreaterThan(0);
    },
  );
