import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unsafeNodeSettings } from "../../src/config/node-settings.ts";
import { CREATED } from "../sociomile/answers.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { ROUTER, TRUSTS_ROUTER, credentials, startIssuer } from "../support/issuer.ts";
import { placeFor } from "../support/ledgers.ts";
import { MUTATIONS, inlined, mutate } from "../support/mutations.ts";
import { CLIENT_SECRET_KEY, type Service, startService } from "../support/service.ts";
import { sqlOn } from "../support/sql.ts";
import { vendorAnswering } from "../support/vendor.ts";

/** Scopes of an ordinary client, without schema:read. */
const SCOPE = "ticket:create ticket:update ticket:read submission:read";

let service: Service;
let headers: Record<string, string>;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  const issuer = opened.use(await startIssuer());
  service = opened.use(await startService({ config: issuer.auth }));
  headers = credentials(await issuer.token({ scope: SCOPE }));
});
afterAll(() => opened.disposeAsync());

const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const asking = (query: string, variables = {}) => json({ query, variables });
const typed = (type: string, body: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});
const times = (count: number, text: (nth: number) => string) =>
  Array.from({ length: count }, (_, nth) => text(nth)).join(" ");

const manyReferences = (count: number) =>
  Array.from({ length: count }, () => ({ __typename: "Ticket", id: "1" }));

