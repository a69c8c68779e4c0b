import { buildSchema } from "graphql";
import { describe, expect, test } from "vitest";
import { SCOPES, type Scope } from "../../src/identity/principal.ts";
import { requiredScopes, schema } from "../../src/graphql/schema.ts";
import { describeRequiredScopes } from "../../src/graphql/scopes.ts";
import { type Client, clientOf } from "../support/client.ts";
import { EVERY_SCOPE, ROUTER, TRUSTS_ROUTER, namedWith } from "../support/issuer.ts";
import { inlined, mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const RESOLVE = `mutation {
  resolveTicketSubmission(input: {submissionId: "1", verdict: CREATED, ticketId: "1", note: "seen"}) { problems { code } }
}`;
const CANCEL = `mutation { cancelTicketSubmission(input: {submissionId: "1"}) { problems { code } } }`;
const RETRY = `mutation { retryTicketSubmission(input: {submissionId: "1"}) { problems { code } } }`;
const SEARCH = '{ ticketsByReference(reference: {type: BSG_TICKET_ID, value: "1"}) { id } }';
const ENTITY = '{ _entities(representations: [{__typename: "Ticket", id: "1"}]) { ... on Ticket { id } } }';
const HIDDEN_SCHEMA = "{ ...f } fragment f on Query { ... on Query { a: __schema { queryType { name } } } }";

/** Everything that can be requested, with a request for it and its scope. */
const MATRIX: Record<string, [query: string, opens: Scope]> = {
  "Mutation.createHelpdeskTicket": [inlined("createHelpdeskTicket"), "ticket:create"],
  "Mutation.createVoiceTicket": [inlined("createVoiceTicket"), "ticket:create"],
  "Mutation.updateTicketStatus": [inlined("updateTicketStatus"), "ticket:update"],
  "Mutation.cancelTicketSubmission": [CANCEL, "submission:resolve"],
  "Mutation.resolveTicketSubmission": [RESOLVE, "submission:resolve"],
  "Mutation.retryTicketSubmission": [RETRY, "submission:resolve"],
  "Query.ticket": ['{ ticket(id: "1") { id } }', "ticket:read"],
  "Query.tickets": ['{ tickets(ids: ["1"]) { id } }', "ticket:read"],
  "Query.ticketSubmission": ['{ ticketSubmission(id: "1") { id } }', "submission:read"],
  "Query.ticketsByReference": [SEARCH, "ticket:read"],
  "Query.ticketSubmissions": ["{ ticketSubmissions { pageInfo { hasNextPage } } }", "submission:read"],
  "Query.ticketSubmissionCounts": ["{ ticketSubmissionCounts { count } }", "submission:read"],
  "Query._entities": [ENTITY, "ticket:read"],
  "Query._service": ["{ _service { sdl } }", "schema:read"],
  "Query.__schema": ["{ __schema { queryType { name } } }", "schema:read"],
  "Query.__type": ['{ __type(name: "Ticket") { name } }', "schema:read"],
  "Query.__schema in a fragment": [HIDDEN_SCHEMA, "schema:read"],
};
/** Shows callers nothing but what is theirs, so that it needs no scope. */
const BY_KEY = "Query.ticketSubmissionByKey";
const ROWS = Object.entries(MATRIX).map(([what, [query, opens]]) => ({ what, request: { query }, opens }));

const service = sharedService({ config: TRUSTS_ROUTER });
const as = (clientId: string, scopes: string) => clientOf(service.url, namedWith(scopes, clientId));
const nobody = { post: (body: string | Uint8Array<ArrayBuffer>) => service.post(body, ROUTER) };
const withScopes = (...scopes: string[]) => as("the-app", scopes.join(" "));

/** "open", or the code of a refusal without data. */
async function verdict(caller: Pick<Client, "post">, request: object): Promise<string> {
  const { status, data, errors } = await caller.post(JSON.stringify(request));
  expect(status).toBe(200);
  if (!errors) return "open";
  expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
  return errors.map(({ extensions }) => extensions.code).join();
}

describe("a scope", () => {
  test("MUST be required by everything that this schema shows", () => {
    const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
    );

    expect([...Object.keys(MATRIX), BY_KEY]).toEqual(expect.arrayContaining(roots));
    const own = roots.filter((root) => !root.startsWith("Query._"));
    const all = [...own, "Ticket", "Ticket.submissions", "TicketSubmission"];
    expect([...requiredScopes.keys()].toSorted()).toEqual(all.toSorted());
  });

  test.each(ROWS)("MUST open $what when it is $opens, which all others together do not", async (row) => {
    const { request, opens } = row;
    const others = SCOPES.filter((scope) => scope !== opens);

    expect(await verdict(withScopes(opens), request)).toBe("open");
    const received = service.sandbox.received.length;
    expect(await verdict(withScopes(...others), request)).toBe("FORBIDDEN");
    const { errors } = await withScopes().post(JSON.stringify(request));
    expect(errors).toMatchObject([
      { message: `The caller lacks the scope ${opens}.`, extensions: { code: "FORBIDDEN" } },
    ]);
    expect(await verdict(nobody, request)).toBe("UNAUTHENTICATED");
    expect(service.sandbox.received).toHaveLength(received);
  });

  test.each([
    ["no reference at all", "[]"],
    ["a reference to nothing", "[5]"],
    ["a reference to another type", '[{__typename: "Submission", id: "1"}]'],
    ["too many references", `[${"1 ".repeat(501)}]`],
  ])("MUST be checked before %s", async (_, representations) => {
    const request = { query: `{ _entities(representations: ${representations}) { __typename } }` };

    expect(await verdict(withScopes("ticket:create"), request)).toBe("FORBIDDEN");
    expect(await verdict(nobody, request)).toBe("UNAUTHENTICATED");
  });
});

