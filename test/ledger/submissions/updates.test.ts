/** Updates of one ticket: one at a time, in the order of their ends, and what the ticket shows while answers are late or missing. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { intentOf, reserved, settledAs, updateOf, OPERATOR, sentOnce } from "../../support/intents.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { ENGINES, ledgerForEach, openAt, openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay, TICKET } from "../histories.ts";

const intentTo = (name: string, status: string) =>
  intentOf(`the-key-of-update-${name}`, updateOf(TICKET, { status: status as TicketStatus }));

const LATE = "reported UNCERTAIN ANSWERED_LATE";
const READ_LATE = {
  "count when nobody sent another one that may have been executed": `accepted a OPEN; send b CLOSE; loseOwners; send c PENDING;
    reject c; is b UNCERTAIN OWNER_DIED; shows OPEN CLOSE; accept b; reported CONFIRMED; shows CLOSE; label Close; nth b 2`,
  "be a doubt when a later one was accepted, and stay as it is when it is recorded once more": `send a PENDING; loseOwners;
    accepted b CLOSE; accept a; ${LATE}; nth a 3; shows CLOSE PENDING; label Close; accepted c CLOSE; accept a; ${LATE}; nth a 3`,
  "be a doubt when a later one is being sent": `accepted o OPEN; send a PENDING; loseOwners; send b CLOSE; shows OPEN CLOSE;
    accept a; ${LATE}; shows OPEN CLOSE; accept b; shows CLOSE PENDING; label Close`,
  "be a doubt when a later one is in doubt":
    "accepted o OPEN; send a PENDING; loseOwners; doubted b CLOSE; accept a; shows OPEN PENDING",
  "be a doubt from its reading on, 20 minutes after its sending": `send a PENDING; pass 16; accepted b CLOSE; shows CLOSE; pass 4;
    accept a; ${LATE}; shows CLOSE PENDING; pass 14; accepted c CLOSE; shows CLOSE PENDING; pass 2; accepted d CLOSE; shows CLOSE`,
  "count for the later of two that lost their leases, and be a doubt for the earlier": `send a PENDING; loseOwners; send b CLOSE;
    loseOwners; handIn b CLOSE existing; accept b; reported CONFIRMED; accept a; ${LATE}; shows CLOSE PENDING`,
  "be a doubt for both that lost their leases when the earlier is read first": `accepted o OPEN; send a PENDING; loseOwners;
    send b CLOSE; loseOwners; handIn b CLOSE existing; accept a; ${LATE}; accept b; ${LATE}; shows OPEN CLOSE`,
  "always count when Sociomile refused it": `send a PENDING; loseOwners; accepted b CLOSE; reject a; is a REJECTED; shows CLOSE`,
};

const OTHERS = {
  "be in doubt while they are sent, also when their owner died and nobody meets the row":
    "accepted a OPEN; send b CLOSE; shows OPEN CLOSE; loseOwners; shows OPEN CLOSE; is b SENDING",
  "get their position when they end, and lose it when their key sends them again": `send a OPEN; nth a nothing; accept a; nth a 1;
    send b CLOSE; fail b; doubted c CLOSE; nth c 2; send b; nth b nothing; accept b; nth b 3; shows CLOSE`,
  "be in doubt beside the same status, until the same is set once more after 15 minutes": `doubted a CLOSE; accepted b CLOSE;
    accepted c OPEN; shows OPEN CLOSE; pass 15; shows OPEN CLOSE; accepted d OPEN; shows OPEN; is a UNCERTAIN`,
  "never be sent again by their key when they are accepted, refused or in doubt": `accepted a OPEN; handIn a OPEN existing;
    send b CLOSE; reject b; handIn b CLOSE existing; doubted c CLOSE; handIn c CLOSE existing; pass 20; handIn c CLOSE existing`,
  "lose no lease and no doubt to a clock that was a year ahead: both begin at the next sweep": `doubted a CLOSE; ahead a;
    send b PENDING; ahead b; sweep; is b SENDING; pass 1; sweep; is b UNCERTAIN OWNER_DIED; accepted c OPEN; shows OPEN PENDING;
    pass 13; accepted d OPEN; shows OPEN PENDING; pass 2; accepted e OPEN; shows OPEN`,
  "stay refused when an acceptance of the same attempt follows, of which operators learn": `send a OPEN; reject a; accept a;
    is a REJECTED; tells ledger.outcome_refused`,
  "bring no details to a ticket that is forgotten while its only update is sent": `send a CLOSE; forget ${TICKET}; accept a;
    reported CONFIRMED; shows CLOSE; hides ${TICKET}; seals nothing`,
  "keep the later one's status when the clock stepped back an hour between them":
    "accepted a OPEN; pass -60; accepted b CLOSE; shows CLOSE",
};

describe.each(ENGINES)("updates of one ticket on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, place } = opened;
  const play = createPlay(opened, intentTo);
  testTable<string>(READ_LATE)(
    "whose acceptance is read late MUST %s",
    async (_, history) => void (await play(history)),
  );
  testTable<string>(OTHERS)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST let one of twenty calls at once be sent, over two replicas, and record nothing of the others", async () => {
    await using other = await openAt(place);
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => [ledger, other.ledger][nth % 2]!.reserve(intentTo(String(nth), "OPEN"))),
    );

    expect(kinds.filter(({ type }) => type === "reserved")).toHaveLength(1);
    expect(kinds.filter(({ type }) => type === "busy")).toHaveLength(19);
    expect(await sql.run("SELECT id FROM submissions")).toHaveLength(1);
  });
});

test("Two settlements of one ticket on PostgreSQL that race with its deletion MUST leave no details and no references", async () => {
  await using opened = await openOn("PostgreSQL");
  await using other = await openAt(opened.place);
  const { ledger, sql } = opened;
  for (let nth = 0; nth < 18; nth++) {
    const ticketId = `t${nth}`;
    const request = updateOf(ticketId);
    const report = accepted(ticketId, { subject: "a person's", maskedTicketId: `m-${nth}` });
    await settledAs(ledger, intentOf(null, request), report);
    const late = await reserved(ledger, intentOf(null, request));
    await sql.run("UPDATE submissions SET sent_at = sent_at - 31000 WHERE state = 'SENDING'");
    const own = await reserved(other.ledger, intentOf(null, request));

    const [, , isForgotten] = await Promise.all([
      ledger.settle(late, request, sentOnce(report)),
      other.ledger.settle(own, request, sentOnce(report)),
      sleep(nth % 6).then(() => ledger.forgetTicket(ticketId, OPERATOR)),
    ]);

    expect(isForgotten).toBe(true);
    expect(await sql.run("SELECT id FROM tickets WHERE details IS NOT NULL")).toEqual([]);
    expect(await sql.run("SELECT value FROM ticket_references")).toEqual([]);
  }
});
