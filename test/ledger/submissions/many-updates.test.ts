/** Updates of many tickets share transactions. None of them changes what another one is told, or waits for it. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { withTicket } from "../../../src/ledger/submissions/with-ticket.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { Reservation } from "../../../src/tickets/ports.ts";
import type { SubmissionState } from "../../../src/tickets/submission.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { intentOf, reserved, settledAs, STATUS, updateOf } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openOn } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN, unknown } from "../../support/outcomes.ts";
import { listenToStatements, makeOlder } from "../../support/sql.ts";

/** Requests that run alone at once. */
const PLACES = 4;
const TICKETS = Array.from({ length: 40 }, (_, nth) => `ticket-${nth}`);

const intentFor = (ticketId: string, key = `the-key-of-update-${ticketId}`) =>
  intentOf(key, updateOf(ticketId));

describe.each(ENGINES)("updates of many tickets on %s", (engine) => {
  const { ledger, sql } = ledgerForEach(engine);

  test("MUST share transactions", async () => {
    using statements = listenToStatements();

    const held = await Promise.all(TICKETS.map((id) => reserved(ledger, intentFor(id))));
    const settled = await Promise.all(
      held.map((one, nth) => ledger.settle(one, updateOf(TICKETS[nth]!), accepted(TICKETS[nth]!), 1)),
    );

    expect(settled.map(({ submission, ticket }) => [submission.state, ticket?.id])).toEqual(
      TICKETS.map((id) => ["CONFIRMED", id]),
    );
    expect(statements.matching(/^commit/i).length).toBeLessThanOrEqual(4);
    const known = await ledger.tickets(TICKETS);
    expect(known.map((ticket) => ticket?.status)).toEqual(TICKETS.map(() => STATUS.details.status));
  });

  test("MUST answer each as if it were alone", async () => {
    await reserved(ledger, intentFor("busy"));
    await settledAs(ledger, intentFor("known"), accepted("known"));
    await settledAs(ledger, intentFor("again"), NOT_EXECUTED);

    const calls: [ticketId: string, kind: Reservation["type"], key?: string][] = [
      ["new", "reserved"],
      ["busy", "ticketBusy", "another-key-for-busy"],
      ["known", "existing"],
      ["again", "reserved"],
      ["twice", "reserved", "the-first-key-for-twice"],
      ["twice", "ticketBusy", "the-other-key-for-twice"],
      ["one", "reserved", "one-key-for-two-tickets"],
      ["two", "otherInput", "one-key-for-two-tickets"],
    ];
    const answers = await Promise.all(calls.map(([id, , key]) => ledger.reserve(intentFor(id, key))));

    expect(answers.map(({ type }) => type)).toEqual(calls.map(([, kind]) => kind));
  });

  test("MUST settle each as if it were alone", async () => {
    const doubt = await settledAs(ledger, intentFor("doubted"), UNKNOWN);
    const others = [
      await settledAs(ledger, intentFor("another"), UNKNOWN),
      await settledAs(ledger, intentOf(null), UNKNOWN),
    ];
    await makeOlder(sql, 15 * 60_000);
    const outcomes: [ticketId: string, Outcome, SubmissionState][] = [
      ["accepted", accepted("accepted"), "CONFIRMED"],
      ["rejected", REJECTED, "REJECTED"],
      ["unknown", UNKNOWN, "UNCERTAIN"],
      ["not executed", NOT_EXECUTED, "NOT_EXECUTED"],
      ["doubted", accepted("doubted"), "CONFIRMED"],
    ];
    const settled = await Promise.all(
      outcomes.map(([id, outcome]) => settledAs(ledger, intentFor(id, `second-key-of-${id}`), outcome)),
    );

    expect(settled.map(({ submission }) => submission.state)).toEqual(outcomes.map(([, , state]) => state));
    expect(await ledger.find(doubt.submission.id)).toMatchObject({ state: "SUPERSEDED" });
    for (const { submission } of others)
      expect(await ledger.find(submission.id)).toMatchObject({ state: "UNCERTAIN" });
  });

  test("MUST be recorded, all but the one that the database refuses", async () => {
    const held = await Promise.all(TICKETS.slice(0, 5).map((id) => reserved(ledger, intentFor(id))));
    await sql.run("CREATE UNIQUE INDEX refuses_one ON submissions (trace_id)");

    const settled = await Promise.all(
      held.map((one, nth) => {
        const outcome = unknown("ANSWER_TIMED_OUT", nth < 2 ? "same" : `other-${nth}`);
        return ledger.settle(one, updateOf(TICKETS[nth]!), outcome, 1);
      }),
    );

    const found = await Promise.all(held.map(({ id }) => ledger.find(id)));
    expect(settled).toHaveLength(5);
    expect(found.filter((one) => one?.state === "UNCERTAIN")).toHaveLength(4);
    expect(found.filter((one) => one?.state === "SENDING")).toHaveLength(1);
  });
});

