import { randomUUID } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { Bounds, Budget } from "../../src/graphql/bounds.ts";
import type { Context } from "../../src/graphql/context.ts";
import { OperationRecord } from "../../src/graphql/plugins/operation-log.ts";
import { startServer } from "../../src/graphql/server.ts";
import { captured } from "../support/captured.ts";
import { postQuery } from "../support/client.ts";
import { EVERY_SCOPE, ROUTER, type Issuer, credentials, startIssuer } from "../support/issuer.ts";
import { MUTATIONS, inlined, mutate } from "../support/mutations.ts";
import { ROOT } from "../support/repository.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
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

function withNewKey(name: string, value: unknown): unknown {
  return name === "idempotencyKey" ? randomUUID() : value;
}

const CREATE = MUTATIONS.createHelpdeskTicket.document;
const EXAMPLE = MUTATIONS.createHelpdeskTicket.example;
const TICKET = "query Ticket($id: ID!) { ticket(id: $id) { id kind status } }";
const pageWith = (variable: string) =>
  `query Page(${variable}) { ticketSubmissions(first: $first) { edges { cursor } } }`;
const NO_PAGE = "ticketSubmissions(first: 0) { edges { cursor } }";
const PAGE = pageWith("$first: Int!");
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

const withHeaders = (headers: Record<string, string>) => ({ query: "{ __typename }", headers });

/** Requests that prepared operations answer. */
const PREPARED: Record<string, Sent> = {
  ...EXAMPLES,
  "a replay": creating({ idempotencyKey: KEY }),
  "a key with another request": creating({ idempotencyKey: KEY, customerName: "Another" }),
  "a document without variables": { query: inlined("createVoiceTicket") },
  "a create with problems of its fields": creating({ customerEmail: "no email", customerName: " " }),
  "a create with text in other scripts": creating({
    customerName: "Ñandú 漢字 🦜 \u202e",
    content: "\u0000\ud800",
  }),
  "a ticket that does not exist": { query: TICKET, variables: { id: "nothing" } },
  "an error of a resolver": { query: PAGE, variables: { first: 1000 } },
  "an error and a result": { query: `{ ok: __typename ${NO_PAGE} }` },
  "errors in three fields": { query: `{ a: ${NO_PAGE} b: ${NO_PAGE} c: ${NO_PAGE} }` },
  "a default value of the place alone": { query: pageWith("$first: Int") },
  "a default value": { query: pageWith("$first: Int = 5") },
  "variables that nobody asked for": {
    query: TICKET,
    variables: { id: "1", secret: "s3cret", __proto__x: 1 },
  },
  "no variables where none are needed": { query: "{ __typename }" },
  "variables that are null": { query: "{ __typename }", variables: null },
  "a name that is null": { query: "{ __typename }", operationName: null },
  aliases: { query: "{ a: __typename b: __typename c: ticket(id: 1) { x: id } }" },
  fragments: { query: "{ ...f ... on Query { b: __typename } } fragment f on Query { a: __typename }" },
  "a field that is skipped": { query: SKIPPING, variables: { no: true } },
  "a field that is included": { query: SKIPPING, variables: { no: false } },
  "nothing but skipped fields": { query: "mutation { __typename @skip(if: true) }" },
  "one of two operations, a query": { query: TWO, operationName: "A" },
  "one of two operations, a mutation": {
    query: TWO,
    operationName: "B",
    variables: { input: MUTATIONS.updateTicketStatus.example },
  },
  references: { query: REFERENCES, variables: { r: [REFERENCE] } },
  "too many references": {
    query: REFERENCES,
    variables: { r: Array.from({ length: 501 }, () => REFERENCE) },
  },
  "a reference to a type that is none": {
    query: REFERENCES,
    variables: { r: [{ ...REFERENCE, __typename: "S3cret" }] },
  },
  "an unknown reference": {
    query: `{ ticketsByReference(reference: {type: BSG_TICKET_ID, value: "1"}) { id } }`,
  },
  extensions: { query: "{ __typename }", extensions: { anything: { at: ["all"] } } },
  "a document with a byte order mark": { query: "\uFEFF{ __typename }" },
  "a body with a byte order mark": { query: "{ a: __typename }", body: (json) => `\uFEFF${json}` },
  "commas for blanks": { query: ",,{,__typename,}," },
  "the media type of GraphQL": withHeaders({ accept: "application/graphql-response+json" }),
  "any media type": {
    query: PAGE,
    variables: { first: 0 },
    headers: { accept: "text/html;q=0.9, */*;q=0.1" },
  },
  "a reference with a list that is deep": {
    query: REFERENCES,
    variables: { r: [{ ...REFERENCE, more: "DEEP" }] },
    body: deepen,
  },
};

