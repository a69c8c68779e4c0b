import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { release } from "../../../src/ledger/submissions/leases.ts";
import { keyHashOf } from "../../../src/ledger/submissions/reserve.ts";
import { complaintNumbered, HELPDESK, ONCE, updateOf, voiceWith } from "../../sociomile/requests.ts";
import { intentOf, judgedAs, OPERATOR, queuedBy, settledAs, sentOnce } from "../../support/intents.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach, openAt, placeFor } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, UNKNOWN } from "../../support/outcomes.ts";
import { countWaiting, listenToStatements, sqlOn } from "../../support/sql.ts";

const once = (number: string, key: string) => intentOf(key, complaintNumbered(number), ONCE);

const voiceOnce = (sourceTicketId: string) =>
  intentOf(`a-key-for-${sourceTicketId}`, voiceWith({ sourceTicketId }), ONCE);

const hashOf = (idempotencyKey: string) =>
  keyHashOf({ ...intentOf(idempotencyKey), operation: HELPDESK.operation, idempotencyKey });

/** Statement by which another process reserves the number 1. */
const NUMBER_1_IS_SENT = `INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempts, reservation_id,
  sent_at, changed_at, helpdesk_ticket_number, opens_once)
  VALUES (?, 'c', 'CREATE_HELPDESK_TICKET', ?, 'SENDING', 1, ?, 9000000000000, 1, '1', 1)`;
const BYTES = [Buffer.alloc(16), Buffer.alloc(32), Buffer.alloc(16)];

describe.each(ENGINES)("unlessAlreadyOpened in the ledger on %s", (engine) => {
  const { ledger, place } = ledgerForEach(engine);

  test("MUST admit one of 8 keys for each of many complaints that come at once to two replicas", async () => {
    await using other = await openAt(place);
    const COMPLAINTS = 60;
    const AT_ONCE = 20; // replicas insert many numbers together, in any order

    const kinds: string[] = [];
    for (let first = 0; first < COMPLAINTS; first += AT_ONCE) {
      const calls = Array.from({ length: AT_ONCE * 8 }, async (_, nth) => {
        const replica = nth % 2 ? ledger : other.ledger;
        const number = String(1 + first + (nth % AT_ONCE));
        const intent = once(number, `key-${Math.floor(nth / AT_ONCE)}-of-number-${number}`);
        const answer = await replica.reserve(intent);
        kinds.push(answer.type);
        if (answer.type === "reserved")
          await replica.settle(answer, intent.request, sentOnce(accepted(`ticket-${number}`)));
      });
      await Promise.all(calls);
    }

    expect(kinds.filter((kind) => kind === "reserved")).toHaveLength(COMPLAINTS);
    const own = kinds.filter((kind) => kind === "busy" || kind === "otherCreate"); // before it has its ticket, and after
    expect(own).toHaveLength(COMPLAINTS * 7);
  });

  test("MUST hold also when keys are used again that had no effect", async () => {
    const intents = [once("1", "key-one-of-this-test"), once("1", "key-two-of-this-test")];
    for (const intent of intents) await settledAs(ledger, intent, NOT_EXECUTED);

    const together = await Promise.all(intents.map((intent) => ledger.reserve(intent)));

    const kinds = together.map(({ type }) => type);
    expect(kinds.toSorted()).toEqual(["busy", "reserved"]); // the database decides which
    const loser = intents[kinds.indexOf("busy")]!;
    expect(await ledger.reserve(loser)).toEqual({ type: "busy" });
  });

  test("MUST keep a queued create that it has shown, although that failed for its own caller", async () => {
    const queued = await queuedBy(ledger, once("1", "key-one-of-this-test"));
    await using context = await contextAt(place);

    const second = await ledger.reserve(once("1", "key-two-of-this-test"));
    await release([queued.id], context);

    expect(second).toMatchObject({ type: "otherCreate", state: "QUEUED", ticketId: null });
    expect(await ledger.find(queued.id)).toMatchObject({ state: "QUEUED" });
  });

  test("MUST refuse one key alone when another process takes its number at the same time", async () => {
    const again = [once("1", "key-one-of-this-test"), once("2", "key-two-of-this-test")];
    again.push({ ...once("3", "key-six-of-this-test"), unlessAlreadyOpened: false });
    for (const intent of again) await settledAs(ledger, intent, NOT_EXECUTED);
    await using other = await sqlOn(place);
    await other.run(engine === "SQLite" ? "BEGIN IMMEDIATE" : "BEGIN");
    await other.run(NUMBER_1_IS_SENT, ...BYTES);

    using statements = listenToStatements();
    const group = [...again, intentOf("key-new-of-this-test")].map((intent) => ledger.reserve(intent));
    await expect.poll(() => statements.matching(/insert into submissions|begin/i), { interval: 1 }).not.toEqual([]);
    await sleep(100); // the rows wait for the other process
    await other.run("COMMIT");

    const answers = await Promise.all(group);
    expect(answers.map(({ type }) => type)).toEqual(["busy", "reserved", "reserved", "reserved"]);
    expect(await ledger.reserve(again[0]!)).toEqual({ type: "busy" });
  });

  test("MUST end with NOT_CREATED, also for a correction of that, and outlive the data of the ticket", async () => {
    const [next, third] = [once("1", "key-two-of-this-test"), once("1", "key-three-of-the-test")];
    const { submission } = await settledAs(ledger, once("1", "key-one-of-this-test"), UNKNOWN);
    expect(await ledger.reserve(next)).toMatchObject({ type: "otherCreate", ticketId: null });
    await judgedAs(ledger, submission, { verdict: "NOT_CREATED" });

    await settledAs(ledger, next, accepted("t"));
    await ledger.forgetTicket("t", OPERATOR);

    expect(await ledger.reserve(third)).toMatchObject({ type: "otherCreate", ticketId: "t" });
    const correction = { verdict: "CREATED", ticketId: "found", replacesEarlier: true } as const;
    expect(await judgedAs(ledger, submission, correction)).toMatchObject({ type: "resolved" });
  });

  test("MUST count the id with which a create opened a ticket, and none that Sociomile alone reported", async () => {
    for (const [request, id, details] of [
      [voiceWith({ sourceTicketId: "submitted" }), "t", null],
      [updateOf("t"), "t", { sourceTicketId: "reported" }],
      [updateOf("u"), "u", { sourceTicketId: "both" }],
      [voiceWith({ sourceTicketId: "both" }), "u", null],
    ] as const)
      await settledAs(ledger, intentOf(null, request), accepted(id, details));

    expect(await ledger.reserve(voiceOnce("submitted"))).toMatchObject({ type: "otherCreate", ticketId: "t" });
    expect(await ledger.reserve(voiceOnce("both"))).toMatchObject({ type: "otherCreate", ticketId: "u" });
    expect((await ledger.reserve(voiceOnce("reported"))).type).toBe("reserved");
  });
});

