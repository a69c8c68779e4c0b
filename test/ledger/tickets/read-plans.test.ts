import type { SQLInputValue } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SqlLedger } from "../../../src/ledger/ledger.ts";
import type { SubmissionFilter } from "../../../src/tickets/ports.ts";
import { complaintNumbered, HELPDESK, intentOf, ONCE, settledAs, updateOf } from "../../support/intents.ts";
import { type OpenedPlace, ledgerForEach, openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { READ_BY_CALLERS, copyRows, idSql, listenToStatements } from "../../support/sql.ts";

const PAGE = { first: 20, after: null } as const;
/** Updates of each kind of one ticket. Three times as many creates with one number have ended. */
const CROWD = 1000;

describe("a read of a large ledger on SQLite", () => {
  const { ledger } = ledgerForEach("SQLite");

  test("MUST read the details of large tickets in parts", async () => {
    const text = "\u{1F600}".repeat(20_000);
    const ids = Array.from({ length: 14 }, (_, nth) => `t${nth}`);
    for (const [nth, id] of ids.entries()) {
      const details = { ...HELPDESK.details, content: text, helpdeskTicketNumber: String(nth) };
      await settledAs(ledger, intentOf(null, { ...HELPDESK, details }), accepted(id));
    }
    using statements = listenToStatements();

    const tickets = await ledger.tickets([...ids, "unknown"]);

    expect(tickets.map((ticket) => ticket?.content)).toEqual([...ids.map(() => text), undefined]);
    expect(statements.matching(READ_BY_CALLERS)).toHaveLength(2); // a part holds 1 MiB
  });
});

/** A step of PostgreSQL's plan, with the number of rows that it gave on average. */
interface Step {
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Join Filter"?: number;
  Plans?: Step[];
}

/** Returns the rows at which the busiest step of a plan looked. */
function mostRowsIn(step: Step): number {
  const removed = (step["Rows Removed by Filter"] ?? 0) + (step["Rows Removed by Join Filter"] ?? 0);
  const own = (step["Actual Rows"] + removed) * step["Actual Loops"];
  return Math.max(own, ...(step.Plans ?? []).map(mostRowsIn));
}

const ids = Array.from({ length: 100 }, (_, n) => `t${n * 70}`);
const references = ids.map((_, n) => ({ type: "HELPDESK_TICKET_NUMBER" as const, value: `h${n * 70}` }));
const BSG_77 = { type: "BSG_TICKET_ID", value: "77" } as const;
const again = intentOf(null, complaintNumbered("7"), ONCE);
const listBy = (filter: SubmissionFilter) => (ledger: SqlLedger) => ledger.list({ ...PAGE, ...filter });
const beginAll = (ledger: SqlLedger) => Promise.all(ids.map((id) => ledger.reserve(intentOf(null, updateOf(id)))));

/** Reads by the statistics that PostgreSQL has, with the rows at which each may look. */
const READS: Record<"no" | "new", [what: string, read: (ledger: SqlLedger) => Promise<unknown>, most?: number][]> = {
  no: [
    ["tickets", (ledger) => ledger.tickets(ids)],
    ["submitted details", (ledger) => ledger.submitted(ids)],
    ["tickets of numbers", (ledger) => ledger.ticketIdsByReference(references)],
    ["an update that begins", (ledger) => ledger.reserve(intentOf(null, updateOf("t77")))],
    ["updates that begin at once", beginAll],
  ],
  new: [
    ["updates that begin at once", beginAll],
    ["a create whose number many have", (ledger) => ledger.reserve(again)],
    ["creates whose number many have", (ledger) => Promise.all(ids.map(() => ledger.reserve(again)))],
    ["what was refused", listBy({ states: ["REJECTED"] })],
    ["what ended for a reason", listBy({ reasons: ["REFUSED_BY_SOCIOMILE"] })],
    ["a number of many old updates", listBy({ reference: BSG_77 }), 3 * CROWD],
    ["many queued creates", (ledger) => ledger.reserveQueued(5), 3 * CROWD],
  ],
};

/** Fills a ledger with tickets that were updated, and with crowds of one ticket, one number and the queue. */
async function fillCrowd({ ledger, sql }: OpenedPlace): Promise<void> {
  await settledAs(ledger, intentOf(null, HELPDESK), accepted("t"));
  const copy = (nth: number, count: number, changes: Record<string, string>) =>
    copyRows(sql, count, { id: idSql("PostgreSQL", nth), key_hash: "NULL", ...changes }, "ticket_id = 't'");
  const update = { operation: "'UPDATE_TICKET_STATUS'", requested_status: "'CLOSE'", nth: "number", details: "NULL" };
  const ofCrowd = { ...update, ticket_id: "'crowd'", helpdesk_ticket_number: "NULL" };
  const ended = { ticket_id: "NULL", details: "NULL", changed_at: "0" };
  const numbers = { helpdesk_ticket_number: "CASE WHEN number % 7 = 0 THEN 'h' || number ELSE '7' END" };
  await copy(1, 8000, { ticket_id: "'t' || number", changed_at: "0", ...numbers });
  await copy(7, 8000, { ...update, ticket_id: "'t' || number", helpdesk_ticket_number: "NULL" }); // the newest, not the last on the disk
  await copy(3, CROWD, { ...ofCrowd, bsg_ticket_id: "'77'" });
  await copy(4, CROWD, { ...ofCrowd, state: "'UNCERTAIN'", reason: "'CONNECTION_LOST'" });
  const waits = { request: "fingerprint", deliver_by: "4e12", handed_in_at: "number", not_before: "0" };
  await copy(5, CROWD, { ...ended, ...waits, state: "'QUEUED'", helpdesk_ticket_number: "'queued'" });
  const refused = { state: "'REJECTED'", reason: "'REFUSED_BY_SOCIOMILE'", helpdesk_ticket_number: "'ended'" };
  await copy(6, 3 * CROWD, { ...ended, ...refused });
}

describe.each(["no", "new"] as const)("a read of a large ledger on PostgreSQL with %s statistics", (statistics) => {
  let opened: OpenedPlace;
  beforeAll(async () => {
    opened = await openOn("PostgreSQL", { retention: { submissionDays: 99_999, ticketDays: 99_999 } });
    await opened.sql.run("ALTER TABLE submissions SET (autovacuum_enabled = off)");
    await fillCrowd(opened);
    if (statistics === "new") await opened.sql.run("ANALYZE");
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  test.each(READS[statistics])("MUST look at no rows but its own: %s", async (_, read, most = 3 * ids.length) => {
    using statements = listenToStatements();
    await read(opened.ledger);
    const first = statements.all.findIndex((text) => !/^(?:begin|select name)/i.test(text));
    const [statement, parameters] = [statements.all[first]!, statements.parameters[first] as SQLInputValue[]];
    const explained = await opened.sql.run(`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`, ...parameters);
    const [{ Plan }] = explained[0]!["QUERY PLAN"] as unknown as [{ Plan: Step }];
    expect(mostRowsIn(Plan)).toBeLessThanOrEqual(most);
  });
});
