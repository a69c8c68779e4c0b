/** Plans of every statement that the ledger runs while the service runs, on a ledger that has the statistics of a large one. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { expect, test } from "vitest";
import { createSqlLedger } from "../../src/ledger/ledger.ts";
import { bytesOf } from "../../src/ledger/clock.ts";
import { release } from "../../src/ledger/submissions/leases.ts";
import { TicketReferenceType } from "../../src/tickets/fields/references.ts";
import type { SubmissionFilter } from "../../src/tickets/ports.ts";
import { SubmissionState } from "../../src/tickets/submission.ts";
import { BUSIEST_TICKET, fillLarge } from "../long-runs/large/fill.ts";
import { quietly } from "../long-runs/watched.ts";
import {
  complaintNumbered,
  intentOf,
  judgedAs,
  ONCE,
  queuedBy,
  reserved,
  settledAs,
  updateOf,
  VOICE,
  OPERATOR,
  sentOnce,
} from "../support/intents.ts";
import { contextAt } from "../support/ledger-context.ts";
import { ENGINES, openAt, placeFor } from "../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { listenToStatements, type Sql, sqlOn } from "../support/sql.ts";

/** Conditions of a filter that no index serves. */
const READ_ONE_BY_ONE = (then: string) =>
  new RegExp(
    `(?:client_id = |branch_code = |conflicting_ticket_id IS NULL|settled_at < |(?:operation|state|reason)"? IN \\()${then}`,
    "s",
  );

/** Statements that may look through a whole table, with the reason. */
const MAY_SCAN: readonly [RegExp, string][] = [
  [/ -- of this test$/, "no statement of the ledger"],
  [READ_ONE_BY_ONE(".* ORDER BY id "), "a list: it stops when a page is full, and after its time"],
  [READ_ONE_BY_ONE(".*GROUP BY operation"), "a count: it stops after its time"],
  [/FROM submissions WHERE true\) AS counted/, "counts all, until its time is over"],
];

/** Indexes of few rows, which may be read as a whole. */
const OF_FEW = /submissions_(?:queue|state|doubts|conflicting|one_update|reason)$/;

const NOW = Temporal.Now.instant();
const HOUR_AGO = NOW.subtract({ hours: 1 });
const SPAN = { settledAfter: HOUR_AGO };
const REFERENCES = Object.values(TicketReferenceType).map((type) => ({ type, value: "77" }));
const FILTERS: SubmissionFilter[] = [
  {},
  ...Object.values(SubmissionState).map((state) => ({ states: [state] })),
  { states: ["UNCERTAIN", "QUEUED", "REJECTED"] },
  { states: ["UNCERTAIN", "CONFIRMED"] },
  { reasons: ["DELIVERY_EXPIRED"] },
  { reasons: ["DELIVERY_EXPIRED", "CANCELLED", "OWNER_DIED"], states: ["NOT_EXECUTED"] },
  { states: ["CONFIRMED"], reasons: ["CREATED_SAYS_OPERATOR"] },
  { states: ["UNCERTAIN"], operations: ["CREATE_VOICE_TICKET"] },
  { isConflicting: true },
  { isConflicting: true, states: ["NOT_EXECUTED"] },
  { isConflicting: false, states: ["NOT_EXECUTED"] },
  { ticketId: BUSIEST_TICKET },
  { ticketId: BUSIEST_TICKET, states: ["UNCERTAIN"], reasons: ["OWNER_DIED"] },
  ...REFERENCES.map((reference) => ({ reference })),
  { reference: REFERENCES[0]!, states: ["UNCERTAIN", "QUEUED"] },
  SPAN,
  { ...SPAN, clientId: "client-1" },
  { ...SPAN, settledBefore: NOW },
  { ...SPAN, states: ["NOT_EXECUTED", "REJECTED"] },
  { ...SPAN, reasons: ["DELIVERY_EXPIRED"], operations: ["CREATE_VOICE_TICKET"] },
  { settledBefore: HOUR_AGO },
  { createdAfter: HOUR_AGO, createdBefore: NOW },
  { createdBefore: HOUR_AGO, states: ["UNCERTAIN"] },
  { clientId: "client-1" },
  { branchCode: "001" },
  { operations: ["CREATE_VOICE_TICKET"] },
];

const ONE = complaintNumbered("a");

/** Times of which few tickets and submissions are older: retention rests for most of the time in which it deletes. */
const RETENTION = { submissionDays: 20, ticketDays: 385 };

