import { readFileSync, readdirSync } from "node:fs";
import { type GraphQLObjectType, OperationTypeNode, getIntrospectionQuery, getOperationAST, parse } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { schema, sdl, weigh } from "../../src/graphql/schema.ts";
import { MAX_ERRORS } from "../../src/graphql/server.ts";
import { MAX_WEIGHT, TRACED, WEIGHTS } from "../../src/graphql/weight.ts";
import { PAGE_SIZE } from "../../src/graphql/submission-page.ts";
import { LIMITS } from "../../src/tickets/fields/rules.ts";
import { LONG_TEXT, fieldsOf } from "../../src/graphql/types/fields.ts";
import { CreateHelpdeskTicketInput, CreateVoiceTicketInput } from "../../src/graphql/types/ticket-inputs.ts";
import { LONG_TEXTS } from "../../src/tickets/ticket.ts";
import { clientOf, postQuery } from "../support/client.ts";
import { entitiesWith, inLists, referringTo, underNames } from "../support/heavy-documents.ts";
import { EVERY_SCOPE, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { inputOf, mutate } from "../support/mutations.ts";
import { sharedService, startService, startServiceOn } from "../support/service.ts";
import { READ_BY_CALLERS, listenToStatements } from "../support/sql.ts";
import { testTable } from "../support/test-table.ts";

/** Longest text of a field. */
const LONG = "x".repeat(LIMITS.longText);
/** Headers that ask for a federated trace. */
const TRACED_BY = { "apollo-federation-include-trace": "ftv1" };

const service = sharedService({ config: TRUSTS_ROUTER });
let longId: string;
beforeAll(async () => {
  const caller = clientOf(service.url, namedWith());
  longId = (await mutate(caller, "createHelpdeskTicket", { content: LONG })).payload!.ticket!.id;
});

const askAs = (query: string, variables: object = {}, { scopes = EVERY_SCOPE, headers = {} } = {}) =>
  service.post(JSON.stringify({ query, variables }), { ...namedWith(scopes), ...headers });
const longReferences = (count: number) => referringTo(count, longId);
const tooExpensive = { data: undefined, errors: [{ extensions: { code: "OPERATION_TOO_EXPENSIVE" } }] };

const TICKETS = "query ($ids: [ID!]!) { tickets(ids: $ids) { id status } }";

function weightOf(query: string, variables: object = {}): number {
  const document = parse(query);
  return weigh(getOperationAST(document)!, document, variables as Record<string, unknown>).weight;
}

const { line, longText, read, search, call } = WEIGHTS;
const PAGE = "{ edges { node { id clientId } } }";
const ONE_OF_PAGE = read + 1 + 1 + 1 + line; // the submission, its edge, its node and their fields

/** Long texts of a type whose cost the schema tells. */
const costsOf = (typeName: string): string[] =>
  [...LONG_TEXTS].filter((name) => {
    const field = (schema.getType(typeName) as GraphQLObjectType).getFields()[name];
    return field?.astNode?.directives?.some((directive) => directive.name.value === "cost");
  });

describe("the weight of an operation", () => {
  testTable<[query: string, variables: object, weight: number]>({
    "its fields": ['{ ticket(id: "1") { id subject status } }', {}, read + 1 + line + 1],
    "long texts": [
      '{ ticket(id: "1") { content submitted { ... on HelpdeskTicketDetails { description } } } }',
      {},
      2 * read + 2 * longText,
    ],
    "the length of a page": [`{ ticketSubmissions(first: 7) ${PAGE} }`, {}, search + 7 * ONE_OF_PAGE],
    "the usual page": [`{ ticketSubmissions ${PAGE} }`, {}, search + PAGE_SIZE.default * ONE_OF_PAGE],
    "a page in a variable": [
      `query ($n: Int!) { ticketSubmissions(first: $n) ${PAGE} }`,
      { n: 9 },
      search + 9 * ONE_OF_PAGE,
    ],
    "the default of a variable": [
      `query ($n: Int! = 3) { ticketSubmissions(first: $n) ${PAGE} }`,
      {},
      search + 3 * ONE_OF_PAGE,
    ],
    "a page that is refused": [
      `query ($n: Int!) { ticketSubmissions(first: $n) ${PAGE} }`,
      { n: -9e9 },
      search + ONE_OF_PAGE,
    ],
    "a number of references": [entitiesWith("id status"), referringTo(30, "1"), read + 30 * (read + 2)],
    "references in the document": [
      '{ _entities(representations: [{ id: "1" }, { id: "2" }]) { ... on Ticket { id } } }',
      {},
      read + 2 * (read + 1),
    ],
    "tickets by their ids": [TICKETS, { ids: ["1", "2", "3"] }, read + 3 * (read + 2)],
    "more ids than are read": [TICKETS, { ids: Array(1000).fill("1") }, read + 100 * (read + 2)],
    "a fragment each time": [
      '{ ...Q ...Q } fragment Q on Query { ticket(id: "1") { ...T } } fragment T on Ticket { id }',
      {},
      2 * (read + 1),
    ],
    "a call": ['mutation { cancelTicketSubmission(input: { submissionId: "1" }) { submission { id } } }', {}, 3],
  })("MUST count %s", (_, [query, variables, weight]) => {
    expect(weightOf(query, variables)).toBe(weight);
  });

  test("MUST be known without variables for a mutation, and let 200 of those in examples/ run at once", () => {
    const folder = new URL("../../examples/operations/", import.meta.url);
    const names = readdirSync(folder).filter((each) => each.endsWith(".graphql"));
    const weights = names.map((name) => {
      const document = parse(readFileSync(new URL(name, folder), "utf8"));
      const operation = getOperationAST(document)!;
      return { type: operation.operation, ...weigh(operation, document, {}) };
    });
    const ofMutations = weights.filter(({ type }) => type === OperationTypeNode.MUTATION);

    expect(Math.max(...weights.map(({ weight }) => weight))).toBeLessThan(MAX_WEIGHT / 4);
    expect(Math.max(...ofMutations.map(({ weight }) => weight))).toBeLessThan((4 * MAX_WEIGHT) / 200);
    expect(ofMutations.every(({ isFixed }) => isFixed)).toBe(true);
  });

  test("MUST be found in no time for fragments that double one another", () => {
    const doubled = Array.from(
      { length: 150 },
      (_, nth) => `fragment F${nth} on Ticket { ...F${nth + 1} ...F${nth + 1} }`,
    );
    const last = "fragment F150 on Ticket { submissions(first: $n) { nodes { id } } }";
    const query = `query ($n: Int) { ticket(id: "1") { ...F0 } } ${doubled.join(" ")} ${last}`;

    expect(weightOf(query)).toBeGreaterThan(2 ** 150);
  });

  test("MUST be the costs that the schema tells, also for each text that may be long", () => {
    expect(sdl.split(`@cost(weight: ${call})`)).toHaveLength(4);
    const ofSubmitted = ["HelpdeskTicketDetails", "VoiceTicketDetails"].flatMap(costsOf);
    expect(costsOf("Ticket")).toEqual(["content"]);
    expect(new Set(ofSubmitted)).toEqual(LONG_TEXTS);
    const inputs = [CreateHelpdeskTicketInput, CreateVoiceTicketInput].flatMap((input) =>
      Object.entries(fieldsOf(input.prototype)).filter(([, { words }]) => words === LONG_TEXT.words),
    );
    expect(new Set(inputs.map(([name]) => name))).toEqual(LONG_TEXTS);
  });

  test("MUST be at least a half of what introspection answers, and let tools ask for the schema ten times", async () => {
    const query = getIntrospectionQuery();
    const list = Array.from({ length: 10 }, () => ({ query }));
    const { text } = await service.post(JSON.stringify(list), namedWith("schema:read"));
    const answers = JSON.parse(text) as object[];

    expect(answers).toEqual(answers.map(() => ({ data: { __schema: expect.anything() as unknown } })));
    const values = (text.match(/":/g) ?? []).length / 10;
    expect(weightOf(query)).toBeGreaterThan(values / 2);
  });
});

describe("an operation that weighs too much", () => {
  testTable({
    "a text under 15 names": underNames(15, "content"),
    "a text in lists within lists": inLists("ticket { content }"),
    "many short fields": inLists(underNames(15, "ticket { id number kind status subject customerName }")),
    "long histories": "submissions(first: 100) { nodes { id } }",
  })("MUST be refused before anything runs, also when it is known: %s", async (_, fields) => {
    const query = entitiesWith(fields);
    expect((await askAs(query, longReferences(1))).errors).toBe(undefined);
    using statements = listenToStatements();
    for (const headers of [{}, TRACED_BY]) {
      const answer = await askAs(query, longReferences(500), { headers });

      expect(answer).toMatchObject({ status: 200, ...tooExpensive });
      const times = headers === TRACED_BY ? TRACED : 1;
      const told = new RegExp(`weighs (\\d+), and at most ${MAX_WEIGHT} is`);
      const [, weight] = told.exec(answer.errors![0]!.message)!;
      expect(Number(weight)).toBeGreaterThanOrEqual(times * weightOf(query, longReferences(500)));
    }
    expect(statements.matching(READ_BY_CALLERS)).toEqual([]);
  });

  test("MUST NOT be a mutation that has changed something", async () => {
    const input = inputOf("createHelpdeskTicket", { helpdeskTicketNumber: "830001" });
    const heavy =
      "ticket { submissions(first: 100) { nodes { ticket { submissions(first: 100) { nodes { id } } } } } }";
    const before = service.sandbox.received.length;
    const query = `mutation ($input: CreateHelpdeskTicketInput!) { createHelpdeskTicket(input: $input) { ${heavy} } }`;

    expect(await askAs(query, { input })).toMatchObject({ status: 200, ...tooExpensive });
    expect(service.sandbox.received.length).toBe(before);
  });

  test("MUST be refused whole as a list of queries, each of which would do", async () => {
    const query = entitiesWith("content");
    const list = [1, 2, 3].map(() => ({ query, variables: longReferences(160) }));
    const { text } = await service.post(JSON.stringify(list), namedWith());

    const { errors } = tooExpensive;
    expect(JSON.parse(text)).toMatchObject([{ errors }, { errors }, { errors }]);
    expect((await askAs(query, longReferences(160))).errors).toBe(undefined);
  });
});

describe("an operation", () => {
  test("MUST keep the data beside an error", async () => {
    const query = `{ ticket(id: "${longId}") { id submissions { nodes { id } } } ticketSubmissions { nodes { id } } }`;
    const answer = await askAs(query, {}, { scopes: "ticket:read" });

    expect(answer.data).toEqual({ ticket: { id: longId, submissions: null }, ticketSubmissions: null });
    expect(answer.errors).toMatchObject([
      { path: ["ticketSubmissions"], extensions: { code: "FORBIDDEN" } },
      { path: ["ticket", "submissions"], extensions: { code: "FORBIDDEN" } },
    ]);
  });

  test(`MUST answer at most ${MAX_ERRORS} errors`, async () => {
    const { errors } = await askAs(entitiesWith("submissions { nodes { id } }"), longReferences(150), {
      scopes: "ticket:read",
    });

    expect(errors).toHaveLength(MAX_ERRORS);
  });

  test("MUST answer each receipt whole when something behind it cannot be read", async () => {
    await using broken = await startServiceOn("SQLite");
    await broken.sql.run("DROP TABLE action_subjects");
    const input = '{ ticketId: "t", bsgTicketId: "b", status: OPEN }';
    const receipt =
      "submission { id state } ticket { id submissions { nodes { resolution { note } actions { note } } } }";
    const { data, errors } = await postQuery(
      broken,
      `mutation { first: updateTicketStatus(input: ${input}) { ${receipt} } second: updateTicketStatus(input: ${input}) { ${receipt} } }`,
    );

    const submission = { id: expect.any(String) as string, state: "CONFIRMED" };
    expect(data).toMatchObject({
      first: { submission, ticket: { id: "t" } },
      second: { submission, ticket: { id: "t" } },
    });
    expect(new Set(errors!.map(({ extensions }) => extensions.code))).toEqual(new Set(["LEDGER_UNAVAILABLE"]));
  });
});

test("An operation MUST read a ticket once, however often and wherever it is asked for", async () => {
  using statements = listenToStatements();
  await askAs(
    `query ($references: [_Any!]!) {
      ticket(id: "${longId}") { id submissions(first: 1) { edges { node { ticket { id } } } } }
      _entities(representations: $references) { ... on Ticket { id submissions(first: 1) { edges { node { ticket { id } } } } } }
      tickets(ids: ["${longId}", "unknown", "${longId}"]) { id }
      ticketsByReference(reference: { type: HELPDESK_TICKET_NUMBER, value: "826282" }) { id }
      again: ticketsByReference(reference: { type: HELPDESK_TICKET_NUMBER, value: "826282" }) { id }
    }`,
    longReferences(300),
  );

  expect(statements.matching(/^with wanted \(ticket_id\)/i)).toHaveLength(1);
  expect(statements.matching(/ticket_references/)).toHaveLength(1);
  expect(statements.matching(/row_number/)).toHaveLength(1);
});

const NESTED = `{ ticketSubmissions(first: ${PAGE_SIZE.max}) { nodes { ticket { submissions { nodes { id } } } } } }`;

test("An operation MUST read the histories of many tickets with one statement", async () => {
  await using another = await startService();
  for (let nth = 0; nth < 30; nth++) await mutate(another, "updateTicketStatus", { ticketId: `ticket-${nth}` });

  using statements = listenToStatements();
  const { data } = await postQuery(another, NESTED);

  const submissions = { nodes: [{ id: expect.any(String) as string }] };
  const nodes = Array.from({ length: 30 }, () => ({ ticket: { submissions } }));
  expect(data).toEqual({ ticketSubmissions: { nodes } });
  expect(statements.matching(READ_BY_CALLERS)).toHaveLength(3); // of the list, of its tickets, and of their histories
});

test("An operation MUST read the actions of many submissions in parts, and serve others between them", async () => {
  await using another = await startService();
  const ids = ["one", "two"];
  for (const id of ids)
    for (let nth = 0; nth < 60; nth++) await mutate(another, "updateTicketStatus", { ticketId: id });

  using statements = listenToStatements();
  const query = entitiesWith("submissions(first: 100) { nodes { resolution { verdict } } }");
  const { errors } = await postQuery(another, query, referringTo(2, ...ids));

  expect(errors).toBe(undefined);
  expect(statements.matching(/from action_subjects/i)).toHaveLength(3); // of twice 50 submissions, and of 20
});
