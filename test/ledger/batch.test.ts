import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { batch, listOf } from "../../src/ledger/database/batch.ts";
import { sqlite } from "../../src/ledger/database/sqlite.ts";
import type { Tables } from "../../src/ledger/database/tables.ts";
import { placeFor } from "../support/ledgers.ts";
import { openAt } from "../support/opened.ts";

const COLUMNS = ["id", "first_used_at"] as const;
type KeyRow = { id: string; first_used_at: number };
const row = (id: string): KeyRow => ({ id, first_used_at: 0 });

/** An empty ledger on SQLite, with a batch that inserts keys. The second of two rows with one id is refused. */
async function openKeys() {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await placeFor("SQLite"));
  await (await openAt(place))[Symbol.asyncDispose]();
  const engine = sqlite(place.url.slice("sqlite:".length));
  const db = opening.use(new Kysely<Tables>({ dialect: engine.dialect(1000, "use") }));
  await db.deleteFrom("ledger_keys").execute();
  const insert = batch<KeyRow, never>(
    { db, repeatsStatements: engine.repeatsStatements },
    COLUMNS,
    (values) => sql`INSERT INTO ledger_keys (${listOf(COLUMNS)}) VALUES ${values}`,
  );
  const ids = async () => (await db.selectFrom("ledger_keys").select("id").execute()).map(({ id }) => id);
  const opened = opening.move();
  return { db, insert, ids, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test("A batch that SQLite refuses for one row MUST change nothing", async () => {
  await using keys = await openKeys();

  await expect(keys.insert([row("a"), row("a")], keys.db)).rejects.toThrow("UNIQUE constraint failed");
  expect(await keys.ids()).toEqual([]);

  await keys.insert([row("a"), row("b")], keys.db);
  expect(await keys.ids()).toEqual(["a", "b"]);
});

test("A batch that SQLite refuses in a transaction MUST change nothing, and leave the transaction as it was", async () => {
  await using keys = await openKeys();

  await keys.db.transaction().execute(async (transaction) => {
    await keys.insert([row("before")], transaction);
    await expect(keys.insert([row("a"), row("a")], transaction)).rejects.toThrow("UNIQUE constraint failed");
    await keys.insert([row("b"), row("c")], transaction);
  });

  expect(await keys.ids()).toEqual(["b", "before", "c"]);
});
