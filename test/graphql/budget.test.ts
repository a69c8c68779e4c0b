import { getIntrospectionQuery } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_FIELD_ERRORS, MAX_READ_BYTES } from "../../src/graphql/budget.ts";
import { EVERY_SCOPE, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import {
  LONG_TYPE_NAMES,
  entitiesWith,
  inLists,
  referringTo,
  underNames,
} from "../support/heavy-documents.ts";
import { clientOf, postQuery } from "../support/client.ts";
import { inputOf, mutate } from "../support/mutations.ts";
import { type Answer, sharedService, startService, startServiceOn } from "../support/service.ts";
import { listenToStatements, READ_BY_CALLERS } from "../support/sql.ts";
import { testTable } from "../support/test-table.ts";
import { PAGE_SIZE } from "../../src/graphql/resolvers/submission-page.ts";

const MB = 1_000_000;
/** Longest text of a field. */
const LONG = "x".repeat(20_000);
/** Headers that ask for a federated trace. */
const TRACED = { "apollo-federation-include-trace": "ftv1" };

const service = sharedService({ config: TRUSTS_ROUTER });
let longId: string;
beforeAll(async () => void (longId = await createdWith({ content: LONG })));

const askAs = (query: string, variables: object = {}, { scopes = EVERY_SCOPE, headers = {} } = {}) =>
  service.post(JSON.stringify({ query, variables }), { ...namedWith(scopes), ...headers });

/** Creates a helpdesk ticket with these changes, and returns its id. */
async function createdWith(changes: object): Promise<string> {
  const caller = clientOf(service.url, namedWith());
  return (await mutate(caller, "createHelpdeskTicket", { ...changes })).payload!.ticket!.id;
}

const longReferences = (count: number, id = longId) => referringTo(count, id);
const updateNumber = (nth: number) =>
  `u${nth}: updateTicketStatus(input: { ticketId: "t", bsgTicketId: "b", status: OPEN })`;
let newNumber = 830_000;
const endedBy = (code: string) => ({ data: null, errors: [{ extensions: { code } }] });

test("A request that ends before its reads begin MUST leave the places to others", async () => {
  await using another = await startService();
  const ended = `query { ticketSubmission(id: "none") { id } _entities(representations: [{}]) { __typename } }`;

  const errors = [{ extensions: { code: "BAD_USER_INPUT" } }];
  for (let nth = 0; nth < 10; nth++) expect(await postQuery(another, ended)).toMatchObject({ errors });

  const served = await postQuery(another, `{ ticket(id: "t") { id } }`);
  expect(served).toMatchObject({ data: { ticket: null }, errors: undefined });
}, 30_000);

describe("an answer", () => {
  testTable({
    "one text under 15 names in 500 references": underNames(15, "content"),
    "one text in lists within lists": inLists("ticket { content }"),
    "100,000 short fields": inLists(underNames(15, "ticket { id number kind status subject customerName }")),
  })("MUST be one error when it would hold %s", async (_, fields) => {
    for (const headers of [{}, {}, TRACED]) {
      const answer = await askAs(entitiesWith(fields), longReferences(500), { headers });

      expect(answer).toMatchObject({ status: 200, ...endedBy("ANSWER_TOO_LARGE") });
      expect(answer.errors).toHaveLength(1);
    }
  });

  test("MUST hold what 500 references to different tickets and pages of the usual size ask for", async () => {
    const fields = "id number kind status statusLabel customerName subject content observedAt statusInDoubt";

    const { data, errors, text } = await askAs(entitiesWith(fields), longReferences(400));

    expect([errors, (data as Record<string, []>)["_entities"]?.length]).toEqual([undefined, 400]);
    expect(text.length).toBeGreaterThan(8 * MB);
  });

  test("MUST stay small also when text takes more bytes than characters", async () => {
    const id = await createdWith({ content: '"'.repeat(20_000), helpdeskTicketNumber: "826283" });
    const answer = await askAs(entitiesWith("content"), longReferences(220, id));

    expect(answer).toMatchObject(endedBy("ANSWER_TOO_LARGE"));
  });

  test("MUST NOT be larger with a list of queries", async () => {
    const query = entitiesWith("content");
    const list = [1, 2, 3].map(() => ({ query, variables: longReferences(160) }));

    const { text } = await service.post(JSON.stringify(list), namedWith());

    expect(JSON.parse(text)).toMatchObject([{ data: {} }, { data: {} }, endedBy("ANSWER_TOO_LARGE")]);
  });

  test("MUST be one error when long names of __typename make it too large", async () => {
    const fits = await askAs(entitiesWith("content __typename"), longReferences(400));
    const isTooLarge = await askAs(entitiesWith(`content ${LONG_TYPE_NAMES}`), longReferences(400));

    expect(fits.errors).toBe(undefined);
    expect(isTooLarge).toMatchObject(endedBy("ANSWER_TOO_LARGE"));
  });

  test("MUST hold the schema ten times, as tools ask for it", async () => {
    const list = Array.from({ length: 10 }, () => ({ query: getIntrospectionQuery() }));

    const { text } = await service.post(JSON.stringify(list), namedWith("schema:read"));
    const answers = JSON.parse(text) as object[];

    expect(answers).toEqual(answers.map(() => ({ data: { __schema: expect.anything() as unknown } })));
  });

  test("MUST be one error when the tickets behind it hold too much text, also when it shows none of that", async () => {
    const long = "\u{1F600}".repeat(20_000);
    const changes = { description: long, claimReason: long };
    const fitting = Math.floor(MAX_READ_BYTES / (2 * Buffer.byteLength(long))) - 1;
    const ids: string[] = [];
    for (let nth = 0; nth < fitting + 2; nth++)
      ids.push(await createdWith({ ...changes, helpdeskTicketNumber: String(900_000 + nth) }));
    const ask = (count: number) => askAs(entitiesWith("id"), referringTo(count, ...ids));

    expect(await ask(fitting)).toMatchObject({ errors: undefined });
    expect(await ask(ids.length)).toMatchObject(endedBy("ANSWER_TOO_LARGE"));
  });
});

describe("an operation", () => {
  const HISTORIES = entitiesWith(underNames(15, "submissions(first: 1) { edges { cursor } }"));
  const ENDING: [code: string, query: string, scopes?: string][] = [
    ["FORBIDDEN", HISTORIES, "ticket:read"],
    ["BAD_USER_INPUT", HISTORIES.replaceAll("first: 1", "first: 0")],
    ["BAD_USER_INPUT", HISTORIES.replaceAll("first: 1", 'after: "wrong"')],
    ["TOO_MANY_SUBMISSIONS", HISTORIES.replaceAll("first: 1", "first: 100")],
  ];

  test.each(ENDING)("MUST end at the first %s below a list", async (code, query, scopes = EVERY_SCOPE) => {
    const before = await service.refusals(code as "FORBIDDEN");
    const answer = await askAs(query, longReferences(500), { scopes });

    expect(answer).toMatchObject(endedBy(code));
    expect(answer.errors).toHaveLength(1);
    expect(await service.refusals(code as "FORBIDDEN")).toBe(before + 1);
  });

  test("MUST keep the data beside an error that is not below a list", async () => {
    const query = `{ ticket(id: "${longId}") { id submissions { nodes { id } } } ticketSubmissions { nodes { id } } }`;
    const answer = await askAs(query, {}, { scopes: "ticket:read" });

    expect(answer.data).toEqual({ ticket: { id: longId, submissions: null }, ticketSubmissions: null });
    expect(answer.errors).toMatchObject([
      { path: ["ticketSubmissions"], extensions: { code: "FORBIDDEN" } },
      { path: ["ticket", "submissions"], extensions: { code: "FORBIDDEN" } },
    ]);
  });

  test("MUST count each refusal once", async () => {
    const query = `{ ${underNames(10, `ticket(id: "t") { id }`)} }`;
    const list = (length: number) => JSON.stringify(Array.from({ length }, () => ({ query })));
    const lengths = async (count: number) => {
      const { text } = await service.post(list(count), namedWith("ticket:create"));
      return (JSON.parse(text) as Answer<unknown>[]).map(({ data, errors }) => data && errors!.length);
    };

    expect(await lengths(4)).toEqual([10, 10, 10, 10]);
    expect(await lengths(5)).toEqual([10, 10, 10, 10, null]);
  });

  test(`MUST end at the latest after ${MAX_FIELD_ERRORS} errors, and execute no further mutation`, async () => {
    await using broken = await startServiceOn("SQLite");
    const post = (query: string) => postQuery(broken, query);
    for (let nth = 0; nth < 30; nth++) await post(`mutation { ${updateNumber(nth)} { replayed } }`);
    const sent = broken.sandbox.received.length;
    await broken.sql.run("DROP TABLE action_subjects");

    const histories = "submissions(first: 25) { nodes { resolution { note } actions { note } } }";
    const { data, errors } = await post(`mutation {
      ${updateNumber(0)} { submission { id state } ticket { id ${histories} } }
      ${updateNumber(1)} { replayed }
    }`);
    const asked = await post(`{ ticket(id: "t") { ${histories} } }`);

    const receipt = { submission: { id: expect.any(String) as string, state: "CONFIRMED" } };
    expect(data).toMatchObject({ u0: { ...receipt, ticket: { id: "t" } }, u1: null });
    expect(errors!.length).toBeLessThanOrEqual(MAX_FIELD_ERRORS + 1);
    expect(errors!.at(-1)).toMatchObject({ path: ["u1"], extensions: { code: "OVERLOADED" } });
    expect(broken.sandbox.received.length).toBe(sent + 1);
    expect(asked).toMatchObject(endedBy("LEDGER_UNAVAILABLE"));
    expect(asked.errors).toHaveLength(1);
  });

  const RECEIPT = "replayed problems { code } submission { id state }";
  const TEXTS = "content a: content b: content c: content d: content";
  test.each([
    ["before", `ticket { id ${TEXTS} } ${RECEIPT}`],
    ["behind", `${RECEIPT} ticket { id ${TEXTS} }`],
    ["within", `submission { ticket { id ${TEXTS} } id state } problems { code } replayed ticket { id }`],
  ])("MUST answer a receipt whole when a text %s it makes the answer too large", async (_, receipt) => {
    const update = { ticketId: longId, bsgTicketId: "b", status: "OPEN" };
    const change = `mutation ($input: UpdateTicketStatusInput!) { updateTicketStatus(input: $input) { replayed } }`;
    for (let nth = 0; nth < 49; nth++) await askAs(change, { input: update });
    const content = "\u{1F600}".repeat(20_000);
    const input = inputOf("createHelpdeskTicket", { helpdeskTicketNumber: String(newNumber++), content });

    const { data, errors } = await askAs(
      `mutation ($update: UpdateTicketStatusInput!, $input: CreateHelpdeskTicketInput!) {
        large: updateTicketStatus(input: $update) { ticket { submissions(first: 50) { nodes { ticket { ${underNames(8, "content")} } } } } }
        create: createHelpdeskTicket(input: $input) { ${receipt} }
        later: createHelpdeskTicket(input: $input) { replayed }
      }`,
      { update, input },
    );

    const { large, create, later } = data as Record<string, unknown>;
    const id = expect.any(String) as string;
    expect(JSON.stringify(large).length).toBeGreaterThan(8 * MB);
    const submission = { id, state: "CONFIRMED" };
    expect(create).toMatchObject({ replayed: false, problems: [], submission, ticket: { id } });
    expect(later).toBe(null);
    const message = "Not begun: the operation had ended before.";
    expect(errors).toMatchObject([
      { extensions: { code: "ANSWER_TOO_LARGE" } },
      { path: ["later"], message, extensions: { code: "OVERLOADED" } },
    ]);
  });

  test.each([{}, TRACED])("MUST keep a receipt beside a refusal below a list in it: %o", async (headers) => {
    const input = inputOf("createHelpdeskTicket", { helpdeskTicketNumber: String(newNumber++) });
    const refused = "submissions { nodes { ticket { submissions(first: 0) { nodes { id } } } } }";

    const answer = await askAs(
      `mutation ($input: CreateHelpdeskTicketInput!) {
        first: createHelpdeskTicket(input: $input) { submission { state } ticket { id ${refused} } problems { code } }
        second: createHelpdeskTicket(input: $input) { replayed }
      }`,
      { input },
      { headers },
    );

    const first = { submission: { state: "CONFIRMED" }, ticket: { id: expect.any(String) }, problems: [] };
    expect(answer.data).toMatchObject({ first, second: null });
    expect(answer.errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT" } },
      { path: ["second"], extensions: { code: "OVERLOADED" } },
    ]);
  });
});

