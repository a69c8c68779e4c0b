/** Settlements that the database refuses: for one row, or for all of them. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { bytesOf } from "../../../src/ledger/clock.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { intentOf, queuedBy, reserved, settledAs, updateOf, VOICE, sentOnce } from "../../support/intents.ts";
import { ledgerForEach } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { RECORDS_OUTCOMES, countWaiting, listenToStatements, sqlOn, statesIn } from "../../support/sql.ts";

const { ledger, sql, place } = ledgerForEach("PostgreSQL");

test("A ticket whose row is locked MUST NOT hold up the settlements of other tickets", async () => {
  const move = updateOf("locked");
  await settledAs(ledger, intentOf(null, move), accepted("locked"));
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM tickets WHERE id = 'locked' FOR UPDATE");

  const update = await reserved(ledger, intentOf(null, move));
  const creates = await Promise.all(Array.from({ length: 5 }, () => reserved(ledger, intentOf(null))));
  const settling = [
    ledger.settle(update, move, sentOnce(accepted("locked"))),
    ...creates.map((create, nth) => ledger.settle(create, VOICE, sentOnce(accepted(`t-${nth}`)))),
  ];

  await using watching = await sqlOn(place);
  const confirmed = "SELECT id FROM submissions WHERE state = 'CONFIRMED' AND operation LIKE 'CREATE%'";
  await expect.poll(() => watching.run(confirmed)).toHaveLength(5);
  await sql.run("ROLLBACK");
  await Promise.all(settling);
  await expect.poll(async () => (await ledger.find(update.id))?.state).toBe("CONFIRMED");
});

test("A create whose row is locked MUST NOT hold up the others of its group, which are one statement", async () => {
  const creates = await Promise.all(Array.from({ length: 5 }, () => reserved(ledger, intentOf(null))));
  await sql.run("BEGIN");
  await sql.run("SELECT id FROM submissions WHERE id = ? FOR UPDATE", bytesOf(creates[0]!.id));
  using statements = listenToStatements();

  const settling = creates.map((create, nth) => ledger.settle(create, VOICE, sentOnce(accepted(`t-${nth}`))));
  await Promise.all(settling.slice(1));
  await sql.run("ROLLBACK");
  await settling[0];

  expect(statements.matching(RECORDS_OUTCOMES)).toHaveLength(1);
  await expect.poll(() => statesIn(sql)).toEqual(creates.map(() => "CONFIRMED"));
});

test("A ledger that takes no outcomes MUST take no more reservations and begin no delivery, and take all outcomes once it is mended", async () => {
  await queuedBy(ledger, intentOf("later"));
  const creates = []; // in batches, each within the second that callers wait
  for (let batch = 0; batch < 5; batch++)
    creates.push(...(await Promise.all(Array.from({ length: 104 }, () => reserved(ledger, intentOf(null))))));
  await sql.run(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$`);
  await sql.run("CREATE TRIGGER refusing BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION refuse()");

  const settling = creates.map((create, nth) => ledger.settle(create, VOICE, sentOnce(accepted(`t-${nth}`))));
  await expect(ledger.reserve(intentOf(null))).rejects.toThrow(LedgerUnavailable);
  await expect(ledger.reserveQueued(1)).rejects.toThrow("Too many outcomes are not recorded");
  await Promise.all(settling);
  await sql.run("DROP TRIGGER refusing ON tickets");

  await expect.poll(async () => new Set(await statesIn(sql))).toEqual(new Set(["CONFIRMED", "QUEUED"]));
  expect(await ledger.reserve(intentOf(null))).toMatchObject({ type: "reserved" });
  await makeDue(sql);
  expect(await ledger.reserveQueued(1)).toHaveLength(1);
});

test("A lock on the table MUST NOT leave processes of the server behind that nobody waits for", async () => {
  await sql.run("BEGIN");
  await sql.run("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE");
  await using watching = await sqlOn(place);

  for (let round = 0; round < 4; round++) {
    const calls = Array.from({ length: 3 }, () => ledger.reserve(intentOf(null)));
    await Promise.allSettled([...calls, ledger.find(randomUUID()), ledger.doubts()]);
  }

  await expect.poll(() => countWaiting(watching)).toBe(0);
});
