/** Programs that follow changes: nothing is missed, whatever happens to the service, and in whichever order writers commit. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { describe, expect, test, vi } from "vitest";
import { mirrorStates } from "../../examples/mirror-states.ts";
import { bytesOf, textOf } from "../../src/ledger/clock.ts";
import { postgres } from "../../src/ledger/database/postgres.ts";
import type { ChangedSubmission, ChangesQuery } from "../../src/tickets/ports.ts";
import type { Mood } from "../../sandbox/server.ts";
import { oneOf } from "../support/chance.ts";
import { startFleet } from "../support/fleet.ts";
import { intentOf, settledAs } from "../support/intents.ts";
import { mutate } from "../support/mutations.ts";
import { ENGINES, openOn, placeFor } from "../support/opened.ts";
import { UNKNOWN, unknown } from "../support/outcomes.ts";
import { type Sql, countWaiting, sqlOn } from "../support/sql.ts";
import { temporaryFiles } from "../support/temporary-files.ts";
import { openSandbox } from "../support/vendor.ts";

const KILLS = 6;
const BETWEEN_KILLS_MS = 1500;
const MOODS: [Mood, ...Mood[]] = ["well", "well", "cut-after", "unauthorized", "refuse"];

describe.each(ENGINES)("the example of a mirror on %s", (engine) => {
  test("MUST miss nothing and show nothing wrong, while replicas are killed and it is started again", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined); // it tells when no replica answers
    await using place = await placeFor(engine);
    await using sandbox = await openSandbox();
    using files = temporaryFiles();
    const replicas = engine === "SQLite" ? [place.url] : [place.url, place.url];
    const settings = { vendorUrl: sandbox.url, config: { leaseMs: 2500 } };
    await using fleet = await startFleet(settings, replicas);
    const client = new ApolloClient({
      link: new HttpLink({ fetch: async (_, init) => fetch(oneOf(fleet.serving())?.url ?? "no replica", init) }),
      cache: new InMemoryCache(),
    });
    const mirror = join(files.directory, "mirror.db");
    const [over, stop] = [new AbortController(), new AbortController()];
    const create = async () => {
      while (!over.signal.aborted) {
        sandbox.setMood(oneOf(MOODS), { times: 1 });
        const later = { whenUnavailable: "DELIVER_LATER" };
        await mutate({ post: fleet.post }, "createHelpdeskTicket", later).catch(() => null);
        await sleep(50);
      }
    };
    const creating = Promise.all([create(), create(), create()]);

    for (let kills = 0; kills < KILLS; kills++) {
      const stopSoon = AbortSignal.timeout(BETWEEN_KILLS_MS); // the mirror ends, and is started again
      await Promise.all([mirrorStates(client, mirror, stopSoon), fleet.killOne()]);
    }
    over.abort();
    await creating;
    await fleet.whole();
    const mirroring = mirrorStates(client, mirror, stop.signal);

    await using sql = await sqlOn(place);
    using own = new DatabaseSync(mirror);
    const real = async () =>
      (await sql.run("SELECT id, state, reason, ticket_id FROM submissions ORDER BY id")).map(({ id, ...row }) => ({
        id: textOf(id as Uint8Array),
        ...row,
      }));
    const open = "SELECT id FROM submissions WHERE state = 'SENDING' OR not_before IS NOT NULL";
    await vi.waitUntil(async () => (await sql.run(open)).length === 0, { timeout: 60_000, interval: 500 });
    const mirrored = () =>
      own
        .prepare("SELECT * FROM requests ORDER BY id")
        .all()
        .map((row) => ({ ...row }));
    await expect.poll(mirrored).toEqual(await real());
    expect(new Set(mirrored().map(({ state }) => state)).size).toBeGreaterThan(2);
    stop.abort();
    await mirroring;
  });
});

const NOW = postgres("").now;
const LATE = "UPDATE submissions SET trace_id = 'late', changed_at =";

/** Begins a change that is committed after later ones. Resolves with the function that lets it be committed. */
type BeginLate = (id: Uint8Array, writer: Sql, other: Sql) => Promise<() => Promise<unknown>>;

test.each<[when: string, followsForMs: number, BeginLate]>([
  [
    "a statement that has read its time, and waits for a lock before it writes",
    0,
    async (id, writer, other) => {
      await other.run("SELECT pg_advisory_lock(1)");
      const writing = writer.run(
        `WITH early AS MATERIALIZED (SELECT ${NOW} AS at),
          waited AS MATERIALIZED (SELECT at, pg_advisory_xact_lock(1) FROM early)
        ${LATE} at FROM waited WHERE id = ?`,
        id,
      );
      await vi.waitUntil(async () => (await countWaiting(other, "WITH early%")) === 1);
      return async () => (await other.run("SELECT pg_advisory_unlock(1)"), writing);
    },
  ],
  [
    "a transaction that stays open for long",
    7000,
    async (id, writer) => {
      await writer.run("BEGIN");
      await writer.run(`${LATE} ${NOW} WHERE id = ?`, id);
      return () => writer.run("COMMIT");
    },
  ],
])("A follower on PostgreSQL MUST NOT miss a change that later ones overtake: %s", async (_, followsForMs, begin) => {
  await using opened = await openOn("PostgreSQL");
  const { ledger, sql, place } = opened;
  await using writer = await sqlOn(place);
  const { submission } = await settledAs(ledger, intentOf(null), UNKNOWN);
  const seen: (string | null)[] = [];
  let after: ChangesQuery["after"] = null;
  const follow = async () => {
    const page: ChangedSubmission[] = await ledger.changes({ first: 100, after });
    seen.push(...page.map(({ traceId }) => traceId));
    after = page.at(-1) ?? after;
    return seen;
  };

  const commit = await begin(bytesOf(submission.id), writer, sql);
  await settledAs(ledger, intentOf(null), unknown("ANSWER_TIMED_OUT", "later"));
  for (const until = performance.now() + followsForMs; performance.now() <= until; await sleep(200)) await follow();
  await follow();
  await commit();

  await expect.poll(follow).toEqual(["late", "later"]);
});
