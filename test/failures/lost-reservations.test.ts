/** Reservations whose answer the network loses. Nothing is sent for them, so they are undone, whatever the database has kept of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import { FIRST_DELIVERY_MS, type Intent } from "../../src/tickets/ports.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { type Pooled, openBehindFaults } from "../support/faulty-database.ts";
import type { MessageFault } from "../support/faulty-network.ts";
import { complaintNumbered, intentOf, LATER, ONCE, queuedBy, updateOf, VOICE } from "../support/intents.ts";
import { openAt } from "../support/opened.ts";
import { hasPgBouncer } from "../support/pgbouncer.ts";
import { makeDue } from "../support/queued.ts";
import { statesIn } from "../support/sql.ts";

const INSERT = /^insert into submissions/i;

const later = (request: TicketRequest) => intentOf("a-key-of-this-test", request, LATER);
const LATE = { delayAnswerMs: 1400 };

type Row = [string, Pooled, lost: RegExp, MessageFault, Intent[]];
const [FIRST, CUT] = ["at the beginning", "cutAfter"] as const;
const TWO_UPDATES = ["t1", "t2"].map((id) => intentOf(null, updateOf(id)));
/** PgBouncer loses the server after the commit. */
const BEHIND_PGBOUNCER: Row[] = [
  ["a create with a number, behind PgBouncer", FIRST, INSERT, CUT, [intentOf(null, VOICE, ONCE)]],
  ["two updates, behind PgBouncer", FIRST, INSERT, CUT, TWO_UPDATES],
];

test.concurrent.for<Row>([
  ["a create, acknowledged never", false, INSERT, "loseAnswer", [intentOf("a-key-of-this-test")]],
  ["a create for later delivery, acknowledged never", false, INSERT, "loseAnswer", [later(VOICE)]],
  ["a create for later delivery, acknowledged late", false, INSERT, LATE, [later(VOICE)]],
  ["an update, acknowledged never", false, INSERT, "loseAnswer", [intentOf("a-key-of-this-test", updateOf("t"))]],
  ["an update, acknowledged late", false, INSERT, LATE, [intentOf("a-key-of-this-test", updateOf("t"))]],
  ...(hasPgBouncer ? BEHIND_PGBOUNCER : []),
])("A reservation that is not acknowledged MUST be undone in time: %s", async (row, { expect }) => {
  const [, pooled, lost, fault, intents] = row;
  await using opened = await openBehindFaults({}, pooled);
  const { network, ledger, sql } = opened;
  await sleep(500); // the first sweep is over
  const met = network.next(lost, fault);
  const reserveAll = () =>
    intents.map((intent) => ledger.reserve(intent, intent.whenUnavailable === "DELIVER_LATER" ? "CIRCUIT_OPEN" : null));

  const answers = await Promise.allSettled(reserveAll());

  await met;
  expect(answers.map(({ status }) => status)).toEqual(intents.map(() => "rejected"));
  const inTime = { timeout: FIRST_DELIVERY_MS - 1500, interval: 50 };
  await expect.poll(() => statesIn(sql), inTime).toEqual(intents.map(() => "NOT_EXECUTED"));
  const again = await Promise.all(reserveAll());
  expect(again.map(({ type }) => type)).not.toContain("existing");
});

test("Deliveries MUST go back as they were when a replica loses the ledger", async ({ expect }) => {
  const requests = ["100001", "100002", "100003"].map(complaintNumbered);
  await using opened = await openBehindFaults();
  const { network, ledger, sql, place } = opened;
  await sleep(500); // the first sweep is over
  for (const [nth, request] of requests.entries()) await queuedBy(ledger, intentOf(`key-${nth}`, request));
  await makeDue(sql);
  const lost = network.next(/^update "submissions" set .*"reservation_id"/, "loseAnswer");
  const reserving = ledger.reserveQueued(5).catch(() => []);
  await lost;
  await sleep(50); // the database receives the statement
  network.blackhole({ swallowNew: true });
  await expect.poll(() => statesIn(sql)).toContain("SENDING");
  await sql.run("UPDATE submissions SET sent_at = 0 WHERE state = 'SENDING'");

  await using other = await openAt(place); // its start ends leases
  await expect.poll(() => statesIn(sql)).toContain("UNCERTAIN");
  expect(await reserving).toEqual([]);
  await network.recover();

  await expect.poll(() => statesIn(sql)).toEqual(requests.map(() => "QUEUED"));
  await makeDue(sql);
  const deliveries = await other.ledger.reserveQueued(5);
  expect(deliveries.map(({ request }) => request)).toEqual(expect.arrayContaining(requests));
});
