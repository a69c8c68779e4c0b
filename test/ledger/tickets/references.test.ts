import { describe, expect, test } from "vitest";
import { inspectLedger } from "../../../operator/ledger/contents.ts";
import type { TicketReference, TicketReferenceType } from "../../../src/tickets/fields/references.ts";
import { HELPDESK, intentOf, judgedAs, settledAs, updateOf, VOICE, OPERATOR } from "../../support/intents.ts";
import type { SubmissionFilter } from "../../../src/tickets/ports.ts";
import { type Opened, ENGINES, LEDGER_KEY, ledgerForEach } from "../../support/opened.ts";
import { accepted, UNKNOWN } from "../../support/outcomes.ts";
import { listenToStatements } from "../../support/sql.ts";

type Create = typeof HELPDESK | typeof VOICE;

async function create({ ledger }: Opened, request: Create, id: string, number: string | null = null) {
  return settledAs(ledger, intentOf(null, request), accepted(id, null, number));
}

async function reportUpdate({ ledger }: Opened, id: string, bsgTicketId: string, details = {}) {
  const request = updateOf(id, { bsgTicketId });
  return settledAs(ledger, intentOf(null, request), accepted(id, details));
}

/** Returns the ids of the tickets that a reference finds. */
async function found({ ledger }: Opened, type: TicketReferenceType, value: string | undefined) {
  const [ids] = await ledger.ticketIdsByReference([{ type, value: value ?? "" }]);
  return ids;
}

