/** Retention of many rows: in pieces, and by indexes. The states of submissions have a test of what it deletes. */
import { basename } from "node:path";
import { expect, test } from "vitest";
import { deleteOldTickets } from "../../src/ledger/tickets/forget.ts";
import type { TicketStatus } from "../../src/tickets/ticket.ts";
import { intentOf, settledAs, updateOf, VOICE } from "../support/intents.ts";
import { contextAt } from "../support/ledger-context.ts";
import { closedOn, ENGINES, openAt, openOn } from "../support/opened.ts";
import { accepted } from "../support/outcomes.ts";
import { listenToStatements } from "../support/sql.ts";

const MOST_ROWS = 200;
const MANY = 615;

test.each(ENGINES)("Retention on %s MUST delete many rows in several statements", async (engine) => {
  await using place = await closedOn(engine);
  const { sql } = place;
  const bytes = engine === "SQLite" ? "randomblob(16)" : "decode(md5(number::text), 'hex')";
  await sql.run(`WITH RECURSIVE old (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM old WHERE number < ${MANY})
    INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempts, reservation_id, changed_at, settled_at)
    SELECT ${bytes}, 'c', 'CREATE_VOICE_TICKET', ${bytes}, 'REJECTED', 1, ${bytes}, 0, 0 FROM old`);
  using statements = listenToStatements();

  await using _ = await openAt(place);

  const left = () => sql.run("SELECT id FROM submissions");
  await expect.poll(left, { timeout: 100_000 }).toEqual([]); // it rests most of the time
  expect(statements.matching(/^delete from "submissions"/).length).toBeGreaterThanOrEqual(MANY / MOST_ROWS);
});

test.each(ENGINES)("A ticket with many updates MUST leave in several statements on %s", async (engine) => {
  await using place = await closedOn(engine);
  const { sql } = place;
  await using writing = await openAt(place);
  await settledAs(writing.ledger, intentOf(null, VOICE), accepted("t"));
  await settledAs(writing.ledger, intentOf(null, updateOf("t")), accepted("t"));
  await settledAs(writing.ledger, intentOf(null, VOICE), accepted("young"));
  await writing.ledger.close();
  const bytes = engine === "SQLite" ? "randomblob(16)" : "decode(md5(number::text), 'hex')";
  await sql.run(`WITH RECURSIVE old (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM old WHERE number < ${MANY})
      INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempts, reservation_id, changed_at, nth, ticket_id, requested_status)
      SELECT ${bytes}, client_id, operation, fingerprint, state, attempts, reservation_id, changed_at, nth, ticket_id, requested_status
      FROM submissions CROSS JOIN old WHERE requested_status IS NOT NULL`);
  const old =
    engine === "SQLite"
      ? "unhex('00' || substr(hex(id), 3))"
      : "decode('00' || substr(encode(id, 'hex'), 3), 'hex')";
  await sql.run(`UPDATE submissions SET settled_at = 0, id = ${old} WHERE ticket_id = 't'`);
  await sql.run("UPDATE tickets SET observed_at = 0");
  using statements = listenToStatements();

  await using sweeping = await openAt(place);

  const left = () => sql.run("SELECT ticket_id FROM submissions");
  await expect.poll(left, { timeout: 100_000 }).toEqual([{ ticket_id: "young" }]);
  expect(await sql.run("SELECT id FROM tickets")).toEqual([]);
  expect(statements.matching(/^DELETE FROM submissions/).length).toBeGreaterThanOrEqual(MANY / MOST_ROWS);
  const told = [{ event: "retention.deleted", table: "tickets", count: 1 }];
  await expect.poll(() => sweeping.events).toMatchObject(told); // after a rest
});

test.each(ENGINES)(
  "A ticket that leaves in pieces on %s MUST show its last status as long as it is there",
  async (engine) => {
    await using opened = await openOn(engine);
    const { ledger, sql, place } = opened;
    const set = (status: TicketStatus) =>
      settledAs(
        ledger,
        intentOf(null, updateOf("t", { status })),
        accepted("t", { status, statusLabel: status }),
      );
    for (const status of ["OPEN", "PENDING", "CLOSE"] as const) await set(status);
    for (const nth of [3, 2, 1]) await sql.run("UPDATE submissions SET settled_at = 0 WHERE nth = ?", nth);
    if (engine === "PostgreSQL")
      await sql.run(`ALTER DATABASE ${basename(place.url)} SET enable_indexscan = off`); // it reads them so
    await sql.run("UPDATE tickets SET observed_at = 0");
    await using context = await contextAt(place);

    expect(await deleteOldTickets(["t"], Date.now(), 2, context)).toBeNull();

    expect(await ledger.tickets(["t"])).toMatchObject([{ status: "CLOSE" }]);
    expect((await set("OPEN")).ticket).toMatchObject({ status: "OPEN", statusLabel: "OPEN" });
  },
);
