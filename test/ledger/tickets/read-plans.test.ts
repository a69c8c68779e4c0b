import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { TicketReferenceType } from "../../../src/tickets/fields/references.ts";
import type { Ledger } from "../../../src/tickets/ports.ts";
import { complaintNumbered, HELPDESK, intentOf, ONCE, settledAs, updateOf } from "../../support/intents.ts";
import { ANY, ledgerForEach } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";
import { listenToStatements } from "../../support/sql.ts";

const ID = "01995f7e-0000-7000-8000-000000000000";
const TYPES = Object.keys(TicketReferenceType) as TicketReferenceType[];

const PAGE = { ...ANY, first: 20, after: null } as const;
/** Index of the ids. */
const BY_ID = "sqlite_autoindex_submissions_1";

/** Reads that callers may ask for often, each with the indexes that serve it. */
const READS: [what: string, read: (ledger: Ledger) => Promise<unknown>, indexes: string[]][] = [
  [
    "tickets of numbers",
    (ledger) => ledger.ticketIdsByReference(TYPES.map((type) => ({ type, value: "7" }))),
    ["submissions_helpdesk_ticket_number", "submissions_ticket_number", "ticket_references_newest"],
  ],
  [
    "submissions of a number",
    (ledger) => ledger.list({ ...PAGE, reference: { type: "BSG_TICKET_ID", value: "7" } }),
    ["submissions_bsg_ticket_id", "submissions_opened", "submissions_conflicting"],
  ],
  [
    "histories",
    (ledger) => ledger.histories([null, ID].map((after) => ({ ticketId: "t", first: 20, after }))),
    ["submissions_history", "submissions_opened", "submissions_conflicting"],
  ],
  ["all submissions", (ledger) => ledger.list({ ...PAGE, after: ID }), [BY_ID]],
  ["doubts", (ledger) => ledger.list({ ...PAGE, after: ID, state: "UNCERTAIN" }), ["submissions_open"]],
  ["the queue", (ledger) => ledger.list({ ...PAGE, state: "QUEUED" }), [BY_ID]],
  [
    "requests that expired",
    (ledger) => ledger.list({ ...PAGE, state: "NOT_EXECUTED", reason: "DELIVERY_EXPIRED" }),
    [BY_ID],
  ],
  ["conflicts", (ledger) => ledger.list({ ...PAGE, hasConflict: true }), [BY_ID]],
  ["resolutions", (ledger) => ledger.resolutions([ID]), ["PRIMARY KEY"]],
  ["tickets", (ledger) => ledger.tickets(["t", "u"]), ["submissions_opened", "submissions_updates"]],
  ["submitted details", (ledger) => ledger.submitted(["t", "u"]), ["submissions_opened"]],
];

