import { randomUUID } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { Bounds, Budget } from "../../src/graphql/bounds.ts";
import type { Context } from "../../src/graphql/context.ts";
import { OperationRecord } from "../../src/graphql/plugins/operation-log.ts";
import { startServer } from "../../src/graphql/server.ts";
import { captured } from "../support/captured.ts";
import { ROUTER, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { MUTATIONS, inlined, mutate } from "../support/mutations.ts";
import { ROOT } from "../support/repository.ts";
import { sharedService, startService, startServiceOn } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";
import { type Sent, effectsOf, sendBothWays } from "./both-ways.ts";

const OPERATIONS = `${ROOT}examples/operations/`;
const KEY = "a-key-of-this-test";

/** Example operations, each time with a new key. */
const EXAMPLES = Object.fromEntries(
  globSync("*.graphql", { cwd: OPERATIONS }).map((file): [name: string, request: Sent] => {
    const variables = readFileSync(`${OPERATIONS}variables/${file.replace(".graphql", ".json")}`, "utf8");
    const query = readFileSync(OPERATIONS + file, "utf8");
    return [file, { query, variables: () => JSON.parse(variables, withNewKey) }];
  }),
);

const withNewKey = (name: string, value: unknown) => (name === "idempotencyKey" ? randomUUID() : value);

const CREATE = MUTATIONS.createHelpdeskTicket.document;
const EXAMPLE = MUTATIONS.createHelpdeskTicket.example;
const UPDATE = MUTATIONS.updateTicketStatus.example;
const TICKET = "query Ticket($id: ID!) { ticket(id: $id) { id kind status } }";
const pageWith = (variable: string) =>
  `query Page(${variable}) { ticketSubmissions(first: $first) { edges { cursor } } }`;
const NO_PAGE = "ticketSubmissions(first: 0) { edges { cursor } }";
const SKIPPING = "query ($no: Boolean!) { a: __typename @include(if: $no) b: __typename @skip(if: $no) }";
const REFERENCES = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Ticket { id status } } }";
const REFERENCE = { __typename: "Ticket", id: "1" };
const TWO = `query A { a: __typename } mutation B($input: UpdateTicketStatusInput!) {
  updateTicketStatus(input: $input) { problems { code } }
}`;
const UPDATE_WITH_PAGE = `updateTicketStatus(input: { ticketId: "t", bsgTicketId: "b", status: OPEN }) { ticket { submissions(first: $n)`;
/** Puts a deep list in place of the text DEEP in a body. */
const deepen = (json: string) => json.replace('"DEEP"', "[".repeat(9000) + "]".repeat(9000));
const creating = (changes: object) => ({ query: CREATE, variables: { input: { ...EXAMPLE, ...changes } } });

const ticketWith = (variables: object) => ({ query: TICKET, variables });
const entitiesOf = (...references: object[]) => ({ query: REFERENCES, variables: { r: references } });
const nulled = (query: string) => ({ query, variables: { first: null } });
const withHeaders = (headers: Record<string, string>) => ({ query: "{ __typename }", headers });

/** Requests that prepared operations answer. */
const PREPARED: Record<string, Sent> = {
  ...EXAMPLES,
  "a replay": creating({ idempotencyKey: KEY }),
  "a key with another request": creating({ idempotencyKey: KEY, customerName: "Another" }),
  "a document without variables": { query: inlined("createVoiceTicket") },
  "a create with problems of its fields": creating({ customerEmail: "no email", customerName: " " }),
  "a create with other scripts": creating({ customerName: "Ñandú 漢字 🦜 \u202e", content: "\ud800" }),
  "a ticket that does not exist": ticketWith({ id: "nothing" }),
  "an error and a result": { query: `{ ok: __typename ${NO_PAGE} }` },
  "a default value of the place alone": { query: pageWith("$first: Int") },
  "a default value": { query: pageWith("$first: Int = 5") },
  "variables that nobody asked for": ticketWith({ id: "1", secret: "s3cret", __proto__x: 1 }),
  "variables that are null": { query: "{ __typename }", variables: null },
  "a name that is null": { query: "{ __typename }", operationName: null },
  aliases: { query: "{ a: __typename b: __typename c: ticket(id: 1) { x: id } }" },
  fragments: { query: "{ ...f ... on Query { b: __typename } } fragment f on Query { a: __typename }" },
  "a field that is skipped": { query: SKIPPING, variables: { no: true } },
  "nothing but skipped fields": { query: "mutation { __typename @skip(if: true) }" },
  "one of two operations, a query": { query: TWO, operationName: "A" },
  "one of two operations, a mutation": { query: TWO, operationName: "B", variables: { input: UPDATE } },
  references: entitiesOf(REFERENCE),
  "too many references": entitiesOf(...Array.from({ length: 501 }, () => REFERENCE)),
  "a reference to a type that is none": entitiesOf({ ...REFERENCE, __typename: "S3cret" }),
  "a reference": { query: `{ ticketsByReference(reference: {type: BSG_TICKET_ID, value: "1"}) { id } }` },
  extensions: { query: "{ __typename }", extensions: { anything: { at: ["all"] } } },
  "a document with a byte order mark": { query: "\uFEFF{ __typename }" },
  "a body with a byte order mark": { query: "{ a: __typename }", body: (json) => `\uFEFF${json}` },
  "commas for blanks": { query: ",,{,__typename,}," },
  "the media type of GraphQL": withHeaders({ accept: "application/graphql-response+json" }),
  "any media type": withHeaders({ accept: "text/html;q=0.9, */*;q=0.1" }),
  "a reference with a list that is deep": { ...entitiesOf({ ...REFERENCE, more: "DEEP" }), body: deepen },
};