/** Calls every method of a ledger, on every path that has statements of its own. */
async function useAll(place: { url: string }, sql: Sql): Promise<Set<string>> {
  const used = new Set<string>();
  await using context = await contextAt(place);
  context.queue.max = 1000; // the ledger has a queue
  const watched = createSqlLedger(context, null);
  const ledger = new Proxy(watched, {
    get: (target, name, self) => (used.add(String(name)), Reflect.get(target, name, self) as unknown),
  });
  const create = await settledAs(ledger, intentOf("once", ONE, ONCE), accepted("t"));
  await ledger.reserve(intentOf("once", ONE, ONCE)); // a replay
  await ledger.reserve(intentOf("twice", ONE, ONCE)); // has another create
  await settledAs(ledger, intentOf("again", VOICE), NOT_EXECUTED);
  await settledAs(ledger, intentOf("again", VOICE), REJECTED);
  await settledAs(ledger, intentOf(null, VOICE), accepted("t")); // a repeated id
  await Promise.all(
    ["t", "u", "v"].map((id) => settledAs(ledger, intentOf(null, updateOf(id)), accepted(id, { subject: "s" }))),
  );
  await settledAs(ledger, intentOf(null, updateOf("t")), accepted("t"));
  const queued = await queuedBy(ledger, intentOf(null, VOICE));
  await queuedBy(ledger, intentOf(null, complaintNumbered("b"), ONCE));
  await ledger.retry(queued.id, OPERATOR);
  await sql.run("UPDATE submissions SET not_before = 0 WHERE state = 'QUEUED' -- of this test");
  for (const delivery of await ledger.reserveQueued(5))
    await ledger.settle(delivery, delivery.request, sentOnce(NOT_EXECUTED), 1000);
  await ledger.cancel(queued.id, OPERATOR);
  const late = await reserved(ledger, intentOf(null, VOICE));
  await sql.run("UPDATE submissions SET sent_at = 0 WHERE id = ? -- of this test", bytesOf(late.id));
  await release([late.id], context);
  const lost = await reserved(ledger, intentOf("lost", VOICE));
  await sql.run("DELETE FROM submissions WHERE id = ? -- of this test", bytesOf(lost.id));
  await ledger.settle(lost, VOICE, sentOnce(accepted("lost")));
  const { submission } = await settledAs(ledger, intentOf(null, VOICE), UNKNOWN);
  await judgedAs(ledger, submission, { verdict: "CREATED", ticketId: "w" });
  await judgedAs(ledger, submission, { verdict: "NOT_CREATED", replacesEarlier: true });
  const dead = await reserved(ledger, intentOf(null, updateOf("t")));
  await sql.run("UPDATE submissions SET sent_at = 0 WHERE id = ? -- of this test", bytesOf(dead.id));
  await ledger.reserve(intentOf(null, updateOf("t"))); // ends the lease
  await ledger.settle(dead, updateOf("t"), sentOnce(accepted("t"))); // comes late
  for (const filter of FILTERS) {
    for (const orderBy of ["CREATED_DESC", "CREATED_ASC"] as const)
      for (const after of [null, create.submission.id]) await ledger.list({ ...filter, first: 20, after, orderBy });
    await ledger.count(filter);
  }
  for (const after of [null, { ...create.submission, changedAt: 1000 }]) await ledger.changes({ first: 20, after });
  const ids = ["t", "u", BUSIEST_TICKET];
  await ledger.histories(ids.map((ticketId) => ({ ticketId, first: 20, after: null })));
  await ledger.find(create.submission.id);
  await ledger.submissions([create.submission.id]);
  await ledger.findByKey({ clientId: "a-client", operation: "CREATE_HELPDESK_TICKET", idempotencyKey: "once" });
  await ledger.answers([create.submission.id]);
  await ledger.keepReading("SHOW", OPERATOR, ["t", create.submission.id]);
  await ledger.actionsOf([create.submission.id]);
  for (const subject of [null, "t"]) await ledger.actions(HOUR_AGO, Temporal.Now.instant(), subject);
  await ledger.tickets(ids);
  await ledger.submitted(ids);
  await ledger.submittedBy([create.submission.id]);
  await ledger.ticketIdsByReference(REFERENCES);
  await ledger.queue();
  await ledger.queueForPerson();
  await ledger.doubts();
  await ledger.fault();
  await ledger.forgetTicket("u", OPERATOR);
  await ledger.forgetSubmission(submission.id, OPERATOR);
  await ledger.forgetChanges();
  const retention = ledger.retention(RETENTION);
  await retention.look(retention.waitLimits(), () => false);
  await retention.deleteUntil(retention.waitLimits());
  await using sweeping = await openAt(place, { retention: RETENTION });
  const tables = () => sweeping.events.map(({ table }) => table);
  await expect.poll(tables, { timeout: 100_000 }).toContain("tickets");
  await ledger.close();
  return new Set(Object.keys(watched)).difference(used);
}

test.each(ENGINES)("Every statement on %s MUST be served by indexes, each of which serves one", async (engine) => {
  await using place = await placeFor(engine);
  await fillLarge(place, 4000, quietly);
  await using sql = await sqlOn(place);
  if (engine === "PostgreSQL") await pretendLarge(sql);
  using statements = listenToStatements();

  const unused = await useAll(place, sql);

  expect([...unused]).toEqual([]); // each method has statements, or ends the ledger
  const ran = new Map(
    statements.all.map((statement, nth) => [
      withoutValues(statement),
      { statement, parameters: (statements.parameters[nth] ?? []) as SQLInputValue[] },
    ]),
  );
  const explained = [...ran.values()].filter(
    ({ statement }) =>
      /^\s*(?:with|select|insert|update|delete)\b/i.test(statement) &&
      /submissions|tickets|ticket_references|actions/.test(statement),
  );
  const scans = engine === "SQLite" ? scansOnSqlite(explained, place.url) : await scansOnPostgres(explained, sql);
  expect(scans.filter(({ statement }) => !MAY_SCAN.some(([which]) => which.test(statement)))).toEqual([]);
  expect(explained.length).toBeGreaterThan(60);
});

