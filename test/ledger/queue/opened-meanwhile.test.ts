/** Queued creates with unlessAlreadyOpened, when another create with the same number comes before their delivery. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createSqlLedger } from "../../../src/ledger/ledger.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import { contextAt, holdFor } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { complaintNumbered, HELPDESK, LATER, ONCE, VOICE, voiceWith } from "../../sociomile/requests.ts";
import { intentOf, judgedAs, queuedBy, reserved } from "../../support/intents.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { statesIn } from "../../support/sql.ts";

const OMNIX = voiceWith({ sourceTicketId: "number" });
const queuedOnce = (request: TicketRequest) =>
  intentOf("key-of-the-queued-one", request, { ...ONCE, ...LATER });

describe.each(ENGINES)("a queued create with unlessAlreadyOpened on %s", (engine) => {
  const { ledger, sql, events, place } = ledgerForEach(engine);

  /** Queues a create, and reserves another one with the same number. */
  async function startWithTwo(request: TicketRequest) {
    const first = await queuedBy(ledger, queuedOnce(request));
    await makeDue(sql);
    const other = await reserved(ledger, intentOf("key-of-the-other-one", request));
    const settleOther = (outcome: Outcome) => ledger.settle(other, request, outcome, 1);
    return { first, id: first.id, other, settleOther };
  }

  test.each([
    { request: HELPDESK, isForgotten: false },
    { request: OMNIX, isForgotten: false },
    { request: HELPDESK, isForgotten: true },
  ])("MUST end when another opened the ticket: $request.operation, forgotten: $isForgotten", async (row) => {
    const { request, isForgotten } = row;
    const ticketId = "ticket-1";
    const scene = await startWithTwo(request);
    const { id } = scene;
    await scene.settleOther(accepted(ticketId));
    if (isForgotten) await ledger.forgetTicket(ticketId, null);

    expect(await ledger.reserveQueued(1)).toEqual([]);
    const ended = { state: "NOT_EXECUTED", reason: "ALREADY_OPENED", deliverBy: null };
    expect(await ledger.find(id)).toMatchObject(ended);
    expect(await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL")).toEqual([]);
    const told = events.filter(({ event }) => event !== "ticket.forgotten");
    expect(told).toEqual([{ event: "delivery.already_opened", submissionId: id, ticketId }]);
    expect(await ledger.reserve(queuedOnce(request))).toMatchObject({ type: "alreadyOpened", ticketId });
  });

  test("MUST NOT be sent when another one begins between the look and the reservation", async () => {
    await queuedBy(ledger, queuedOnce(HELPDESK));
    const context = await contextAt(place);
    await using slow = createSqlLedger(context, null);
    await makeDue(sql);
    for (const other of ["1", "2", "3", "4"]) holdFor(500, context.transactions, other);

    const taking = slow.reserveQueued(1);
    await sleep(100); // it has looked
    await reserved(ledger, intentOf("key-of-the-other-one", HELPDESK));

    expect(await taking).toEqual([]);
    expect(await statesIn(sql)).toEqual(["QUEUED", "SENDING"]);
  });

  test.each([
    ["was refused", REJECTED],
    ["had no effect", NOT_EXECUTED],
  ])("MUST be delivered when another one %s, and wait until that is known", async (_, outcome) => {
    const scene = await startWithTwo(HELPDESK);

    expect(await ledger.reserveQueued(1)).toEqual([]);
    expect(await statesIn(sql)).toEqual(["QUEUED", "SENDING"]);
    await scene.settleOther(outcome);
    const taken = await ledger.reserveQueued(1);

    expect(taken.map(({ submission }) => submission.id)).toEqual([scene.id]);
    expect(events).toEqual([]);
  });

  test.each([
    [{ verdict: "NOT_CREATED" }, ["SENDING", "NOT_EXECUTED"]],
    [{ verdict: "CREATED", ticketId: "ticket-1" }, ["NOT_EXECUTED", "CONFIRMED"]],
  ] as const)("MUST wait while another is in doubt, until an operator says %o", async (verdict, states) => {
    const scene = await startWithTwo(HELPDESK);
    const { submission } = await scene.settleOther(UNKNOWN);

    expect(await ledger.reserveQueued(1)).toEqual([]);
    expect(await statesIn(sql)).toEqual(["QUEUED", "UNCERTAIN"]);
    await judgedAs(ledger, submission, verdict);
    await ledger.reserveQueued(1);

    expect(await statesIn(sql)).toEqual(states);
  });

  test("MUST be delivered when another one is queued, which came later", async () => {
    const scene = await startWithTwo(HELPDESK);
    await ledger.settle(scene.other, HELPDESK, NOT_EXECUTED, 1, 0);

    const taken = await ledger.reserveQueued(1);

    expect(taken.map(({ submission }) => submission.id)).toEqual([scene.id]);
    await makeDue(sql);
    expect(await ledger.reserveQueued(1)).toHaveLength(1); // the other one did not ask for the check
  });

  test("MUST end without a further event when its own outcome comes once more", async () => {
    const scene = await startWithTwo(HELPDESK);
    await scene.settleOther(accepted("ticket-1"));
    await ledger.reserveQueued(1);

    // The acknowledgement of the commit that queued it was lost.
    const held = { submission: { ...scene.first, state: "SENDING" as const }, decidedAt: 0 };
    await ledger.settle(held, HELPDESK, NOT_EXECUTED, 1, 0);

    expect(await statesIn(sql)).toEqual(["NOT_EXECUTED", "CONFIRMED"]);
    expect(events.map(({ event }) => event)).toEqual(["delivery.already_opened"]);
  });

  test("MUST NOT hide the requests behind them, however many wait or end", async () => {
    const MANY = 120; // more than one page
    const complaints = Array.from({ length: MANY }, (_, nth) => complaintNumbered(String(nth)));
    for (const [nth, complaint] of complaints.entries())
      await queuedBy(ledger, { ...queuedOnce(complaint), idempotencyKey: `key-${nth}` });
    const others = await Promise.all(complaints.map((one) => reserved(ledger, intentOf(null, one))));
    await ledger.settle(others[0]!, complaints[0]!, accepted("ticket-0"), 1);
    await queuedBy(ledger, intentOf("key-of-the-last-one"));

    await makeDue(sql);
    await ledger.reserveQueued(1); // ends the first one
    expect((await ledger.reserveQueued(1)).map(({ request }) => request)).toEqual([VOICE]);
  });
});
