/** Versions of the service that follow each other on one ledger. Two later ones are built with the rehearsed migrations. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../src/version.ts";
import { fillLedger } from "../support/fill.ts";
import { startLoaded } from "../support/load.ts";
import { rollingVersions } from "../long-runs/versions/rolling.ts";
import { quietly } from "../long-runs/watched.ts";
import { CLEAN } from "../support/accounts.ts";
import { ENGINES, type Engine, type LedgerPlace, closedOn, placeFor } from "../support/opened.ts";
import { startReplica } from "../support/replicas.ts";
import { type Sql, countWaiting, sqlOn } from "../support/sql.ts";
import { LATER, type LaterVersions, buildVersion, startOperatorOf } from "../support/versions.ts";
import { openSandbox } from "../support/vendor.ts";
import { operate } from "../operator/operator-process.ts";

let versions: LaterVersions;
beforeAll(() => void (versions = { second: buildVersion("second"), third: buildVersion("third") }));
afterAll(() => Object.values(versions).forEach((version) => version[Symbol.dispose]()));

const LOAD = { vendorMs: 3, readers: 0, leaseMs: 3000 };
const STEPS = ["0002_known_by", "0003_known_by_filled", "0004_known_by_needed", "0005_known_by_checked"];
const stepsIn = async (sql: Sql) =>
  (await sql.run("SELECT name FROM kysely_migration ORDER BY name")).map(({ name }) => name).slice(1);

const migrateTo = (name: keyof LaterVersions, { url }: Pick<LedgerPlace, "url">, ...options: string[]) =>
  startOperatorOf(versions[name], url, "migrate", ...options);

describe.each(ENGINES)("versions on %s", (engine) => {
  test("MUST run side by side under load, be rolled forward, back and forward, and lose only what killed replicas had", async () => {
    await using place = await placeFor(engine);
    const amounts = { perSecond: 20, stayMs: 300, drainLagMs: 1000 };

    const counts = await rollingVersions({ ledgerUrl: place.url, versions, ...amounts }, quietly);

    expect(counts).toMatchObject({ failed: 0, badExits: 0, doubled: 0, lost: 0, migrations: STEPS });
    expect(counts.creates).toBeGreaterThan(100);
  }, 240_000);

  test("MUST be refused only where they may not write, with both versions and the way out", async () => {
    await using place = await closedOn(engine);
    const list = () => operate(place.url, ["list"]);

    const plan = await migrateTo("second", place, "--plan", "--json").ended;
    expect(JSON.parse(plan.stdout)).toMatchObject({ isPlan: true, steps: [{ name: STEPS[0] }, { name: STEPS[1] }] });
    expect(await stepsIn(place.sql)).toEqual([]);
    expect(await startOperatorOf(versions.second, place.url, "list").ended).toMatchObject({
      code: 78,
      stderr: `The ledger has the form of version 1.0.0, and this is version ${LATER.second}. Run \`operator migrate\`.\n`,
    });

    await migrateTo("second", place).ended;
    expect(await list()).toMatchObject({ code: 0 });
    await migrateTo("third", place).ended;
    expect(await list()).toMatchObject({
      code: 78,
      stderr: `The ledger has the form of version ${LATER.third}, which version ${VERSION} may not write. Start version ${LATER.second} or a newer one.\n`,
    });
    expect(await operate(place.url, ["verify"])).toMatchObject({ code: 0 }); // it only reads
    expect(await startOperatorOf(versions.second, place.url, "list").ended).toMatchObject({ code: 0 });
  });

  test("MUST NOT shut out the version before at a start, and MUST wait for the command where it is set", async () => {
    await using place = await closedOn(engine);
    await using sandbox = await openSandbox();
    const settings = { vendorUrl: sandbox.url, ledgerUrl: place.url, isQuiet: true };
    const start = (name: keyof LaterVersions, config = {}) =>
      startReplica({ ...settings, app: versions[name].app, config });

    await expect(start("third")).rejects.toThrow("The replica ended before it served");
    await expect(start("second", { LEDGER_MIGRATE: "command" })).rejects.toThrow("The replica ended");
    expect(await stepsIn(place.sql)).toEqual([]);

    await (await start("second")).kill();
    await (await start("third")).kill();
    expect(await stepsIn(place.sql)).toEqual(STEPS);
  });

  test("MUST migrate once when two replicas start at once", async () => {
    await using place = await closedOn(engine);
    await fillLedger(place, 1000, 1);
    await using sandbox = await openSandbox();
    const reported: string[] = [];
    const start = () =>
      startReplica({ vendorUrl: sandbox.url, ledgerUrl: place.url, app: versions.second.app }, (event) => {
        if (event.event === "ledger.migrated") reported.push(String(event["migration"]));
      });

    const replicas = await Promise.all([start(), start(), start()]);
    for (const replica of replicas) await replica.kill();

    expect(reported.toSorted((a, b) => a.localeCompare(b))).toEqual(STEPS.slice(0, 2));
    expect(await place.sql.run("SELECT id FROM submissions WHERE known_by IS NULL")).toEqual([]);
  });

  test.each(["second", "third"] as const)(
    "MUST go on where the %s's migration was killed, under load",
    async (name) => {
      await using place = await closedOn(engine);
      await fillLedger(place, 3000, 1);
      if (name === "third") await migrateTo("second", place).ended;
      const app = name === "third" ? { app: versions.second.app } : {};
      await using scene = await startLoaded([place.url], { ...LOAD, clients: 8, ...app });
      const ofFill = "requested_status IS NULL AND ticket_id LIKE 'ticket-%'";
      if (name === "third") await place.sql.run(`UPDATE submissions SET known_by = NULL WHERE ${ofFill}`);
      const killed = [];
      for (const [point, come] of Object.entries(POINTS[engine][name])) {
        await using other = await sqlOn(place);
        const migrating = migrateTo(name, place);
        await come({ sql: place.sql, other });
        migrating.kill();
        const { code } = await migrating.ended;
        await other.run("ROLLBACK").catch(() => null);
        killed.push([point, code]);
      }

      // The last step of each is short, and may have ended before.
      expect(killed.filter(([, code]) => code === null).length).toBeGreaterThanOrEqual(killed.length - 1);
      expect(await migrateTo(name, place).ended).toMatchObject({ code: 0 });
      expect(await stepsIn(place.sql)).toEqual(name === "third" ? STEPS : STEPS.slice(0, 2));
      const missing = `SELECT id FROM submissions WHERE known_by IS NULL AND ${ofFill}`;
      expect(await place.sql.run(missing)).toEqual([]);
      const halves = engine === "SQLite" ? [] : await place.sql.run("SELECT 1 FROM pg_index WHERE NOT indisvalid");
      expect(halves).toEqual([]);
      const counts = await scene.account(place.url, false);
      expect(counts).toMatchObject({ ...CLEAN, confirmedWithoutRow: 0 });
      expect(counts.keys).toBeGreaterThan(8);
    },
    240_000,
  );
});

type Come = (scene: { sql: Sql; other: Sql }) => Promise<unknown>;

const readsTable: Come = async ({ other }) => {
  await other.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await other.run("SELECT count(*) FROM submissions");
};
/** Waits until a statement of the migration waits for a lock in PostgreSQL. */
const waits = (like: string, { sql }: { sql: Sql }) =>
  expect.poll(() => countWaiting(sql, like), { interval: 20 }).toBe(1);
