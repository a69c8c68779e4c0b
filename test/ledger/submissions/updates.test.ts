/** Histories of the updates of one ticket: what it shows, what is delivered, and what a verdict or a late answer changes. */
import { describe, expect, test } from "vitest";
import type { ReservedRow } from "../../../src/ledger/submissions/row.ts";
import { bytesOf } from "../../../src/ledger/ids.ts";
import { createVoidDoubtsSweep } from "../../../src/ledger/submissions/updates.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { Delivery, ResolveRequest, Settled } from "../../../src/tickets/ports.ts";
import type { Verdict } from "../../../src/tickets/submission.ts";
import { createSubmit } from "../../../src/tickets/submit.ts";
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
import { testTable } from "../../support/test-table.ts";
import { ScriptedTicketing } from "../../tickets/scripted-ticketing.ts";

const TICKET = "ticket-1";
const MINUTE_MS = 60_000;
const OPERATOR = { by: "operator", byPerson: null };

const labelOf = (status: string) => status.slice(0, 1) + status.slice(1).toLowerCase();

const intentTo = (name: string, status: string) =>
  intentOf(`the-key-of-update-${name}`, updateOf(TICKET, { status: status as TicketStatus }));

/** Histories. A step is a word and the name of an update, often with its status. After 15 minutes nothing that was sent is executed any more. */
const DELIVERED = {
  "one at a time: beside a delivery, and between two of its tries": `queue a PENDING; deliver a; handIn b CLOSE ticketBusy;
    later a; send b CLOSE; deliver nothing; accept b; is a SUPERSEDED; is b CONFIRMED; shows CLOSE`,
  "the newest first although an older doubt is open, and not the older ones after it": `queue a OPEN; doubted b PENDING;
    queue c CLOSE; deliver c; accept c; is a SUPERSEDED NOT_SENT_LATER_UPDATE_ACCEPTED; is b UNCERTAIN; is c CONFIRMED;
    shows CLOSE PENDING`,
  "the older one when the newer is rejected": "queue a OPEN; queue c CLOSE; deliver c; reject c; deliver a",
  "the older one when the newer is cancelled": "queue a OPEN; queue c CLOSE; cancel c; deliver a",
  "the older one when the newer expires": "queue a OPEN; queue c CLOSE; expire CLOSE; deliver a",
  "after a later doubt, however old it is, that had no effect": `queue a PENDING; send b CLOSE; reject b; doubted c CLOSE;
    pass 15; deliver nothing; judge c NOT_APPLIED; deliver a`,
  "not when it comes back from a lost owner, and a later one was accepted": `queue a PENDING; deliver a; loseOwners;
    accepted b CLOSE; later a; told SUPERSEDED NOT_SENT_LATER_UPDATE_ACCEPTED; is a SUPERSEDED; is b CONFIRMED; deliver nothing`,
};

