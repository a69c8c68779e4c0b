import { describe, expect, it } from "vitest";
import { bytesOf } from "../../src/ledger/ids.ts";
import type { SqlLedger } from "../../src/ledger/ledger.ts";
import type { ResolveRequest } from "../../src/tickets/ports.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import { HELPDESK } from "../sociomile/requests.ts";
import { ENGINES, placeFor } from "../support/ledgers.ts";
import { untilWaiting, writeLockOn } from "../support/locks.ts";
import { UNKNOWN, intentOf, openAt, reserved, verdictOf } from "../support/opened.ts";
import { sqlOn } from "../support/sql.ts";

describe.each(ENGINES)("Tickets of corrected resolutions with %s", (engine) => {
  it("MUST keep a ticket that another create holds when a swapped pair is corrected", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const [first, second] = [await doubtOf(opened.ledger, "1001"), await doubtOf(opened.ledger, "1002")];
    await resolvedAs(opened.ledger, first, "T2");
    await resolvedAs(opened.ledger, second, "T1");
    const correction = { correct: true, evenIfTaken: true };
    await resolvedAs(opened.ledger, await present(opened.ledger, first), "T1", correction);
    await resolvedAs(opened.ledger, await present(opened.ledger, second), "T2", correction);
    expect(await ticketsOf(opened.ledger, "1001", "1002")).toEqual([["T1"], ["T2"]]);
    expect(await opened.ledger.tickets(["T1", "T2"])).toMatchObject([
      { helpdeskTicketNumber: "1001", kind: "HELPDESK" },
      { helpdeskTicketNumber: "1002", kind: "HELPDESK" },
    ]);
  });

  it("MUST let a complaint be opened after its create was wrongly given another one's ticket", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const [first, second] = [await doubtOf(opened.ledger, "1001"), await doubtOf(opened.ledger, "1002")];
    await resolvedAs(opened.ledger, first, "T1");
    await resolvedAs(opened.ledger, second, "T1", { evenIfTaken: true });
    const correction = verdictOf(second, { verdict: "NOT_CREATED", correct: true });
    await opened.ledger.resolve(await present(opened.ledger, second), correction, 0);
    expect(await ticketsOf(opened.ledger, "1001", "1002")).toEqual([["T1"], []]);
    const again = { ...intentOf("key-of-complaint-1002", complaint("1002")), unlessAlreadyOpened: true };
    expect(await opened.ledger.reserve(again)).toMatchObject({ kind: "reserved" });
  });

  it("MUST keep the ticket and the number that a create has which retention has deleted", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    await using sql = await sqlOn(place);
    const { ledger } = opened;
    const [first, second] = [await doubtOf(ledger, "1001"), await doubtOf(ledger, "1001", " again")];
    const [third, fourth] = [await doubtOf(ledger, "1002"), await doubtOf(ledger, "1002", " again")];
    await resolvedAs(ledger, first, "T1"); // deleted below: the ticket is another's
    await resolvedAs(ledger, second, "T1", { evenIfTaken: true });
    await resolvedAs(ledger, third, "T2"); // corrected below: the ticket was its own
    await resolvedAs(ledger, fourth, "T2", { evenIfTaken: true });
    for (const { id } of [first, fourth]) await sql.run("DELETE FROM submissions WHERE id = ?", bytesOf(id));
    for (const one of [second, third]) {
      const correction = verdictOf(one, { verdict: "NOT_CREATED", correct: true });
      expect(await ledger.resolve(await present(ledger, one), correction, 0)).toMatchObject({
        kind: "resolved",
      });
    }
    expect(await ticketsOf(ledger, "1001", "1002")).toEqual([["T1"], ["T2"]]);
  });

  it("MUST leave one ticket when two operators correct a resolution at the same moment", async () => {
    await using place = await placeFor(engine);
    await using one = await openAt(place);
    await using other = await openAt(place);
    const doubt = await doubtOf(one.ledger, "1001");
    await resolvedAs(one.ledger, doubt, "T1");
    const found = await present(one.ledger, doubt); // both operators have found it before either corrects it
    await resolvedAs(one.ledger, found, "T2", { correct: true });
    await resolvedAs(other.ledger, found, "T3", { correct: true });
    expect(await ticketsOf(one.ledger, "1001")).toEqual([["T3"]]);
    expect(await one.ledger.tickets(["T1", "T2"])).toEqual([null, null]);
  });
});

it("Two corrections that swap their tickets MUST both be applied when they cross each other", async () => {
  await using place = await placeFor("PostgreSQL");
  await using one = await openAt(place);
  await using other = await openAt(place);
  await using sql = await sqlOn(place);
  const [first, second] = [await doubtOf(one.ledger, "1001"), await doubtOf(one.ledger, "1002")];
  await resolvedAs(one.ledger, first, "T2");
  await resolvedAs(one.ledger, second, "T1");
  const correct = async ({ ledger }: typeof one, doubt: Submission, ticketId: string) =>
    resolvedAs(ledger, await present(ledger, doubt), ticketId, { correct: true, evenIfTaken: true });

  // Each correction writes its references between its two tickets.
  await using lock = await writeLockOn("ticket_references", place);
  const oneWorks = correct(one, first, "T1");
  await untilWaiting(1, sql, oneWorks);
  const otherWorks = correct(other, second, "T2");
  await untilWaiting(2, sql, otherWorks);
  await lock.release();
  await Promise.all([oneWorks, otherWorks]);

  expect(await ticketsOf(one.ledger, "1001", "1002")).toEqual([["T1"], ["T2"]]);
});

function complaint(helpdeskTicketNumber: string): TicketRequest {
  return { ...HELPDESK, details: { ...HELPDESK.details, helpdeskTicketNumber } };
}

async function doubtOf(ledger: SqlLedger, number: string, addition = ""): Promise<Submission> {
  const key = `key-of-complaint-${number}${addition}`;
  const submission = await reserved(ledger, intentOf(key, complaint(number)));
  return (await ledger.settle(submission, complaint(number), UNKNOWN, 1)).submission;
}

/** Resolves a submission as CREATED, and expects success. */
async function resolvedAs(
  ledger: SqlLedger,
  submission: Submission,
  ticketId: string,
  changes: Partial<ResolveRequest> = {},
): Promise<void> {
  const request = verdictOf(submission, { verdict: "CREATED", ticketId, ...changes });
  expect(await ledger.resolve(submission, request, 0)).toMatchObject({ kind: "resolved" });
}

async function present(ledger: SqlLedger, { id }: Submission): Promise<Submission> {
  return (await ledger.find(id))!;
}

/** Ids of the tickets that each helpdesk number finds. */
async function ticketsOf(ledger: SqlLedger, ...numbers: string[]): Promise<string[][]> {
  const found = await ledger.ticketsByReference(
    numbers.map((value) => ({ type: "HELPDESK_TICKET_NUMBER", value })),
  );
  return found.map((tickets) => tickets.map(({ id }) => id));
}
