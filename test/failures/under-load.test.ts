/** Clients repeat with their keys while processes, connections and databases fail. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, test } from "vitest";
import { CLEAN } from "../support/accounts.ts";
import { between } from "../support/chance.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import { FaultyNetwork } from "../support/faulty-network.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { startLoaded } from "../support/load.ts";
import { mutate } from "../support/mutations.ts";
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { databaseFault } from "../support/random-faults.ts";
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

test.concurrent.each(ENGINES)(
  "Kills on %s MUST NOT repeat, lose or hide anything",
  async (engine) => {
    await using place = await placeFor(engine);
    const load = { vendorMs: 3, readers: 0, leaseMs: 3000, clients: 24, pauseMs: 20 };
    await using scene = await startLoaded([place.url], load);

    for (let killed = 0; killed < 8; killed++) {
      await sleep(between(0, 150));
      await scene.fleet.killOne();
      await scene.fleet.whole();
    }

    const counts = await scene.account(place.url, false); // owners are dead, so each doubt stays one
    expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
    expect(counts.keys).toBeGreaterThanOrEqual(24); // every client reached an outcome
  },
  180_000,
);

const WAYS = [false, true].filter((pooled) => !pooled || hasPgBouncer);
describe.concurrent.each(WAYS)("with PgBouncer: %s,", (pooled) => {
  test("faults of the network MUST neither repeat nor lose nor hide anything, nor confirm what is not committed", async () => {
    await using database = await faultyDatabase(inject("postgresUrl"), { ways: 2, pooled });
    const ways = database.ways.map(({ url }) => url);
    await using scene = await startLoaded(ways, { vendorMs: 200 });

    for (let fault = 1; fault <= 6; fault++) {
      const failing = databaseFault(database);
      if (fault % 3 === 0) await scene.fleet.killOne();
      await failing;
      await sleep(between(0, 200));
    }
    for (const { network } of database.ways) await network.recover();
    await scene.fleet.whole();
    await scene.clients.untilTicket(90_000);

    const counts = await scene.account(database.directUrl);
    expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
    expect(counts.keys).toBeGreaterThanOrEqual(16); // every client reached an outcome
  }, 120_000);

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