const ORDER_UNKNOWN = "told UNCERTAIN ORDER_UNKNOWN";
const READ_LATE = {
  "count when no other was sent since": `accepted a OPEN; send b CLOSE; loseOwners; send c PENDING; reject c; is b UNCERTAIN;
    accept b; told CONFIRMED; shows CLOSE; label Close`,
  "not decide over a later one that is accepted": `send a PENDING; loseOwners; send b CLOSE; accept b; accept a; ${ORDER_UNKNOWN};
    shows CLOSE PENDING; label Close; accept a; ${ORDER_UNKNOWN}; keeps nothing`,
  "not decide over a later one that is sent": `send a PENDING; loseOwners; send b CLOSE; accept a; ${ORDER_UNKNOWN}; accept b;
    shows CLOSE PENDING; label Close; accept a; ${ORDER_UNKNOWN}; keeps nothing`,
  "be one of an unknown order when two lost their leases, and the older is read first": `send a PENDING; loseOwners; send b CLOSE;
    loseOwners; handIn b CLOSE existing; accept a; accept b; shows CLOSE PENDING; is a UNCERTAIN ORDER_UNKNOWN; is b CONFIRMED`,
  "be one of an unknown order when two lost their leases, and the newer is read first": `send a PENDING; loseOwners; send b CLOSE;
    loseOwners; handIn b CLOSE existing; accept b; accept a; shows CLOSE PENDING; is a UNCERTAIN ORDER_UNKNOWN; is b CONFIRMED`,
  "be void when one that is sent after its reading is accepted, and stay so when it is recorded once more": `send a PENDING;
    loseOwners; accepted b CLOSE; accept a; pass 1; accepted c ON_HOLD; accept a; is a SUPERSEDED LATER_UPDATE_ACCEPTED;
    shows ON_HOLD; reports submission.owner_died`,
  "leave an update void whose status was accepted later": `send a CLOSE; loseOwners; accepted b CLOSE; pass 15; sweep;
    is a SUPERSEDED; is b CONFIRMED; accept a; is a SUPERSEDED LATER_UPDATE_ACCEPTED; isOver a; shows CLOSE`,
  "be of an unknown order when its row was lost, and its moment is taken or passed": `send a PENDING; loseRows; accepted b CLOSE;
    takeMoment a; accept a; ${ORDER_UNKNOWN}; shows CLOSE PENDING`,
  "count when its row was lost, and nothing was sent since":
    "send a PENDING; loseRows; accept a; shows PENDING",
};

const IN_DOUBT = {
  "be void 15 minutes after its sending when the same status was accepted later": `doubted d CLOSE; pass 5; accepted a CLOSE;
    is d UNCERTAIN; pass 10; start d SUPERSEDED; is d SUPERSEDED LATER_UPDATE_ACCEPTED; shows CLOSE`,
  "be shown while it may be executed, although the same status and then another one was accepted": `doubted d CLOSE;
    accepted a CLOSE; accepted b IN_PROGRESS; shows IN_PROGRESS CLOSE; pass 15; sweep; is d UNCERTAIN; shows IN_PROGRESS CLOSE;
    accepted c IN_PROGRESS; is d SUPERSEDED; shows IN_PROGRESS`,
  "stay one when another status is being sent as its time ends": `doubted d CLOSE; pass 5; accepted a CLOSE; pass 9.9;
    send b IN_PROGRESS; pass 0.2; sweep; accept b; is d UNCERTAIN; shows IN_PROGRESS CLOSE`,
  "stay one when a verdict on another one is taken back": `accepted o OPEN; doubted a CLOSE; doubted b CLOSE; pass 15;
    judge b APPLIED; shows CLOSE; takeBack b; is a UNCERTAIN; is b NOT_EXECUTED; shows OPEN CLOSE`,
  "stay one until a verdict or a later update": `doubted d PENDING; pass 5; accepted a CLOSE; pass 15; sweep; is d UNCERTAIN;
    shows CLOSE PENDING`,
  "not be shown when it asks for the status of the ticket, also when its row was lost": `accepted a PENDING; send b PENDING;
    loseRows; doubt b; is b UNCERTAIN; shows PENDING`,
};

