import { randomUUID } from "node:crypto";
/** Settlements that the database refuses: for one row, or for all of them. */
import { expect, test, vi } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { intentOf, reserved, settledAs, updateOf } from "../../support/intents.ts";
import { openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { sqlOn, statesIn } from "../../support/sql.ts";
import { VOICE } from "../../sociomile/requests.ts";

const SOON = { timeout: 30_000, interval: 50 };

test("A ticket whose row is locked MUST NOT hold up the settlements of other tickets", async () => {
  await using opened = await openOn("PostgreSQL");
  const { ledger, sql } = opened;
  const move = updateOf("locked");
  await settledAs(ledger, intentOf(null, move), accepted("locked"));
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM tickets WHERE id = 'locked' FOR UPDATE");

  const update = await reserved(ledger, intentOf(null, move));
  const creates = await Promise.all(Array.from({ length: 5 }, () => reserved(ledger, intentOf(null))));
  const settling = [
    ledger.settle(update, move, accepted("locked"), 1),
    ...creates.map((create, nth) => ledger.settle(create, VOICE, accepted(`t-${nth}`), 1)),
  ];

  await using watching = await sqlOn(opened.place);
  await expect
    .poll(
      () => watching.run("SELECT id FROM submissions WHERE state = 'CONFIRMED' AND operation LIKE 'CREATE%'"),
      SOON,
    )
    .toHaveLength(5);
  await sql.run("ROLLBACK");
  await Promise.all(settling);
  await vi.waitFor(async () => expect((await ledger.find(update.id))?.state).toBe("CONFIRMED"), SOON);
});

test("A ledger that takes no outcomes MUST take no more reservations either, and all outcomes once it is mended", async () => {
  await using opened = await openOn("PostgreSQL");
  const { ledger, sql } = opened;
  const creates = []; // in batches, each within the second that callers wait
  for (let batch = 0; batch < 5; batch++)
    creates.push(...(await Promise.all(Array.from({ length: 104 }, () => reserved(ledger, intentOf(null))))));
  await sql.run(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$`);
  await sql.run("CREATE TRIGGER refusing BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION refuse()");

  const settling = creates.map((create, nth) => ledger.settle(create, VOICE, accepted(`t-${nth}`), 1));
  await expect(ledger.reserve(intentOf(null))).rejects.toThrow(LedgerUnavailable);
  await Promise.all(settling);
  await sql.run("DROP TRIGGER refusing ON tickets");

  await vi.waitFor(async () => expect(new Set(await statesIn(sql))).toEqual(new Set(["CONFIRMED"])), {
    timeout: 30_000,
    interval: 200,
  });
  expect(await ledger.reserve(intentOf(null))).toMatchObject({ kind: "reserved" });
});

test("A lock on the table MUST NOT leave processes of the server behind that nobody waits for", async () => {
  await using opened = await openOn("PostgreSQL");
  const { sql } = opened;
  await sql.run("BEGIN");
  await sql.run("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE");
  await using watching = await sqlOn(opened.place);

  for (let round = 0; round < 4; round++) {
    const calls = Array.from({ length: 3 }, () => opened.ledger.reserve(intentOf(null)));
    await Promise.allSettled([...calls, opened.ledger.find(randomUUID()), opened.ledger.doubts()]);
  }

  await expect
    .poll(
      () =>
        watching.run(
          "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
        ),
      SOON,
    )
    .toHaveLength(0);
});
