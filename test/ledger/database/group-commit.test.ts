import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createGroup } from "../../../src/ledger/work.ts";
import type { Intent, Reservation } from "../../../src/tickets/ports.ts";
import { reservedIn, intentOf, settledAs, updateOf, VOICE, voiceWith, sentOnce } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED } from "../../support/outcomes.ts";
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

const updateFor = (ticketId: string, key = `key-of-update-${ticketId}`) => intentOf(key, updateOf(ticketId));

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
      reservations.map((reservation, nth) =>
        ledger.settle(reservedIn(reservation), VOICE, sentOnce(accepted(`t${nth}`))),
      ),
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
      ledger.settle(first, VOICE, sentOnce(accepted("t1"))),
      ledger.reserve(intentOf("key-of-the-second-call")),
    ]);

    expect([settled.submission.state, second.type]).toEqual(["CONFIRMED", "reserved"]);
    expect(counts(statements)).toEqual({ inserts: 1, commits: OF_A_GROUP[engine].commits });
  });

  test("MUST give each call of a group its own answer", async () => {
    const other = voiceWith({ subject: "another" });
    for (const known of [intentOf("key-known-before"), updateFor("busy")]) await ledger.reserve(known);
    await settledAs(ledger, updateFor("known"), accepted("known"));
    for (const idle of [intentOf("key-that-ran-before"), updateFor("again")])
      await settledAs(ledger, idle, NOT_EXECUTED);

    const calls: [Intent, Reservation["type"]][] = [
      [intentOf("key-known-before"), "existing"],
      [intentOf("key-known-before", other), "otherInput"],
      [intentOf("key-new-and-twice"), "reserved"],
      [intentOf("key-new-and-twice"), "existing"],
      [intentOf("key-new-and-twice", other), "otherInput"],
      [intentOf(null), "reserved"],
      [intentOf(null), "reserved"],
      [updateFor("new"), "reserved"],
      [updateFor("busy", "another-key-for-busy"), "busy"],
      [updateFor("known"), "existing"],
      [updateFor("again"), "reserved"],
      [updateFor("twice", "the-first-key-for-twice"), "reserved"],
      [updateFor("twice", "the-other-key-for-twice"), "busy"],
      [updateFor("one", "one-key-for-two-tickets"), "reserved"],
      [updateFor("two", "one-key-for-two-tickets"), "otherInput"],
    ];
    const reservations = await Promise.all(calls.map(([intent]) => ledger.reserve(intent)));

    expect(reservations.map(({ type }) => type)).toEqual(calls.map(([, kind]) => kind));
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
  ])("MUST give each key to one of four calls to two replicas, whether it ran before: $ran", async ({ ran, count }) => {
    await using other = await openAt(place);
    for (let round = 0; round < 10; round++) {
      const keys = Array.from({ length: count }, (_, nth) => `key-${round}-${nth}-of-both`);
      if (ran) await Promise.all(keys.map((key) => ledger.reserve(intentOf(key), "CIRCUIT_OPEN")));

      const twice = [...keys, ...keys];
      const reservations = await Promise.all([
        ...twice.map((key) => ledger.reserve(intentOf(key))),
        ...twice.toReversed().map((key) => other.ledger.reserve(intentOf(key))),
      ]);

      const winners = reservations.flatMap((one) => (one.type === "reserved" ? one.submission : []));
      expect(new Set(winners.map(({ id }) => id)).size).toBe(count);
      expect(winners.map(({ attempts }) => attempts)).toEqual(keys.map(() => 1));
      expect(reservations.filter(({ type }) => type === "existing")).toHaveLength(3 * count);
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