/** Requests that reach Apollo each time, because they need more than a prepared operation. */
const APOLLOS: Record<string, Sent> = {
  "no variables where some are needed": { query: CREATE },
  "a variable of a wrong type": ticketWith({ id: { s3cret: 1 } }),
  "a field of a wrong type": creating({ customerName: 5, amount: false }),
  "an unknown field": creating({ s3cret: "s3cret" }),
  "an unknown field __proto__": {
    query: CREATE,
    variables: JSON.parse(`{"input":{"__proto__":{}}}`) as object,
  },
  "an unknown name": { ...ticketWith({ id: "1" }), operationName: "Tickets" },
  "an empty name": { ...ticketWith({ id: "1" }), operationName: "" },
  "a name of JavaScript": { ...ticketWith({ id: "1" }), operationName: "__proto__" },
  "no name where there are two": { query: TWO },
  "a syntax error": { query: "{ ticket(id: 1 { id } }" },
  "a document without an operation": { query: "fragment f on Query { __typename }" },
  "an unknown field of the schema": { query: "{ tickett { id } }" },
  "a null that a default value of the place hid": nulled(pageWith("$first: Int")),
  "a null that a default value hid": nulled(pageWith("$first: Int = 5")),
  "a null by default": { query: pageWith("$first: Int = null") },
  "a null within an input that a default value hid": {
    query: `mutation ($t: ID = "1") { updateTicketStatus(input: {ticketId: $t, bsgTicketId: "1", status: OPEN}) { replayed } }`,
    variables: { t: null },
  },
  "too many tokens": { query: `{ ticket(id: 1) { ${"id ".repeat(3000)} } }` },
  "an answer in parts": { query: "{ ... @defer { __typename } }" },
  introspection: { query: "{ __schema { queryType { name } } }" },
  "introspection in a fragment": {
    query: `{ ...f } fragment f on Query { __type(name: "Ticket") { name } }`,
  },
  "the SDL": { query: "{ _service { sdl } }" },
  "skipped introspection": { query: "{ a: __typename __schema @skip(if: true) { queryType { name } } }" },
  "a list for an input that is deep": { query: CREATE, variables: { input: "DEEP" }, body: deepen },
};

describe.each(["production", "development"] as const)("in %s, the second request", (mode) => {
  const service = sharedService({ config: { APP_MODE: mode } });
  beforeAll(async () => void (await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY })));

  for (const requests of [PREPARED, APOLLOS])
    testTable(requests)("MUST have every effect of the first: %s", async (_, request) => {
      const { effects, apollo } = await sendBothWays(service, request);

      expect(effects[1]).toEqual(effects[0]);
      expect(apollo).toEqual([true, requests === APOLLOS]);
    });
});

test.each<[fault: string, statement: string, code: ErrorCode]>([
  ["a ledger that is down", "ALTER TABLE tickets RENAME TO lost", "LEDGER_UNAVAILABLE"],
  [
    "a fault of this service",
    "PRAGMA ignore_check_constraints = 1; DELETE FROM tickets; UPDATE submissions SET requested_status = 'S3CRET'",
    "INTERNAL_SERVER_ERROR",
  ],
])("MUST be the same to callers and operators both ways: %s", async (_, statement, code) => {
  await using service = await startServiceOn("SQLite");
  const { payload } = await mutate(service, "updateTicketStatus");
  const id = payload?.ticket?.id;
  using database = new DatabaseSync(service.place.url.replace("sqlite:", ""), { timeout: 5000 });
  database.exec(statement);

  const { effects, apollo } = await sendBothWays(service, { query: TICKET, variables: { id } });

  expect(apollo).toEqual([true, false]);
  expect(effects[0].log).toContainEqual(expect.objectContaining({ outcome: code }));
  expect(effects[1]).toEqual(effects[0]);
});

