import { describe, expect, it } from "vitest";
import { HELPDESK } from "../../sociomile/requests.ts";
import { ledgerForEach } from "../../support/ledger-for-each.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { intentOf, reserved, settledAs, updateOf } from "../../support/intents.ts";
import { accepted } from "../../support/outcomes.ts";

describe.each(ENGINES)("References in Sociomile's reports with %s", (engine) => {
  const { ledger, events } = ledgerForEach(engine);

  it.each([
    ["a zero byte", "wkw\u0000123"],
    ["a line break", "wkw\n123"],
    ["half of a surrogate pair", "wkw\ud800"],
    [
      "more than an index holds",
      Array.from({ length: 6000 }, (_, nth) => (nth * 7919).toString(36)).join(""),
    ],
  ])("MUST record a report whose reference holds %s", async (_, sourceTicketId) => {
    const update = updateOf("T1");
    const { submission } = await settledAs(
      ledger,
      intentOf("key-of-the-report", update),
      accepted("T1", { sourceTicketId, status: "OPEN" }),
    );
    expect(await ledger.find(submission.id)).toMatchObject({ state: "CONFIRMED" });
    expect((await ledger.tickets(["T1"]))[0]).toMatchObject({ status: "OPEN", sourceTicketId });
    expect(events).toEqual([]);
  });

  it("MUST record a create whose number is longer than an index holds", async () => {
    const number = Array.from({ length: 6000 }, (_, nth) => (nth * 7919).toString(36)).join("");
    await settledAs(ledger, intentOf("key-of-the-create", HELPDESK), accepted("T1", null, number));
    expect((await ledger.tickets(["T1"]))[0]).toMatchObject({ number });
  });

  it("MUST find a ticket by a reference that was reported with blanks around it", async () => {
    const update = updateOf("T1");
    const submission = await reserved(ledger, intentOf("key-of-the-report", update));
    const details = { maskedTicketId: " 123456hsl ", sourceTicketId: "\u00a01234567891wkw\t" };
    await ledger.settle(submission, update, accepted("T1", details), 1);
    const found = await ledger.ticketIdsByReference([
      { type: "MASKED_TICKET_ID", value: "123456hsl" },
      { type: "SOURCE_TICKET_ID", value: "1234567891wkw" },
    ]);
    expect(found).toEqual([["T1"], ["T1"]]);
  });
});