test("An operation MUST read a ticket once, however often and wherever it is asked for", async () => {
  using statements = listenToStatements();
  await askAs(
    `query ($references: [_Any!]!) {
      ticket(id: "${longId}") { id submissions(first: 1) { edges { node { ticket { id } } } } }
      _entities(representations: $references) { ... on Ticket { id submissions(first: 1) { edges { node { ticket { id } } } } } }
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
  for (let nth = 0; nth < 30; nth++)
    await mutate(another, "updateTicketStatus", { ticketId: `ticket-${nth}` });

  using statements = listenToStatements();
  const { data } = await postQuery(another, NESTED);

  const submissions = { nodes: [{ id: expect.any(String) as string }] };
  const nodes = Array.from({ length: 30 }, () => ({ ticket: { submissions } }));
  expect(data).toEqual({ ticketSubmissions: { nodes } });
  expect(statements.matching(READ_BY_CALLERS)).toHaveLength(3); // of the list, of its tickets, and of their histories
});

test("An operation MUST read the actions on many submissions in parts, and serve others between them", async () => {
  await using another = await startService();
  const ids = ["one", "two"];
  for (const id of ids)
    for (let nth = 0; nth < 60; nth++) await mutate(another, "updateTicketStatus", { ticketId: id });

  using statements = listenToStatements();
  const query = entitiesWith("submissions(first: 100) { nodes { resolution { verdict } actions { type } } }");
  const { errors } = await postQuery(another, query, referringTo(2, ...ids));

  expect(errors).toBe(undefined);
  expect(statements.matching(/from action_subjects/i)).toHaveLength(2); // of 100 submissions, and of 20
});