const JUDGED = {
  "set the status over a later accepted one only when it names that one": `doubted a PENDING; accepted b CLOSE; pass 15;
    refuse a acceptedSince b; shows CLOSE PENDING; judge a APPLIED b; is a CONFIRMED; is b CONFIRMED; shows PENDING; takeBack a;
    is a SUPERSEDED; shows CLOSE`,
  "be refused while a later one waits, and set the status when that is cancelled": `doubted d PENDING; queue q CLOSE; pass 15;
    refuse d laterOpen q; is q QUEUED; cancel q; judge d APPLIED; shows PENDING`,
  "be refused while another one is sent, or its owner is thought dead, and end its lease first": `doubted d PENDING; pass 15;
    send b CLOSE; refuse d laterOpen b; is b SENDING; loseOwners; refuse d laterOpen b; is b UNCERTAIN OWNER_DIED;
    judge b NOT_APPLIED; judge d APPLIED; shows PENDING`,
  "end queued ones that were handed in before the doubt, and no doubt": `queue a OPEN; doubted b CLOSE; doubted c CLOSE; pass 15;
    judge c APPLIED; is a SUPERSEDED NOT_SENT_LATER_UPDATE_ACCEPTED; is b UNCERTAIN; is c CONFIRMED; takeBack c a; is a SUPERSEDED;
    is c NOT_EXECUTED`,
  "not let a key run again over a newer status, or when Sociomile had accepted it": `send a PENDING; loseOwners; accepted b CLOSE;
    accept a; judge a NOT_APPLIED; is a SUPERSEDED NOT_APPLIED_SAYS_OPERATOR; handIn a PENDING existing; shows CLOSE`,
  "let a key run again that certainly had no effect": `accepted a CLOSE; doubted b OPEN; judge b NOT_APPLIED; handIn b OPEN reserved`,
  "not let the key of an accepted one run again when it is taken back": `send a PENDING; loseOwners; send b CLOSE; accept a;
    reject b; judge a APPLIED; shows PENDING; takeBack a; is a SUPERSEDED`,
};

