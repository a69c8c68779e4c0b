/**
 * A rehearsed change of the ledger's form, in the tests alone: an example for real ones. `support/versions.ts` builds versions of the service with it.
 * t2 expands the form by a column and an index, which the version before ignores. t3 contracts it: from then on every row has a value.
 */
import { Kysely, sql } from "kysely";
import type { Engine } from "../../../src/ledger/database/engine.ts";
import type { Migration } from "../../../src/ledger/database/migrate.ts";
import type { Tables } from "../../../src/ledger/database/tables.ts";

/** Rows of one piece: their locks last some milliseconds. */
const ROWS_A_PIECE = 100;

/** The expanding migrations. `before`: version of the service whose replicas may go on. */
export function t2(version: string, before: string): Record<string, Migration> {
  const its = { version, writableFrom: before, readableFrom: before };
  return {
    "0002_known_by": {
      ...its,
      async change(db) {
        await sql`ALTER TABLE submissions ADD COLUMN known_by text`.execute(db);
      },
    },
    "0003_known_by_filled": {
      ...its,
      async *prepare(db, engine) {
        yield* fillColumn(db);
        await makeIndex(db, engine);
      },
    },
  };
}

/** The contracting migrations. `writer`: the first version that writes the column. */
export function t3(version: string, writer: string, reader: string): Record<string, Migration> {
  const its = { version, writableFrom: writer, readableFrom: reader };
  return {
    "0004_known_by_needed": {
      ...its,
      prepare: fillColumn, // also what the version before has written since
      async change(db, engine) {
        const needed =
          engine.name === "SQLite"
            ? sql`CREATE TRIGGER submissions_known_by_needed BEFORE INSERT ON submissions WHEN NEW.known_by IS NULL
                BEGIN SELECT RAISE(ABORT, 'known_by is missing'); END`
            : sql`ALTER TABLE submissions
                ADD CONSTRAINT submissions_known_by_needed CHECK (known_by IS NOT NULL) NOT VALID`;
        await needed.execute(db);
      },
    },
    "0005_known_by_checked": {
      ...its,
      async *prepare(db, engine) {
        if (engine.name === "SQLite") return;
        // Reads the whole table, and lets others read and write meanwhile.
        await sql`ALTER TABLE submissions VALIDATE CONSTRAINT submissions_known_by_needed`.execute(db);
        yield 0;
      },
    },
  };
}

/** Fills the column where it is empty, by the ids of the rows. After an interruption it passes over what is filled. */
async function* fillColumn(db: Kysely<Tables>): AsyncGenerator<number> {
  const ids = (after: Uint8Array) =>
    db.selectFrom("submissions").select("id").where("id", ">", after).orderBy("id").limit(ROWS_A_PIECE).execute();
  let rows = await ids(new Uint8Array());
  while (rows.length > 0) {
    const [first, last] = [rows[0]!.id, rows.at(-1)!.id];
    const filled = await sql`UPDATE submissions SET known_by = coalesce(helpdesk_ticket_number, '')
      WHERE id BETWEEN ${first} AND ${last} AND known_by IS NULL`.execute(db);
    yield Number(filled.numAffectedRows);
    rows = await ids(last);
  }
}

/** Longest time that the making of an index may take. Milliseconds. */
const INDEX_WAIT_MS = 3_600_000;

/** Makes the index. PostgreSQL does so beside callers, outside of a transaction, and leaves half of one when it is interrupted. SQLite holds up who writes. */
async function makeIndex(db: Kysely<Tables>, engine: Engine): Promise<void> {
  const on = sql`submissions_known_by ON submissions (known_by, id) WHERE known_by IS NOT NULL`;
  if (engine.name === "SQLite") return void (await sql`CREATE INDEX IF NOT EXISTS ${on}`.execute(db));
  await using patient = new Kysely<Tables>({ dialect: engine.dialect(INDEX_WAIT_MS, "use") });
  const { rows: halves } = await sql`SELECT 1 FROM pg_index
    WHERE indexrelid = to_regclass('submissions_known_by') AND NOT indisvalid`.execute(patient);
  if (halves.length > 0) await sql`DROP INDEX CONCURRENTLY submissions_known_by`.execute(patient);
  await sql`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${on}`.execute(patient);
}
