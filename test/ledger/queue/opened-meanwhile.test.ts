/** Queued creates with unlessAlreadyOpened, when another create with the same number comes before their delivery. */
import { describe, expect, test } from "vitest";
import { reserveQueued } from "../../../src/ledger/queue/deliveries.ts";
import type { Intent } from "../../../src/tickets/ports.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { complaintNumbered, HELPDESK, LATER, ONCE, VOICE, voiceWith } from "../../sociomile/requests.ts";
import { intentOf, queuedBy, reserved, sentOnce } from "../../support/intents.ts";
import { accepted, NOT_EXECUTED } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";
import { statesIn } from "../../support/sql.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const OMNIX = voiceWith({ sourceTicketId: "number" });
const queuedOnce = (request: TicketRequest) => intentOf("key-of-the-queued-one", request, { ...ONCE, ...LATER });

/** Creates for the queue, and others with the same numbers: a complaint, and a call. */
const INTENTS: Record<string, Intent> = {
  q: queuedOnce(HELPDESK),
  o: intentOf("key-of-the-other-one", HELPDESK),
  call: queuedOnce(OMNIX),
  other: intentOf("key-of-the-other-one", OMNIX),
};
const ENDED = "NOT_EXECUTED ALREADY_OPENED";

const HISTORIES = {
  "end when another opened the ticket of a complaint": `queue q; send o; accept o T1; deliver nothing; is q ${ENDED}; keeps nothing;
    reports delivery.already_opened q T1; otherCreate q T1`,
  "end when another opened the ticket of a call": `queue call; send other; accept other T1; deliver nothing; is call ${ENDED};
    keeps nothing; reports delivery.already_opened call T1; otherCreate call T1`,
  "end when another opened the ticket, which is forgotten": `queue q; send o; accept o T1; forget T1; hush; deliver nothing;
    is q ${ENDED}; keeps nothing; reports delivery.already_opened q T1; otherCreate q T1`,
  "be delivered when another one was refused, and wait until that is known": `queue q; send o; deliver nothing; is q QUEUED; reject o;
    deliver q; reports nothing`,
  "be delivered when another one had no effect, and wait until that is known": `queue q; send o; deliver nothing; is q QUEUED; fail o;
    deliver q; reports nothing`,
  "NOT come back when the database has lost its row: its key may have run again": `send q; loseRows; later q;
    reported NOT_EXECUTED SOCIOMILE_UNREACHABLE; lost q; deliver nothing; handIn q reserved`,
  "wait while another is in doubt, until an operator says NOT_CREATED": `queue q; doubted o; deliver nothing; is q QUEUED;
    judge o NOT_CREATED; deliver q`,
  "wait while another is in doubt, until an operator says CREATED": `queue q; doubted o; deliver nothing; is q QUEUED;
    judge o CREATED T1; deliver nothing; is q NOT_EXECUTED; is o CONFIRMED`,
};

describe.each(ENGINES)("a queued create with unlessAlreadyOpened on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, events, place } = opened;
  const takeAll = async () => (await ledger.reserveQueued(5)).map(({ submission }) => submission.id);
  const play = createPlay(opened, (name) => INTENTS[name]!);
  testTable<string>(HISTORIES)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST NOT be sent when another one begins between the look and the reservation", async () => {
    await queuedBy(ledger, queuedOnce(HELPDESK));
    await using context = await contextAt(place);
    await makeDue(sql);
    const orRelease = async <Result>(_: string, reserving: () => Promise<Result>) => {
      await reserved(ledger, intentOf("key-of-the-other-one", HELPDESK)); // after the look
      return reserving();
    };

    expect(await reserveQueued(1, orRelease, context)).toEqual([]);
    expect(await statesIn(sql)).toEqual(["QUEUED", "SENDING"]);
  });

  test("MUST be delivered when another one is queued, which came later", async () => {
    const idOf = await play("queue q; send o; due; later o");
    expect(await takeAll()).toEqual([idOf("q")]);
    await makeDue(sql);
    expect(await takeAll()).toEqual([idOf("o")]); // it did not ask for the check
  });

  test("MUST end without a further event when its own outcome comes once more", async () => {
    const own = await reserved(ledger, queuedOnce(HELPDESK));
    await ledger.settle(own, HELPDESK, sentOnce(NOT_EXECUTED), 0);
    await play("send o; accept o T1; deliver nothing");

    await ledger.settle(own, HELPDESK, sentOnce(NOT_EXECUTED), 0); // the acknowledgement of the first commit was lost

    expect(await statesIn(sql)).toEqual(["NOT_EXECUTED", "CONFIRMED"]);
    expect(events.map(({ event }) => event)).toEqual(["delivery.already_opened"]);
  });

  test("MUST NOT hide the requests behind them, however many wait or end", async () => {
    const MANY = 120; // more than one page
    const complaints = Array.from({ length: MANY }, (_, nth) => complaintNumbered(String(nth)));
    for (const [nth, complaint] of complaints.entries())
      await queuedBy(ledger, { ...queuedOnce(complaint), idempotencyKey: `key-${nth}` });
    const others = await Promise.all(complaints.map((one) => reserved(ledger, intentOf(null, one))));
    await ledger.settle(others[0]!, complaints[0]!, sentOnce(accepted("ticket-0")));
    await queuedBy(ledger, intentOf("key-of-the-last-one"));

    await makeDue(sql);
    await ledger.reserveQueued(1); // ends the first one
    expect((await ledger.reserveQueued(1)).map(({ request }) => request)).toEqual([VOICE]);
  });
});
