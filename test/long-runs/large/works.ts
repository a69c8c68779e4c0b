/** Everything that reads or changes a large ledger: queries of callers, and commands of operators. */
import { readFileSync } from "node:fs";
import { CUSTOMER } from "../../support/fill.ts";
import { HERE } from "../bench/builds.ts";
import type { Sql } from "../../support/sql.ts";
import { TICKET_REFERENCE_COLUMNS } from "../../../src/ledger/database/tables.ts";
import { textOf } from "../../../src/ledger/clock.ts";
import { SubmissionState } from "../../../src/tickets/submission.ts";
import { BUSIEST_TICKET, CROWDED_NUMBER, CROWDED_TICKET, SPREAD_DAYS } from "./fill.ts";

const operation = (name: string, ending = "graphql") =>
  readFileSync(`${HERE.root}examples/operations/${name}.${ending}`, "utf8");
const LISTED = `pageInfo { hasNextPage } nodes { id state reason ticketId }`;

const STATES = Object.keys(SubmissionState);
const SINCE = Temporal.Now.instant().subtract({ hours: 24 }).toString();

const count = (conditions: string) => `{ ticketSubmissionCounts(filter: { ${conditions} }) { state count } }`;
const list = (conditions: string) => `{ ticketSubmissions(first: 20, filter: { ${conditions} }) { ${LISTED} } }`;

type Column = "id" | "ticket_id" | (typeof TICKET_REFERENCE_COLUMNS)[keyof typeof TICKET_REFERENCE_COLUMNS];

export async function subjectsIn(sql: Sql) {
  const one = async (where: string) => {
    const [row] = await sql.run(`SELECT * FROM submissions WHERE ${where} ORDER BY id DESC LIMIT 1 OFFSET 100`); // the newest are no copies
    return { ...row!, id: textOf(row!["id"] as Uint8Array) } as Record<Column, string>;
  };
  const idsIn = async (state: string) => {
    const rows = await sql.run(`SELECT id FROM submissions WHERE state = '${state}' ORDER BY id LIMIT 50`);
    return rows.map(({ id }) => textOf(id as Uint8Array));
  };
  return {
    create: await one("operation = 'CREATE_HELPDESK_TICKET' AND state = 'CONFIRMED' AND ticket_number IS NOT NULL"),
    voice: await one("operation = 'CREATE_VOICE_TICKET' AND state = 'CONFIRMED'"),
    update: await one(`requested_status IS NOT NULL AND ticket_id <> '${BUSIEST_TICKET}'`),
    doubts: await idsIn("UNCERTAIN"),
    queued: await idsIn("QUEUED"),
  };
}
type Subjects = Awaited<ReturnType<typeof subjectsIn>>;

const REFERENCES = {
  HELPDESK_TICKET_NUMBER: ["create", "helpdesk_ticket_number"],
  BRANCH_COMPLAINT_NUMBER: ["create", "branch_complaint_number"],
  SOCIOMILE_TICKET_NUMBER: ["create", "ticket_number"],
  SOURCE_TICKET_ID: ["voice", "source_ticket_id"],
  MASKED_TICKET_ID: ["voice", "masked_ticket_id"],
  BSG_TICKET_ID: ["update", "bsg_ticket_id"],
} as const;

export function graphqlQueries(subjects: Subjects): Record<string, string> {
  const { create, update } = subjects;
  const example = JSON.parse(operation("variables/create-helpdesk-ticket", "json")) as { input: object };
  const input = { ...example.input, helpdeskTicketNumber: CROWDED_NUMBER };
  const queries: [string, string, object?][] = [
    ["ticket", operation("ticket"), { id: update.ticket_id }],
    ["history", operation("ticket-history"), { id: BUSIEST_TICKET }],
    ["submission", operation("ticket-submission"), { id: create.id }],
    [
      "key",
      operation("ticket-submission-by-key"),
      { operation: "CREATE_HELPDESK_TICKET", idempotencyKey: "no-key-of-this-run" },
    ],
    ["doubts", operation("doubtful-submissions")],
    ["list", list("states: null")],
    ...STATES.map((state): [string, string] => [`list ${state}`, list(`states: ${state}`)]),
    ["list of what is open", list("states: [UNCERTAIN, QUEUED, SENDING], isConflicting: false")],
    ["list of what has ended since", list(`states: [NOT_EXECUTED], settledAfter: "${SINCE}"`)],
    ["count of what is open", count("states: [UNCERTAIN, QUEUED, SENDING]")],
    ["count of what has ended since", count(`reasons: [DELIVERY_EXPIRED], settledAfter: "${SINCE}"`)],
    ["count of conflicts", count("isConflicting: true")],
    ["list of an operation", list("operation: CREATE_VOICE_TICKET")],
    ["list of a ticket", list(`ticketId: "${BUSIEST_TICKET}"`)],
    ["list of a crowded ticket", list(`ticketId: "${CROWDED_TICKET}"`)],
    ["list by a crowded number", list(`reference: { type: HELPDESK_TICKET_NUMBER, value: "${CROWDED_NUMBER}" }`)],
    ["create of a crowded number", operation("create-helpdesk-ticket"), { input }],
    ["list of a span", list(`createdAfter: "2026-01-01T00:00:00Z", createdBefore: "2026-06-01T00:00:00Z"`)],
    ...Object.entries(REFERENCES).flatMap(([type, [of, column]]): [string, string, object?][] => {
      const reference = { type, value: subjects[of][column] };
      return [
        [`tickets by ${type}`, operation("tickets-by-reference"), { reference }],
        [`list by ${type}`, list(`reference: { type: ${type}, value: "${reference.value}" }`)],
      ];
    }),
  ];
  return Object.fromEntries(
    queries.map(([name, query, variables = {}]) => [name, JSON.stringify({ query, variables })]),
  );
}

/** Words of operators' commands, the read-only ones first, without lists that a query asks for. One that changes something is run once. */
export function operatorCommands(subjects: Subjects, directory: string): { reads: string[][]; changes: string[][] } {
  const { create, update, doubts, queued } = subjects;
  const spans = ["10min", "1d", "7d"].map((age) => ["list", "--since", age]);
  const reads = [
    ["list", "--reason", "ANSWERED_LATE"],
    ["list", "--client", "client-3"],
    ["list", "--branch", "001"],
    ["list", "--first", "1000"],
    ...spans,
    ...spans.map((span) => [...span, "--counts"]),
    ["list", "--since", "7d", "--client", "client-3"],
    ["list", "--until", "30d"],
    ["list", "--counts"],
    ["list", "--counts", "--client", "client-3"],
    ["list", "--state", "UNCERTAIN", "--creates", "--counts"],
    ["retention"],
    ["show", create.id],
    ["actions", "--from", `${SPREAD_DAYS}d`],
    ["check"],
  ];
  const changes = [
    ["retry", queued[0]!, "--by", "Rina"],
    ["cancel", queued[1]!, "--by", "Rina"],
    ["resolve", doubts[0]!, "--created", "690d950c5f287ad0ff3bd9d5", "--note", "looked", "--by", "Rina"],
    ["resolve", "--correct", doubts[0]!, "--not-created", "--note", "looked again", "--by", "Rina"],
    ["forget", update.ticket_id, "--by", "Rina"],
    ["customer", "show", "--email", CUSTOMER.customerEmail, "--by", "Rina"],
    ["customer", "export", "--email", CUSTOMER.customerEmail, "--by", "Rina"],
    ["verify"],
    ["backup", `${directory}/backup`],
  ];
  return { reads, changes };
}
