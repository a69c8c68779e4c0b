/** Updates of one ticket: one at a time, in their order, and the later wish counts. */
import { describe, expect, test } from "vitest";
import { supersedeOldDoubts } from "../../../src/ledger/submissions/updates.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { Delivery, Intent, ResolveRequest } from "../../../src/tickets/ports.ts";
import { submitting } from "../../../src/tickets/submit.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { type Held, heldBy, intentOf, judgedAs, queuedBy, updateOf } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { ScriptedTicketing } from "../../tickets/scripted-ticketing.ts";

const TICKET = "ticket-1";
const HOUR_MS = 3_600_000;
const LABELS: Partial<Record<TicketStatus, string>> = { OPEN: "Open", PENDING: "Pending", CLOSE: "Close" };

function intent(name: string, status: TicketStatus): Intent {
  return intentOf(`the-key-of-update-${name}`, updateOf(TICKET, { status }));
}

describe.each(ENGINES)("updates of one ticket on %s", (engine) => {
  const { ledger, sql, events, place } = ledgerForEach(engine);
  // Updates are handed in by names.
  const send = async (name: string, status: TicketStatus) =>
    heldBy(await ledger.reserve(intent(name, status)));
  const reserve = (name: string, status: TicketStatus) => ledger.reserve(intent(name, status));
  const queue = (name: string, status: TicketStatus) => queuedBy(ledger, intent(name, status));
  const take = async () => {
    await makeDue(sql);
    return (await ledger.reserveQueued(5))[0];
  };
  const settle = (one: Held | Delivery, status: TicketStatus, outcome: Outcome) =>
    ledger.settle(one, updateOf(TICKET, { status }), outcome, 1);
  /** Records an acceptance with Sociomile's report of the status that was asked for. */
  const accept = (one: Held | Delivery, status: TicketStatus) =>
    settle(one, status, accepted(TICKET, { status, statusLabel: LABELS[status]! }));
  const doubt = (one: Held | Delivery, status: TicketStatus) => settle(one, status, UNKNOWN);
  const shown = async () => ({
    status: (await ledger.tickets([TICKET]))[0]?.status ?? null,
    inDoubt: (await ledger.openStatuses([TICKET]))[0]?.inDoubt,
  });
  const resolve = (one: Held, changes: Partial<ResolveRequest>) => judgedAs(ledger, one, changes);
  const states = async (...some: { id: string }[]) =>
    (await Promise.all(some.map(({ id }) => ledger.find(id)))).map((one) => one?.state);
  /** Ends the lease of everything that is being sent. */
  const loseOwners = () => sql.run("UPDATE submissions SET lease_until = 0 WHERE state = 'SENDING'");

  test("MUST be sent one at a time: beside a delivery, and between two of its tries", async () => {
    await queue("a", "PENDING");
    const delivery = await take();

    expect((await reserve("b", "CLOSE")).kind).toBe("ticketBusy");
    expect(await sql.run("SELECT id FROM submissions")).toHaveLength(1);
    await ledger.settle(delivery!, delivery!.request, NOT_EXECUTED, 1, 60_000);
    const b = await send("b", "CLOSE");
    expect(await take()).toBeUndefined();
    await accept(b, "CLOSE");

    expect(await states(delivery!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST count the later wish: an older queued one waits for a later doubt", async () => {
    const a = await queue("a", "PENDING");
    const b = await send("b", "CLOSE");
    await doubt(b, "CLOSE");

    expect(await take()).toBeUndefined();
    expect(await resolve(b, { verdict: "APPLIED" })).toMatchObject({ kind: "resolved" });

    expect(await states(a, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect((await ledger.find(a.id))?.reason).toBe("NOT_SENT_LATER_UPDATE_ACCEPTED");
    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST send an older queued one when the later was rejected", async () => {
    const a = await queue("a", "PENDING");
    const b = await send("b", "CLOSE");
    await settle(b, "CLOSE", REJECTED);

    expect((await take())?.submission.id).toBe(a.id);
  });

  test("MUST NOT forget that a later one was accepted when the older comes back from a lost owner", async () => {
    await queue("a", "PENDING");
    const a = await take();
    await loseOwners();
    const b = await send("b", "CLOSE");
    await accept(b, "CLOSE");

    const { submission } = await ledger.settle(a!, a!.request, NOT_EXECUTED, 1, 0);

    expect(submission).toMatchObject({ state: "SUPERSEDED" });
    expect(await states(a!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await take()).toBeUndefined();
  });

  test("MUST show a doubt that is in the list, and close it at 15 minutes when the statuses differ", async () => {
    await using context = await contextAt(place);
    const a = await send("a", "PENDING");
    await loseOwners();
    const b = await send("b", "CLOSE");
    await accept(b, "CLOSE");

    expect(await states(a, b)).toEqual(["UNCERTAIN", "CONFIRMED"]);
    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: "PENDING" });
    await supersedeOldDoubts(context);
    expect(await states(a)).toEqual(["UNCERTAIN"]);
    await sql.run("UPDATE submissions SET settled_at = settled_at - 900001 WHERE state = 'UNCERTAIN'");
    await using _ = await openAt(place); // its start sweeps

    await expect.poll(() => states(a)).toEqual(["SUPERSEDED"]);
    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test.each([0, HOUR_MS])("MUST count a late acceptance by when it came: clock ahead %i ms", async (ms) => {
    const a = await send("a", "PENDING");
    await loseOwners();
    const b = await send("b", "CLOSE");
    await accept(b, "CLOSE");
    await sql.run("UPDATE submissions SET settled_at = settled_at + ? WHERE state = 'CONFIRMED'", ms);
    const c = await queue("c", "OPEN");

    const { ticket } = await accept(a, "PENDING");
    expect(ticket).toMatchObject({ status: "PENDING", statusLabel: "Pending" });
    expect(await states(a, b, c)).toEqual(["CONFIRMED", "CONFIRMED", "QUEUED"]); // a later one still waits
    expect(await shown()).toEqual({ status: "PENDING", inDoubt: null });

    const delivery = await take();
    await accept(delivery!, "OPEN");
    expect(await shown()).toEqual({ status: "OPEN", inDoubt: null });
  });

  test("MUST be a doubt behind an older accepted one also when its row was lost", async () => {
    await accept(await send("a", "PENDING"), "PENDING");
    const b = await send("b", "PENDING");
    await sql.run("DELETE FROM submissions WHERE state = 'SENDING'");

    await doubt(b, "PENDING");

    expect(await states(b)).toEqual(["UNCERTAIN"]);
    expect(await shown()).toEqual({ status: "PENDING", inDoubt: "PENDING" });
  });

  test("MUST accept the late answer of a doubt that was closed meanwhile", async () => {
    const a = await send("a", "CLOSE");
    await loseOwners();
    const b = await send("b", "CLOSE");
    await accept(b, "CLOSE");
    expect(await states(a)).toEqual(["SUPERSEDED"]);

    await accept(a, "CLOSE");
    expect(await states(a)).toEqual(["CONFIRMED"]);
    await doubt(b, "CLOSE");
    expect(await states(b)).toEqual(["CONFIRMED"]);
  });

  test("MUST show the status that an operator found, until Sociomile reports another", async () => {
    await accept(await send("a", "PENDING"), "PENDING");
    const b = await send("b", "CLOSE");
    await doubt(b, "CLOSE");
    await sql.run("UPDATE submissions SET lease_until = 0 WHERE state = 'UNCERTAIN'"); // the clock was set back
    await resolve(b, { verdict: "APPLIED" });

    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: null });
    const ticket = { statusLabel: null, bsgTicketId: expect.any(String) };
    expect(await ledger.tickets([TICKET])).toMatchObject([ticket]);
    const limits = { deadline: performance.now() + 12_000, stopping: new AbortController().signal };
    const again = await submitting(new ScriptedTicketing(), ledger)(intent("b", "CLOSE"), limits);
    expect(again).toMatchObject({ replayed: true, ticket: { status: "CLOSE", statusLabel: null } });
    await accept(await send("c", "OPEN"), "OPEN");
    expect(await shown()).toEqual({ status: "OPEN", inDoubt: null });
  });

  test("MUST reopen nothing when a verdict is taken back, and name what it leaves void", async () => {
    const a = await queue("a", "PENDING");
    const b = await send("b", "CLOSE");
    await doubt(b, "CLOSE");
    await resolve(b, { verdict: "APPLIED" });
    const c = await queue("c", "PENDING");
    const d = await send("d", "OPEN");
    await doubt(d, "OPEN");
    await resolve(d, { verdict: "APPLIED" });
    const takeBack = (one: Held) => resolve(one, { verdict: "NOT_APPLIED", replacesEarlier: true });
    expect(await takeBack(d)).toMatchObject({ superseded: [c.id] });

    const result = await takeBack(b);

    expect(result).toMatchObject({ kind: "resolved", superseded: [a.id] });
    expect(await states(a, b)).toEqual(["SUPERSEDED", "NOT_EXECUTED"]);
    expect(events.at(-1)).toMatchObject({ event: "submission.resolved", superseded: [a.id] });
    expect(await shown()).toEqual({ status: null, inDoubt: null });
  });

  test("MUST show the one that was sent last when an operator finds an earlier one set after all", async () => {
    const [a, b] = [await queue("a", "PENDING"), await queue("b", "OPEN")];
    const c = await send("c", "CLOSE");
    await doubt(c, "CLOSE");
    await resolve(c, { verdict: "NOT_APPLIED" });
    await accept((await take())!, "PENDING");

    await resolve(c, { verdict: "APPLIED", replacesEarlier: true });

    expect(await states(a, b, c)).toEqual(["CONFIRMED", "SUPERSEDED", "CONFIRMED"]);
    expect(await shown()).toEqual({ status: "PENDING", inDoubt: null });
    const reference = { type: "BSG_TICKET_ID", value: c.bsgTicketId! } as const;
    expect(await ledger.ticketIdsByReference([reference])).toEqual([[TICKET]]);
  });

  test("MUST show a delivered one that is accepted late when an operator finds a later one set after all", async () => {
    await queue("a", "PENDING");
    const a = (await take())!;
    await loseOwners();
    await accept(await send("b", "CLOSE"), "CLOSE");
    const c = await send("c", "OPEN");
    await doubt(c, "OPEN");
    await resolve(c, { verdict: "NOT_APPLIED" });
    await accept(a, "PENDING");

    await resolve(c, { verdict: "APPLIED", replacesEarlier: true });

    expect(await shown()).toEqual({ status: "PENDING", inDoubt: null });
  });

  test("MUST get a new position when its key runs again, and be shown although Sociomile reports nothing", async () => {
    await queue("a", "PENDING");
    const b = await send("b", "CLOSE");
    await settle(b, "CLOSE", NOT_EXECUTED);
    await accept((await take())!, "PENDING");

    const again = await send("b", "CLOSE");
    await settle(again, "CLOSE", accepted(TICKET));

    expect(await shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST let one of twenty calls at once be sent, over two replicas", async () => {
    await using other = await openAt(place);
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        [ledger, other.ledger][nth % 2]!.reserve(intentOf(`the-key-of-update-${nth}`, updateOf(TICKET))),
      ),
    );

    expect(kinds.filter(({ kind }) => kind === "reserved")).toHaveLength(1);
    expect(kinds.filter(({ kind }) => kind === "ticketBusy")).toHaveLength(19);
  });
});