const asked = (id: unknown) => ({ query: `{ ticketSubmission(id: "${String(id)}") { id } }` });

test("ticketSubmission MUST be open without a scope only to the client that made it; the id of another is like an unknown one", async () => {
  const maker = as("the-owner", "ticket:create");
  const { payload } = await mutate(maker, "createVoiceTicket");
  const request = asked(payload?.submission?.id);

  expect(await verdict(as("the-owner", ""), request)).toBe("open");
  expect(await verdict(as("another", EVERY_SCOPE), request)).toBe("open");
  const stranger = as("another", "ticket:create ticket:read");
  expect(await verdict(stranger, request)).toBe("FORBIDDEN");
  const sameRequest = { "x-request-id": "id-of-both-requests" };
  const foreign = await stranger.post(JSON.stringify(request), sameRequest);
  const unknown = await stranger.post(JSON.stringify(asked(crypto.randomUUID())), sameRequest);
  expect(foreign.text).toBe(unknown.text);
});

const byKey = (idempotencyKey: string) => ({
  query: `{ ticketSubmissionByKey(operation: CREATE_VOICE_TICKET, idempotencyKey: "${idempotencyKey}") { id } }`,
});

const foundByKey = async (caller: Pick<Client, "post">, key: string) =>
  (await caller.post(JSON.stringify(byKey(key)))).data;

test("ticketSubmissionByKey MUST find a submission for the client that made it, and for nobody else", async () => {
  const key = "a-key-of-the-owner";
  const maker = as("the-owner", "ticket:create");
  const { payload } = await mutate(maker, "createVoiceTicket", { idempotencyKey: key });
  const operator = as("another", "submission:read");

  expect(await foundByKey(maker, key)).toEqual({ ticketSubmissionByKey: { id: payload?.submission?.id } });
  expect(await foundByKey(operator, key)).toEqual({ ticketSubmissionByKey: null });
  expect(await foundByKey(maker, "a-key-never-used-1")).toEqual({ ticketSubmissionByKey: null });
  expect(await verdict(nobody, byKey(key))).toBe("UNAUTHENTICATED");
  expect(await verdict(maker, byKey("short"))).toBe("BAD_USER_INPUT");
});

const referring = (...representations: object[]) => ({
  query: `query ($all: [_Any!]!) { _entities(representations: $all) { ... on TicketSubmission { state } ... on Ticket { number } } }`,
  variables: { all: representations },
});

test("References to submissions MUST each be resolved for their client and for submission:read, and be FORBIDDEN to others", async () => {
  const [own, foreign] = await Promise.all(
    ["the-owner", "another"].map(async (azp) => {
      const { payload } = await mutate(as(azp, EVERY_SCOPE), "createVoiceTicket");
      return { __typename: "TicketSubmission", id: payload!.submission!.id };
    }),
  );
  const ticket = { __typename: "Ticket", id: "1" };
  const unknown = { ...own, id: crypto.randomUUID() };
  const ask = async (caller: Pick<Client, "post">) => {
    const { data, errors } = await caller.post(JSON.stringify(referring(own!, ticket, foreign!, unknown)));
    const refused = errors?.map(({ path, extensions: { code } }) => [path?.at(-1), code]);
    const { _entities: entities } = data as { _entities: unknown[] };
    return { entities, refused };
  };
  const state = { state: "CONFIRMED" };

  expect(await ask(as("the-owner", "ticket:create"))).toEqual({
    entities: [state, null, null, null],
    refused: [1, 2, 3].map((nth) => [nth, "FORBIDDEN"]),
  });
  const seen = { entities: [state, null, state, null], refused: undefined };
  expect(await ask(withScopes("submission:read", "ticket:read"))).toEqual(seen);
});

test.each([
  ["a query", "Query.tickets", "type Query { a: Int tickets: Int }"],
  ["a mutation", "Mutation.drop", "type Query { a: Int } type Mutation { drop: Int }"],
  ["an entity", "Card", 'type Query { a: Int } type Card @key(fields: "id") { id: ID }'],
])("A schema MUST NOT be built with %s that requires no scope: %s", (_, careless, sdl) => {
  const built = buildSchema(`directive @key(fields: String!) on OBJECT ${sdl}`);
  const extensions = { requiredScope: { scope: "ticket:read", orOwner: false } };
  Object.assign(built.getQueryType()!.getFields()["a"]!, { extensions });

  expect(() => describeRequiredScopes(built)).toThrow(`${careless} requires no scope`);
});
