/** Histories of the updates of one ticket: what it shows, what is delivered, and what a verdict or a late answer changes. */
import { describe, expect, test } from "vitest";
import { createVoidDoubtsSweep } from "../../../src/ledger/submissions/updates.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { Delivery, Intent, ResolveRequest } from "../../../src/tickets/ports.ts";
import type { Submission } from "../../../src/tickets/submission.ts";
import { submitting } from "../../../src/tickets/submit.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { contextAt } from "../../support/ledger-context.ts";
import {
  type Held,
  heldBy,
  intentOf,
  judgedAs,
  queuedBy,
  updateOf,
  verdictOf,
} from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { makeOlder } from "../../support/sql.ts";
import { ScriptedTicketing } from "../../tickets/scripted-ticketing.ts";

const TICKET = "ticket-1";
const MINUTE_MS = 60_000;
/** After this nothing that was sent is executed any more. */
const OVER_MS = 15 * MINUTE_MS;
const LABELS: Partial<Record<TicketStatus, string>> = { OPEN: "Open", PENDING: "Pending", CLOSE: "Close" };

function intent(name: string, status: TicketStatus): Intent {
  return intentOf(`the-key-of-update-${name}`, updateOf(TICKET, { status }));
}

const requestedBy = (one: Held | Delivery) =>
  ("request" in one ? one.submission : one).requestedStatus ?? "OPEN";

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
  const settle = (one: Held | Delivery, outcome: Outcome) =>
    ledger.settle(one, updateOf(TICKET, { status: requestedBy(one) }), outcome, 1);
  /** Records an acceptance with Sociomile's report of the status that was asked for. */
  const accept = (one: Held | Delivery) => {
    const status = requestedBy(one);
    return settle(one, accepted(TICKET, { status, statusLabel: LABELS[status] ?? status }));
  };
  const doubt = (one: Held | Delivery) => settle(one, UNKNOWN);
  const acceptedBy = async (name: string, status: TicketStatus) => {
    const sent = await send(name, status);
    await accept(sent);
    return sent;
  };
  const doubtBy = async (name: string, status: TicketStatus) => {
    const sent = await send(name, status);
    await doubt(sent);
    return sent;
  };
  const shown = async () => {
    const [ticket] = await ledger.tickets([TICKET]);
    return [ticket?.status ?? null, ticket?.statusInDoubt ?? null];
  };
  const judge = (one: Pick<Submission, "id">, changes: Partial<ResolveRequest>) =>
    judgedAs(ledger, one, changes);
  const applied = (one: Pick<Submission, "id">, acceptedSince: string | null = null) =>
    judge(one, { verdict: "APPLIED", acceptedSince });
  const takeBack = (one: Held) => judge(one, { verdict: "NOT_APPLIED", replacesEarlier: true });
  const states = async (...some: { id: string }[]) =>
    (await Promise.all(some.map(({ id }) => ledger.find(id)))).map((one) => one?.state);
  const reasonOf = async ({ id }: { id: string }) => (await ledger.find(id))?.reason;
  const pass = (ms: number) => makeOlder(sql, ms);
  /** Ends the lease of everything that is being sent. */
  const loseOwners = () =>
    sql.run("UPDATE submissions SET sent_at = sent_at - 31000 WHERE state = 'SENDING'");
  const sweep = async () => {
    await using context = await contextAt(place);
    await createVoidDoubtsSweep()(context);
  };

  test("MUST be sent one at a time: beside a delivery, and between two of its tries", async () => {
    await queue("a", "PENDING");
    const delivery = await take();

    expect((await reserve("b", "CLOSE")).kind).toBe("ticketBusy");
    expect(await sql.run("SELECT id FROM submissions")).toHaveLength(1);
    await ledger.settle(delivery!, delivery!.request, NOT_EXECUTED, 1, MINUTE_MS);
    const b = await send("b", "CLOSE");
    expect(await take()).toBeUndefined();
    await accept(b);

    expect(await states(delivery!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
    expect(await shown()).toEqual(["CLOSE", null]);
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

  test("MUST get moments that only grow, also when the clock was set back and two replicas hand in at once", async () => {
    await using other = await openAt(place);
    await acceptedBy("a", "OPEN");
    await sql.run("UPDATE submissions SET moment = moment + 3600000");
    await Promise.all([queue("b", "PENDING"), queuedBy(other.ledger, intent("c", "CLOSE"))]);
    const delivery = (await take())!;

    const rows = await sql.run("SELECT moment FROM submissions ORDER BY moment");
    const [first, ...others] = rows.map(({ moment }) => Number(moment));
    expect(others).toEqual([first! + 1 === others[0] ? first! + 1 : first! + 2, first! + 3]);
    expect((await sql.run("SELECT moment FROM submissions WHERE state = 'SENDING'"))[0]).toMatchObject({
      moment: rows.at(-1)!["moment"],
    });
    await ledger.settle(delivery, delivery.request, NOT_EXECUTED, 1, 0);
  });

  describe("whose queue", () => {
    test("MUST deliver the newest although an older doubt is open, and not send the older ones after it", async () => {
      const a = await queue("a", "OPEN");
      const b = await doubtBy("b", "PENDING");
      const c = await queue("c", "CLOSE");

      const delivery = await take();
      expect(delivery?.submission.id).toBe(c.id);
      await accept(delivery!);

      expect(await states(a, b, c)).toEqual(["SUPERSEDED", "UNCERTAIN", "CONFIRMED"]);
      expect(await reasonOf(a)).toBe("NOT_SENT_LATER_UPDATE_ACCEPTED");
      expect(await shown()).toEqual(["CLOSE", "PENDING"]);
    });

    test.each<[end: string, (c: Submission) => Promise<unknown>]>([
      ["is rejected", async () => settle((await take())!, REJECTED)],
      ["is cancelled", ({ id }) => ledger.cancel(id, { by: "operator", byPerson: null })],
      [
        "expires",
        ({ requestedStatus }) =>
          sql.run("UPDATE submissions SET deliver_by = 1 WHERE requested_status = ?", requestedStatus),
      ],
    ])("MUST deliver the older one when the newer %s", async (_, end) => {
      const a = await queue("a", "OPEN");
      const c = await queue("c", "CLOSE");
      await end(c);

      expect((await take())?.submission.id).toBe(a.id);
    });

    test("MUST wait for a later doubt, however old it is, and go when that had no effect", async () => {
      const a = await queue("a", "PENDING");
      await settle(await send("b", "CLOSE"), REJECTED);
      const c = await doubtBy("c", "CLOSE");
      await pass(OVER_MS);
      expect(await take()).toBeUndefined();
      await judge(c, { verdict: "NOT_APPLIED" });

      expect((await take())?.submission.id).toBe(a.id);
    });

    test("MUST NOT forget that a later one was accepted when the older comes back from a lost owner", async () => {
      await queue("a", "PENDING");
      const a = await take();
      await loseOwners();
      const b = await acceptedBy("b", "CLOSE");

      const { submission } = await ledger.settle(a!, a!.request, NOT_EXECUTED, 1, 0);

      expect(submission).toMatchObject({ state: "SUPERSEDED", reason: "NOT_SENT_LATER_UPDATE_ACCEPTED" });
      expect(await states(a!.submission, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);
      expect(await take()).toBeUndefined();
    });
  });

  describe("whose acceptance is read late", () => {
    test("MUST count when no other was sent since", async () => {
      await acceptedBy("a", "OPEN");
      const b = await send("b", "CLOSE");
      await loseOwners();
      await settle(await send("c", "PENDING"), REJECTED);
      expect(await states(b)).toEqual(["UNCERTAIN"]);

      const { submission, ticket } = await accept(b);

      expect([submission.state, ticket?.statusLabel]).toEqual(["CONFIRMED", "Close"]);
      expect(await shown()).toEqual(["CLOSE", null]);
    });

    test.each([["accepted"], ["sent"]])("MUST NOT decide over a later one that is %s", async (later) => {
      const a = await send("a", "PENDING");
      await loseOwners();
      const b = await send("b", "CLOSE");
      if (later === "accepted") await accept(b);

      const { submission, ticket } = await accept(a);
      expect([submission.state, submission.reason, ticket]).toEqual(["UNCERTAIN", "ORDER_UNKNOWN", null]);
      await accept(b);

      expect(await shown()).toEqual(["CLOSE", "PENDING"]);
      expect((await ledger.tickets([TICKET]))[0]?.statusLabel).toBe("Close"); // its report is not kept
      const again = await accept(a); // nobody acknowledged the first one
      expect(again).toMatchObject({
        submission: { state: "UNCERTAIN", reason: "ORDER_UNKNOWN" },
        ticket: null,
      });
      const [row] = await sql.run(
        "SELECT request, deliver_by FROM submissions WHERE reason = 'ORDER_UNKNOWN'",
      );
      expect(row).toEqual({ request: null, deliver_by: null });
    });

    test.each([[0], [1]])(
      "MUST be one of an unknown order when two lost their leases: %i first",
      async (first) => {
        const a = await send("a", "PENDING");
        await loseOwners();
        const b = await send("b", "CLOSE");
        await loseOwners();
        expect((await reserve("b", "CLOSE")).kind).toBe("existing"); // whoever meets it ends its lease
        const [one, other] = first === 0 ? [a, b] : [b, a];

        await accept(one);
        await accept(other);

        expect(await shown()).toEqual(["CLOSE", "PENDING"]);
        expect([await reasonOf(a), await reasonOf(b)]).toEqual(["ORDER_UNKNOWN", "ACCEPTED_BY_SOCIOMILE"]);
      },
    );

    test("MUST be void when an update that is sent after its reading is accepted, and stay so when it is recorded once more", async () => {
      const a = await send("a", "PENDING");
      await loseOwners();
      await acceptedBy("b", "CLOSE");
      await accept(a);
      await pass(MINUTE_MS);

      await acceptedBy("c", "ON_HOLD");
      await accept(a);

      expect([await states(a), await reasonOf(a)]).toEqual([["SUPERSEDED"], "LATER_UPDATE_ACCEPTED"]);
      expect(await shown()).toEqual(["ON_HOLD", null]);
      expect(events).toMatchObject([{ event: "submission.owner_died" }]);
    });

    test("MUST leave an update void whose status was accepted later", async () => {
      const a = await send("a", "CLOSE");
      await loseOwners();
      const b = await acceptedBy("b", "CLOSE");
      await pass(OVER_MS);
      await sweep();
      expect(await states(a, b)).toEqual(["SUPERSEDED", "CONFIRMED"]);

      await accept(a);

      // Whichever of them was executed last, it is the same status.
      expect([await states(a), await reasonOf(a)]).toEqual([["SUPERSEDED"], "LATER_UPDATE_ACCEPTED"]);
      expect((await sql.run("SELECT until FROM submissions ORDER BY moment"))[0]).toEqual({ until: null });
      expect(await shown()).toEqual(["CLOSE", null]);
    });

    test("MUST be of an unknown order when its row was lost, and its moment is taken or passed", async () => {
      const u3 = await send("u3", "PENDING");
      const taken = await sql.run("SELECT moment FROM submissions");
      await sql.run("DELETE FROM submissions"); // a standby takes over that had not received it
      await acceptedBy("u4", "CLOSE");
      await sql.run("UPDATE submissions SET moment = ?", Number(taken[0]!["moment"]));

      const { submission, ticket } = await accept(u3);

      expect([submission.state, submission.reason, ticket]).toEqual(["UNCERTAIN", "ORDER_UNKNOWN", null]);
      expect(await shown()).toEqual(["CLOSE", "PENDING"]);
    });

    test("MUST count when its row was lost, and nothing was sent since", async () => {
      const a = await send("a", "PENDING");
      await sql.run("DELETE FROM submissions");

      await accept(a);

      expect(await shown()).toEqual(["PENDING", null]);
    });
  });

  describe("in doubt", () => {
    test("MUST be void 15 minutes after its sending when the same status was accepted later", async () => {
      const d = await doubtBy("d", "CLOSE");
      await pass(5 * MINUTE_MS);
      await acceptedBy("a", "CLOSE");
      expect(await states(d)).toEqual(["UNCERTAIN"]);
      await pass(10 * MINUTE_MS);
      await using _ = await openAt(place); // its start sweeps

      await expect.poll(() => states(d)).toEqual(["SUPERSEDED"]);
      expect([await reasonOf(d), await shown()]).toEqual(["LATER_UPDATE_ACCEPTED", ["CLOSE", null]]);
    });

    test("MUST be shown while it may be executed, although the same status and then another one was accepted", async () => {
      const d = await doubtBy("d", "CLOSE");
      await acceptedBy("a", "CLOSE");
      await acceptedBy("b", "IN_PROGRESS");
      expect(await shown()).toEqual(["IN_PROGRESS", "CLOSE"]);
      await pass(OVER_MS);
      await sweep();

      expect([await states(d), await shown()]).toEqual([["UNCERTAIN"], ["IN_PROGRESS", "CLOSE"]]);
      await acceptedBy("c", "IN_PROGRESS"); // it was sent when nothing of it could be executed
      expect([await states(d), await shown()]).toEqual([["SUPERSEDED"], ["IN_PROGRESS", null]]);
    });

    test("MUST stay one when another status is being sent as its time ends", async () => {
      const d = await doubtBy("d", "CLOSE");
      await pass(5 * MINUTE_MS);
      await acceptedBy("a", "CLOSE");
      await pass(10 * MINUTE_MS - 5000);
      const b = await send("b", "IN_PROGRESS");
      await pass(6000);
      await sweep();
      await accept(b);

      expect([await states(d), await shown()]).toEqual([["UNCERTAIN"], ["IN_PROGRESS", "CLOSE"]]);
    });

    test("MUST stay one when a verdict on another one is taken back", async () => {
      await acceptedBy("o", "OPEN");
      const u1 = await doubtBy("u1", "CLOSE");
      const u2 = await doubtBy("u2", "CLOSE");
      await pass(OVER_MS);
      await applied(u2);
      expect(await shown()).toEqual(["CLOSE", null]);
      await takeBack(u2);

      expect(await states(u1, u2)).toEqual(["UNCERTAIN", "NOT_EXECUTED"]);
      expect(await shown()).toEqual(["OPEN", "CLOSE"]);
    });

    test("MUST stay one until a verdict or a later update, and leave with its ticket", async () => {
      const d = await doubtBy("d", "PENDING");
      await pass(5 * MINUTE_MS);
      await acceptedBy("a", "CLOSE");
      await pass(OVER_MS);
      await sweep();
      expect([await states(d), await shown()]).toEqual([["UNCERTAIN"], ["CLOSE", "PENDING"]]);

      await sql.run(
        "UPDATE submissions SET settled_at = 0, id = ? WHERE state = 'CONFIRMED'",
        Buffer.alloc(16, 1),
      );
      await sql.run("UPDATE tickets SET observed_at = 0");
      await using _ = await openAt(place);

      await expect.poll(() => sql.run("SELECT id FROM submissions")).toEqual([]);
    });

    test("MUST NOT leave with its ticket when no later one was accepted", async () => {
      await acceptedBy("a", "CLOSE");
      await sql.run("UPDATE submissions SET settled_at = 0, id = ?", Buffer.alloc(16, 1));
      await sql.run("UPDATE tickets SET observed_at = 0");
      const d = await doubtBy("d", "PENDING");
      await using other = await openAt(place);
      await other.ledger.find(d.id);
      await pass(OVER_MS);

      await expect.poll(() => states(d)).toEqual(["UNCERTAIN"]);
      expect(await sql.run("SELECT id FROM submissions")).toHaveLength(2);
    });

    test("MUST NOT show its own status as doubtful, also when its row was lost", async () => {
      await acceptedBy("a", "PENDING");
      const b = await send("b", "PENDING");
      await sql.run("DELETE FROM submissions WHERE state = 'SENDING'");

      await doubt(b);

      expect([await states(b), await shown()]).toEqual([["UNCERTAIN"], ["PENDING", null]]);
    });
  });

  describe("and a verdict", () => {
    test("MUST come when nothing can be executed any more", async () => {
      const d = await doubtBy("d", "CLOSE");
      const seen = (await ledger.find(d.id))!;
      const verdict = (name: "APPLIED" | "NOT_APPLIED") =>
        ledger.resolve(seen, verdictOf(seen, { verdict: name, isDryRun: true }), true);

      await pass(14 * MINUTE_MS);
      const early = { kind: "tooEarly", leftMs: expect.any(Number) };
      expect(await Promise.all([verdict("APPLIED"), verdict("NOT_APPLIED")])).toMatchObject([early, early]);
    });

    test("MUST set the status over a later accepted one only when it names that one", async () => {
      const u1 = await doubtBy("u1", "PENDING");
      const u2 = await acceptedBy("u2", "CLOSE");
      await pass(OVER_MS);

      expect(await applied(u1)).toMatchObject({ kind: "acceptedSince", other: { id: u2.id } });
      expect(await shown()).toEqual(["CLOSE", "PENDING"]);
      expect(await applied(u1, u2.id)).toMatchObject({ kind: "resolved" });

      expect(await states(u1, u2)).toEqual(["CONFIRMED", "CONFIRMED"]);
      expect(await shown()).toEqual(["PENDING", null]);
      await takeBack(u1);
      expect([await states(u1), await shown()]).toEqual([["SUPERSEDED"], ["CLOSE", null]]);
    });

    test("MUST be refused while a later one waits, and set the status when that is cancelled", async () => {
      const d = await doubtBy("d", "PENDING");
      const q = await queue("q", "CLOSE");
      await pass(OVER_MS);

      expect(await applied(d)).toMatchObject({ kind: "laterOpen", other: { id: q.id, state: "QUEUED" } });
      await ledger.cancel(q.id, { by: "operator", byPerson: null });
      expect(await applied(d)).toMatchObject({ kind: "resolved" });

      expect(await shown()).toEqual(["PENDING", null]);
    });

    test("MUST be refused while another one is sent, or its owner is thought dead, and end its lease first", async () => {
      const d = await doubtBy("d", "PENDING");
      await pass(OVER_MS);
      const b = await send("b", "CLOSE");

      expect(await applied(d)).toMatchObject({ kind: "laterOpen", other: { id: b.id, state: "SENDING" } });
      await loseOwners();
      expect(await applied(d)).toMatchObject({
        kind: "laterOpen",
        other: { id: b.id, reason: "OWNER_DIED" },
      });
      await judge(b, { verdict: "NOT_APPLIED" });
      expect(await applied(d)).toMatchObject({ kind: "resolved" });

      expect(await shown()).toEqual(["PENDING", null]);
    });

    test("MUST end queued ones that were handed in before the doubt, and no doubt", async () => {
      const a = await queue("a", "OPEN");
      const b = await doubtBy("b", "CLOSE");
      const c = await doubtBy("c", "CLOSE");
      await pass(OVER_MS);

      await applied(c);

      expect(await states(a, b, c)).toEqual(["SUPERSEDED", "UNCERTAIN", "CONFIRMED"]);
      expect(await reasonOf(a)).toBe("NOT_SENT_LATER_UPDATE_ACCEPTED");
      expect(await takeBack(c)).toMatchObject({ kind: "resolved", superseded: [a.id] });
      expect(events.at(-1)).toMatchObject({ event: "submission.resolved", superseded: [a.id] });
      expect(await states(a, c)).toEqual(["SUPERSEDED", "NOT_EXECUTED"]);
    });

    test("MUST NOT let a key run again over a newer status, or when Sociomile had accepted it", async () => {
      const a = await send("a", "PENDING");
      await loseOwners();
      await acceptedBy("b", "CLOSE");
      await accept(a);
      await judge(a, { verdict: "NOT_APPLIED" });

      expect([await states(a), await reasonOf(a)]).toEqual([["SUPERSEDED"], "NOT_APPLIED_SAYS_OPERATOR"]);
      expect((await reserve("a", "PENDING")).kind).toBe("existing");
      expect(await shown()).toEqual(["CLOSE", null]);

      const c = await doubtBy("c", "OPEN");
      await judge(c, { verdict: "NOT_APPLIED" });
      expect((await reserve("c", "OPEN")).kind).toBe("reserved"); // it certainly had no effect
    });

    test("MUST NOT let the key of an accepted one run again when a verdict about it is taken back", async () => {
      const a = await send("a", "PENDING");
      await loseOwners();
      const b = await send("b", "CLOSE");
      await accept(a);
      await settle(b, REJECTED);
      await applied(a);
      expect(await shown()).toEqual(["PENDING", null]);

      await takeBack(a);

      expect(await states(a)).toEqual(["SUPERSEDED"]);
    });

    test("MUST show the status that an operator found, until Sociomile reports another", async () => {
      await acceptedBy("a", "PENDING");
      const b = await doubtBy("b", "CLOSE");
      await applied(b);

      expect(await shown()).toEqual(["CLOSE", null]);
      const ticket = { statusLabel: null, bsgTicketId: expect.any(String) };
      expect(await ledger.tickets([TICKET])).toMatchObject([ticket]);
      const limits = { deadline: performance.now() + 12_000, stopping: new AbortController().signal };
      const again = await submitting(new ScriptedTicketing(), ledger)(intent("b", "CLOSE"), limits);
      expect(again).toMatchObject({ replayed: true, ticket: { status: "CLOSE", statusLabel: null } });
      await acceptedBy("c", "OPEN");
      expect(await shown()).toEqual(["OPEN", null]);
    });

    test("MUST leave a forgotten update forgotten when it is corrected", async () => {
      const a = await doubtBy("a", "CLOSE");
      await applied(a);
      expect(await ledger.forgetTicket(TICKET, null)).toBe(true);
      await takeBack(a);
      await judge(a, { verdict: "APPLIED", replacesEarlier: true });

      expect(await ledger.tickets([TICKET])).toEqual([null]);
    });
  });

  test("MUST get a new moment when its key runs again, and be shown although Sociomile reports nothing", async () => {
    await queue("a", "PENDING");
    const b = await send("b", "CLOSE");
    await settle(b, NOT_EXECUTED);
    await accept((await take())!);

    const again = await send("b", "CLOSE");
    await settle(again, accepted(TICKET));

    expect(await shown()).toEqual(["CLOSE", null]);
  });
});
