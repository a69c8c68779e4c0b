/** The queue when the clock is set, when the database is slow, and when very many requests wait for others. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { takeClock } from "../../support/clock.ts";
import { LATER, ONCE, updateOf, VOICE } from "../../sociomile/requests.ts";
import { intentOf, queuedBy, reserved, settledAs } from "../../support/intents.ts";
import { type Engine, ENGINES, ledgerForEach, openAt, openOn, placeFor } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { type Sql, listenToStatements, lockOn, sqlOn, statesIn } from "../../support/sql.ts";

const HOUR_MS = 3_600_000;

const intentLater = (key: string) => intentOf(key, VOICE, LATER);
const onceLater = (key: string) => intentOf(key, VOICE, { ...LATER, ...ONCE });

/** Adds a thousand copies of the queued update of a ticket, handed in before or after it. */
async function queueCopies(
  sql: Sql,
  engine: Engine,
  ticketId: string,
  when: "before" | "after",
): Promise<void> {
  const bytes = engine === "SQLite" ? "randomblob(16)" : "decode(md5(random()::text), 'hex')";
  const copied =
    "client_id, operation, fingerprint, state, reason, attempt, reservation_id, ticket_id, bsg_ticket_id, requested_status, " +
    "request, deliver_by, handed_in_at, not_before, tries";
  await sql.run(
    `WITH RECURSIVE many (nth) AS (SELECT 2 UNION ALL SELECT nth + 1 FROM many WHERE nth < 1000)
    INSERT INTO submissions (id, moment, ${copied}) SELECT ${bytes}, moment ${when === "before" ? "-" : "+"} nth, ${copied}
    FROM submissions, many WHERE ticket_id = ? AND state = 'QUEUED'`,
    ticketId,
  );
}

describe.each(ENGINES)("thousands of queued updates on %s", (engine) => {
  const { ledger, sql, events } = ledgerForEach(engine);

  test("MUST cost few statements while they wait for a newer one of their ticket, and hold up nobody", async () => {
    const handIn = (key: string, ticketId: string) => queuedBy(ledger, intentOf(key, updateOf(ticketId)));
    const newest: string[] = [];
    for (const ticketId of ["ticket-0", "ticket-1", "ticket-2"]) {
      newest.push((await handIn(`newest of ${ticketId}`, ticketId)).id);
      await queueCopies(sql, engine, ticketId, "before");
    }
    await sleep(10); // the last one is the last by the clock too
    newest.push((await handIn("last", "another-ticket")).id);
    await makeDue(sql);

    using statements = listenToStatements();
    const taken = await ledger.reserveQueued(16);
    const tickets = taken.map(({ submission }) => submission.ticketId);
    expect(new Set(tickets)).toEqual(new Set(["ticket-0", "ticket-1", "ticket-2", "another-ticket"]));
    expect(taken.map(({ submission }) => submission.id).toSorted()).toEqual(newest.toSorted());
    expect(statements.matching(/select/i).length).toBeLessThan(15);
  });

  test("MUST NOT slow the outcomes of earlier ones of their ticket", async () => {
    const update = updateOf("ticket-1");
    const sent = await reserved(ledger, intentOf(null, update));
    await queuedBy(ledger, intentOf("first", update));
    await queueCopies(sql, engine, "ticket-1", "after");

    await ledger.settle(sent, update, accepted("ticket-1"), 1);

    expect(events).toEqual([]); // it was recorded within a second
    expect(await ledger.queue()).toMatchObject({ count: 1000 });
  });
});