/** Requests that reach Apollo each time, because they need more than a prepared operation. */
const APOLLOS: Record<string, Sent> = {
  "no variables where some are needed": { query: CREATE },
  "a variable of a wrong type": { query: TICKET, variables: { id: { s3cret: 1 } } },
  "a field of a wrong type": creating({ customerName: 5, amount: false }),
  "an unknown field": creating({ s3cret: "s3cret" }),
  "an unknown field next to __proto__": {
    ...creating({}),
    variables: JSON.parse(`{"input":{"__proto__":{}}}`) as unknown,
  },
  "a list for a value": { query: TICKET, variables: { id: ["1"] } },
  "an unknown name": { query: TICKET, variables: { id: "1" }, operationName: "Tickets" },
  "an empty name": { query: TICKET, variables: { id: "1" }, operationName: "" },
  "a name of JavaScript": { query: TICKET, variables: { id: "1" }, operationName: "__proto__" },
  "no name where there are two": { query: TWO },
  "a syntax error": { query: "{ ticket(id: 1 { id } }" },
  "a document without an operation": { query: "fragment f on Query { __typename }" },
  "nothing but a comment": { query: "# nothing" },
  "an unknown field of the schema": { query: "{ tickett { id } }" },
  "a null that a default value of the place hid": {
    query: pageWith("$first: Int"),
    variables: { first: null },
  },
  "a null that a default value hid": { query: pageWith("$first: Int = 5"), variables: { first: null } },
  "a null by default": { query: pageWith("$first: Int = null") },
  "a null within an input that a default value hid": {
    query: `mutation ($t: ID = "1") { updateTicketStatus(input: {ticketId: $t, bsgTicketId: "1", status: OPEN}) { replayed } }`,
    variables: { t: null },
  },
  "too many tokens": { query: `{ ticket(id: 1) { ${"id ".repeat(3000)} } }` },
  "an answer in parts": { query: "{ ... @defer { __typename } }" },
  introspection: { query: "{ __schema { queryType { name } } }" },
  "introspection of a type in a fragment": {
    query: `{ ...f } fragment f on Query { __type(name: "Ticket") { name } }`,
  },
  "the SDL": { query: "{ _service { sdl } }" },
  "introspection that is skipped": {
    query: "{ a: __typename __schema @skip(if: true) { queryType { name } } }",
  },
  "a list for text that is deep": { query: TICKET, variables: { id: "DEEP" }, body: deepen },
  "a list for an input that is deep": { query: CREATE, variables: { input: "DEEP" }, body: deepen },
};

/** Requests that are refused before Apollo and prepared operations. */
const REFUSED: Record<string, Sent> = {
  "a subscription": { query: "subscription { __typename }" },
  "a document that is too deep": {
    query: `{ ${"ticket(id: 1) { history { ".repeat(9)} id ${"} } ".repeat(9)} }`,
  },
  "too many aliases": { query: `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(" ")} }` },
  "too many directives": { query: `{ __typename ${"@skip(if: false)".repeat(21)} }` },
  "a batch with a mutation": { body: () => `[{"query":"mutation { __typename }"}]` },
  "a persisted query": {
    query: "{ __typename }",
    extensions: { persistedQuery: { version: 1, sha256Hash: "5" } },
  },
  "an answer in a media type that is none of ours": withHeaders({ accept: "text/html" }),
};

