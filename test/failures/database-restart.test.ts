import { expect, test } from "vitest";
import { databaseRestarts } from "../long-runs/soak/database-restarts.ts";
import { startPostgres } from "../support/postgres.ts";

test("A crash of PostgreSQL MUST stop all sending, MUST NOT lose anything, and PostgreSQL MUST be used again afterwards", async () => {
  await using opened = new AsyncDisposableStack();
  const postgres = await startPostgres();
  opened.defer(() => postgres.stop());

  const counts = await databaseRestarts(
    { postgres, restarts: 1, clients: 8, upMs: 300, downMs: 1000 },
    () => {},
  );

  expect(counts).toMatchObject({
    duplicates: 0,
    lost: 0,
    invisibleDoubts: 0,
    unrecorded: 0,
    callsWhileDown: 0,
    ended: false,
  });
  expect(counts.refused).toBeGreaterThan(0);
  expect(counts.slowestRecoveryMs).toBeLessThan(5000);
});