describe.each(ENGINES)("references of tickets on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, events, place } = opened;

  test("MUST come from the create's request and answer, and from updates' requests and reports, without blanks around them", async () => {
    await create(opened, HELPDESK, "h", "0042");
    await create(opened, VOICE, "v");
    await reportUpdate(opened, "v", "bsg-1");
    const later = { maskedTicketId: " masked-later ", sourceTicketId: "\u00a0source-later\t" };
    await reportUpdate(opened, "v", "bsg-2", later);

    const { helpdeskTicketNumber, branchComplaintNumber } = HELPDESK.details;
    const { sourceTicketId, maskedTicketId } = VOICE.details;
    expect(await found(opened, "HELPDESK_TICKET_NUMBER", helpdeskTicketNumber)).toEqual(["h"]);
    expect(await found(opened, "BRANCH_COMPLAINT_NUMBER", branchComplaintNumber)).toEqual(["h"]);
    expect(await found(opened, "SOCIOMILE_TICKET_NUMBER", "0042")).toEqual(["h"]);
    for (const value of [sourceTicketId, "source-later"])
      expect(await found(opened, "SOURCE_TICKET_ID", value)).toEqual(["v"]);
    for (const value of [maskedTicketId, "masked-later"])
      expect(await found(opened, "MASKED_TICKET_ID", value)).toEqual(["v"]);
    for (const value of ["bsg-1", "bsg-2"]) expect(await found(opened, "BSG_TICKET_ID", value)).toEqual(["v"]);
    expect(await found(opened, "BSG_TICKET_ID", helpdeskTicketNumber)).toEqual([]);
    expect(await found(opened, "HELPDESK_TICKET_NUMBER", "' OR 1=1 --")).toEqual([]);
  });

  const LONG = Array.from({ length: 6000 }, (_, nth) => (nth * 7919).toString(36)).join("");

  test.each([
    ["a zero byte", "wkw\u0000123"],
    ["a line break", "wkw\n123"],
    ["half of a surrogate pair", "wkw\ud800"],
    ["more than an index holds", LONG],
  ])("MUST NOT cost the report that holds one: %s", async (_, odd) => {
    await reportUpdate(opened, "t", "bsg-1", { sourceTicketId: odd, status: "OPEN" });

    expect(await ledger.tickets(["t"])).toMatchObject([{ status: "OPEN", sourceTicketId: odd }]);
    expect(events).toEqual([]);
  });

  test("MUST NOT cost the create whose number is longer than an index holds", async () => {
    await create(opened, HELPDESK, "t", LONG);
    expect(await ledger.tickets(["t"])).toMatchObject([{ number: LONG }]);
  });

  test("MUST find the newest 50 of each, many with one statement", async () => {
    await create(opened, HELPDESK, "template", "7");
    const columns = "ticket_id, type, value, noted_at";
    for (let nth = 0; nth < 60; nth++) {
      const values = `'t-${nth}', 'BSG_TICKET_ID', 'b', ${(nth * 7) % 60}`;
      await sql.run(`INSERT INTO tickets (id, observed_at) VALUES ('t-${nth}', 1)`);
      await sql.run(`INSERT INTO ticket_references (${columns}) VALUES (${values})`);
    }
    const asked: TicketReference[] = [
      { type: "SOCIOMILE_TICKET_NUMBER", value: "7" },
      { type: "BSG_TICKET_ID", value: "unknown" },
      { type: "BSG_TICKET_ID", value: "b" },
    ];

    using statements = listenToStatements();
    const [one, none, many] = await ledger.ticketIdsByReference(asked);

    expect(statements.matching(/ticket_references/)).toHaveLength(1);
    expect(one).toEqual(["template"]);
    expect(none).toEqual([]);
    const newestFirst = Array.from({ length: 60 }, (_, nth) => nth).toSorted((a, b) => ((b * 7) % 60) - ((a * 7) % 60));
    expect(many).toEqual(newestFirst.slice(0, 50).map((nth) => `t-${nth}`));
  });

  test("MUST be counted no longer than the ticket is known", async () => {
    await create(opened, HELPDESK, "kept", "0042");
    await create(opened, HELPDESK, "forgotten", "n".repeat(256));
    const before = await inspectLedger({ url: place.url, keys: [LEDGER_KEY] });
    await ledger.forgetTicket("forgotten", OPERATOR);
    const after = await inspectLedger({ url: place.url, keys: [LEDGER_KEY] });
    expect([before.references, after.references]).toEqual([6, 3]);
  });

  test("MUST find a ticket beside 50 newer ones that are forgotten", async () => {
    const ids = Array.from({ length: 51 }, (_, nth) => `t${nth}`);
    for (const id of ids) await create(opened, VOICE, id);
    for (const id of ids.slice(1)) await ledger.forgetTicket(id, OPERATOR);
    expect(await found(opened, "SOURCE_TICKET_ID", VOICE.details.sourceTicketId)).toEqual(["t0"]);
  });

  test("MUST be those of the request when an operator finds the ticket", async () => {
    const { submission } = await settledAs(ledger, intentOf(null, HELPDESK), UNKNOWN);
    const { helpdeskTicketNumber } = HELPDESK.details;

    await judgedAs(ledger, submission, { verdict: "CREATED", ticketId: "t", ticketNumber: "77" });

    expect(await found(opened, "HELPDESK_TICKET_NUMBER", helpdeskTicketNumber)).toEqual(["t"]);
    expect(await found(opened, "SOCIOMILE_TICKET_NUMBER", "77")).toEqual(["t"]);
  });

  test("MUST filter submissions, also those that have no ticket and those of the ticket's updates", async () => {
    const { submission: doubt } = await settledAs(ledger, intentOf(null, HELPDESK), UNKNOWN);
    const made = await create(opened, HELPDESK, "h", "0042");
    const moved = await reportUpdate(opened, "h", "bsg-1");
    const other = await create(opened, VOICE, "v");
    const list = async (filter: SubmissionFilter) =>
      (await ledger.list({ ...filter, first: 10, after: null })).map(({ id }) => id);
    const reference = (type: TicketReferenceType, value: string | undefined) =>
      list({ reference: { type, value: value ?? "" } });
    const { helpdeskTicketNumber, branchComplaintNumber } = HELPDESK.details;
    const ofComplaint = [moved.submission.id, made.submission.id, doubt.id];

    expect(await reference("HELPDESK_TICKET_NUMBER", helpdeskTicketNumber)).toEqual(ofComplaint);
    expect(await reference("BRANCH_COMPLAINT_NUMBER", branchComplaintNumber)).toEqual(ofComplaint);
    expect(await reference("SOCIOMILE_TICKET_NUMBER", "0042")).toEqual(ofComplaint.slice(0, 2));
    expect(await reference("BSG_TICKET_ID", "bsg-1")).toEqual(ofComplaint.slice(0, 2));
    expect(await reference("MASKED_TICKET_ID", VOICE.details.maskedTicketId)).toEqual([other.submission.id]);
    expect(await list({ ticketId: "h" })).toEqual(ofComplaint.slice(0, 2));
    expect(await list({ ticketId: "h", operations: ["UPDATE_TICKET_STATUS"] })).toEqual(ofComplaint.slice(0, 1));
    const ofNumber = { type: "HELPDESK_TICKET_NUMBER", value: helpdeskTicketNumber } as const;
    expect(await list({ states: ["UNCERTAIN"], reference: ofNumber })).toEqual([doubt.id]);
  });
});