describe.each(["production", "development"] as const)("in %s, the second request", (mode) => {
  let service: Service;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    service = opened.use(await startService({ config: { APP_MODE: mode } }));
    await mutate(service, "createHelpdeskTicket", { idempotencyKey: KEY });
  });
  afterAll(() => opened.disposeAsync());

  /** Sends a request twice, and expects the same effects. Returns them, and for which of the two Apollo took part. */
  async function sameBothWays(request: Sent) {
    const { effects, apollo } = await sendBothWays(service, request);
    expect(effects[1]).toEqual(effects[0]);
    return { ...effects[0], apollo };
  }

  testTable(PREPARED)("MUST have every effect of the first, without Apollo: %s", async (_, request) => {
    expect(await sameBothWays(request)).toMatchObject({ apollo: [true, false] });
  });

  testTable(APOLLOS)("MUST have every effect of the first, by Apollo: %s", async (_, request) => {
    expect(await sameBothWays(request)).toMatchObject({ apollo: [true, true] });
  });

  testTable(REFUSED)("MUST be refused like the first: %s", async (_, request) => {
    const { status, apollo } = await sameBothWays(request);

    expect(apollo).toEqual([false, false]);
    expect(status).toBeGreaterThanOrEqual(400);
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
  let issuer: Issuer;
  let service: Service;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    issuer = opened.use(await startIssuer());
    service = opened.use(await startService({ config: issuer.auth }));
  });
  afterAll(() => opened.disposeAsync());

  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  /** Headers of callers, and the error that each gets from every operation. */
  const CALLERS: [who: string, token: Parameters<Issuer["token"]> | null, code: ErrorCode | null][] = [
    ["no token", null, "UNAUTHENTICATED"],
    ["an expired token", [{ exp: hourAgo }], "UNAUTHENTICATED"],
    ["a token of another key", [{}, { key: "s3cret", kid: "ES256-current" }], "UNAUTHENTICATED"],
    ["no scope", [{ scope: "" }], "FORBIDDEN"],
    ["every scope", [{ scope: EVERY_SCOPE }], null],
  ];
  const SOME = /\.graphql$|references|result|one of two operations, a mutation/;

  test.each(CALLERS)(
    "MUST ask who calls, as Apollo does, before every example: %s",
    async (_, token, code) => {
      const headers = token ? credentials(await issuer.token(...token)) : ROUTER;
      for (const [what, request] of Object.entries(PREPARED).filter(([name]) => SOME.test(name))) {
        const { effects, apollo } = await sendBothWays(service, { ...request, headers });

        expect(apollo).toEqual([true, false]);
        const refusals = captured(effects[1].body, /"(UNAUTHENTICATED|FORBIDDEN)"/g);
        // Without a scope a client may ask for a submission by its own key, and finds none here.
        const isRefused = code !== null && !(code === "FORBIDDEN" && what.includes("by-key"));
        expect([...new Set(refusals)]).toEqual(isRefused ? [code] : []);
        expect(effects[1]).toEqual(effects[0]);
      }
    },
  );

  test("MUST open nothing for others than its first caller", async () => {
    const all = credentials(await issuer.token({ scope: EVERY_SCOPE }));
    const request = { query: `${CREATE} # of one caller`, variables: { input: EXAMPLE } };
    const own = [];
    for (let turn = 0; turn < 2; turn++) own.push(await effectsOf(service, { ...request, headers: all }));
    const received = service.sandbox.received.length;

    const other = credentials(await issuer.token({ scope: "ticket:read" }));
    const refused = await effectsOf(service, { ...request, headers: other });
    const anonymous = await effectsOf(service, { ...request, headers: ROUTER });

    expect(own.map(({ apollo }) => apollo)).toEqual([true, false]);
    expect([refused.apollo, anonymous.apollo]).toEqual([false, false]);
    expect(refused.effects.body).toContain('"code":"FORBIDDEN"');
    expect(anonymous.effects.body).toContain('"code":"UNAUTHENTICATED"');
    expect(service.sandbox.received).toHaveLength(received);
  });

  test("MUST NOT exist for a question about the schema, which a caller with the scope asked before", async () => {
    const all = credentials(await issuer.token({ scope: EVERY_SCOPE }));
    const other = credentials(await issuer.token({ scope: "ticket:read" }));
    for (const [what, request] of Object.entries(APOLLOS).filter(([name]) =>
      /introspection|SDL/.test(name),
    )) {
      const shown = await effectsOf(service, { ...request, headers: all });
      const refused = await effectsOf(service, { ...request, headers: other });

      expect([what, shown.effects.status, shown.apollo]).toEqual([what, 200, true]);
      expect(refused.effects.body).toMatch(/^\{"errors":\[.*"code":"FORBIDDEN"/);
    }
  });

  test("MUST leave a federated trace to Apollo, and answer the next request itself", async () => {
    const headers = credentials(await issuer.token());
    const request = { query: `${TICKET} # traced`, variables: { id: "1" }, headers };
    const [first, second] = [await effectsOf(service, request), await effectsOf(service, request)];
    const trace = { ...request, headers: { ...headers, "apollo-federation-include-trace": "ftv1" } };

    const traced = await effectsOf(service, trace);
    const next = await effectsOf(service, request);

    expect([first.apollo, second.apollo, traced.apollo, next.apollo]).toEqual([true, false, true, false]);
    expect(JSON.parse(traced.effects.body)).toEqual({
      ...(JSON.parse(first.effects.body) as object),
      extensions: { ftv1: expect.any(String) },
    });
    expect(next.effects).toEqual(first.effects);
  });
});