describe("an accepted update on PostgreSQL", () => {
  const { ledger } = ledgerForEach("PostgreSQL");

  test("MUST take at most 12 round trips, with a report that names references", async () => {
    await settledAs(ledger, intentOf(null), accepted("t"));
    await settledAs(
      ledger,
      intentFor("t", "the-key-of-the-first-update"),
      accepted("t", { statusLabel: "Open" }),
    );
    const report = { statusLabel: "Open", sourceTicketId: "source-7", maskedTicketId: "masked-7" };
    using statements = listenToStatements();

    const { ticket } = await settledAs(ledger, intentFor("t"), accepted("t", report));

    expect(ticket).toMatchObject(report);
    expect(statements.all.map((text) => text.trim().slice(0, 30))).toHaveLength(12);
  });
});

describe("updates of many tickets that another replica has locked, on PostgreSQL", () => {
  const { ledger, sql } = ledgerForEach("PostgreSQL");
  const lock = async (...ids: string[]) => {
    await sql.run("BEGIN");
    for (const id of ids) await sql.run(`SELECT pg_advisory_xact_lock(5736012, hashtext('${id}'))`);
  };

  test("MUST leave connections to reads, and to creates, while those that run alone wait for their tickets", async () => {
    const doubt = await settledAs(ledger, intentOf(null), UNKNOWN);
    await lock(...TICKETS);

    const waiting = Promise.allSettled(TICKETS.map((id) => ledger.reserve(intentFor(id))));
    await sleep(200);
    const found = await ledger.find(doubt.submission.id);
    const begun = await ledger.reserve(intentOf(null));
    await sql.run("ROLLBACK");

    expect([found, begun]).toMatchObject([{ state: "UNCERTAIN" }, { type: "reserved" }]);
    await waiting;
  });

  test("MUST NOT run for callers who have gone", async () => {
    await lock("t");
    const callers = Array.from({ length: 50 }, (_, nth) =>
      ledger.reserve(intentFor("t", `the-key-of-caller-${nth}`)),
    );
    const gone = await Promise.allSettled(callers);
    await sleep(100);
    await sql.run("ROLLBACK");

    using statements = listenToStatements();
    const last = await ledger.reserve(intentFor("t", "the-key-of-the-last-caller"));

    expect(new Set(gone.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(last.type).toBe("reserved");
    expect(statements.matching(/^begin/i).length).toBeLessThan(5);
  });

  test("MUST NOT wait for a ticket that is not their own", async () => {
    await lock("ticket-0");

    const reservations = TICKETS.map((id) => ledger.reserve(intentFor(id)));
    const others = await Promise.all(reservations.slice(1));
    await sql.run("ROLLBACK");

    expect(others.map(({ type }) => type)).toEqual(others.map(() => "reserved"));
    expect(await reservations[0]).toMatchObject({ type: "reserved" });
  });
});

test("Many settlements at once MUST NOT keep an operator's verdict from its turn", async () => {
  await using opened = await openOn("PostgreSQL");
  await using context = await contextAt(opened.place);
  const settled: number[] = [];
  const gates = Array.from({ length: 3 * PLACES }, () => Promise.withResolvers<true>());
  const settlements = gates.map(({ promise }, nth) => {
    const settle = () => promise.finally(() => settled.push(nth));
    return withTicket(null, context, settle, "creates");
  });

  const resolved = withTicket(null, context, () => Promise.resolve([...settled]));
  gates[0]!.resolve(true);
  expect(await resolved).toEqual([0]);

  for (const { resolve } of gates) resolve(true);
  await Promise.all(settlements);
});
