/** Clients repeat with their keys while connections and databases fail. Random faults and kills are in random-histories.test.ts. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CLEAN } from "../support/accounts.ts";
import { between } from "../support/chance.ts";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { placeFor } from "../support/ledgers.ts";
import { startLoaded } from "../support/load.ts";
import { mutate } from "../support/mutations.ts";
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { startReplica } from "../support/replicas.ts";
import { POSTGRES_PROGRAMS, databaseAt, hasPostgresPrograms, startPostgresPair } from "../support/standby.ts";
import { openSandbox } from "../support/vendor.ts";

test("Healthy calls MUST NOT become doubts because the vendor closes idle connections", async () => {
  const keepAliveMs = 2000;
  await using place = await placeFor("SQLite");
  await using sandbox = await openSandbox({ keepAliveMs });
  await using replica = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: place.url });
  const create = (nth: number) => mutate(replica, "createVoiceTicket", { sourceTicketId: String(nth) });

  for (let wave = 0; wave < 5; wave++) {
    if (wave > 0) await sleep(keepAliveMs * between(0.4, 1.1)); // around the time at which it closes them
    const answers = await Promise.all(Array.from({ length: 60 }, (_, nth) => create(wave * 60 + nth)));
    expect(answers.filter(({ payload }) => !payload?.ticket)).toEqual([]);
  }
});

const WAYS = [false, true].filter((pooled) => !pooled || hasPgBouncer);
describe.concurrent.each(WAYS)("with PgBouncer: %s,", (pooled) => {
  // The loss of a primary's machine: its network dies, and clients are led to the standby that is promoted a little later.
  test.runIf(hasPostgresPrograms)(
    `the promotion of a synchronous standby MUST lose and repeat nothing (skipped without ${POSTGRES_PROGRAMS})`,
    async () => {
      await using pair = await startPostgresPair();
      await using opened = new AsyncDisposableStack();
      const network = opened.use(await FaultyNetwork.to({ port: pair.primaryPort }));
      const port = pooled ? opened.use(await startPgBouncer(network.port)).port : network.port;
      await using scene = await startLoaded([databaseAt(port), databaseAt(port)], { vendorMs: 100 });
      await sleep(1000);

      network.blackhole({ swallowNew: true });
      pair.separate();
      await sleep(1500);
      await pair.promote();
      network.retarget(pair.standbyPort);
      await network.recover();

      expect(await scene.clients.untilTicket(60_000)).toBeLessThan(30_000); // generous: the promise is ten seconds
      await sleep(1000);
      const counts = await scene.account(databaseAt(pair.standbyPort));
      expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
      expect(counts.keys).toBeGreaterThan(0);
    },
    180_000,
  );
});
