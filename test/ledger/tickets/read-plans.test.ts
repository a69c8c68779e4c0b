import type { SQLInputValue } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { SubmissionFilter } from "../../../src/tickets/ports.ts";
import { complaintNumbered, HELPDESK, intentOf, ONCE, settledAs, updateOf } from "../../support/intents.ts";
import { ledgerForEach } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { READ_BY_CALLERS, listenToStatements } from "../../support/sql.ts";

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

describe("a read of a large ledger on PostgreSQL", () => {
  const { ledger, sql } = ledgerForEach("PostgreSQL");
  const ids = Array.from({ length: 100 }, (_, n) => `t${n * 70}`);
  const references = ids.map((_, n) => ({ type: "HELPDESK_TICKET_NUMBER" as const, value: `h${n * 70}` }));
  const BSG_77 = { type: "BSG_TICKET_ID", value: "77" } as const;
  const again = intentOf(null, complaintNumbered("7"), ONCE);
  const list = (filter: SubmissionFilter) => () => ledger.list({ ...PAGE, ...filter });
  const beginAll = () => Promise.all(ids.map((id) => ledger.reserve(intentOf(null, updateOf(id)))));
  test.each<[what: string, statistics: "no" | "new", read: () => Promise<unknown>, most?: number]>([
    ["tickets", "no", () => ledger.tickets(ids)],
    ["submitted details", "no", () => ledger.submitted(ids)],
    ["tickets of numbers", "no", () => ledger.ticketIdsByReference(references)],
    ["an update that begins", "no", () => ledger.reserve(intentOf(null, updateOf("t70")))],
    ["updates that begin at once", "no", beginAll],
    ["updates that begin at once", "new", beginAll],
    ["a create whose number many have", "new", () => ledger.reserve(again)],
    ["creates whose number many have", "new", () => Promise.all(ids.map(() => ledger.reserve(again)))],
    ["what was refused", "new", list({ states: ["REJECTED"] })],
    ["what ended for a reason", "new", list({ reasons: ["REFUSED_BY_SOCIOMILE"] })],
    ["a number of many old updates", "new", list({ reference: BSG_77 }), 3 * CROWD],
    ["many queued creates", "new", () => ledger.reserveQueued(5), 3 * CROWD],
  ])("MUST look at no rows but its own: %s, with %s statistics", async (_, statistics, read, most = 3 * ids.length) => {
    await sql.run("ALTER TABLE submissions SET (autovacuum_enabled = off)");
    await settledAs(ledger, intentOf(null, HELPDESK), accepted("t"));
    await sql.run(`INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempts, reservation_id,
      changed_at, settled_at, ticket_id, helpdesk_ticket_number, details)
      SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), client_id, operation, fingerprint, state, attempts, reservation_id,
        0, settled_at, 't' || n, CASE WHEN n % 7 = 0 THEN 'h' || n ELSE '7' END, details FROM submissions CROSS JOIN generate_series(1, 8000) AS n`);
    await sql.run(`INSERT INTO submissions (id, client_id, operation, fingerprint, state, reason, attempts, reservation_id, sent_at, changed_at, settled_at,
      ticket_id, requested_status, nth)
      SELECT decode(lpad(to_hex(n + 1000000), 32, '0'), 'hex'), client_id, 'UPDATE_TICKET_STATUS', fingerprint, 'CONFIRMED', 'ACCEPTED_BY_SOCIOMILE',
        1, reservation_id, 0, 0, 0, 't' || n, 'CLOSE', n FROM submissions CROSS JOIN generate_series(1, 8000) AS n WHERE ticket_id = 't'`);
    await sql.run(`INSERT INTO submissions (id, client_id, operation, fingerprint, state, reason, attempts, reservation_id, changed_at, settled_at,
      ticket_id, requested_status, nth, bsg_ticket_id, helpdesk_ticket_number, request, deliver_by, handed_in_at, not_before)
      SELECT decode(lpad(to_hex(first + n), 32, '0'), 'hex'), client_id, of, fingerprint, its, why, 1, reservation_id, 0, 0,
        ticket, status, first + n, bsg, number, CASE WHEN its_end > 0 THEN fingerprint END, its_end, n, 0
      FROM submissions CROSS JOIN (VALUES
        (20000, 'UPDATE_TICKET_STATUS', 'CONFIRMED', 'ACCEPTED_BY_SOCIOMILE', 'crowd', 'CLOSE', '77', NULL, NULL::bigint),
        (30000, 'CREATE_HELPDESK_TICKET', 'QUEUED', 'CIRCUIT_OPEN', NULL, NULL, NULL, 'queued', 4e12::bigint),
        (50000, 'UPDATE_TICKET_STATUS', 'UNCERTAIN', 'CONNECTION_LOST', 'crowd', 'CLOSE', NULL, NULL, NULL),
        (40000, 'CREATE_HELPDESK_TICKET', 'REJECTED', 'REFUSED_BY_SOCIOMILE', NULL, NULL, NULL, 'ended', NULL)
      ) AS kind (first, of, its, why, ticket, status, bsg, number, its_end)
        CROSS JOIN generate_series(1, CASE its WHEN 'REJECTED' THEN 3 ELSE 1 END * ${CROWD}) AS n WHERE submissions.ticket_id = 't'`);
    if (statistics === "new") await sql.run("ANALYZE");
    using statements = listenToStatements();
    await read();
    const first = statements.all.findIndex((text) => !/^(?:begin|select name)/i.test(text));
    const [statement, parameters] = [statements.all[first]!, statements.parameters[first]!];
    const explained = await sql.run(`EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`, ...(parameters as SQLInputValue[]));
    const [{ Plan }] = explained[0]!["QUERY PLAN"] as unknown as [{ Plan: Step }];
    expect(mostRowsIn(Plan)).toBeLessThanOrEqual(most);
  });
});
