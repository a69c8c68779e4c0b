/** Retention: what it deletes, what waits for a person, and many rows, in pieces and by indexes. */
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesOf, textOf, timeIn } from "../../src/ledger/clock.ts";
import { expireQueued } from "../../src/ledger/queue/deliveries.ts";
import { createRetention } from "../../src/ledger/retention.ts";
import { deleteOldTickets } from "../../src/ledger/tickets/forget.ts";
import type { Outcome } from "../../src/tickets/submission.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import type { TicketStatus } from "../../src/tickets/ticket.ts";
import { intentOf, queuedBy, reserved, settledAs, updateOf, VOICE, OPERATOR } from "../support/intents.ts";
import { contextAt } from "../support/ledger-context.ts";
import { closedOn, ENGINES, type Event, ledgerForEach, openAt, openOn } from "../support/opened.ts";
import { accepted, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { copyRows, idSql, listenToStatements, madeAt, type Sql, statesIn } from "../support/sql.ts";
import { testTable } from "../support/test-table.ts";

const MOST_ROWS = 200;
const MANY = 615;
const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT = { submissionDays: 30, ticketDays: 400 };

/** Of a ledger beside those of a test. */
const NEVER = { submissionDays: 9999, ticketDays: 9999 };

/** Outcome of a request, null while it is being sent, and its age in days. */
type Ended = [outcome: Outcome | null, days: number, request?: TicketRequest];
const UPDATE = updateOf("t");
const CREATED: Ended = [accepted("t"), 4000];
const REFUSED: Ended = [REJECTED, 4000];
const DOUBTED: Ended = [UNKNOWN, 4000, UPDATE];

/** Makes a submission older, as if this time had passed since its last news. Returns its id. */
async function aged(sql: Sql, id: string, days: number, from = Date.now()): Promise<string> {
  const ms = Math.round(days * DAY_MS);
  const older = ["settled_at", "sent_at", "deliver_by", "handed_in_at", "not_before"];
  const set = older.map((column) => `${column} = ${column} - ${ms}`).join(", ");
  await sql.run(`UPDATE submissions SET ${set} WHERE id = ?`, bytesOf(id));
  return madeAt(sql, from - ms, id);
}

const daysSince = (time: unknown) => ((Date.now() - Date.parse(String(time))) / DAY_MS).toFixed(1);

/** Makes everything older, or younger. */
async function ageAll(sql: Sql, days: number): Promise<void> {
  for (const { id } of await sql.run("SELECT id FROM submissions"))
    await aged(sql, textOf(id as Uint8Array), days, timeIn(id as Uint8Array));
  await sql.run(`UPDATE tickets SET observed_at = observed_at - ${Math.round(days * DAY_MS)}`);
}

describe.each(ENGINES)("retention on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine, { retention: NEVER });
  const ids = async () => (await sql.run("SELECT id FROM submissions")).length;
  const ended = async (...[outcome, days, request = VOICE]: Ended) => {
    const intent = intentOf(null, request);
    const { id } = outcome ? (await settledAs(ledger, intent, outcome)).submission : await reserved(ledger, intent);
    return aged(sql, id, days);
  };
  const watched = async () => {
    const context = await contextAt(place);
    const events: Event[] = [];
    const own = createRetention(
      { ...context, observe: (event, fields) => void events.push({ event, ...fields }) },
      KEPT,
    );
    return { ...own, events, context, [Symbol.asyncDispose]: () => context.db.destroy() };
  };

  test("MUST delete nothing while something has been over its time for more than a week, and go on when that is gone", async () => {
    await ended(REJECTED, 31);
    await ended(REJECTED, 38);
    await ended(REJECTED, 37.5);
    await ended(accepted("t"), 401);
    await sql.run("UPDATE tickets SET observed_at = 0");
    await using own = await watched();

    await own.sweep();
    await own.sweep();
    const kept = await ids();
    const reported = [...own.events];
    await own.deleteUntil(own.waitLimits());
    await own.sweep();

    expect(kept).toBe(4);
    expect(reported).toEqual([
      { event: "retention.waits", count: 2, oldest: expect.any(String), newest: expect.any(String) },
    ]);
    expect([daysSince(reported[0]!["oldest"]), daysSince(reported[0]!["newest"])]).toEqual(["38.0", "37.5"]);
    expect(await ids()).toBe(0);
    expect(own.events.slice(1).map(({ event, table, count }) => [event, table, count])).toEqual([
      ["retention.deleted", "submissions", 2],
      ["retention.continued", undefined, undefined],
      ["retention.deleted", "submissions", 1],
      ["retention.deleted", "tickets", 1],
    ]);
  });

  testTable<[some: Ended[], waits: number, left: number, set?: string]>({
    "a submission without a ticket": [[[REJECTED, 38]], 1, 0],
    "a ticket": [[[accepted("t"), 408]], 1, 0],
    "a ticket with doubts about its status, which leave with it": [[CREATED, [UNKNOWN, 408, UPDATE]], 1, 0],
    "a doubt about the status of a ticket that nobody knows": [[[UNKNOWN, 38, UPDATE]], 1, 0],
    "the details of a doubt, which stays": [[[UNKNOWN, 408]], 1, 1],
    "but no doubt": [[[UNKNOWN, 4000]], 0, 1, "details = NULL"],
    "but no update that is being sent, nor its ticket": [[CREATED, [null, 4000, UPDATE]], 0, 2],
    "but no conflict": [[REFUSED], 0, 1, "conflicting_ticket_id = 'x'"],
    "but no ticket with a conflict": [[CREATED], 0, 1, "conflicting_ticket_id = 'x'"],
    "but no update of a ticket with which another create is in conflict": [
      [REFUSED, [accepted("t"), 4000, UPDATE]],
      0,
      2,
      "conflicting_ticket_id = 't' WHERE requested_status IS NULL",
    ],
    "but no ticket with young news, nor a part of it": [[CREATED, [UNKNOWN, 0, UPDATE]], 0, 2],
    "but no doubt about the status of a young ticket": [[[accepted("t"), 1], DOUBTED], 0, 2],
    "but no doubt about the status that another update shows": [[DOUBTED, [accepted("t"), 1, UPDATE]], 0, 2],
    "and nothing that has been over its time for days": [[[REJECTED, 36.9]], 0, 1],
  })("MUST wait for a person, who deletes it: %s", async (_, [some, waits, left, set]) => {
    for (const each of some) await ended(...each);
    if (set !== undefined) await sql.run(`UPDATE submissions SET ${set}`);
    await sql.run("UPDATE tickets SET observed_at = 0");
    await using own = await watched();

    const found = Object.values(await own.look(own.waitLimits(), () => false));
    await own.deleteUntil(own.waitLimits());

    expect(found.map(({ count }) => count)).toEqual(waits === 0 ? [] : [waits]);
    expect(await ids()).toBe(left);
  });

  test("MUST tell the last news of what waits", async () => {
    await ended(accepted("t"), 500);
    await ended(accepted("t"), 450, updateOf("t"));
    await ended(UNKNOWN, 420, updateOf("t"));
    await sql.run("UPDATE tickets SET observed_at = 1");
    await using own = await watched();

    const { tickets } = await own.look(own.waitLimits(), () => false);

    const days = [tickets!.oldest, tickets!.newest].map((time) => Math.round((Date.now() - time) / DAY_MS));
    expect([tickets!.count, ...days]).toEqual([2, 420, 420]);
  });

  test("MUST lose nothing to a clock that is a year ahead: no row, no details and no request", async () => {
    await ended(REJECTED, 8);
    await ended(accepted("t"), 50);
    await ended(UNKNOWN, 50);
    await queuedBy(ledger, intentOf("a-key-of-this-test"));
    await ledger.close();

    await ageAll(sql, 365);
    await using own = await watched();
    await own.sweep();
    await expireQueued(own.context);
    await ageAll(sql, -365);
    await using right = await openAt(place);

    const states = new Set(await statesIn(sql));
    expect(states).toEqual(new Set(["CONFIRMED", "QUEUED", "REJECTED", "UNCERTAIN"]));
    expect(await sql.run("SELECT id FROM submissions WHERE details IS NOT NULL AND state = 'UNCERTAIN'")).toHaveLength(
      1,
    );
    const [queued] = await right.ledger.list({ states: ["QUEUED"], first: 1, after: null });
    expect(queued?.nextTryAt).not.toBeNull();
    expect(own.events).toMatchObject([{ event: "retention.waits", count: 3 }]);
  });

  test("MUST empty the details of an old doubt, and keep the doubt", async () => {
    await ended(UNKNOWN, 401);
    const young = await ended(UNKNOWN, 399);
    await sql.run("UPDATE submissions SET answer = details");
    await using own = await watched();

    await own.sweep();

    const rows = await sql.run("SELECT id FROM submissions WHERE details IS NOT NULL AND answer IS NOT NULL");
    expect(rows.map(({ id }) => Buffer.from(id as Uint8Array))).toEqual([bytesOf(young)]);
    expect(await sql.run("SELECT id FROM submissions WHERE details IS NULL AND answer IS NULL")).toHaveLength(1);
    expect(own.events).toMatchObject([{ event: "retention.deleted", table: "details", count: 1 }]);
    expect([daysSince(own.events[0]!["oldest"]), daysSince(own.events[0]!["cutOff"])]).toEqual(["401.0", "400.0"]);
  });

  test("MUST keep the tombstone of a ticket that was forgotten", async () => {
    await ended(accepted("t"), 401);
    await ended(accepted("t", { subject: "s" }), 401, updateOf("t"));
    await ledger.forgetTicket("t", OPERATOR);
    await using own = await watched();

    await own.sweep();

    expect(await ids()).toBe(0);
    const [{ id, forgotten_at: at } = {}, ...others] = await sql.run("SELECT id, forgotten_at FROM tickets");
    expect([id, Number(at) > 0, others]).toEqual(["t", true, []]);
  });
});

