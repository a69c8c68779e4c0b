/** Rows that changed before their outcome arrived: lost in a failover, decided otherwise, or with the ticket of another create. */
import { describe, expect, test } from "vitest";
import {
  intentOf,
  judgedAs,
  ONCE,
  OPERATOR,
  reserved,
  settledAs,
  updateOf,
  VOICE,
  sentOnce,
} from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt, placeFor } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED } from "../../support/outcomes.ts";
import { countWaiting, madeAt, sqlOn } from "../../support/sql.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const KEY = "a-key-of-this-test";
const REPEATED = { state: "UNCERTAIN", reason: "TICKET_ID_REPEATED", ticketId: null } as const;

const intentOfRow = (name: string) => ({ a: intentOf(KEY), u: intentOf(null, updateOf("t")) })[name] ?? intentOf(null);

const SETTLED = {
  "insert a lost create once more that was accepted": `send a; loseRows; accept a t; is a CONFIRMED; has a t;
    reports ledger.row_lost a t; handIn a existing; knows t`,
  "insert a lost create once more that is in doubt": `send a; loseRows; doubt a; is a UNCERTAIN; has a nothing;
    reports ledger.row_lost a; handIn a existing`,
  "leave a lost row lost that had no effect": "send a; loseRows; reject a; reports nothing; handIn a reserved",
  "tell of a lost update, and leave it lost: the status is set again": `send u; loseRows; accept u; lost u; reports ledger.row_lost u t`,
  "change nothing by a refusal after an operator's NOT_CREATED":
    "closed a; hush; reject a; is a NOT_EXECUTED; reports nothing",
  "recognise a lost acknowledgement, also after an operator's NOT_CREATED": `doubted a; judge a NOT_CREATED; again b a; hush;
    accept b t; accept b t; is b CONFIRMED; has b t; reports nothing`,
  "make a doubt of a create with the ticket of another one, although its row was lost": `send other; accept other t; send a; loseRows;
    accept a t; reported UNCERTAIN TICKET_ID_REPEATED; is a UNCERTAIN TICKET_ID_REPEATED; has a nothing`,
  "make a doubt of a create with the ticket of another one, which is forgotten, and show nobody its data": `send other; accept other t;
    forget t; send a; accept a t; accept a t; is a UNCERTAIN TICKET_ID_REPEATED; has a nothing; tells sociomile.ticket_id_repeated; hides t`,
  "take no ticket for a repeated one after a lost acknowledgement or an earlier update": `send a; send u; accept u; accept a t;
    accept a t; is a CONFIRMED; has a t; reports nothing`,
};

describe.each(ENGINES)("a settlement on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, events } = opened;
  const play = createPlay(opened, intentOfRow);
  testTable<string>(SETTLED)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST tell the numbers of a lost create, and leave its key, or its number, to who has it since", async () => {
    const once = intentOf(KEY, VOICE, ONCE);
    const lost = await reserved(ledger, once);
    await sql.run("DELETE FROM submissions");
    const other = await reserved(ledger, once);

    await ledger.settle(lost, VOICE, sentOnce(accepted("t")));

    expect(await ledger.find(lost.id)).toBeNull();
    expect(await ledger.find(other.id)).toMatchObject({ state: "SENDING" });
    const numbers = { sourceTicketId: VOICE.details.sourceTicketId, helpdeskTicketNumber: null };
    const outcome = { state: "CONFIRMED", ticketId: "t", isRestored: false };
    expect(events).toMatchObject([{ event: "ledger.row_lost", submissionId: lost.id, ...outcome, ...numbers }]);
  });

  test("MUST inform operators about an outcome that does not fit the row", async () => {
    const submission = await reserved(ledger, intentOf(KEY));
    await sql.run("UPDATE submissions SET state = 'NOT_EXECUTED', reason = 'NOT_SENT_IN_TIME'");

    await ledger.settle(submission, VOICE, sentOnce(REJECTED));

    expect(await ledger.find(submission.id)).toMatchObject({ state: "NOT_EXECUTED" });
    const reported = { submissionId: submission.id, state: "REJECTED", recorded: "NOT_EXECUTED" };
    expect(events).toEqual([{ event: "ledger.outcome_refused", ...reported }]);
  });

  test("MUST note the ticket of a late outcome that comes in one commit with that of the next attempt", async () => {
    const first = await reserved(ledger, intentOf(KEY));
    await sql.run("UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED', settled_at = 1");
    await judgedAs(ledger, first, { verdict: "NOT_CREATED" });
    const second = await reserved(ledger, intentOf(KEY));
    events.length = 0;

    await Promise.all([
      ledger.settle(first, VOICE, sentOnce(accepted("t-late"))),
      ledger.settle(second, VOICE, sentOnce(accepted("t"))),
    ]);

    expect(await ledger.find(second.id)).toMatchObject({ state: "CONFIRMED", ticketId: "t" });
    expect(events).toEqual([{ event: "submission.conflict", submissionId: first.id, ticketId: "t-late" }]);
    expect((await ledger.tickets(["t-late", "t"])).map((ticket) => ticket?.id)).toEqual(["t-late", "t"]);
  });
});