describe("documents", () => {
  test("MUST be told apart by every character", async () => {
    await using service = await startService();
    const texts = [`{ ${NO_PAGE} }`, `\n{ ${NO_PAGE} }`, `#\n\n{ ${NO_PAGE} }`, `{   ${NO_PAGE} }`];
    const answers = async () => {
      const found = [];
      for (const query of texts) found.push(await effectsOf(service, { query }));
      return found;
    };

    const [first, second] = [await answers(), await answers()];

    expect(new Set(first.map(({ apollo }) => apollo))).toEqual(new Set([true]));
    expect(new Set(second.map(({ apollo }) => apollo))).toEqual(new Set([false]));
    expect(second.map(({ effects }) => effects)).toEqual(first.map(({ effects }) => effects));
    const places = second.map(({ effects }) => /"line":(\d+),"column":\d+/.exec(effects.body)?.[0]);
    expect(places).toEqual(
      ["1,3", "2,3", "3,3", "1,5"].map((at) => `"line":${at.replace(",", ',"column":')}`),
    );
  });

  test.each(["query", "mutation"])(
    "MUST be prepared for each %s in them: a null that a default value hides is refused",
    async (kind) => {
      await using service = await startService();
      const field = kind === "query" ? "ticketSubmissions(first: $n)" : UPDATE_WITH_PAGE;
      const query = `query A { __typename } ${kind} B($n: Int = 5) { ${field} { nodes { id } } ${kind === "query" ? "" : "} }"} }`;
      const ask = (operationName: string, n: number | null = 1) =>
        service.post(JSON.stringify({ query, operationName, variables: { n } }));

      for (const name of ["A", "B"]) expect((await ask(name)).errors).toBe(undefined);
      const sent = service.sandbox.received.length;
      const { status, errors } = await ask("B", null);

      expect([status, errors]).toMatchObject([400, [{ extensions: { code: "BAD_USER_INPUT" } }]]);
      expect(service.sandbox.received.length).toBe(sent);
    },
  );

  test("MUST be prepared once, however many requests for them come together", async () => {
    await using service = await startService();
    const one = (id: number) =>
      service.post(
        JSON.stringify({
          query: TWO,
          operationName: id % 2 ? "A" : "B",
          variables: { input: { ...MUTATIONS.updateTicketStatus.example, ticketId: String(id) } },
        }),
      );

    const answers = [];
    for (let wave = 0; wave < 3; wave++)
      answers.push(...(await Promise.all(Array.from({ length: 30 }, (_, id) => one(id)))));

    expect(new Set(answers.map(({ text }) => text))).toEqual(
      new Set(['{"data":{"a":"Query"}}', '{"data":{"updateTicketStatus":{"problems":[]}}}']),
    );
    expect(service.sandbox.received).toHaveLength(45);
  });

  test("MUST be kept while they are in use, however many others come", async () => {
    await using service = await startService();
    const inUse = { query: "{ inUse: __typename }" };
    const byApollo = [(await effectsOf(service, inUse)).apollo];

    for (let round = 1; round <= 4; round++) {
      for (let n = 0; n < 10; n++) {
        const others = Array.from({ length: 30 }, (_, nth) => `{ a${round}_${n}_${nth}: __typename }`);
        await Promise.all(others.map((query) => postQuery(service, query)));
      }
      byApollo.push((await effectsOf(service, inUse)).apollo);
    }

    expect(byApollo).toEqual([true, false, false, false, false]);
  });
});

test.each(["first", "second"])(
  "MUST refuse 40,000 misfits in a moment, as a fault of the %s request",
  async (turn) => {
    await using service = await startService();
    const misfits = Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`s3cret${n}`, 1]));
    if (turn === "second") await effectsOf(service, { query: CREATE });
    const before = process.cpuUsage();

    const { effects } = await effectsOf(service, creating(misfits));

    const { user } = process.cpuUsage(before);
    expect(effects.status).toBe(400);
    expect(effects.body).toMatch(/^\{"errors":\[\{"message":"A value does not fit the schema."/);
    expect(Object.keys(effects.metrics)).not.toContain(
      'sociomile_events_total{event="graphql.internal_error"}',
    );
    expect(user / 1000).toBeLessThan(500); // milliseconds: it takes 150, and took 840 with an error for each of 50 misfits
  },
);

test("MUST NOT run after the server has stopped", async () => {
  const spent = new Budget();
  const context = {
    caller: "UNAUTHENTICATED",
    record: new OperationRecord({ requestId: "", traceParent: null }),
    spent,
    bounds: new Bounds(spent),
  };
  const server = await startServer({ isOpen: false, schemaIsOpen: false }, () => {});
  const run = () =>
    server.execute({ query: "{ __typename }" }, context as Context, {
      traced: false,
      turn: () => Promise.resolve(true),
    });
  const answer = { status: 200, body: '{"data":{"__typename":"Query"}}' };
  expect([await run(), await run()]).toEqual([answer, answer]);

  await server[Symbol.asyncDispose]();

  await expect(run()).rejects.toThrow("after the server has stopped");
});