describe.each(ENGINES)("A request for the queue whose row the database has lost, on %s", (engine) => {
  const { ledger, sql, events } = ledgerForEach(engine);

  test.each([
    ["its key runs again", "lost", "existing"],
    ["another one has opened its ticket", "other", "alreadyOpened"],
    ["nobody repeats it", null, "reserved"],
  ] as const)("MUST NOT come back into the queue: %s", async (_, repeated, then) => {
    const lost = await reserved(ledger, onceLater("lost"));
    await sql.run("DELETE FROM submissions"); // a standby takes over that had not received it
    if (repeated) await settledAs(ledger, onceLater(repeated), accepted("t"));

    const { submission } = await ledger.settle(lost, VOICE, NOT_EXECUTED, 1, 0);

    const ended = { state: "NOT_EXECUTED", reason: "SOCIOMILE_UNREACHABLE", deliverBy: null };
    expect(submission).toMatchObject(ended);
    expect(await ledger.find(lost.id)).toMatchObject(ended);
    expect(await ledger.reserveQueued(1)).toEqual([]);
    expect(events).toMatchObject([{ event: "ledger.row_restored", state: "NOT_EXECUTED" }]);
    expect((await ledger.reserve(onceLater("lost"))).type).toBe(then);
  });
});

describe.each(ENGINES)("A request for the queue whose record is not acknowledged, on %s,", (engine) => {
  const { ledger, events, place } = ledgerForEach(engine);

  test("MUST NOT be told as queued when it found the queue full, and is recorded once more", async () => {
    await using full = await openAt(place, { maxQueued: 0 });
    const sent = await reserved(ledger, intentLater("full"));
    await full.ledger.settle(sent, VOICE, NOT_EXECUTED, 1, 0);

    const { submission } = await ledger.settle(sent, VOICE, NOT_EXECUTED, 1, 0);
    expect(submission).toMatchObject({ state: "NOT_EXECUTED", deliverBy: null });
    expect(await ledger.reserveQueued(1)).toEqual([]);
    expect(events).toEqual([]);
  });

  test("MUST be told with its times also when it is recorded once more", async () => {
    const sent = await reserved(ledger, intentLater("twice"));
    const settle = () => ledger.settle(sent, VOICE, NOT_EXECUTED, 1, 0);
    const { submission } = await settle();
    expect(submission).toMatchObject({ state: "QUEUED", deliverBy: expect.anything() as unknown });

    expect((await settle()).submission).toEqual(submission);
  });
});

test("a request that was handed in while the clock was an hour ahead goes when the clock is right", async () => {
  await using place = await placeFor("SQLite");
  using clock = takeClock(HOUR_MS);
  await using opened = await openAt(place);
  await queuedBy(opened.ledger, intentOf("ahead"));
  clock.setAhead(0);
  expect(await opened.ledger.reserveQueued(1)).toEqual([]);
  await using again = await openAt(place); // sweeps at once
  await expect.poll(async () => (await again.ledger.reserveQueued(1)).length).toBe(1);
});

test("nobody is told that a request is stored before it is", async () => {
  await using opened = await openOn("PostgreSQL");
  const sent = await reserved(opened.ledger, intentLater("later"));
  await using lock = await lockOn(opened.place);
  const { submission } = await opened.ledger.settle(sent, VOICE, NOT_EXECUTED, 1, 0);
  expect(submission.state).toBe("SENDING");
  await lock.release();
  await expect.poll(() => statesIn(opened.sql)).toEqual(["QUEUED"]);
});

test("an update that is too late to be sent holds up no later one of its ticket", async () => {
  await using place = await placeFor("SQLite");
  using clock = takeClock();
  await using opened = await openAt(place);
  const handIn = (key: string, status: "OPEN" | "CLOSE") =>
    queuedBy(opened.ledger, intentOf(key, updateOf("ticket-1", { status })));
  await handIn("first", "OPEN");
  clock.setAhead(73 * HOUR_MS); // the service was off, so the first one is not expired yet
  await handIn("second", "CLOSE");
  await using sql = await sqlOn(place);
  await makeDue(sql);
  const [taken] = await opened.ledger.reserveQueued(2);
  expect(taken?.submission.requestedStatus).toBe("CLOSE");
});
