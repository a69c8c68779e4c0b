/** The queue in the ledger: who gets which request, and which way out of it each one takes. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../../src/ledger/clock.ts";
import type { SqlLedger } from "../../../src/ledger/ledger.ts";
import { expireQueued } from "../../../src/ledger/queue/deliveries.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import type { Submission } from "../../../src/tickets/submission.ts";
import { contextAt } from "../../support/ledger-context.ts";
import {
  complaintNumbered,
  reservedIn,
  HELPDESK,
  intentOf,
  LATER,
  queuedBy,
  VOICE,
  OPERATOR,
  sentOnce,
} from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt, openOn } from "../../support/opened.ts";
import { NOT_EXECUTED } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { copyRows, idSql, listenToStatements, statesIn } from "../../support/sql.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

let keys = 0;
const laterIntent = (request: TicketRequest, key = `key-of-this-test-${keys++}`) => intentOf(key, request, LATER);

const HISTORIES = {
  "end a request that could not be delivered in time, and let its key run again": `queue a; expire 73; is a NOT_EXECUTED DELIVERY_EXPIRED;
    keeps nothing; tells delivery.expired; handIn a reserved`,
  "erase a request whose owner died when its time is over, and keep the doubt, which its owner may end after all": `queue a; deliver a;
    loseOwners; sweep; is a UNCERTAIN OWNER_DIED; keeps one; hush; expire 73; keeps nothing; is a UNCERTAIN; reports nothing; later a;
    is a NOT_EXECUTED; keeps nothing`,
};

const HOUR_MS = 3_600_000;
const QUEUED = { states: ["QUEUED"], first: 1, after: null } as const;

describe.each(ENGINES)("the queue on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, events, place } = opened;
  const play = createPlay(opened, (name) => intentOf(`key-of-${name}`));
  testTable<string>(HISTORIES)("MUST %s", async (_, history) => void (await play(history)));
  const queue = (request: TicketRequest) => queuedBy(ledger, laterIntent(request));
  const takeOne = async (from: Pick<SqlLedger, "reserveQueued"> = ledger) => {
    await makeDue(sql);
    return (await from.reserveQueued(1))[0];
  };
  /** Lets time pass in which no service runs. */
  const standStill = (hours: number) =>
    sql.run(
      "UPDATE submissions SET deliver_by = deliver_by - ?, handed_in_at = handed_in_at - ?",
      hours * HOUR_MS,
      hours * HOUR_MS,
    );

  test("MUST give each request to one of several replicas, exactly as it was", async () => {
    await using other = await openAt(place);
    const requests = [HELPDESK, VOICE, complaintNumbered("1"), complaintNumbered("2")];
    const queued: Submission[] = [];
    for (const request of requests) queued.push(await queue(request));

    await makeDue(sql);
    const taken = (await Promise.all([ledger.reserveQueued(10), other.ledger.reserveQueued(10)])).flat();

    const ids = taken.map(({ submission }) => submission.id);
    expect(ids.toSorted()).toEqual(queued.map(({ id }) => id).toSorted());
    const byId = new Map(taken.map(({ submission, request }) => [submission.id, request]));
    expect(queued.map(({ id }) => byId.get(id))).toEqual(requests);
    expect(await statesIn(sql)).toEqual(["SENDING", "SENDING", "SENDING", "SENDING"]);
  });

  test("MUST tell of looks that fail again and again", async () => {
    await sql.run("ALTER TABLE submissions RENAME TO elsewhere");

    for (let n = 0; n < 10; n++) await expect(ledger.reserveQueued(1)).rejects.toThrow("cannot be used");

    const reported = events.filter(({ part }) => part === "deliveries");
    expect(reported.map(({ event }) => event)).toEqual(["ledger.upkeep_failed", "ledger.upkeep_failed"]);
  });

  test("MUST be due at once when somebody asks for that, but not before the first delivery", async () => {
    const { id } = await queue(HELPDESK);
    const retried = async () => (await ledger.retry(id, OPERATOR))?.id;
    const isNew = [await retried(), (await ledger.reserveQueued(10)).length];
    const later = "handed_in_at = handed_in_at - 10000, not_before = not_before + 10000";
    await sql.run(`UPDATE submissions SET ${later}`);
    const waits = (await ledger.reserveQueued(10)).length;
    const isOld = [await retried(), (await ledger.reserveQueued(10)).length];

    expect([isNew, waits, isOld]).toEqual([[id, 0], 0, [id, 1]]);
  });

  test("MUST change nothing that others see when its key comes again, and tell its caller when a person must act", async () => {
    const intent = laterIntent(VOICE);
    const { id } = await queuedBy(ledger, intent);
    const seen = await ledger.find(id);

    expect(await ledger.reserve(intent)).toEqual({ type: "existing", submission: seen });
    expect(await ledger.find(id)).toEqual(seen);
    await standStill(97);
    const overdue = { state: "QUEUED", nextTryAt: null };
    expect(await ledger.reserve(intent)).toMatchObject({ type: "existing", submission: overdue });
    expect(await ledger.find(id)).toMatchObject(overdue);
  });

  test("MUST wait for a person when its outcome says so, whatever the clock says, and then be due", async () => {
    await queue(VOICE);
    const delivery = (await takeOne())!;
    const again = await ledger.settle(delivery, VOICE, sentOnce(NOT_EXECUTED), "person");
    const sending = reservedIn(await ledger.reserve(laterIntent(HELPDESK)));
    const first = await ledger.settle(sending, HELPDESK, sentOnce(NOT_EXECUTED), "person");
    await sql.run("UPDATE submissions SET handed_in_at = handed_in_at + 10000000"); // the clock was set back
    const [waits, counted] = [await ledger.reserveQueued(10), await ledger.queueForPerson()];
    await sql.run("UPDATE submissions SET handed_in_at = handed_in_at - 10000");
    for (const { id } of [first.submission, again.submission])
      await ledger.retry(id, { by: "operator", byPerson: null });

    for (const { submission } of [first, again]) expect(submission).toMatchObject({ state: "QUEUED", nextTryAt: null });
    expect([waits, counted.count]).toEqual([[], 2]);
    expect(await ledger.reserveQueued(10)).toHaveLength(2);
    expect((await ledger.queueForPerson()).count).toBe(0);
  });

  test("MUST NOT take a try for a request that never left", async () => {
    await queue(VOICE);
    for (const tries of [0, 3])
      await ledger.settle((await takeOne())!, VOICE, { outcome: NOT_EXECUTED, tries }, 60_000);

    const [waiting] = await ledger.list(QUEUED);
    expect(waiting?.attempts).toBe(3);
    const pause = Number(waiting?.nextTryAt?.epochMilliseconds) - Date.now();
    expect(pause).toBeGreaterThan(50_000);
    expect(await ledger.reserveQueued(1)).toEqual([]);
  });

  test("MUST end a request that was changed in the database, with an event", async () => {
    const { id } = await queue(VOICE);
    const other = await queue(VOICE);
    const rows = await sql.run("SELECT request FROM submissions WHERE id = ?", bytesOf(id));
    // The sealed request of another submission is a change too.
    await sql.run("UPDATE submissions SET request = ?", rows[0]!["request"] as Uint8Array);
    await makeDue(sql);

    const taken = await ledger.reserveQueued(10);

    expect(taken.map(({ submission }) => submission.id)).toEqual([id]);
    const ended = { state: "NOT_EXECUTED", reason: "REQUEST_UNREADABLE" };
    expect(await ledger.find(other.id)).toMatchObject(ended);
    expect(events).toContainEqual({ event: "delivery.request_unreadable", submissionId: other.id });
  });

  test("MUST let a request that is over its time for more than a day wait for an operator, who sends it or takes it back", async () => {
    const [sent, cancelled] = [await queue(HELPDESK), await queue(VOICE)];
    await ledger.close();
    await standStill(48);
    await standStill(73); // together longer than DELIVERY_HOURS and a day
    await using next = await openAt(place);

    await makeDue(sql);
    const waits = await next.ledger.reserveQueued(10);
    const shown = await next.ledger.find(sent.id);
    const retried = await next.ledger.retry(sent.id, OPERATOR);
    const taken = await next.ledger.reserveQueued(10);
    const ended = await next.ledger.cancel(cancelled.id, OPERATOR);

    expect(waits).toEqual([]);
    expect(shown).toMatchObject({ state: "QUEUED", nextTryAt: null });
    const hours = (Number(retried?.deliverBy?.epochMilliseconds) - Date.now()) / HOUR_MS;
    expect([Math.round(hours), retried?.nextTryAt === null]).toEqual([72, false]);
    expect(taken.map(({ submission }) => submission.id)).toEqual([sent.id]);
    expect(ended).toMatchObject({ state: "NOT_EXECUTED", reason: "CANCELLED" });
    expect(next.events.map(({ event }) => event)).toEqual(["submission.retried", "submission.cancelled"]);
  });

  test("MUST NOT try a request again that ends", async () => {
    const { id } = await queue(HELPDESK);
    await standStill(73);

    expect(await ledger.retry(id, OPERATOR)).toBe(null);
  });

  test("MUST end many requests whose time is over, in pieces of at most 200", async () => {
    await queue(VOICE);
    await ledger.close(); // its own look could end some
    await copyRows(sql, 599, { id: idSql(engine, 0), key_hash: "NULL" });
    await standStill(73);
    await using context = await contextAt(place);
    const seen = new Set<string>();
    context.observe = (_, fields) => void seen.add((fields as { submissionId: string }).submissionId);
    using statements = listenToStatements();

    await expireQueued(context);

    const states = await sql.run("SELECT DISTINCT state, reason FROM submissions");
    expect(states).toEqual([{ state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED" }]);
    expect(seen.size).toBe(600);
    expect(statements.matching(/^update "submissions".* limit 200/is).length).toBeGreaterThanOrEqual(3);
  });

  test("MUST be due when its pause lies further ahead than any: the clock was ahead when that began", async () => {
    const [ahead, usual] = [await queue(HELPDESK), await queue(VOICE)];
    const pause = "UPDATE submissions SET not_before = ? WHERE id = ?";
    await sql.run(pause, Date.now() + 365 * 24 * HOUR_MS, bytesOf(ahead.id));
    await sql.run(pause, Date.now() + 0.9 * HOUR_MS, bytesOf(usual.id));

    const taken = await ledger.reserveQueued(10);

    expect(taken.map(({ submission }) => submission.id)).toEqual([ahead.id]);
  });

  test("MUST NOT hold more than its limit", async () => {
    await using small = await openOn(engine, { maxQueued: 3 });
    const all = await Promise.all(
      Array.from({ length: 10 }, () => small.ledger.reserve(laterIntent(VOICE), "CIRCUIT_OPEN")),
    );
    const sending = reservedIn(await small.ledger.reserve(laterIntent(VOICE)));

    const { submission } = await small.ledger.settle(sending, VOICE, sentOnce(NOT_EXECUTED), 0);

    expect(all.filter(({ type }) => type === "queued")).toHaveLength(3);
    expect(all.filter(({ type }) => type === "declined")).toHaveLength(7);
    expect(submission).toMatchObject({ state: "NOT_EXECUTED", deliverBy: null });
    expect(await small.sql.run("SELECT id FROM submissions WHERE request IS NOT NULL")).toHaveLength(3);
  });

  test("MUST NOT hold more of one client than three quarters of its limit, and than half of it while others wait", async () => {
    await using small = await openOn(engine, { maxQueued: 8 });
    const handIn = async (clientId: string, request: TicketRequest) =>
      (await small.ledger.reserve({ ...laterIntent(request), clientId }, "CIRCUIT_OPEN")).type === "queued";
    const inTurn = async (clientId: string, requests: readonly TicketRequest[]) => {
      const queued: boolean[] = [];
      for (const request of requests) queued.push(await handIn(clientId, request));
      return queued.filter(Boolean).length;
    };
    const complaints = Array.from({ length: 8 }, (_, nth) => complaintNumbered(String(nth)));

    expect(await inTurn("one", complaints)).toBe(6);
    expect(await Promise.all([handIn("other", VOICE), handIn("one", VOICE)])).toEqual([true, false]);
    expect(await inTurn("other", complaints)).toBe(1); // then the queue is full
    for (const { id } of await small.ledger.list({ ...QUEUED, first: 2, orderBy: "CREATED_ASC" }))
      await small.ledger.cancel(id, OPERATOR);

    expect(await inTurn("one", complaints)).toBe(1);
    expect(await inTurn("other", complaints)).toBe(2);
  });
});

/** Returns the bytes that this process has read so far. */
const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))![1]);

test("A look at what has expired MUST NOT read the requests themselves on SQLite", async () => {
  await using opened = await openOn("SQLite");
  for (let n = 0; n < 40; n++) await queuedBy(opened.ledger, laterIntent(VOICE));
  await opened.sql.run("UPDATE submissions SET request = cast(request || randomblob(500000) AS blob)");
  await using context = await contextAt(opened.place);
  const before = bytesRead();

  await expireQueued(context);

  expect(bytesRead() - before).toBeLessThan(2_000_000);
});