interface Ran {
  statement: string;
  parameters: SQLInputValue[];
}

/** Statements with other values, or more of them, have one plan. */
function withoutValues(statement: string): string {
  return statement
    .replaceAll(/x'[^']*'|'(?:[^']|'')*'|\$\d+|\?\d*|\b\d[\d.e+]*\b/gi, "v")
    .replaceAll(/(?:\((?:v|cast\(v as \w+\)|, )+\)|v)(?:, (?:\((?:v|cast\(v as \w+\)|, )+\)|v))+/g, "v");
}

/**
 * Step of SQLite's plan that looks through a table, or through all of it before a time, or makes an index for one statement. Names of subqueries and
 * lists are others.
 */
const LOOKS_THROUGH =
  /^(?:SCAN|SEARCH(?=.*(?:\((?:settled_at|observed_at|id)<\?\)$| AUTOMATIC ))) (\w+)\b(?: USING (?:COVERING )?INDEX (\w+))?/;
const TABLES_OF_MANY = /^(?:submissions|tickets|ticket_references|actions|action_subjects)$/;

function scansOnSqlite(explained: readonly Ran[], url: string) {
  using database = new DatabaseSync(url.slice("sqlite:".length));
  database.function("now_ms", () => 0);
  const found: { statement: string; step: string }[] = [];
  const named = database.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
  const unused = new Set(named.all().map(({ name }) => String(name))).difference(FOR_OTHERS);
  for (const { statement } of explained)
    for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all()) {
      unused.delete(/ INDEX (\w+)/.exec(String(detail))?.[1] ?? "");
      const [step, table = "", index = ""] = LOOKS_THROUGH.exec(String(detail)) ?? [];
      const isPage =
        /_autoindex_/.test(index) && /ORDER BY id \w+ LIMIT/.test(statement) && !READ_ONE_BY_ONE("").test(statement);
      const isOfState = /^delete/i.test(statement) && /submissions_state \(state=\?\)/.test(String(detail));
      if (isOfState) found.push({ statement, step: String(detail) });
      const isOfMany = TABLES_OF_MANY.test(table) || / AUTOMATIC /.test(String(detail));
      if (step !== undefined && isOfMany && !OF_FEW.test(index) && !isPage) found.push({ statement, step });
    }
  return [...found, ...Array.from(unused, (name) => ({ statement: "none", step: name }))];
}

/** Indexes that keep rows unique, and one for a command of operators. */
const FOR_OTHERS = new Set(["submissions_one_update"]);

/** Rows of a step that are too many, of two million, where no page limits them. */
const TOO_MANY = 100_000;

/** A step of PostgreSQL's plan. */
interface Step {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Filter?: string;
  "Plan Rows": number;
  Plans?: Step[];
}

/** Gives PostgreSQL the statistics of a ledger with two million rows. It counts the rows by the pages that there are. */
async function pretendLarge(sql: Sql): Promise<void> {
  for (const table of ["submissions", "tickets", "ticket_references", "actions", "action_subjects"])
    await sql.run(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  await sql.run("ANALYZE");
  await sql.run(`UPDATE pg_class SET reltuples = reltuples * 500 / greatest(relpages, 1), relpages = 1
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i') AND reltuples > 0`);
}

async function scansOnPostgres(explained: readonly Ran[], sql: Sql) {
  const found: { statement: string; step: string }[] = [];
  const look = (step: Step, isInLimit: boolean, statement: string): void => {
    const isOne = /^(?:submissions|tickets)$/.test(step["Relation Name"] ?? "");
    const looksThrough =
      step["Node Type"] === "Seq Scan" ||
      (step["Index Cond"] === undefined && !(isInLimit && step.Filter === undefined)) ||
      (step["Plan Rows"] > TOO_MANY && !isInLimit);
    const index = step["Index Name"] ?? "";
    if (
      isOne &&
      step["Node Type"].endsWith("Scan") &&
      step["Node Type"] !== "Bitmap Heap Scan" &&
      looksThrough &&
      !OF_FEW.test(index)
    )
      found.push({ statement, step: JSON.stringify({ ...step, Plans: undefined }) });
    for (const child of step.Plans ?? []) look(child, isInLimit || step["Node Type"] === "Limit", statement);
  };
  for (const { statement, parameters } of explained) {
    const [row] = await sql.run(`EXPLAIN (FORMAT JSON) ${statement}`, ...parameters);
    const [{ Plan }] = row!["QUERY PLAN"] as unknown as [{ Plan: Step }];
    look(Plan, false, statement);
  }
  return found;
}
