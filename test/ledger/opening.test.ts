import { hash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { MIGRATIONS } from "../../src/ledger/database/migrate.ts";
import { LedgerRefused } from "../../src/ledger/database/unusable.ts";
import { checkLedger } from "../../operator/ledger/closed.ts";
import { intentOf, reserved } from "../support/intents.ts";
import { closedOn, ENGINES, openAt, placeFor } from "../support/opened.ts";
import { listenToStatements, sqlOn } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const TOO_EARLY = /before the first release\. Start the version that wrote it\./;
const OF_ANOTHER = ["CREATE TABLE tickets (id integer)"];
const withForm = (name: string) => [
  "CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255))",
  `INSERT INTO kysely_migration (name, timestamp) VALUES ('${name}', '2026-11-01')`,
];

describe.concurrent.each(ENGINES)("opening a ledger on %s", (engine) => {
  test.each([1, 2, 3])("MUST work for two at once, with one key, and tell once that it is new: %i", async () => {
    await using place = await placeFor(engine);

    const both = await Promise.all([openAt(place), openAt(place)]);

    await using one = both[0];
    await using other = both[1];
    const submission = await reserved(one.ledger, intentOf(KEY));
    expect(await other.ledger.find(submission.id)).toMatchObject({ id: submission.id, state: "SENDING" });
    expect(await other.ledger.submittedBy([submission.id])).toMatchObject([{ subject: expect.any(String) }]);
    await using later = await openAt(place);
    expect([one, other, later].filter(({ wasMade }) => wasMade)).toHaveLength(1);
  });

  test("MUST be refused when a newer version wrote it", async () => {
    await using place = await closedOn(engine);
    await place.sql.run("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999_newer', '2099-01-01')");
    const versions = () => place.sql.run("SELECT name FROM kysely_migration ORDER BY name");
    const before = await versions();

    await expect(openAt(place)).rejects.toThrow(LedgerRefused);
    expect(await versions()).toEqual(before);
  });

  test.each([
    ["that of a build before the first release", withForm("0001_first_release"), TOO_EARLY] as const,
    ["that of another program", OF_ANOTHER, /^DATABASE_URL leads to tables of another program\./] as const,
  ])("MUST be refused, as a check of it, when its form is %s", async (_, statements, refusal) => {
    await using place = await placeFor(engine);
    await using sql = await sqlOn(place);
    for (const statement of statements) await sql.run(statement);

    for (const use of [() => openAt(place), () => checkLedger({ url: place.url, keys: [] })])
      await expect(use()).rejects.toThrow(refusal);
  });
});

test.each<[what: string, statements: string[]]>([
  ["beside another one in another schema", ["ALTER SCHEMA public RENAME TO staging", "CREATE SCHEMA public"]],
  [
    "in a schema of its own, beside tables of another program",
    [
      "DROP SCHEMA public CASCADE",
      "CREATE SCHEMA public CREATE TABLE submissions (id integer)",
      "CREATE SCHEMA own",
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = own, public', current_database()); END $$",
    ],
  ],
])("Opening a ledger on PostgreSQL MUST work %s", async (_, statements) => {
  await using place = await closedOn("PostgreSQL");
  for (const statement of statements) await place.sql.run(statement);

  await using opened = await openAt(place);

  expect(await reserved(opened.ledger, intentOf(KEY))).toMatchObject({ state: "SENDING" });
});

test("The form of a ledger MUST NOT change under one name, which alone tells two forms apart", async () => {
  await using place = await closedOn("SQLite");

  const statements = await place.sql.run("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");

  const form = statements.map((row) => String(row["sql"]).replaceAll(/--.*|\s/g, "")).join();
  expect({ [Object.keys(MIGRATIONS).join()]: hash("sha256", form) }).toMatchInlineSnapshot(`
    {
      "0001_in_few_words": "afc92f637104a3ec54c0ef5bc622f573a9c03f6cc76c8255b1ea2409a887c325",
    }
  `);
});

test("The table of submissions MUST stay small: every reader pays for a column, and every create for an index", async () => {
  await using place = await closedOn("SQLite");

  const columns = await place.sql.run("SELECT name FROM pragma_table_info('submissions')");
  const indexes = await place.sql.run(
    "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'submissions' AND sql IS NOT NULL",
  );

  expect(columns.length).toBeLessThanOrEqual(34);
  expect(indexes.length).toBeLessThanOrEqual(17);
});

describe("a ledger at an address", () => {
  test("MUST be opened in a directory that does not exist yet, on SQLite", async () => {
    await using place = await placeFor("SQLite");
    const directory = join(dirname(place.url.slice("sqlite:".length)), "not", "yet there");

    await using opened = await openAt({ url: `sqlite:${directory}/ledger.db` });

    expect(existsSync(directory)).toBe(true);
    expect(await opened.ledger.list({ first: 1, after: null })).toEqual([]);
  });

  test("MUST be open to its owner alone, in SQLite, also when its files were open to others", async () => {
    await using place = await placeFor("SQLite");
    const folder = dirname(place.url.slice("sqlite:".length));
    const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777;
    const modes = () => Object.fromEntries(readdirSync(folder).map((name) => [name, modeOf(name)]));
    const ownerOnly = { "ledger.db": 0o600, "ledger.db-shm": 0o600, "ledger.db-wal": 0o600 };

    await using first = await openAt(place);
    await reserved(first.ledger, intentOf(KEY));
    expect(modes()).toEqual(ownerOnly);

    for (const name of Object.keys(ownerOnly)) chmodSync(join(folder, name), 0o644);
    await using second = await openAt(place);
    await reserved(second.ledger, intentOf("another-key-of-it"));
    expect(modes()).toEqual(ownerOnly);
  });
});

test("Opening a ledger on PostgreSQL MUST NOT keep a lock in a session, because a pooler may lend it to others", async () => {
  await using place = await placeFor("PostgreSQL");
  using statements = listenToStatements();

  await using _ = await openAt(place);

  const locks = statements.all.flatMap((statement, at) => (/pg_(?:try_)?advisory/.test(statement) ? [at] : []));
  const outside = locks.filter((at) => {
    const before = statements.all.slice(0, at);
    return before.findLastIndex((text) => text.startsWith("begin")) <= before.lastIndexOf("commit");
  });
  expect(statements.all[locks[0]!]).toContain("pg_try_advisory_xact_lock");
  expect(outside).toEqual([]);
});