const partOf = async ({ sql }: { sql: Sql }) => {
  const [row] = await sql.run("SELECT count(known_by) AS filled, count(*) AS total FROM submissions").catch(() => []);
  return Number(row?.["filled"] ?? 0) / Number(row?.["total"] ?? 1);
};
const isFilled: Come = (scene) => expect.poll(() => partOf(scene), { interval: 5 }).toBeGreaterThan(0.1);
const locksFile: Come = async ({ other }) => {
  await other.run("BEGIN IMMEDIATE");
  await sleep(800); // the process has started by then
};

/** Points at which a migration is killed, by the step that it is in. */
const POINTS: Record<Engine, Record<keyof LaterVersions, Record<string, Come>>> = {
  PostgreSQL: {
    second: {
      "the column": async (scene) => {
        await readsTable(scene);
        await waits("ALTER TABLE submissions ADD COLUMN%", scene);
      },
      "the fill": isFilled,
      "the index": async (scene) => {
        await readsTable(scene);
        const half = () => scene.sql.run("SELECT 1 FROM pg_index WHERE NOT indisvalid");
        await expect.poll(half, { interval: 20 }).toHaveLength(1);
      },
    },
    third: {
      "the second fill": isFilled,
      "the constraint": async (scene) => {
        await readsTable(scene);
        await waits("%ADD CONSTRAINT%", scene);
      },
      "its check": ({ sql }) =>
        expect.poll(async () => (await stepsIn(sql)).length, { interval: 5 }).toBeGreaterThan(2),
    },
  },
  SQLite: {
    second: {
      "the column": locksFile,
      "the fill": isFilled,
      "the index": (scene) => expect.poll(() => partOf(scene), { interval: 5 }).toBeGreaterThan(0.95),
    },
    third: { "the second fill": isFilled, "the constraint": locksFile },
  },
};
