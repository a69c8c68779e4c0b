/** Reservations whose answer the network loses. Nothing is sent for them, so they are undone, whatever the database has kept of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { inject, test } from "vitest";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { HELPDESK } from "../sociomile/requests.ts";
import { openBreaker } from "../support/breaker.ts";
import { faultyDatabase } from "../support/faulty-database.ts";
import type { MessageFault } from "../support/faulty-network.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { intentOf, queuedBy, updateOf } from "../support/intents.ts";
import { openAt } from "../support/opened.ts";
import { handIn, makeDue, putOff, untilDelivered } from "../support/queued.ts";
import { startReplica } from "../support/replicas.ts";
import { startService } from "../support/service.ts";
import { type Sql, sqlOn, statesIn } from "../support/sql.ts";
import { openSandbox } from "../support/vendor.ts";

const LEASE_MS = 1500;
const SOON = { timeout: 30_000, interval: 50 };
/** Longer than the time until a first delivery. */
const AFTER_FIRST_DELIVERY_MS = 7000;

const LATE = { delayAnswerMs: 1400 };
test.concurrent.for<[MutationName, statement: RegExp, MessageFault]>([
  ["createVoiceTicket", /^insert into submissions/i, "loseAnswer"],
  ["createVoiceTicket", /^insert into submissions/i, LATE],
  ["updateTicketStatus", /^commit/i, "loseAnswer"],
  ["updateTicketStatus", /^commit/i, LATE],
])(
  "A request for later delivery whose recording is acknowledged too late or never MUST NOT be delivered, and its key MUST run once later: %s, %o, %o",
  async ([name, statement, fault], { expect }) => {
    await using database = await faultyDatabase(inject("postgresUrl"));
    const { url, network } = database.ways[0]!;
    await using sql = await sqlOn({ url: database.directUrl });
    await using sandbox = await openSandbox({ mood: "cut-before" });
    await using service = await startService({ ledgerUrl: url, sandbox });
    await openBreaker(service);
    const earlier = (await statesIn(sql)).length;
    const ofTheKey = async () => (await statesIn(sql)).slice(earlier);
    const input = { whenUnavailable: "DELIVER_LATER", idempotencyKey: "a-key-of-this-test" };
    const met = network.next(statement, fault);

    const { payload } = await mutate(service, name, input);
    await met;
    sandbox.setMood("well");
    const sentBefore = sandbox.received.length;

    expect(payload).toMatchObject({
      submission: null,
      problems: [{ code: "LEDGER_UNAVAILABLE", retryable: true }],
    });
    await expect.poll(ofTheKey, SOON).toEqual(["NOT_EXECUTED"]);
    await sleep(AFTER_FIRST_DELIVERY_MS);
    expect(await ofTheKey()).toEqual(["NOT_EXECUTED"]);
    expect(sandbox.received.length).toBe(sentBefore);
    await handIn(service, name, input);
    await untilDelivered(sql);
    expect(await ofTheKey()).toEqual(["CONFIRMED"]);
    expect(sandbox.received.filter(({ executed }) => executed)).toHaveLength(1);
  },
);

function helpdeskRequest(number: string): TicketRequest {
  return { ...HELPDESK, details: { ...HELPDESK.details, helpdeskTicketNumber: number } };
}

/** Queues requests, for a time after the test. */
async function queueAll(place: { url: string }, sql: Sql, requests: readonly TicketRequest[]): Promise<void> {
  await using gone = await openAt(place);
  for (const [nth, request] of requests.entries())
    await queuedBy(gone.ledger, intentOf(`key-${nth}`, request));
  await putOff(sql);
}

test.concurrent.for<[string, requests: readonly TicketRequest[], reserves: RegExp]>([
  [
    "creates, which share a transaction",
    ["100001", "100002", "100003"].map(helpdeskRequest),
    /^update "submissions" set .*"reservation_id"/,
  ],
  [
    "updates, of which each has a transaction",
    ["ticket-1", "ticket-2", "ticket-3"].map((ticketId) => updateOf(ticketId)),
    /^select pg_advisory_xact_lock/i,
  ],
])(
  "Deliveries of a replica that loses its database while it reserves them, for longer than a lease, MUST go back into the queue, and each MUST arrive once: %s",
  async ([, requests, reserves], { expect }) => {
    await using database = await faultyDatabase(inject("postgresUrl"));
    const { url, network } = database.ways[0]!;
    const place = { url: database.directUrl };
    await using sql = await sqlOn(place);
    await using sandbox = await openSandbox();
    await queueAll(place, sql, requests);
    const settings = { vendorUrl: sandbox.url, config: { leaseMs: LEASE_MS } };
    await using replicas = new AsyncDisposableStack();
    replicas.use(await startReplica({ ...settings, ledgerUrl: url }));
    const lost = network.next(reserves, { delayMs: 0 }).then(() => network.next(/^commit/i, "loseAnswer"));

    await makeDue(sql);
    await lost;
    await sleep(50); // the database receives the statement
    network.blackhole({ swallowNew: true });
    await expect.poll(() => statesIn(sql), SOON).toContain("SENDING");
    await sleep(LEASE_MS);
    replicas.use(await startReplica({ ...settings, ledgerUrl: place.url })); // its start ends leases
    await expect.poll(() => statesIn(sql), SOON).not.toContain("SENDING");
    const meanwhile = new Set(await statesIn(sql));
    await network.recover();

    expect(meanwhile).toContain("UNCERTAIN");
    await expect
      .poll(async () => {
        await makeDue(sql);
        return statesIn(sql);
      }, SOON)
      .toEqual(requests.map(() => "CONFIRMED"));
    expect(sandbox.received).toHaveLength(requests.length);
  },
);

test("A database that is far away MUST NOT keep updates of many tickets from being delivered", async ({
  expect,
}) => {
  await using database = await faultyDatabase(inject("postgresUrl"));
  const { url, network } = database.ways[0]!;
  const place = { url: database.directUrl };
  await using sql = await sqlOn(place);
  await using sandbox = await openSandbox();
  const tickets = Array.from({ length: 40 }, (_, nth) => `ticket-${nth}`);
  await queueAll(
    place,
    sql,
    tickets.map((ticketId) => updateOf(ticketId)),
  );
  await using _ = await startReplica({ vendorUrl: sandbox.url, ledgerUrl: url });
  network.lag(60);

  await makeDue(sql);
  await untilDelivered(sql, 150_000); // 17 s on an idle machine

  expect(await statesIn(sql)).toEqual(tickets.map(() => "CONFIRMED"));
  expect(sandbox.received).toHaveLength(tickets.length);
}, 180_000);
