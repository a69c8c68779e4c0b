import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { apart } from "../../src/ledger/database/group.ts";
import { LedgerCipher } from "../../src/ledger/cipher.ts";
import { LedgerUnavailable } from "../../src/tickets/ports.ts";
import { ENGINES, LEDGER_KEY, placeFor } from "../support/ledgers.ts";
import { mutate } from "../support/mutations.ts";
import { type Opened, accepted, intentOf, openAt, submissionIn, updateOf } from "../support/opened.ts";
import { startService } from "../support/service.ts";
import { type Statements, listenToStatements, lockOn, sqlOn, statesIn } from "../support/sql.ts";
import { VOICE } from "../sociomile/requests.ts";

const CALLS = 50;

/**
 * Statements and commits of a group of CALLS. SQLite repeats one statement in one transaction. PostgreSQL takes all rows at once, and settles
 * creates without BEGIN and COMMIT.
 */
const OF_A_GROUP = {
  SQLite: { statements: CALLS, commits: 1, ofSettling: CALLS * 2 },
  PostgreSQL: { statements: 1, commits: 0, ofSettling: 1 },
} as const;

const counts = (statements: Statements) => ({
  inserts: statements.matching(/^insert into submissions/i).length,
  commits: statements.matching(/^commit/i).length,
});

/** Reserves an update of each of these tickets. Returns a function that settles all of them at once. */
async function reserveUpdates({ ledger }: Opened, ids: string[]): Promise<() => Promise<unknown>> {
  const reservations = await Promise.all(ids.map((id) => ledger.reserve(intentOf(null, updateOf(id)))));
  return () =>
    Promise.all(
      reservations.map((reservation, nth) =>
        ledger.settle(submissionIn(reservation), updateOf(ids[nth]!), accepted(ids[nth]!), 1),
      ),
    );
}

describe.each(ENGINES)("group commit on %s", (engine) => {
  test("MUST reserve concurrent calls with one commit and settle them with one", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    using statements = listenToStatements();

    const reservations = await Promise.all(
      Array.from({ length: CALLS }, (_, nth) => ledger.reserve(intentOf(`key-number-${nth}-of-many`))),
    );
    const ofGroup = OF_A_GROUP[engine];
    expect(counts(statements)).toEqual({ inserts: ofGroup.statements, commits: ofGroup.commits });
    const settled = await Promise.all(
      reservations.map((reservation, nth) =>
        ledger.settle(submissionIn(reservation), VOICE, accepted(`t${nth}`), 1),
      ),
    );

    expect(counts(statements)).toEqual({ inserts: ofGroup.statements, commits: 2 * ofGroup.commits });
    expect(statements.matching(/(UPDATE submissions|INSERT INTO tickets)/)).toHaveLength(ofGroup.ofSettling);
    expect(settled.map(({ ticket }) => ticket?.id)).toEqual(settled.map((_, nth) => `t${nth}`));
    await using sql = await sqlOn(place);
    expect(await statesIn(sql)).toEqual(Array(CALLS).fill("CONFIRMED"));
  });

  test("MUST give each call of a group its own answer", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    const other = { ...VOICE, details: { ...VOICE.details, subject: "another" } };
    await ledger.reserve(intentOf("key-known-before"));

    const reservations = await Promise.all([
      ledger.reserve(intentOf("key-known-before")),
      ledger.reserve(intentOf("key-known-before", other)),
      ledger.reserve(intentOf("key-new-and-twice")),
      ledger.reserve(intentOf("key-new-and-twice")),
      ledger.reserve(intentOf("key-new-and-twice", other)),
      ledger.reserve(intentOf(null)),
      ledger.reserve(intentOf(null)),
    ]);

    expect(reservations.map(({ kind }) => kind)).toEqual([
      "existing",
      "otherInput",
      "reserved",
      "existing",
      "otherInput",
      "reserved",
      "reserved",
    ]);
  });

  test("MUST reserve again with one commit the submissions that had no effect", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    const keys = Array.from({ length: CALLS }, (_, nth) => `key-number-${nth}-of-many`);
    await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));
    using statements = listenToStatements();

    const reservations = await Promise.all(keys.map((key) => ledger.reserve(intentOf(key))));

    expect(reservations.map(({ kind }) => kind)).toEqual(keys.map(() => "reserved"));
    expect(statements.matching(/UPDATE submissions/)).toHaveLength(OF_A_GROUP[engine].statements);
    // The first commit is that of the insert, which finds every key taken.
    expect(counts(statements).commits).toBe(2 * OF_A_GROUP[engine].commits);
  });

  test("MUST NOT fail a whole group because of one call that cannot be answered", async () => {
    await using place = await placeFor(engine);
    await using before = await openAt(place, { keys: [randomBytes(32), LEDGER_KEY] });
    await before.ledger.reserve(intentOf("key-under-another-ledger-key"));
    await using sql = await sqlOn(place);
    await sql.run(
      "INSERT INTO ledger_keys (id, first_used_at) VALUES (?, 0)",
      new LedgerCipher([LEDGER_KEY]).id,
    );
    await using opened = await openAt(place);

    const answers = await Promise.allSettled([
      opened.ledger.reserve(intentOf("key-under-another-ledger-key")),
      opened.ledger.reserve(intentOf("key-new-to-all-of-them")),
    ]);

    expect(answers).toMatchObject([
      { status: "rejected", reason: { constructor: LedgerUnavailable } },
      { status: "fulfilled", value: { kind: "reserved" } },
    ]);
  });

  test("MUST NOT fail when two replicas settle the same tickets in opposite order", async () => {
    await using place = await placeFor(engine);
    await using one = await openAt(place);
    await using other = await openAt(place);
    const ids = Array.from({ length: 100 }, (_, nth) => `ticket-${nth}`);
    for (let round = 0; round < 10; round++) {
      const both = [await reserveUpdates(one, ids), await reserveUpdates(other, ids.toReversed())];

      await Promise.all(both.map((settle) => settle()));
    }

    expect([one.events, other.events]).toEqual([[], []]);
    await using sql = await sqlOn(place);
    expect(new Set(await statesIn(sql))).toEqual(new Set(["CONFIRMED"]));
  });
});

// Runs on PostgreSQL only, because SQLite's statements run at once. There the calls of one turn of the event loop share a
// statement.
test("Calls MUST be collected while the ledger is busy with others, on PostgreSQL", async () => {
  await using place = await placeFor("PostgreSQL");
  await using service = await startService({ ledgerUrl: place.url, config: { SOCIOMILE_TIMEOUT_MS: 8000 } });
  await using lock = await lockOn(place);
  using statements = listenToStatements();

  const calls = Array.from({ length: CALLS }, () => mutate(service, "createHelpdeskTicket"));
  await sleep(300);
  await lock.release();
  const answers = await Promise.all(calls);

  expect(answers.flatMap(({ payload }) => payload?.problems)).toEqual([]);
  expect(service.sandbox.tickets).toHaveLength(CALLS);
  expect(counts(statements).inserts).toBeLessThan(CALLS / 2);
});

test.each([
  ["a broken connection MUST fail at once as a whole", "EPIPE", 1],
  ["a refusal of the database MUST be tried one by one", "40P01", 4],
])("A group that fails by %s", async (_, code, runs) => {
  const tried: number[] = [];
  const failing = apart((items: readonly string[]) => {
    tried.push(items.length);
    return Promise.reject(Object.assign(new Error("failed"), { code }));
  });

  await failing(["a", "b", "c"]).catch(() => undefined);

  expect(tried).toHaveLength(runs);
});
