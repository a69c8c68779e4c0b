import { expect, test } from "vitest";
import { ROUTER, TRUSTS_ROUTER } from "../support/issuer.ts";
import { inlined } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

/** Scopes of an ordinary client, without schema:read. */
const SCOPE = "ticket:create ticket:update ticket:read submission:read";

const service = sharedService({ config: TRUSTS_ROUTER });
const headers = { ...ROUTER, "x-client-id": "the-app", "x-scopes": SCOPE };

const typed = (type: string, body: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});
const json = (body: unknown) => typed("application/json", JSON.stringify(body));
const queryOf = (query: string) => json({ query });
const times = (count: number, text: (nth: number) => string) =>
  Array.from({ length: count }, (_, nth) => text(nth)).join(" ");

/** Signs of success of an attack. */
const hasData = (text: string) => /"data":\{/.test(text);
const suggests = (text: string) => /did you mean/i.test(text);
const hasTenErrors = (text: string) => (JSON.parse(text) as { errors: [] }).errors.length >= 10;
const shows = (pattern: RegExp) => (text: string) => pattern.test(text);

/** Attack, its request, the search of the URL if it has one, and the sign that it succeeded. */
type Attack = [what: string, request: RequestInit, succeeded: (text: string) => boolean, search?: string];

/** Checks of graphql-cop 1.15 (https://github.com/dolevf/graphql-cop), all 13. */
const GRAPHQL_COP: Attack[] = [
  ["101 aliases", queryOf(`{ ${times(101, (nth) => `a${nth}: __typename`)} }`), hasData],
  // It sends ten, which are answered within the limits of one request.
  ["a batch of eleven", json(Array.from({ length: 11 }, () => ({ query: "{ __typename }" }))), hasData],
  ["ten directives that do not exist", queryOf(`{ __typename ${"@aa".repeat(10)} }`), hasTenErrors],
  ["one field 500 times", queryOf(`{ ${times(500, () => "__typename")} }`), hasData],
  [
    "circular introspection",
    queryOf("{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"),
    hasData,
  ],
  ["a name that is nearly right", queryOf("{ __schema { directive } }"), suggests],
  ["introspection", queryOf("{ __schema { types { name fields { name } } } }"), hasData],
  ["a query by GET", {}, hasData, "?query={__typename}"],
  ["a mutation by GET", {}, hasData, "?query=mutation{__typename}"],
  ["a form", typed("application/x-www-form-urlencoded", "query=%7B__typename%7D"), hasData],
  ["a question for an IDE", { headers: { accept: "text/html" } }, shows(/<html|graphiql|playground/i)],
  ["a look for traces", queryOf("{ __typename }"), shows(/"tracing"/)],
  ["an error that nobody handles", queryOf("qwerty cop { abc }"), shows(/"exception"|stack|\.js\b/)],
];

test.each([
  ...GRAPHQL_COP,
  ["an answer in parts", queryOf("{ ... @defer { __typename } }"), hasData] satisfies Attack,
])("MUST NOT succeed: %s", async (_, request, succeeded, search = "") => {
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

test("MUST be 13 attacks of graphql-cop, and an honest request succeeds", async () => {
  const honest = await service.post(JSON.stringify({ query: inlined("createVoiceTicket") }), headers);

  expect(GRAPHQL_COP).toHaveLength(13);
  expect([honest.status, honest.errors, hasData(honest.text)]).toEqual([200, undefined, true]);
});
