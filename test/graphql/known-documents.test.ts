/** Operations that the service knows: Apollo prepares each once, and takes part again only where more is needed than to execute it. */
import { DatabaseSync } from "node:sqlite";
import { ApolloServer } from "@apollo/server";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { startServer } from "../../src/graphql/server.ts";
import { Limiter } from "../../src/limiter.ts";
import { RequestLoad } from "../../src/request-load.ts";
import { captured } from "../support/captured.ts";
import { ROUTER, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { MUTATIONS, mutate } from "../support/mutations.ts";
import { type Service, sharedService, startService, startServiceOn } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";

const UPDATE = MUTATIONS.updateTicketStatus.example;
const TICKET = "query Ticket($id: ID!) { ticket(id: $id) { id kind status } }";
const NO_PAGE = "ticketSubmissions(first: 0) { edges { cursor } }";
const TWO = `query A { a: __typename } mutation B($input: UpdateTicketStatusInput!) {
  updateTicketStatus(input: $input) { problems { code } }
}`;
const UPDATE_WITH_PAGE = `updateTicketStatus(input: { ticketId: "t", bsgTicketId: "b", status: OPEN }) { ticket { submissions(first: $n)`;

interface Sent {
  query: string;
  variables?: object | null;
  operationName?: string | null;
}
const ticketWith = (variables: object) => ({ query: TICKET, variables });

const runByApollo = vi.spyOn(ApolloServer.prototype, "executeOperation");
beforeEach(() => void runByApollo.mockClear());
afterAll(() => runByApollo.mockRestore());

/** Sends a request several times. Returns the answers with their log lines, and how many of the requests Apollo executed. */
async function sendTimes(count: number, service: Service, request: Sent, headers: object = {}) {
  const answers = [];
  for (let nth = 0; nth < count; nth++) {
    const { status, text } = await service.post(JSON.stringify(request), { ...ID, ...headers });
    answers.push({ status, text, log: { ...service.operations.at(-1), startedAt: 0, tookMs: 0 } });
  }
  return { answers, byApollo: runByApollo.mock.calls.length };
}
const ID = { "x-request-id": "sent-again" };

/** Requests, and how many of three Apollo executes. */
const REQUESTS: Record<string, [byApollo: number, request: Sent]> = {
  "an error and a result": [1, { query: `{ ok: __typename ${NO_PAGE} }` }],
  "a document without a name": [1, { query: "{ __typename }", operationName: null, variables: null }],
  "one of two operations": [1, { query: TWO, operationName: "A" }],
  "nothing but skipped fields": [1, { query: "mutation { __typename @skip(if: true) }" }],
  "variables that do not fit": [3, ticketWith({ id: { s3cret: 1 } })],
  "an unknown name": [3, { ...ticketWith({ id: "1" }), operationName: "__proto__" }],
  "no name where there are two": [3, { query: TWO }],
  "a syntax error": [3, { query: "{ ticket(id: 1 { id } }" }],
  "an unknown field of the schema": [3, { query: "{ tickett { id } }" }],
  introspection: [3, { query: "{ __schema { queryType { name } } }" }],
  "the SDL": [3, { query: "{ _service { sdl } }" }],
  "skipped introspection": [3, { query: "{ a: __typename __schema @skip(if: true) { queryType { name } } }" }],
};

describe.each(["production", "development"] as const)("in %s", (mode) => {
  const service = sharedService({ config: { APP_MODE: mode } });

  testTable(REQUESTS)("a known request MUST be answered and logged as at first: %s", async (_, [by, request]) => {
    const { answers, byApollo } = await sendTimes(3, service, request);

    expect(byApollo).toBe(by);
    expect(answers).toEqual(Array(3).fill(answers[0]));
  });
});

test("A caller without an identity MUST make no request known, and push none out, and MUST be answered as before", async () => {
  await using service = await startService({ config: TRUSTS_ROUTER });
  const request = { query: "{ __typename }" };

  expect((await sendTimes(2, service, request, ROUTER)).byApollo).toBe(2);
  expect((await sendTimes(2, service, request, namedWith())).byApollo).toBe(3);
  for (let nth = 0; nth < 1100; nth++) await service.post(JSON.stringify({ query: `{ a${nth}: __typename }` }), ROUTER);
  runByApollo.mockClear();

  const { answers, byApollo } = await sendTimes(1, service, request, namedWith());
  expect([answers[0]!.text, byApollo]).toEqual(['{"data":{"__typename":"Query"}}', 0]);
  expect((await sendTimes(1, service, request, ROUTER)).byApollo).toBe(0); // it may use what others made known
});

test.each<[fault: string, statement: string, code: ErrorCode]>([
  ["a ledger that is down", "ALTER TABLE tickets RENAME TO lost", "LEDGER_UNAVAILABLE"],
  [
    "a fault of this service",
    "PRAGMA ignore_check_constraints = 1; DELETE FROM tickets; UPDATE submissions SET requested_status = 'S3CRET'",
    "INTERNAL_SERVER_ERROR",
  ],
])("A known request MUST tell callers and operators of %s", async (_, statement, code) => {
  await using service = await startServiceOn("SQLite");
  const { payload } = await mutate(service, "updateTicketStatus");
  runByApollo.mockClear();
  const id = payload?.ticket?.id;
  using database = new DatabaseSync(service.place.url.replace("sqlite:", ""), { timeout: 5000 });
  database.exec(statement);

  const { answers, byApollo } = await sendTimes(2, service, ticketWith({ id }));

  expect(byApollo).toBe(1);
  expect(answers[1]).toMatchObject({ text: expect.stringContaining(code), log: { outcome: code } });
  expect(answers[1]).toEqual(answers[0]);
});

describe("a known request", () => {
  const service = sharedService({ config: TRUSTS_ROUTER });

  test.each([
    ["UNAUTHENTICATED", ROUTER],
    ["FORBIDDEN", namedWith("")],
  ])("MUST be refused to a caller: %s", async (code, headers) => {
    const request = { query: `${TICKET} # ${code}`, variables: { id: "1" } };
    await sendTimes(1, service, request, namedWith());

    const { answers, byApollo } = await sendTimes(1, service, request, headers);

    expect(byApollo).toBe(1); // the first
    expect(answers[0]).toMatchObject({ status: 200, text: expect.stringContaining(`"${code}"`) });
  });

  test("MUST have a federated trace when a router asks for it, and then only", async () => {
    const headers = namedWith();
    const request = { query: `${TICKET} # traced`, variables: { id: "1" } };
    const trace = { ...headers, "apollo-federation-include-trace": "ftv1" };

    const [plain] = (await sendTimes(1, service, request, headers)).answers;
    const [traced] = (await sendTimes(1, service, request, trace)).answers;
    const { answers, byApollo } = await sendTimes(1, service, request, headers);

    const answer = JSON.parse(plain!.text) as object;
    expect(JSON.parse(traced!.text)).toEqual({ ...answer, extensions: { ftv1: expect.any(String) } });
    expect([byApollo, answers[0]]).toEqual([2, plain]);
  });
});

describe("documents", () => {
  test("MUST be distinguished by every character", async () => {
    await using service = await startService();
    const places = [];
    for (const before of ["{ ", "\n{ ", "#\n\n{ ", "{   "]) {
      const { answers } = await sendTimes(2, service, { query: `${before}${NO_PAGE} }` });
      places.push(...captured(answers[1]!.text, /"line":(\d+,"column":\d+)/g));
    }

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

test("A known request MUST NOT run after the server has stopped", async () => {
  const none = {} as Parameters<typeof startServer>[0];
  const server = await startServer({ ...none, isOpen: false, isSchemaOpen: false }, () => {});
  const facts = {
    requestId: "",
    headers: {},
    caller: { code: "UNAUTHENTICATED" },
    deadline: Infinity,
    load: new RequestLoad(new Limiter({ most: 10_000 }), "", performance.now() + 60_000),
  } as const;
  const run = () => server.execute({ query: "{ __typename }" }, facts);
  const answer = { status: 200, body: '{"data":{"__typename":"Query"}}' };
  expect([await run(), await run()]).toEqual([answer, answer]);

  await server[Symbol.asyncDispose]();

  await expect(run()).rejects.toThrow("after the server has stopped");
});
