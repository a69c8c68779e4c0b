/** Updates of one ticket whose transactions run at the same moment. Only PostgreSQL runs two at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { releaseDeliveries } from "../../src/ledger/queue/deliveries.ts";
import { textOf } from "../../src/ledger/ids.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import { contextAt } from "../support/ledger-context.ts";
import { type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { untilWaiting, writeLockOn } from "../support/locks.ts";
import { NOT_EXECUTED, accepted, intentOf, openAt, reserved, updateOf } from "../support/opened.ts";
import { type Sql, lockOn, sqlOn, statesIn } from "../support/sql.ts";

const OLDER = updateOf("ticket-1");
const NEWER = updateOf("ticket-1", { status: "CLOSE" });
const LATER = { ...intentOf("key-of-the-older-update", OLDER), whenUnavailable: "DELIVER_LATER" } as const;

/** Reserves the older update, and returns the step that puts it into the queue. */
type IntoQueue = (ledger: SqlLedger, place: LedgerPlace, sql: Sql) => Promise<() => Promise<unknown>>;

const comesFirst: IntoQueue = async (ledger) => {
  const submission = await reserved(ledger, LATER);
  return () => ledger.settle(submission, OLDER, NOT_EXECUTED, 1, { place: null, pauseMs: 0 });
};

const goesBack: IntoQueue = async (ledger) => {
  await ledger.reserve(LATER, "CIRCUIT_OPEN");
  const [delivery] = await ledger.takeQueued(1);
  const { submission, place } = delivery!;
  return () => ledger.settle(submission, OLDER, NOT_EXECUTED, 1, { place, pauseMs: 0 });
};

const isReleased: IntoQueue = async (ledger, place, sql) => {
  await ledger.reserve(LATER, "CIRCUIT_OPEN");
  await ledger.takeQueued(1);
  const [row] = await sql.run("SELECT reservation_id FROM submissions");
  return async () => {
    await using context = await contextAt(place);
    return await releaseDeliveries([textOf(row!["reservation_id"] as Uint8Array)], context);
  };
};

/** Gives a database another isolation level than the usual one. */
async function makeRepeatable(place: LedgerPlace): Promise<void> {
  await using sql = await sqlOn(place);
  const name = new URL(place.url).pathname.slice(1);
  await sql.run(`ALTER DATABASE ${name} SET default_transaction_isolation TO 'repeatable read'`);
}

describe("an update that goes into the queue while a later one is accepted", () => {
  // The last table that each transaction writes. It has looked for the other update before.
  test.each([
    ["is queued for the first time", "queued_requests", comesFirst],
    ["goes back after a delivery", "queued_requests", goesBack],
    ["is queued for the first time", "ticket_references", comesFirst],
    ["goes back after a delivery", "ticket_references", goesBack],
    ["is released", "ticket_references", isReleased],
    ["is queued where transactions are repeatable reads by default", "queued_requests", comesFirst],
    ["is queued where transactions are repeatable reads by default", "ticket_references", comesFirst],
  ])("MUST NOT be sent after it: it %s, and one of both waits for %s", async (way, table, intoQueue) => {
    await using place = await placeFor("PostgreSQL");
    if (way.includes("repeatable read")) await makeRepeatable(place);
    await using one = await openAt(place);
    await using other = await openAt(place);
    await using sql = await sqlOn(place);
    const queue = await intoQueue(one.ledger, place, sql);
    const newer = await reserved(other.ledger, intentOf("key-of-the-newer-update", NEWER));
    const accept = () => other.ledger.settle(newer, NEWER, accepted("ticket-1"), 1);
    const [first, second] = table === "queued_requests" ? [queue, accept] : [accept, queue];

    await using lock = await writeLockOn(table, place);
    const firstWorks = first();
    await untilWaiting(1, sql, firstWorks);
    const secondWorks = second();
    await untilWaiting(2, sql, secondWorks);
    await lock.release();
    await Promise.all([firstWorks, secondWorks]);

    await expect.poll(() => statesIn(sql)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await one.ledger.takeQueued(1)).toEqual([]);
  });

  test("MUST NOT be taken when a later one is sent since it was found", async () => {
    await using place = await placeFor("PostgreSQL");
    await using opened = await openAt(place);
    const { ledger } = opened;
    await ledger.reserve(LATER, "CIRCUIT_OPEN");
    await ledger.reserve(intentOf("key-of-the-newer-update", NEWER), "CIRCUIT_OPEN");
    await using sql = await sqlOn(place);
    await using other = await sqlOn(place);
    await other.run("BEGIN");
    await other.run("LOCK TABLE submissions IN SHARE MODE");

    const taking = ledger.takeQueued(1);
    await untilWaiting(1, sql, taking);
    await other.run("UPDATE submissions SET state = 'SENDING' WHERE state = 'NOT_EXECUTED'");
    await other.run("COMMIT");

    expect(await taking).toEqual([]);
    expect(await statesIn(sql)).toEqual(["QUEUED", "SENDING"]);
  });

  test("MUST tell the time at which it became void", async () => {
    await using place = await placeFor("PostgreSQL");
    await using opened = await openAt(place);
    const { ledger } = opened;
    const older = await reserved(ledger, LATER);
    const newer = await reserved(ledger, intentOf("key-of-the-newer-update", NEWER));
    await ledger.settle(newer, NEWER, accepted("ticket-1"), 1);
    await using lock = await lockOn(place);

    const settling = ledger.settle(older, OLDER, NOT_EXECUTED, 1, { place: null, pauseMs: 0 });
    await sleep(50); // the attempt ended before this
    const releasedAt = Date.now();
    await lock.release();
    const { submission } = await settling;

    expect(submission).toMatchObject({ state: "SUPERSEDED", deliverBy: null });
    expect(submission.settledAt?.epochMilliseconds).toBeGreaterThanOrEqual(releasedAt);
    expect((await ledger.find(older.id))?.settledAt).toEqual(submission.settledAt);
  });
});