describe("a prepared operation", () => {
  const service = sharedService({ config: TRUSTS_ROUTER });

  test.each([
    ["UNAUTHENTICATED", ROUTER],
    ["FORBIDDEN", namedWith("")],
  ])("MUST refuse a caller as Apollo does: %s", async (code, headers) => {
    const { effects, apollo } = await sendBothWays(service, { ...ticketWith({ id: "1" }), headers });

    expect(apollo).toEqual([true, false]);
    expect(effects[1].body).toContain(`"${code}"`);
    expect(effects[1]).toEqual(effects[0]);
  });

  test("MUST leave a federated trace to Apollo, and answer the next request itself", async () => {
    const headers = namedWith();
    const request = { query: `${TICKET} # traced`, variables: { id: "1" }, headers };
    const [first, second] = [await effectsOf(service, request), await effectsOf(service, request)];
    const trace = { ...request, headers: { ...headers, "apollo-federation-include-trace": "ftv1" } };

    const traced = await effectsOf(service, trace);
    const next = await effectsOf(service, request);

    expect([first.apollo, second.apollo, traced.apollo, next.apollo]).toEqual([true, false, true, false]);
    const answer = JSON.parse(first.effects.body) as object;
    expect(JSON.parse(traced.effects.body)).toEqual({ ...answer, extensions: { ftv1: expect.any(String) } });
    expect(next.effects).toEqual(first.effects);
  });
});

describe("documents", () => {
  test("MUST be told apart by every character", async () => {
    await using service = await startService();
    const answers = async () => {
      const found = [];
      for (const before of ["{ ", "\n{ ", "#\n\n{ ", "{   "])
        found.push(await effectsOf(service, { query: `${before}${NO_PAGE} }` }));
      return found;
    };

    const [first, second] = [await answers(), await answers()];

    expect(first.map(({ apollo }) => apollo)).toEqual(Array(4).fill(true));
    expect(second.map(({ apollo }) => apollo)).toEqual(Array(4).fill(false));
    expect(second.map(({ effects }) => effects)).toEqual(first.map(({ effects }) => effects));
    const places = second.map(({ effects }) => captured(effects.body, /"line":(\d+,"column":\d+)/g)[0]);
    expect(places).toEqual(['1,"column":3', '2,"column":3', '3,"column":3', '1,"column":5']);
  });

  test.each(["query", "mutation"])("MUST be prepared for each %s, with its hidden null", async (kind) => {
    await using service = await startService();
    const field = kind === "query" ? "ticketSubmissions(first: $n)" : UPDATE_WITH_PAGE;
    const query = `query A { __typename } ${kind} B($n: Int = 5) { ${field} { nodes { id } } ${kind === "query" ? "" : "} }"} }`;
    const ask = (operationName: string, n: number | null = 1) =>
      service.post(JSON.stringify({ query, operationName, variables: { n } }));

    for (const name of ["A", "B"]) expect((await ask(name)).errors).toBe(undefined);
    const sent = service.sandbox.received.length;
    const { status, errors } = await ask("B", null); // the default value hides it

    expect([status, errors]).toMatchObject([400, [{ extensions: { code: "BAD_USER_INPUT" } }]]);
    expect(service.sandbox.received.length).toBe(sent);
  });

  test("MUST be prepared once, however many requests for them come together", async () => {
    await using service = await startService();
    const one = (id: number) => {
      const input = { ...UPDATE, ticketId: String(id) };
      const operationName = id % 2 ? "A" : "B";
      return service.post(JSON.stringify({ query: TWO, operationName, variables: { input } }));
    };

    const answers = [];
    for (let wave = 0; wave < 3; wave++)
      answers.push(...(await Promise.all(Array.from({ length: 30 }, (_, id) => one(id)))));

    const texts = ['{"data":{"a":"Query"}}', '{"data":{"updateTicketStatus":{"problems":[]}}}'];
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(texts));
    expect(service.sandbox.received).toHaveLength(45);
  });
});

test("MUST NOT run after the server has stopped", async () => {
  const spent = new Budget();
  const record = new OperationRecord({ requestId: "", traceParent: null });
  const context = { caller: "UNAUTHENTICATED", record, spent, bounds: new Bounds(spent) };
  const server = await startServer({ isOpen: false, schemaIsOpen: false }, () => {});
  const how = { traced: false, turn: () => Promise.resolve(true) };
  const run = () => server.execute({ query: "{ __typename }" }, context as Context, how);
  const answer = { status: 200, body: '{"data":{"__typename":"Query"}}' };
  expect([await run(), await run()]).toEqual([answer, answer]);

  await server[Symbol.asyncDispose]();

  await expect(run()).rejects.toThrow("after the server has stopped");
});