/** Signs of success of an attack. */
const hasData = (text: string) => /"data":\{/.test(text);
const suggests = (text: string) => /did you mean/i.test(text);
const isLong = (text: string) => text.length > 2000;
const hasTenErrors = (text: string) => (JSON.parse(text) as { errors: [] }).errors.length >= 10;
const shows = (pattern: RegExp) => (text: string) => pattern.test(text);

/** Attack, its request, the search of the URL if it has one, and the sign that it succeeded. */
type Attack = [what: string, request: RequestInit, succeeded: (text: string) => boolean, search?: string];

/** Checks of graphql-cop 1.15 (https://github.com/dolevf/graphql-cop), all 13. */
const GRAPHQL_COP: Attack[] = [
  ["101 aliases", asking(`{ ${times(101, (nth) => `a${nth}: __typename`)} }`), hasData],
  // It sends ten, which are answered within the limits of one request.
  ["a batch of eleven", json(Array.from({ length: 11 }, () => ({ query: "{ __typename }" }))), hasData],
  ["ten directives that do not exist", asking(`{ __typename ${"@aa".repeat(10)} }`), hasTenErrors],
  ["one field 500 times", asking(`{ ${times(500, () => "__typename")} }`), hasData],
  [
    "circular introspection",
    asking("{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"),
    hasData,
  ],
  ["a name that is nearly right", asking("{ __schema { directive } }"), suggests],
  ["introspection", asking("{ __schema { types { name fields { name } } } }"), hasData],
  ["a query by GET", {}, hasData, "?query={__typename}"],
  ["a mutation by GET", {}, hasData, "?query=mutation{__typename}"],
  ["a form", typed("application/x-www-form-urlencoded", "query=%7B__typename%7D"), hasData],
  ["a question for an IDE", { headers: { accept: "text/html" } }, shows(/<html|graphiql|playground/i)],
  ["a look for traces", asking("{ __typename }"), shows(/"tracing"/)],
  ["an error that nobody handles", asking("qwerty cop { abc }"), shows(/"exception"|stack|\.js\b/)],
];

/** Further attacks of these kinds. */
const FURTHER: Attack[] = [
  [
    "fragments in a circle",
    asking("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
    hasData,
  ],
  ["nine levels", asking(`${"{ ticket ".repeat(9)}${"}".repeat(9)}`), hasData],
  ["60,000 open lists", asking(`{ ticket(id: ${"[".repeat(60_000)}`), hasData],
  ["3,000 tokens", asking(`{ ticket(id: "1") { ${times(3000, () => "id")} } }`), hasData],
  ["900 directives that exist", asking(`{ __typename ${times(900, () => "@skip(if: true)")} }`), hasData],
  ["900 faults", asking(`{ ${times(900, (nth) => `x${nth}`)} }`), isLong],
  ["eleven mutations", asking(`mutation { ${times(11, (nth) => `m${nth}: __typename`)} }`), hasData],
  ["introspection of one type", asking('{ __type(name: "Ticket") { fields { name } } }'), hasData],
  ["the SDL", asking("{ _service { sdl } }"), shows(/type Ticket/)],
  [
    "names of arguments, values and types that are nearly right",
    asking("query ($a: Tickett) { ticket(idd: $a) { idd } ticketSubmissions(state: UNCERTAN) { edgess } }"),
    suggests,
  ],
  [
    "a field in variables that is nearly right",
    asking(MUTATIONS.createVoiceTicket.document, { input: { customerNam: "Alex" } }),
    suggests,
  ],
  ["JSON as text, which a page may send anywhere", typed("text/plain", '{"query":"{__typename}"}'), hasData],
  ["JSON as a part of a form", typed("multipart/form-data; boundary=x", '{"query":"{__typename}"}'), hasData],
  [
    "the registration of a persisted query",
    json({ query: "{ __typename }", extensions: { persistedQuery: { version: 1, sha256Hash: "0" } } }),
    hasData,
  ],
  ["an answer in parts", asking("{ ... @defer { __typename } }"), hasData],
  [
    "501 references in two fields",
    asking(
      `query ($a: [_Any!]!, $b: [_Any!]!) {
        a: _entities(representations: $a) { __typename } b: _entities(representations: $b) { __typename }
      }`,
      { a: manyReferences(250), b: manyReferences(251) },
    ),
    hasData,
  ],
];

const ATTACKS = [...GRAPHQL_COP, ...FURTHER];

test.each(ATTACKS)("MUST NOT succeed: %s", async (_, request, succeeded, search = "") => {
  const response = await fetch(service.url + search, {
    ...request,
    headers: { ...headers, ...(request.headers as Record<string, string>) },
  });
  const text = await response.text();

  expect({ status: response.status, text, succeeded: succeeded(text) }).toEqual({
    status: expect.toBeOneOf([200, 400, 405, 415]),
    text,
    succeeded: false,
  });
});

test("MUST be 29 attacks, and an honest request succeeds", async () => {
  const honest = await service.post(JSON.stringify({ query: inlined("createVoiceTicket") }), headers);

  expect([GRAPHQL_COP.length, FURTHER.length]).toEqual([13, 16]);
  expect([honest.status, honest.errors, hasData(honest.text)]).toEqual([200, undefined, true]);
});

/** Headers of a client, as a router sends them. */
const named = (clientId: string, scopes: string) => ({
  ...ROUTER,
  "x-client-id": clientId,
  "x-scopes": scopes,
});
const post = (to: Service, query: string, variables: object = {}, more: Record<string, string> = headers) =>
  to.post(JSON.stringify({ query, variables }), more);
const ticketsReferred = (fields: string) =>
  `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Ticket { ${fields} } } }`;
/** A client with these headers. */
function as(more: Record<string, string>, to = service): Pick<Service, "post"> {
  return { post: (body) => to.post(body, more) };
}
const problemsOf = async (changes: object) =>
  (await mutate(as(headers), "createHelpdeskTicket", { ...HELPDESK_TICKET, ...changes })).payload?.problems;

/** Weaknesses that hostile looks at this service have found, each as it was found. */
describe("found here before", () => {
  /** A card number that the check digit and the scheme's beginning make one. */
  const CARD = "4111111111111111";

  test("One reader MUST NOT get an answer of 600 MB with 28 KB", async () => {
    const { payload } = await mutate(as(headers), "createHelpdeskTicket", { content: "x".repeat(20_000) });
    const references = Array.from({ length: 500 }, () => ({ __typename: "Ticket", id: payload?.ticket?.id }));

    for (const fields of [
      times(15, (nth) => `a${nth}: content`),
      "submissions(first: 5) { edges { node { ticket { content } } } }",
    ]) {
      const { text, errors } = await post(service, ticketsReferred(fields), { r: references });

      expect(text.length).toBeLessThan(500);
      expect(errors).toMatchObject([{ extensions: { code: "ANSWER_TOO_LARGE" } }]);
    }
  });

  test("One reader MUST NOT get 35,000 errors with 28 KB", async () => {
    const { payload } = await mutate(as(headers), "createHelpdeskTicket", { helpdeskTicketNumber: "826283" });
    const references = Array.from({ length: 500 }, () => ({ __typename: "Ticket", id: payload?.ticket?.id }));
    const wrong = times(15, (nth) => `a${nth}: submissions(first: 0) { edges { cursor } }`);

    const { errors } = await post(
      service,
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Ticket { ${wrong} } } }`,
      { r: references },
    );

    expect(errors).toHaveLength(1);
  });

  test("A signal MUST NOT open the debugger, nor an option weaken the process", () => {
    // audits/dist.test.ts sends the signal, in every way of starting.
    const options =
      "--inspect --insecure-http-parser --report-on-signal --tls-keylog=keys.log --tls-min-v1.0";
    expect(unsafeNodeSettings({ NODE_OPTIONS: options }, [])).toHaveLength(options.split(" ").length);
  });

  test("A card number in the wrong box MUST NOT be kept in clear", async () => {
    const { text } = await mutate(as(headers), "createHelpdeskTicket", { branchComplaintNumber: CARD });
    const { payload } = await mutate(as(headers), "createHelpdeskTicket", {
      content: `Kartu ${CARD} tertelan`,
      helpdeskTicketNumber: "826284",
    });
    const shown = await post(service, `{ ticket(id: "${payload?.ticket?.id}") { content } }`);

    expect(text).toContain("INVALID_INPUT");
    expect(shown.data).toEqual({ ticket: { content: "Kartu ************1111 tertelan" } });
  });

  test("Two pasted values MUST NOT become one", async () => {
    const sent = service.sandbox.received.length;
    for (const helpdeskTicketNumber of ["826282-826285", "826282\n826285", "826282/826285"])
      expect((await mutate(as(headers), "createHelpdeskTicket", { helpdeskTicketNumber })).text).toContain(
        "INVALID_INPUT",
      );
    expect((await mutate(as(headers), "createHelpdeskTicket", { cardNumber: `${CARD} 123` })).text).toContain(
      "INVALID_INPUT",
    );
    expect(service.sandbox.received.length).toBe(sent);
  });

  test("Nobody MUST be logged out by a new key of the issuer, while somebody tries unknown keys", async () => {
    await using issuer = await startIssuer();
    await using own = await startService({ config: issuer.auth });
    const codeOf = async (key: string) =>
      (await post(own, '{ ticket(id: "1") { id } }', {}, credentials(await issuer.token({}, { key }))))
        .errors?.[0]?.extensions.code;
    expect(await codeOf("current")).toBe(undefined);
    await codeOf("unknown");
    issuer.publish("new");

    expect(await codeOf("new")).toBe("AUTHENTICATION_UNAVAILABLE");
  });

  test("A merged header MUST NOT grant the scopes of both, nor a second token count", async () => {
    await using own = await startService({ config: TRUSTS_ROUTER });
    const answer = await post(
      own,
      '{ ticket(id: "1") { id } }',
      {},
      named("the-app", "submission:read, ticket:read"),
    );

    expect(answer.errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  test("One client MUST NOT fill the whole queue of later deliveries", async () => {
    await using place = await placeFor("SQLite");
    const config = { ...TRUSTS_ROUTER, DELIVERY_MAX_QUEUED: 8 };
    await using own = await startService({ config, ledgerUrl: place.url, mood: "unauthorized" });
    await using sql = await sqlOn(place);
    const handIn = async (clientId: string, nth: number) =>
      mutate(as(named(clientId, "ticket:create"), own), "createVoiceTicket", {
        idempotencyKey: `key-of-this-attack-${nth}`,
        whenUnavailable: "DELIVER_LATER",
      });
    for (let nth = 0; nth < 8; nth++) await handIn("greedy", nth);
    const refused = await handIn("greedy", 8);
    await handIn("modest", 0);

    const queued = await sql.run(
      "SELECT client_id FROM submissions WHERE state = 'QUEUED' ORDER BY client_id",
    );
    expect(queued.map(({ client_id }) => client_id)).toEqual([...Array(6).fill("greedy"), "modest"]);
    expect(refused.text).toContain("SOCIOMILE_UNAVAILABLE");
  });

  test("A person MUST NOT be taken for an application", async () => {
    await using issuer = await startIssuer();
    await using own = await startService({ config: issuer.auth });
    const token = await issuer.token({ azp: undefined, sub: "the-app" });

    expect((await post(own, '{ ticket(id: "1") { id } }', {}, credentials(token))).errors).toMatchObject([
      { extensions: { code: "UNAUTHENTICATED" } },
    ]);
  });

  test("A secret that Sociomile echoes MUST NOT reach clients or the ledger", async () => {
    const body = { ...CREATED, data: { ...CREATED.data, ticketId: `of-${CLIENT_SECRET_KEY}` } };
    await using vendor = await vendorAnswering({ body });
    await using own = await startService({ config: vendor.settings });
    const { text } = await mutate(own, "createVoiceTicket");

    expect(text).toContain("OUTCOME_UNKNOWN");
    expect(text).not.toContain(CLIENT_SECRET_KEY);
  });

  test("A card number MUST NOT reach the log in an id that a caller made up", async () => {
    const hexadecimal = `${CARD}aaaaaaaaaaaaaaaa`;
    await post(
      service,
      "{ __typename }",
      {},
      {
        ...headers,
        "x-request-id": hexadecimal,
        traceparent: `00-${hexadecimal}-00f067aa0ba902b7-01`,
      },
    );

    const { requestId, traceParent } = service.operations.at(-1)!;
    expect(requestId).not.toContain(CARD);
    expect(traceParent).toBe(null);
  });

  test("ALREADY_OPENED MUST NOT tell another client's ticket", async () => {
    await using own = await startService({ config: TRUSTS_ROUTER });
    const { payload } = await mutate(as(named("omnix", "ticket:create"), own), "createHelpdeskTicket");
    const { text } = await mutate(as(named("curious", "ticket:create"), own), "createHelpdeskTicket", {
      unlessAlreadyOpened: true,
    });

    expect(text).toContain("ALREADY_OPENED");
    expect(text).not.toContain(payload?.ticket?.id);
  });

  test("A stranger MUST NOT be asked for a body, nor have 500 KB of comments parsed", async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname).setEncoding("utf8");
    socket.write("POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    const [said] = (await once(socket, "data")) as [string];
    socket.destroy();
    const comments = await post(service, `${"#\n".repeat(250_000)}{ __typename }`, {}, ROUTER);

    expect(said).toMatch(/^HTTP\/1\.1 401 /);
    expect(comments.errors).toMatchObject([{ extensions: { code: "DOCUMENT_TOO_LONG" } }]);
  });

  test("Values with one reading MUST NOT be refused, and those with two MUST be", async () => {
    expect(await problemsOf({ amount: "Rp 200.000,00", helpdeskTicketNumber: "826290" })).toEqual([]);
    expect(await problemsOf({ customerName: "Ale\u00adx\u200b", helpdeskTicketNumber: "826291" })).toEqual(
      [],
    );
    expect(await problemsOf({ amount: "200.000", helpdeskTicketNumber: "826292" })).toMatchObject([
      { code: "INVALID_INPUT" },
    ]);
  });
});
