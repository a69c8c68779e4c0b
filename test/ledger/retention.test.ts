/** Retention of many rows: in pieces, and by indexes. The states of submissions have a test of what it deletes. */
import { expect, test } from "vitest";
import { intentOf, settledAs, updateOf, VOICE } from "../support/intents.ts";
import { closedOn, ENGINES, openAt } from "../support/opened.ts";
import { accepted } from "../support/outcomes.ts";
import { listenToStatements } from "../support/sql.ts";

const MOST_ROWS = 200;

test.each(ENGINES)("Retention on %s MUST delete many rows in several statements", async (engine) => {
  await using place = await closedOn(engine);
  const { sql } = place;
  const bytes = engine === "SQLite" ? "randomblob(16)" : "decode(md5(nth::text), 'hex')";
  await sql.run(`WITH RECURSIVE old (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM old WHERE nth < 1234)
    INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempt, reservation_id, settled_at)
    SELECT ${bytes}, 'c', 'CREATE_VOICE_TICKET', ${bytes}, 'REJECTED', 1, ${bytes}, 0 FROM old`);
  using statements = listenToStatements();

  await using _ = await openAt(place);

  await expect.poll(() => sql.run("SELECT id FROM submissions")).toEqual([]);
  expect(statements.matching(/^delete from "submissions"/).length).toBeGreaterThanOrEqual(1234 / MOST_ROWS);
});

test.each(ENGINES)(
  "A ticket with many updates, and creates that lost it, MUST leave in several statements on %s",
  async (engine) => {
    await using place = await closedOn(engine);
    const { sql } = place;
    await using writing = await openAt(place, { repeatedTicketIds: "accept" });
    for (let n = 0; n < 3; n++) await settledAs(writing.ledger, intentOf(null, VOICE), accepted("t"));
    await settledAs(writing.ledger, intentOf(null, updateOf("t")), accepted("t"));
    await settledAs(writing.ledger, intentOf(null, VOICE), accepted("young"));
    await writing.ledger.close();
    const bytes = engine === "SQLite" ? "randomblob(16)" : "decode(md5(nth::text), 'hex')";
    await sql.run(`WITH RECURSIVE old (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM old WHERE nth < 1234)
      INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempt, reservation_id, moment, ticket_id, requested_status)
      SELECT ${bytes}, client_id, operation, fingerprint, state, attempt, reservation_id, moment, ticket_id, requested_status
      FROM submissions CROSS JOIN old WHERE requested_status IS NOT NULL`);
    const old =
      engine === "SQLite"
        ? "unhex('00' || substr(hex(id), 3))"
        : "decode('00' || substr(encode(id, 'hex'), 3), 'hex')";
    await sql.run(`UPDATE submissions SET settled_at = 0, id = ${old} WHERE ticket_id = 't'`);
    await sql.run("UPDATE tickets SET observed_at = 0");
    using statements = listenToStatements();

    await using sweeping = await openAt(place);

    await expect.poll(() => sql.run("SELECT ticket_id FROM submissions")).toEqual([{ ticket_id: "young" }]);
    expect(await sql.run("SELECT id FROM tickets")).toEqual([]);
    expect(statements.matching(/^DELETE FROM submissions/).length).toBeGreaterThanOrEqual(1234 / MOST_ROWS);
    const told = [{ event: "retention.deleted", table: "tickets", count: 1 }];
    await expect.poll(() => sweeping.events).toMatchObject(told); // after a rest
  },
);