/** Table that a step looks through, unless an index of few rows names them. */
const SCANNED = /^SCAN (\w+)\b(?! USING (?:COVERING )?INDEX submissions_(?:queue|ended|conflicting))/;
/** Names that a statement gives to subqueries and lists. */
const OWN_NAMES = /\) AS (\w+)|(\w+)(?: \([^)]*\))? AS (?:MATERIALIZED )?\(/g;

describe("a read of a large ledger on SQLite", () => {
  const { ledger, sql } = ledgerForEach("SQLite");

  test.each(READS)("MUST be served by its indexes alone: %s", async (_, read, indexes) => {
    await settledAs(ledger, intentOf(null, HELPDESK), accepted("t"));
    using statements = listenToStatements();
    await read(ledger);
    const plans: string[] = [];
    const ofRead = statements.all.slice(); // those that ask for plans follow
    for (const statement of ofRead) {
      const steps = (await sql.run(`EXPLAIN QUERY PLAN ${statement}`)).map(({ detail }) => String(detail));
      const scanned = steps.flatMap((step) => SCANNED.exec(step)?.[1] ?? []);
      const ownNames = Array.from(statement.matchAll(OWN_NAMES));
      const tables = new Set(scanned).difference(new Set(ownNames.map(([, name, table]) => name ?? table)));
      expect([...tables].filter((name) => !/^(?:\d+|CONSTANT)$/.test(name))).toEqual([]); // lists of constants: "2 CONSTANT ROWS", "CONSTANT ROW"
      expect(steps.filter((step) => step.includes("AUTOMATIC"))).toEqual([]); // an index that SQLite makes for one statement
      plans.push(...steps);
    }
    for (const index of indexes) expect(plans.join("\n")).toMatch(new RegExp(`SEARCH .* ${index} `));
  });

  test("MUST leave the details of tickets in the database when they are more than the room for them", async () => {
    await settledAs(ledger, intentOf(null, HELPDESK), accepted("t"));
    using statements = listenToStatements();

    await expect(ledger.tickets(["t"], { bytes: 10 })).rejects.toThrow("cannot be used");
    await ledger.tickets(["t"], { bytes: 10_000 });

    const rows = await Promise.all(statements.all.slice().map((statement) => sql.run(statement)));
    const sealed = rows.map(([row]) => Object.values(row!).filter((value) => value instanceof Uint8Array));
    expect(sealed.map((values) => values.length)).toEqual([1, 2]); // beside the id of the create
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
  const { ledger, sql, place } = ledgerForEach("PostgreSQL");
  const ids = Array.from({ length: 100 }, (_, n) => `t${n * 70}`);
  const references = ids.map((_, n) => ({ type: "HELPDESK_TICKET_NUMBER" as const, value: `h${n * 70}` }));
  const again = intentOf(null, complaintNumbered("0"), ONCE);
  test.each<[what: string, statistics: "no" | "new", read: () => Promise<unknown>]>([
    ["tickets", "no", () => ledger.tickets(ids)],
    ["submitted details", "no", () => ledger.submitted(ids)],
    ["tickets of numbers", "no", () => ledger.ticketIdsByReference(references)],
    ["an update that begins", "no", () => ledger.reserve(intentOf(null, updateOf("t70")))],
    [
      "updates that begin at once",
      "no",
      () => Promise.all(ids.map((id) => ledger.reserve(intentOf(null, updateOf(id))))),
    ],
    [
      "updates that begin at once",
      "new",
      () => Promise.all(ids.map((id) => ledger.reserve(intentOf(null, updateOf(id))))),
    ],
    ["a create whose number many have", "new", () => ledger.reserve(again)],
    ["creates whose number many have", "new", () => Promise.all(ids.map(() => ledger.reserve(again)))],
  ])("MUST look at no rows but its own: %s, with %s statistics", async (_, statistics, read) => {
    await sql.run("ALTER TABLE submissions SET (autovacuum_enabled = off)");
    await settledAs(ledger, intentOf(null, HELPDESK), accepted("t"));
    await sql.run(`INSERT INTO submissions (id, client_id, operation, fingerprint, state, attempt, reservation_id,
      settled_at, ticket_id, helpdesk_ticket_number, details)
      SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), client_id, operation, fingerprint, state, attempt, reservation_id,
        settled_at, 't' || n, CASE WHEN n % 7 = 0 THEN 'h' || n ELSE '0' END, details FROM submissions CROSS JOIN generate_series(1, 8000) AS n`);
    await sql.run(`INSERT INTO submissions (id, client_id, operation, fingerprint, state, reason, attempt, reservation_id, sent_at, settled_at,
      ticket_id, requested_status, moment)
      SELECT decode(lpad(to_hex(n + 1000000), 32, '0'), 'hex'), client_id, 'UPDATE_TICKET_STATUS', fingerprint, 'CONFIRMED', 'ACCEPTED_BY_SOCIOMILE',
        1, reservation_id, 0, 0, 't' || n, 'CLOSE', n FROM submissions CROSS JOIN generate_series(1, 8000) AS n WHERE ticket_id = 't'`);
    if (statistics === "new") await sql.run("ANALYZE");
    using statements = listenToStatements();
    await read();
    const first = statements.all.findIndex((text) => !/^(?:begin|select (?:name|pg_advisory))/i.test(text));
    const [statement, parameters] = [statements.all[first]!, statements.parameters[first]!];
    const client = new Client({ connectionString: place.url });
    await client.connect();
    const { rows } = await client.query<{ "QUERY PLAN": [{ Plan: Step }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
      parameters,
    );
    await client.end();
    expect(mostRowsIn(rows[0]!["QUERY PLAN"][0].Plan)).toBeLessThanOrEqual(3 * ids.length);
  });
});
