import { afterAll, beforeAll, expect, test } from "vitest";
import { credentials, startIssuer } from "../support/issuer.ts";
import { MUTATIONS, inlined } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

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