describe.each(ENGINES)("a ticket id that another submission has, on %s,", (engine) => {
  const { ledger, events, place } = ledgerForEach(engine);

  test.each([
    ["one after the other", false],
    ["in one commit", true],
  ])("MUST turn the second create into a doubt, with answers %s", async (_, together) => {
    await using other = await openAt(place);
    const ledgers = together ? [ledger, ledger] : [ledger, other.ledger];
    const creates = [];
    for (const one of ledgers) creates.push(await reserved(one, intentOf(null)));

    const settled = [];
    for (const [nth, one] of ledgers.entries()) {
      const settling = one.settle(creates[nth]!, VOICE, sentOnce(accepted("t", null, "7")));
      if (!together) await settling;
      settled.push(settling);
    }

    const results = await Promise.all(settled);
    // In one commit either may be the second: PostgreSQL tells that it refuses a statement before it releases the rows.
    const second = together && results[0]!.submission.state === "UNCERTAIN" ? 0 : 1;
    expect(results[1 - second]).toMatchObject({ submission: { state: "CONFIRMED" }, ticket: { id: "t" } });
    const doubt = { ...REPEATED, ticketNumber: null };
    expect(results[second]).toMatchObject({ submission: doubt, ticket: null });
    const { id: submissionId } = creates[second]!;
    expect(await ledger.find(submissionId)).toMatchObject(doubt);
    const event = { event: "sociomile.ticket_id_repeated", submissionId, ticketId: "t" };
    expect([...events, ...other.events]).toEqual([event]);

    const again = await ledgers[1]!.settle(creates[second]!, VOICE, sentOnce(accepted("t", null, "7"))); // a lost acknowledgement
    expect(again).toMatchObject({ submission: doubt });
    expect(await ledger.find(submissionId)).toMatchObject(doubt);
    expect([...events, ...other.events]).toEqual([event, event]);
  });

  test("MUST be a doubt beside an update of the forgotten one in the same commit, whose report brings status and times alone", async () => {
    await settledAs(ledger, intentOf(null), accepted("t"));
    await ledger.forgetTicket("t", OPERATOR);
    const create = await reserved(ledger, intentOf(null));
    const update = await reserved(ledger, intentOf(null, updateOf("t", { status: "PENDING" })));
    const report = { status: "ON_HOLD", statusLabel: "On Hold", subject: "reported", maskedTicketId: "m-7" } as const;
    events.length = 0;

    const [repeated, moved] = await Promise.all([
      ledger.settle(create, VOICE, sentOnce(accepted("t"))),
      ledger.settle(update, updateOf("t"), sentOnce(accepted("t", report))),
    ]);

    expect(repeated.submission).toMatchObject(REPEATED);
    expect(moved.submission).toMatchObject({ state: "CONFIRMED" });
    expect(events).toMatchObject([{ event: "sociomile.ticket_id_repeated", submissionId: create.id }]);
    const bare = { status: "PENDING", statusLabel: null, subject: null, maskedTicketId: null, kind: null };
    expect(await ledger.tickets(["t"])).toMatchObject([{ ...bare, customerName: null, detailsFrom: null }]);
    expect(await ledger.ticketIdsByReference([{ type: "MASKED_TICKET_ID", value: "m-7" }])).toEqual([[]]);
  });
});

test("Retention on PostgreSQL MUST NOT delete a key that is reserved again at the same time", async () => {
  await using place = await placeFor("PostgreSQL");
  const { ledger: earlier } = await openAt(place);
  const { submission } = await settledAs(earlier, intentOf(KEY), NOT_EXECUTED);
  await earlier.close(); // its own sweep could delete the row
  await using sql = await sqlOn(place);
  const old = Date.now() - 31 * 86_400_000;
  await sql.run(`UPDATE submissions SET settled_at = ${old}`);
  const id = await madeAt(sql, old, submission.id);
  await sql.run("BEGIN");
  const again = "state = 'SENDING', settled_at = NULL, sent_at = 9000000000000";
  await sql.run(`UPDATE submissions SET ${again}`);

  await using watching = await sqlOn(place);
  await using opened = await openAt(place);
  await expect.poll(() => countWaiting(watching, "delete%"), { interval: 10 }).toBeGreaterThan(0); // the sweep waits for the row
  await sql.run("COMMIT");

  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await opened.ledger.find(id)).toMatchObject({ state: "SENDING" });
});