/** Numbers in their order as text. */
const NUMBERS = ["05", "1", "2"] as const;

/** Keys in the order of their hashes, in which rows without numbers are inserted. */
function keysOf(replica: string): string[] {
  return ["a", "b", "c"]
    .map((name) => `key-${name}-of-replica-${replica}`)
    .toSorted((a, b) => Buffer.compare(hashOf(a), hashOf(b)));
}

test("Two replicas on PostgreSQL MUST NOT deadlock that insert the same numbers under keys in opposite order", async () => {
  await using place = await placeFor("PostgreSQL");
  await using one = await openAt(place);
  await using other = await openAt(place);
  // A third process holds up both of them at the number in the middle.
  await using third = await sqlOn(place);
  await third.run("BEGIN");
  await third.run(NUMBER_1_IS_SENT, ...BYTES);
  await using watching = await sqlOn(place); // connected before, because the reservations wait for a second

  const answers = [
    ...keysOf("one").map((key, nth) => one.ledger.reserve(once(NUMBERS[nth]!, key))),
    ...keysOf("other")
      .toReversed()
      .map((key, nth) => other.ledger.reserve(once(NUMBERS[nth]!, key))),
  ];
  await vi.waitUntil(async () => (await countWaiting(watching)) === 2, { timeout: 900, interval: 5 });
  await third.run("ROLLBACK");

  const kinds = (await Promise.all(answers)).map(({ type }) => type);
  expect(kinds.toSorted()).toEqual([...Array(3).fill("busy"), ...Array(3).fill("reserved")]);
});