test.each(ENGINES)("Retention on %s MUST delete rows, and a ticket's updates, in many statements", async (engine) => {
  await using place = await closedOn(engine);
  const { sql } = place;
  await using writing = await openAt(place, { retention: NEVER }); // nothing goes before it is copied
  const settle = async (outcome: Outcome, request: TicketRequest = VOICE) =>
    (await settledAs(writing.ledger, intentOf(null, request), outcome)).submission.id;
  await aged(sql, await settle(REJECTED), 31);
  await aged(sql, await settle(accepted("t")), 401);
  await aged(sql, await settle(accepted("t"), updateOf("t")), 401);
  await settle(accepted("young"));
  await writing.ledger.close();
  await sql.run("UPDATE tickets SET observed_at = 0");
  for (const [days, which] of [
    [31, "state = 'REJECTED'"],
    [401, "requested_status IS NOT NULL"],
  ] as const)
    await copyRows(sql, MANY, { id: idSql(engine, Date.now() - days * DAY_MS), key_hash: "NULL" }, which);
  using statements = listenToStatements();

  await using sweeping = await openAt(place);

  const left = () => sql.run("SELECT ticket_id FROM submissions");
  await expect.poll(left, { timeout: 100_000 }).toEqual([{ ticket_id: "young" }]); // it rests most of the time
  expect(await sql.run("SELECT id FROM tickets")).toEqual([]);
  const deletions = statements.matching(/^\s*delete from submissions/i);
  const ofTicket = deletions.filter((statement) => statement.includes("ORDER BY nth"));
  for (const count of [ofTicket.length, deletions.length - ofTicket.length])
    expect(count).toBeGreaterThanOrEqual(MANY / MOST_ROWS);
  const reported = [MANY + 1, 1].map((count) => ({ event: "retention.deleted", count }));
  await expect.poll(() => sweeping.events).toMatchObject(reported); // after a rest
});

test.each(ENGINES)("A ticket that leaves in pieces on %s MUST show its last status to the end", async (engine) => {
  await using opened = await openOn(engine);
  const { ledger, sql, place } = opened;
  const set = (status: TicketStatus) =>
    settledAs(ledger, intentOf(null, updateOf("t", { status })), accepted("t", { status, statusLabel: status }));
  for (const status of ["OPEN", "PENDING", "CLOSE"] as const) await set(status);
  for (const nth of [3, 2, 1]) await sql.run("UPDATE submissions SET settled_at = 0 WHERE nth = ?", nth);
  if (engine === "PostgreSQL") await sql.run(`ALTER DATABASE ${basename(place.url)} SET enable_indexscan = off`); // it reads them so
  await sql.run("UPDATE tickets SET observed_at = 0");
  await using context = await contextAt(place);

  expect(await deleteOldTickets(["t"], Date.now(), 2, context)).toBeNull();

  expect(await ledger.tickets(["t"])).toMatchObject([{ status: "CLOSE" }]);
  expect((await set("OPEN")).ticket).toMatchObject({ status: "OPEN", statusLabel: "OPEN" });
});
