/** Updates of one ticket: one at a time, in their order, and the later wish counts. */
import { describe, expect, test } from "vitest";
import { supersedeOldDoubts } from "../../../src/ledger/submissions/updates.ts";
import type { SqlLedger } from "../../../src/ledger/ledger.ts";
import type { Delivery, Intent, ResolveRequest } from "../../../src/tickets/ports.ts";
import type { SubmissionState } from "../../../src/tickets/submission.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { type Held, heldBy, intentOf, queuedBy, updateOf, verdictOf } from "../../support/intents.ts";
import { openAt, openOn } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";

const TICKET = "ticket-1";
const LABELS: Partial<Record<TicketStatus, string>> = { OPEN: "Open", PENDING: "Pending", CLOSE: "Close" };

async function statesOfAll(
  ledger: SqlLedger,
  some: readonly { id: string }[],
): Promise<(SubmissionState | undefined)[]> {
  const found = await Promise.all(some.map(({ id }) => ledger.find(id)));
  return found.map((one) => one?.state);
}

function intent(name: string, status: TicketStatus): Intent {
  return intentOf(`the-key-of-update-${name}`, updateOf(TICKET, { status }));
}

describe.each(ENGINES)("updates of one ticket on %s", (engine) => {
  /** A ledger on which updates of one ticket are handed in, by names. */
  async function start() {
    const opened = await openOn(engine);
    const { ledger, sql } = opened;
    return {
      ...opened,
      send: async (name: string, status: TicketStatus) => heldBy(await ledger.reserve(intent(name, status))),
      reserve: (name: string, status: TicketStatus) => ledger.reserve(intent(name, status)),
      queue: (name: string, status: TicketStatus) => queuedBy(ledger, intent(name, status)),
      async take() {
        await makeDue(sql);
        return (await ledger.takeQueued(5))[0];
      },
      /** Records an acceptance with Sociomile's report of the status that was asked for. */
      accept: (one: Held | Delivery, status: TicketStatus) =>
        ledger.settle(
          one,
          updateOf(TICKET, { status }),
          accepted(TICKET, { status, statusLabel: LABELS[status]! }),
          1,
        ),
      doubt: (one: Held | Delivery, status: TicketStatus) =>
        ledger.settle(one, updateOf(TICKET, { status }), UNKNOWN, 1),
      shown: async () => ({
        status: (await ledger.tickets([TICKET]))[0]?.status ?? null,
        inDoubt: (await ledger.openStatuses([TICKET]))[0]?.inDoubt,
      }),
      states: (...some: { id: string }[]) => statesOfAll(ledger, some),
      /** Ends the lease of everything that is being sent. */
      async loseOwners() {
        await sql.run("UPDATE submissions SET lease_until = 0 WHERE state = 'SENDING'");
      },
    };
  }

  test("MUST be sent one at a time: beside a delivery, and between two of its tries", async () => {
    await using scene = await start();
    await scene.queue("a", "PENDING");
    const delivery = await scene.take();

    expect((await scene.reserve("b", "CLOSE")).kind).toBe("ticketBusy");
    expect(await scene.sql.run("SELECT id FROM submissions")).toHaveLength(1);
    await scene.ledger.settle(delivery!, delivery!.request, NOT_EXECUTED, 1, 60_000);
    const b = await scene.send("b", "CLOSE");
    expect(await scene.take()).toBeUndefined();
    await scene.accept(b, "CLOSE");

    expect(await scene.states(delivery!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST hold one that may be delivered later behind one that is being sent", async () => {
    await using scene = await start();
    const a = await scene.send("a", "PENDING");
    const later = {
      ...intentOf("the-key-of-update-b", updateOf(TICKET)),
      whenUnavailable: "DELIVER_LATER",
    } as const;

    expect(await scene.ledger.reserve(later)).toMatchObject({
      kind: "queued",
      submission: { reason: "OLDER_UPDATE_QUEUED" },
    });
    expect(await scene.take()).toBeUndefined();
    await scene.accept(a, "PENDING");
    expect(await scene.take()).toMatchObject({ request: later.request });
  });

  test("MUST count the later wish: an older queued one waits for a later doubt", async () => {
    await using scene = await start();
    const a = await scene.queue("a", "PENDING");
    const b = await scene.send("b", "CLOSE");
    await scene.doubt(b, "CLOSE");

    expect(await scene.take()).toBeUndefined();
    const { kind } = await scene.ledger.resolve(
      (await scene.ledger.find(b.id))!,
      verdictOf(b, { verdict: "APPLIED" }),
      0,
    );

    expect(kind).toBe("resolved");
    expect(await scene.states(a, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect((await scene.ledger.find(a.id))?.reason).toBe("NOT_SENT_LATER_UPDATE_ACCEPTED");
    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST send an older queued one when the later was rejected", async () => {
    await using scene = await start();
    const a = await scene.queue("a", "PENDING");
    const b = await scene.send("b", "CLOSE");
    await scene.ledger.settle(b, updateOf(TICKET, { status: "CLOSE" }), REJECTED, 1);

    expect((await scene.take())?.submission.id).toBe(a.id);
  });

  test("MUST NOT forget that a later one was accepted when the older comes back from a lost owner", async () => {
    await using scene = await start();
    await scene.queue("a", "PENDING");
    const a = await scene.take();
    await scene.loseOwners();
    const b = await scene.send("b", "CLOSE");
    await scene.accept(b, "CLOSE");

    await scene.ledger.settle(a!, a!.request, NOT_EXECUTED, 1, 0);

    expect(await scene.states(a!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await scene.take()).toBeUndefined();
  });

  test("MUST show a doubt that is in the list, and close it at 15 minutes when the statuses differ", async () => {
    await using scene = await start();
    await using context = await contextAt(scene.place);
    const a = await scene.send("a", "PENDING");
    await scene.loseOwners();
    const b = await scene.send("b", "CLOSE");
    await scene.accept(b, "CLOSE");

    expect(await scene.states(a, b)).toEqual(["UNCERTAIN", "CONFIRMED"]);
    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: "PENDING" });
    await supersedeOldDoubts(context);
    expect(await scene.states(a)).toEqual(["UNCERTAIN"]);
    await scene.sql.run("UPDATE submissions SET settled_at = settled_at - 900001 WHERE state = 'UNCERTAIN'");
    await supersedeOldDoubts(context);

    expect(await scene.states(a)).toEqual(["SUPERSEDED"]);
    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST close a doubt at once when a later accepted one asked for the same status", async () => {
    await using scene = await start();
    const a = await scene.send("a", "CLOSE");
    await scene.doubt(a, "CLOSE");
    const b = await scene.send("b", "CLOSE");
    await scene.accept(b, "CLOSE");

    expect(await scene.states(a, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect((await scene.ledger.find(a.id))?.reason).toBe("LATER_UPDATE_ACCEPTED");
  });

  test("MUST count a late acceptance by when it came, and not against what was handed in since", async () => {
    await using scene = await start();
    const a = await scene.send("a", "PENDING");
    await scene.loseOwners();
    const b = await scene.send("b", "CLOSE");
    await scene.accept(b, "CLOSE");
    const c = await scene.queue("c", "OPEN");

    await scene.accept(a, "PENDING");
    expect(await scene.states(a, b, c)).toEqual(["CONFIRMED", "CONFIRMED", "QUEUED"]);
    expect(await scene.shown()).toEqual({ status: "PENDING", inDoubt: null });

    const delivery = await scene.take();
    await scene.accept(delivery!, "OPEN");
    expect(await scene.shown()).toEqual({ status: "OPEN", inDoubt: null });
  });

  test("MUST accept the late answer of a doubt that was closed meanwhile", async () => {
    await using scene = await start();
    const a = await scene.send("a", "CLOSE");
    await scene.loseOwners();
    const b = await scene.send("b", "CLOSE");
    await scene.accept(b, "CLOSE");
    expect(await scene.states(a)).toEqual(["SUPERSEDED"]);

    await scene.accept(a, "CLOSE");
    expect(await scene.states(a)).toEqual(["CONFIRMED"]);
    await scene.doubt(b, "CLOSE");
    expect(await scene.states(b)).toEqual(["CONFIRMED"]);
  });

  test("MUST show the status that an operator found, until Sociomile reports another", async () => {
    await using scene = await start();
    await scene.accept(await scene.send("a", "PENDING"), "PENDING");
    const b = await scene.send("b", "CLOSE");
    await scene.doubt(b, "CLOSE");
    await scene.sql.run("UPDATE submissions SET lease_until = 0 WHERE state = 'UNCERTAIN'"); // the clock was set back
    await scene.ledger.resolve((await scene.ledger.find(b.id))!, verdictOf(b, { verdict: "APPLIED" }), 0);

    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: null });
    expect((await scene.ledger.tickets([TICKET]))[0]).toMatchObject({
      statusLabel: null,
      bsgTicketId: expect.any(String),
    });
    await scene.accept(await scene.send("c", "OPEN"), "OPEN");
    expect(await scene.shown()).toEqual({ status: "OPEN", inDoubt: null });
  });

  test("MUST reopen nothing when a verdict is taken back, and name what stays void", async () => {
    await using scene = await start();
    const a = await scene.queue("a", "PENDING");
    const b = await scene.send("b", "CLOSE");
    await scene.doubt(b, "CLOSE");
    const found = () => scene.ledger.find(b.id).then((one) => one!);
    await scene.ledger.resolve(await found(), verdictOf(b, { verdict: "APPLIED" }), 0);

    const correction = verdictOf(b, { verdict: "NOT_APPLIED", replacesEarlier: true });
    const result = await scene.ledger.resolve(await found(), correction, 0);

    expect(result).toMatchObject({ kind: "resolved", superseded: [a.id] });
    expect(await scene.states(a, b)).toEqual(["SUPERSEDED", "NOT_EXECUTED"]);
    expect(scene.events.at(-1)).toMatchObject({ event: "submission.resolved", superseded: [a.id] });
    expect(await scene.shown()).toEqual({ status: null, inDoubt: null });
  });

  test("MUST show the one that was sent last when an operator finds an earlier one set after all", async () => {
    await using scene = await start();
    const [a, b] = [await scene.queue("a", "PENDING"), await scene.queue("b", "OPEN")];
    const c = await scene.send("c", "CLOSE");
    await scene.doubt(c, "CLOSE");
    const decide = async (changes: Partial<ResolveRequest>) =>
      scene.ledger.resolve((await scene.ledger.find(c.id))!, verdictOf(c, changes), 0);
    await decide({ verdict: "NOT_APPLIED" });
    await scene.accept((await scene.take())!, "PENDING");

    await decide({ verdict: "APPLIED", replacesEarlier: true });

    expect(await scene.states(a, b, c)).toEqual(["CONFIRMED", "SUPERSEDED", "CONFIRMED"]);
    expect(await scene.shown()).toEqual({ status: "PENDING", inDoubt: null });
    expect(
      await scene.ledger.ticketIdsByReference([{ type: "BSG_TICKET_ID", value: c.bsgTicketId! }]),
    ).toEqual([[TICKET]]);
  });

  test("MUST show one that runs again after another was sent, also when Sociomile reports nothing", async () => {
    await using scene = await start();
    await scene.queue("a", "PENDING");
    const b = await scene.send("b", "CLOSE");
    await scene.ledger.settle(b, updateOf(TICKET, { status: "CLOSE" }), NOT_EXECUTED, 1);
    await scene.accept((await scene.take())!, "PENDING");

    const again = await scene.send("b", "CLOSE");
    await scene.ledger.settle(again, updateOf(TICKET, { status: "CLOSE" }), accepted(TICKET), 1);

    expect(await scene.shown()).toEqual({ status: "CLOSE", inDoubt: null });
  });

  test("MUST end the lease of one whose owner died, and go on", async () => {
    await using scene = await start();
    const a = await scene.send("a", "PENDING");
    await scene.loseOwners();

    const b = await scene.send("b", "CLOSE");

    expect(await scene.states(a, b)).toEqual(["UNCERTAIN", "SENDING"]);
    expect(scene.events).toContainEqual({ event: "submission.owner_died", submissionId: a.id });
  });

  test("MUST get a new position when the same key runs again", async () => {
    await using scene = await start();
    const a = await scene.send("a", "PENDING");
    await scene.ledger.settle(a, updateOf(TICKET, { status: "PENDING" }), NOT_EXECUTED, 1);
    await scene.accept(await scene.send("b", "CLOSE"), "CLOSE");

    await scene.accept(await scene.send("a", "PENDING"), "PENDING");

    expect(await scene.shown()).toEqual({ status: "PENDING", inDoubt: null });
  });

  test("MUST let one of twenty calls at once be sent, over two replicas", async () => {
    await using scene = await start();
    await using other = await openAt(scene.place);
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        [scene.ledger, other.ledger][nth % 2]!.reserve(
          intentOf(`the-key-of-update-${nth}`, updateOf(TICKET)),
        ),
      ),
    );

    expect(kinds.filter(({ kind }) => kind === "reserved")).toHaveLength(1);
    expect(kinds.filter(({ kind }) => kind === "ticketBusy")).toHaveLength(19);
  });
});
