import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createGroup } from "../../../src/ledger/work.ts";
import type { Intent, Reservation } from "../../../src/tickets/ports.ts";
import { reservedIn, intentOf, VOICE, voiceWith } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { type Statements, listenToStatements, statesIn } from "../../support/sql.ts";

const CALLS = 50;

/**
 * Statements and commits of a group of CALLS. SQLite repeats one statement in one transaction. PostgreSQL takes all rows at once, and settles
 * creates without BEGIN and COMMIT.
 */
const OF_A_GROUP = {
  SQLite: { statements: CALLS, commits: 1, ofSettling: CALLS },
  PostgreSQL: { statements: 1, commits: 0, ofSettling: 1 },
} as const;

const counts = (statements: Statements) => ({
  inserts: statements.matching(/^insert into submissions/i).length,
  commits: statements.matching(/^commit/i).length,
});

describe.each(ENGINES)("group commit on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine);

  test("MUST reserve concurrent calls with one commit and settle them with one", async () => {
    using statements = listenToStatements();

    const reservations = await Promise.all(
      Array.from({ length: CALLS }, (_, nth) => ledger.reserve(intentOf(`key-number-${nth}-of-many`))),
    );
    const ofGroup = OF_A_GROUP[engine];
    expect(counts(statements)).toEqual({ inserts: ofGroup.statements, commits: ofGroup.commits });
    const settled = await Promise.all(
      reservations.map((reservation, nth) => ledger.settle(reservedIn(reservation), VOICE, accepted(`t${nth}`), 1)),
    );

    expect(counts(statements)).toEqual({ inserts: ofGroup.statements, commits: 2 * ofGroup.commits });
    expect(statements.matching(/UPDATE submissions SET attempt/)).toHaveLength(ofGroup.ofSettling);
    expect(settled.map(({ ticket }) => ticket?.id)).toEqual(settled.map((_, nth) => `t${nth}`));
    expect(await statesIn(sql)).toEqual(Array(CALLS).fill("CONFIRMED"));
  });

  test("MUST share a commit between reservations and outcomes at one time", async () => {
    const first = reservedIn(await ledger.reserve(intentOf("key-of-the-first-call")));
    using statements = listenToStatements();

    const [settled, second] = await Promise.all([
      ledger.settle(first, VOICE, accepted("t1"), 1),
      ledger.reserve(intentOf("key-of-the-second-call")),
    ]);

    expect([settled.submission.state, second.type]).toEqual(["CONFIRMED", "reserved"]);
    expect(counts(statements)).toEqual({ inserts: 1, commits: OF_A_GROUP[engine].commits });
  });

  test("MUST give each call of a group its own answer", async () => {
    const other = voiceWith({ subject: "another" });
    await ledger.reserve(intentOf("key-known-before"));

    const calls: [Intent, Reservation["type"]][] = [
      [intentOf("key-known-before"), "existing"],
      [intentOf("key-known-before", other), "otherInput"],
      [intentOf("key-new-and-twice"), "reserved"],
      [intentOf("key-new-and-twice"), "existing"],
      [intentOf("key-new-and-twice", other), "otherInput"],
      [intentOf(null), "reserved"],
      [intentOf(null), "reserved"],
    ];
    const reservations = await Promise.all(calls.map(([intent]) => ledger.reserve(intent)));

    expect(reservations.map(({ type }) => type)).toEqual(calls.map(([, kind]) => kind));
  });

  test("MUST give a key that ran before to one of many calls at one time", async () => {
    for (let round = 0; round < 5; round++) {
      const intent = intentOf(`key-of-round-${round}`);
      await ledger.reserve(intent, "CIRCUIT_OPEN");

      const answers = await Promise.all(Array.from({ length: 20 }, () => ledger.reserve(intent)));

      const kinds = answers.map(({ type }) => type).toSorted();
      expect(kinds).toEqual([...Array<string>(19).fill("existing"), "reserved"]);
    }
  });

  test("MUST reserve again with one statement the submissions that had no effect", async () => {
    const keys = Array.from({ length: CALLS }, (_, nth) => `key-number-${nth}-of-many`);
    await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));
    using statements = listenToStatements();

    const reservations = await Promise.all(keys.map((key) => ledger.reserve(intentOf(key))));

    expect(reservations.map(({ type }) => type)).toEqual(keys.map(() => "reserved"));
    // The first commit of SQLite is that of the insert, which finds every key there. PostgreSQL needs no transaction for one statement.
    const { statements: sent, commits } = OF_A_GROUP[engine];
    expect(counts(statements).commits).toBe(2 * commits);
    // Those of one turn of the event loop go together, and what they wait for comes in several turns.
    expect(statements.matching(/UPDATE submissions SET attempt/).length).toBeLessThanOrEqual(
      engine === "SQLite" ? sent : CALLS / 5,
    );
  });

  test.each([
    { ran: false, count: 150 },
    { ran: true, count: 30 },
  ])("MUST give each key to one of two replicas, whether it ran before: $ran", async ({ ran, count }) => {
    await using other = await openAt(place);
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: count }, (_, nth) => `key-${round}-${nth}-of-both`);
      if (ran) await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));

      const reservations = await Promise.all([
        ...keys.map((key) => ledger.reserve(intentOf(key))),
        ...keys.toReversed().map((key) => other.ledger.reserve(intentOf(key))),
      ]);

      const winners = reservations.flatMap((one) => (one.type === "reserved" ? one.submission : []));
      expect(new Set(winners.map(({ id }) => id)).size).toBe(count);
      expect(winners.map(({ attempts }) => attempts)).toEqual(keys.map(() => 1));
      expect(reservations.filter(({ type }) => type === "existing")).toHaveLength(count);
    }
  });
});

test("Calls MUST be collected while a group is under way", async () => {
  const groups: (readonly number[])[] = [];
  const ended = Promise.withResolvers<void>();
  const call = createGroup(async (numbers: readonly number[]) => {
    groups.push(numbers);
    await ended.promise;
    return numbers;
  });

  const calls = [call(1)];
  await expect.poll(() => groups).toHaveLength(1);
  for (const later of [2, 3]) {
    calls.push(call(later));
    await setImmediate();
  }
  ended.resolve();

  expect(await Promise.all(calls)).toEqual([1, 2, 3]);
  expect(groups).toEqual([[1], [2, 3]]);
});