describe.each(ENGINES)("updates of one ticket on %s", (engine) => {
  const { ledger, sql, events, place } = ledgerForEach(engine);
  const take = async (): Promise<Delivery | undefined> => {
    await makeDue(sql);
    return (await ledger.reserveQueued(5))[0];
  };
  const sweep = async () => {
    await using context = await contextAt(place);
    await createVoidDoubtsSweep()(context);
  };
  const leaveOld = async () => {
    const aging = "UPDATE submissions SET settled_at = 0, id = ? WHERE state = 'CONFIRMED'";
    await sql.run(aging, Buffer.alloc(16, 1));
    await sql.run("UPDATE tickets SET observed_at = 0");
  };

  /** Plays a history. Returns the id of an update by its name. */
  async function play(history: string) {
    const held = new Map<string, Held | Delivery>();
    const ids = new Map<string, string>();
    let last: Settled | undefined;
    const idOf = (name: string) => ids.get(name)!;
    const find = async (name: string) => (await ledger.find(idOf(name)))!;
    const settle = async (
      name: string,
      outcome: (status: TicketStatus) => Outcome,
      pauseMs: number | null = null,
    ) => {
      const one = held.get(name)!;
      const status = one.submission.requestedStatus!;
      last = await ledger.settle(one, updateOf(TICKET, { status }), outcome(status), 1, pauseMs);
    };
    const judge = (name: string, changes: Partial<ResolveRequest>) =>
      judgedAs(ledger, { id: idOf(name) }, changes);
    const hold = (name: string, one: Held | Delivery) => {
      held.set(name, one);
      ids.set(name, one.submission.id);
    };
    const steps: Record<string, (name: string, ...words: string[]) => Promise<unknown>> = {
      send: async (name, status) => hold(name, heldBy(await ledger.reserve(intentTo(name, status)))),
      queue: async (name, status) => ids.set(name, (await queuedBy(ledger, intentTo(name, status))).id),
      handIn: async (name, status, kind) =>
        expect((await ledger.reserve(intentTo(name, status))).type).toBe(kind),
      async deliver(name) {
        const delivery = await take();
        expect(delivery?.submission.id).toBe(ids.get(name));
        if (delivery) hold(name, delivery);
      },
      // with Sociomile's report of the status that was asked for
      accept: (name) => settle(name, (status) => accepted(TICKET, { status, statusLabel: labelOf(status) })),
      doubt: (name) => settle(name, () => UNKNOWN),
      reject: (name) => settle(name, () => REJECTED),
      later: (name) => settle(name, () => NOT_EXECUTED, MINUTE_MS),
      accepted: async (name, status) => {
        await steps["send"]!(name, status);
        await steps["accept"]!(name);
      },
      doubted: async (name, status) => {
        await steps["send"]!(name, status);
        await steps["doubt"]!(name);
      },
      fail: (name) => settle(name, () => NOT_EXECUTED),
      cancel: (name) => ledger.cancel(idOf(name), OPERATOR),
      expire: (status) => sql.run("UPDATE submissions SET deliver_by = 1 WHERE requested_status = ?", status),
      loseOwners: () => sql.run("UPDATE submissions SET sent_at = sent_at - 31000 WHERE state = 'SENDING'"),
      loseRows: () => sql.run("DELETE FROM submissions WHERE state = 'SENDING'"), // a standby takes over that had not received them
      takeMoment: (name) =>
        sql.run("UPDATE submissions SET moment = ?", (held.get(name) as unknown as ReservedRow).row.moment),
      pass: (minutes) => makeOlder(sql, Number(minutes) * MINUTE_MS),
      sweep,
      async start(name, state) {
        await using _ = await openAt(place); // its start sweeps
        await expect.poll(async () => (await find(name)).state).toBe(state);
      },
      judge: async (name, verdict, acceptedSince) => {
        const changes = { verdict: verdict as Verdict, acceptedSince: ids.get(acceptedSince) ?? null };
        expect(await judge(name, changes)).toMatchObject({ type: "resolved" });
      },
      refuse: async (name, type, other) =>
        expect(await judge(name, { verdict: "APPLIED" })).toMatchObject({
          type,
          other: { id: idOf(other) },
        }),
      async takeBack(name, ...ended) {
        const superseded = ended.map(idOf);
        const result = await judge(name, { verdict: "NOT_APPLIED", replacesEarlier: true });
        expect(result).toMatchObject({ type: "resolved", superseded });
        expect(events.at(-1)).toMatchObject({ event: "submission.resolved", superseded });
      },
      told: async (state, reason) => {
        expect(last!.submission).toMatchObject({ state, ...(reason && { reason }) });
        expect(last!.ticket !== null).toBe(state === "CONFIRMED");
      },
      is: async (name, state, reason) =>
        expect(await find(name)).toMatchObject({ state, ...(reason && { reason }) }),
      isOver: async (name) =>
        expect(await sql.run("SELECT until FROM submissions WHERE id = ?", bytesOf(idOf(name)))).toEqual([
          { until: null },
        ]),
      shows: async (status, statusInDoubt = null!) =>
        expect(await ledger.tickets([TICKET])).toMatchObject([{ status, statusInDoubt }]),
      label: async (statusLabel) => expect(await ledger.tickets([TICKET])).toMatchObject([{ statusLabel }]),
      keeps: async () =>
        expect(
          await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL OR deliver_by IS NOT NULL"),
        ).toEqual([]),
      reports: async (event) => expect(events).toMatchObject([{ event }]),
    };
    for (const step of history.split(";")) {
      const [word, ...words] = step.trim().split(/\s+/) as [string, string];
      await steps[word]!(...words);
    }
    return idOf;
  }

  testTable<string>(DELIVERED)("MUST be delivered %s", async (_, history) => void (await play(history)));
  testTable<string>(READ_LATE)(
    "whose acceptance is read late MUST %s",
    async (_, history) => void (await play(history)),
  );
  testTable<string>(IN_DOUBT)("in doubt MUST %s", async (_, history) => void (await play(history)));
  testTable<string>(JUDGED)("A verdict MUST %s", async (_, history) => void (await play(history)));

  test("MUST let one of twenty calls at once be sent, over two replicas", async () => {
    await using other = await openAt(place);
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        [ledger, other.ledger][nth % 2]!.reserve(intentTo(String(nth), "OPEN")),
      ),
    );

    expect(kinds.filter(({ type }) => type === "reserved")).toHaveLength(1);
    expect(kinds.filter(({ type }) => type === "ticketBusy")).toHaveLength(19);
  });

  test("MUST get moments that only grow, also when the clock was set back and two replicas hand in at once", async () => {
    await using other = await openAt(place);
    await play("accepted a OPEN");
    await sql.run("UPDATE submissions SET moment = moment + 3600000");
    await Promise.all([
      queuedBy(ledger, intentTo("b", "PENDING")),
      queuedBy(other.ledger, intentTo("c", "CLOSE")),
    ]);
    const delivery = (await take())!;

    const rows = await sql.run("SELECT moment FROM submissions ORDER BY moment");
    const [first, ...others] = rows.map(({ moment }) => Number(moment));
    expect(others).toEqual([first! + 1 === others[0] ? first! + 1 : first! + 2, first! + 3]);
    expect((await sql.run("SELECT moment FROM submissions WHERE state = 'SENDING'"))[0]).toMatchObject({
      moment: rows.at(-1)!["moment"],
    });
    await ledger.settle(delivery, delivery.request, NOT_EXECUTED, 1, 0);
  });

  test("A doubt before the last accepted one MUST leave with its ticket, and another one stay", async () => {
    await play("doubted d PENDING; pass 5; accepted a CLOSE; pass 15; sweep; is d UNCERTAIN");
    await leaveOld();
    {
      await using _ = await openAt(place);
      await expect.poll(() => sql.run("SELECT id FROM submissions")).toEqual([]);
    }

    await play("accepted a CLOSE");
    await leaveOld();
    const idOf = await play("doubted d PENDING");
    await using other = await openAt(place);
    await other.ledger.find(idOf("d"));
    await makeOlder(sql, 15 * MINUTE_MS);

    await expect.poll(async () => (await ledger.find(idOf("d")))?.state).toBe("UNCERTAIN");
    expect(await sql.run("SELECT id FROM submissions")).toHaveLength(2);
  });

  test("A verdict MUST come when nothing can be executed any more", async () => {
    const idOf = await play("doubted d CLOSE; pass 14");
    const seen = (await ledger.find(idOf("d")))!;
    const verdict = (name: "APPLIED" | "NOT_APPLIED") =>
      ledger.resolve(seen, verdictOf(seen, { verdict: name, isDryRun: true }), true);

    const early = { type: "tooEarly", leftMs: expect.any(Number) };
    expect(await Promise.all([verdict("APPLIED"), verdict("NOT_APPLIED")])).toMatchObject([early, early]);
  });

  test("A verdict MUST show the status that an operator found, until Sociomile reports another", async () => {
    await play("accepted a PENDING; doubted b CLOSE; judge b APPLIED; shows CLOSE");

    const ticket = { statusLabel: null, bsgTicketId: expect.any(String) };
    expect(await ledger.tickets([TICKET])).toMatchObject([ticket]);
    const limits = { deadline: performance.now() + 12_000, stopping: new AbortController().signal };
    const again = await createSubmit(new ScriptedTicketing(), ledger)(intentTo("b", "CLOSE"), limits);
    expect(again).toMatchObject({ replayed: true, ticket: { status: "CLOSE", statusLabel: null } });
    await play("accepted c OPEN; shows OPEN");
  });

  test("A verdict MUST leave a forgotten update forgotten when it is corrected", async () => {
    const idOf = await play("doubted a CLOSE; judge a APPLIED");
    expect(await ledger.forgetTicket(TICKET, null)).toBe(true);
    for (const verdict of ["NOT_APPLIED", "APPLIED"] as const)
      await judgedAs(ledger, { id: idOf("a") }, { verdict, replacesEarlier: true });

    expect(await ledger.tickets([TICKET])).toEqual([null]);
  });

  test("MUST get a new moment when its key runs again, and be shown although Sociomile reports nothing", async () => {
    await play("queue a PENDING; send b CLOSE; fail b; deliver a; accept a");

    await ledger.settle(
      heldBy(await ledger.reserve(intentTo("b", "CLOSE"))),
      updateOf(TICKET, { status: "CLOSE" }),
      accepted(TICKET),
      1,
    );

    expect(await ledger.tickets([TICKET])).toMatchObject([{ status: "CLOSE", statusInDoubt: null }]);
  });
});
