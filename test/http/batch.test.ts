import { describe, expect, test } from "vitest";
import { entitiesWith, referringTo, underNames } from "../support/heavy-documents.ts";
import { sharedService } from "../support/service.ts";
import { MUTATIONS, inlined } from "../support/mutations.ts";
import { testTable } from "../support/test-table.ts";

const TYPE = { query: "{ __typename }" };

describe("a list of requests", () => {
  const service = sharedService();

  async function send(list: readonly unknown[]) {
    const before = service.operations.length;
    const headers = { "content-type": "application/json", "x-request-id": "id-of-the-list" };
    const response = await fetch(service.url, { method: "POST", headers, body: JSON.stringify(list) });
    const answers = (await response.json()) as { data?: unknown; errors?: object[] }[];
    return { status: response.status, answers, operations: service.operations.slice(before) };
  }

  test("MUST be answered with the list of answers, and each query logged as one operation of the request", async () => {
    const ticket = { query: "query ($id: ID!) { ticket(id: $id) { id } }", variables: { id: "1" } };
    const { status, answers, operations } = await send([TYPE, ticket, { query: "{ nothing }" }]);

    expect(status).toBe(200);
    expect(answers).toMatchObject([
      { data: { __typename: "Query" } },
      { data: { ticket: null } },
      { errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED", requestId: "id-of-the-list" } }] },
    ]);
    expect(operations.map(({ fields, requestId }) => [fields, requestId])).toEqual(
      [[], ["ticket"], []].map((fields) => [fields, "id-of-the-list"]),
    );
  });

  test("MUST have the limits of one request over all its queries", async () => {
    const hundred = { query: entitiesWith("id"), variables: referringTo(100, "1") };
    const pagesOf100 = underNames(6, "ticketSubmissions(first: 100) { edges { cursor } }");

    const { answers } = await send(Array.from({ length: 6 }, () => hundred));
    expect(answers.map(({ errors }) => errors)).toMatchObject([
      ...Array<undefined>(5).fill(undefined),
      [{ extensions: { code: "TOO_MANY_REPRESENTATIONS" } }],
    ]);
    const { answers: pages } = await send(Array.from({ length: 5 }, () => ({ query: `{ ${pagesOf100} }` })));
    expect(pages.map(({ errors }) => errors?.length ?? 0)).toEqual([0, 0, 0, 0, 5]); // 2,500 submissions
  });

  const MUTATION = inlined("createHelpdeskTicket");
  testTable<unknown[]>({
    none: [],
    "11 queries": Array.from({ length: 11 }, () => TYPE),
    "a mutation": [TYPE, { query: MUTATION }],
    "a mutation alone": [{ query: MUTATION }],
    "a mutation that is not asked for": [{ query: `query A { __typename } ${MUTATION}`, operationName: "A" }],
    "a mutation behind a fragment": [{ query: `fragment f on Query { __typename } ${MUTATION}` }],
    "a mutation with variables": [{ query: MUTATIONS.createVoiceTicket.document, variables: { input: {} } }],
  })("MUST be refused whole when it holds %s, and the message names the router's switch", async (_, list) => {
    const { status, answers, operations } = await send(list);

    expect(status).toBe(400);
    const message = expect.stringContaining("batching.subgraph.subgraphs.sociomile.enabled") as string;
    expect(answers).toMatchObject({ errors: [{ message, extensions: { code: "BATCHING_NOT_SUPPORTED" } }] });
    expect(operations).toEqual([]);
    expect(service.sandbox.received).toEqual([]);
  });

  const PERSISTED = { extensions: { persistedQuery: { version: 1, sha256Hash: "1" } } };
  test.each([1, [[TYPE]], PERSISTED])("MUST be refused whole when one of them is %j", async (item) => {
    const { status, operations } = await send([TYPE, item]);

    expect([status, operations]).toEqual([400, []]);
  });
});
