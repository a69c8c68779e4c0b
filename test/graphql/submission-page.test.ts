import { beforeAll, describe, expect, test } from "vitest";
import { TicketHistoryDocument } from "../../examples/generated/graphql.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { READ_BY_CALLERS, listenToStatements } from "../support/sql.ts";

const PAGE = `query ($first: Int! = 1, $after: String, $orderBy: TicketSubmissionOrder! = CREATED_DESC, $filter: TicketSubmissionFilter) {
  ticketSubmissions(first: $first, after: $after, orderBy: $orderBy, filter: $filter) { edges { cursor } pageInfo { hasNextPage endCursor } }
}`;
const cursor = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");
const REFUSED = { extensions: { code: "BAD_USER_INPUT" } };
const ID = "0199f3a1-0000-7000-8000-000000000000";

const service = sharedService();
let ticketId: string;
beforeAll(async () => {
  ticketId = (await mutate(service, "createVoiceTicket")).payload!.ticket!.id;
  await mutate(service, "createHelpdeskTicket");
});

const ask = (variables: object) => service.post(JSON.stringify({ query: PAGE, variables }));

describe("a cursor", () => {
  test.each<[string, string]>([
    ["empty text", ""],
    ["an id itself", ID],
    ["an id between blanks", cursor(`CREATED_DESC  ${ID} `)],
    ["a cursor of another order", cursor(`CREATED_ASC ${ID}`)],
    ["a cursor of changes", cursor(`CHANGED_ASC 1 ${ID}`)],
    ["text in base64", cursor("s3cret")],
    ["bytes that are no UTF-8", cursor(Buffer.from([0xff, 0xfe]))],
    ["a cursor with padding", `${cursor(`CREATED_DESC ${ID}`)}==`],
    ["100,000 characters", "a".repeat(100_000)],
  ])("MUST be refused, and never taken for the end of the list, when it is %s", async (_, after) => {
    const { data, errors } = await ask({ after });

    const message = "after must be a cursor that a page of this list gave in this order, such as its endCursor.";
    const place = { locations: [{ line: 2, column: 3 }], path: ["ticketSubmissions"] };
    expect(errors).toEqual([{ message, ...place, extensions: { code: "BAD_USER_INPUT" } }]);
    expect(data).toEqual({ ticketSubmissions: null });
  });

  test.each(["", " Infinity", " 1.5", " 1e+300", " x"])("MUST be refused for changes at the time%s", async (time) => {
    const after = cursor(`CHANGED_ASC${time} ${ID}`);
    expect((await ask({ after, orderBy: "CHANGED_ASC" })).errors).toMatchObject([REFUSED]);
  });

  test("MUST be absent or null for the first page, and be taken from a page, or from one whose submission is gone", async () => {
    const first = await ask({});
    const { edges, pageInfo } = (first.data as { ticketSubmissions: Page }).ticketSubmissions;

    expect(pageInfo).toEqual({ hasNextPage: true, endCursor: edges[0]?.cursor });
    expect(await ask({ after: null })).toMatchObject({ errors: undefined, data: first.data });
    const second = { edges: [{}], pageInfo: { hasNextPage: false } };
    const next = await ask({ after: pageInfo.endCursor });
    expect(next).toMatchObject({ errors: undefined, data: { ticketSubmissions: second } });
    const gone = await ask({ after: cursor(`CREATED_DESC ${ID}`) });
    expect(gone).toMatchObject({ errors: undefined, data: { ticketSubmissions: { edges: [] } } });
  });
});

test("Changes MUST be listed without a filter alone, and none of the last seconds", async () => {
  const orderBy = "CHANGED_ASC";
  const conditions = [{ clientId: "c" }, { isConflicting: false }, { states: ["QUEUED"] }];
  for (const filter of conditions) expect((await ask({ orderBy, filter })).errors).toMatchObject([REFUSED]);
  const empty = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };
  for (const filter of [null, {}, { states: [] }])
    expect(await ask({ orderBy, filter })).toMatchObject({ errors: undefined, data: { ticketSubmissions: empty } });

  await service.sql.run("UPDATE submissions SET changed_at = changed_at - 60000");
  const { data } = await ask({ orderBy });
  const { endCursor } = (data as { ticketSubmissions: Page }).ticketSubmissions.pageInfo;
  const next = { edges: [{}], pageInfo: { hasNextPage: false } };
  expect(await ask({ orderBy, after: endCursor })).toMatchObject({ data: { ticketSubmissions: next } });
  for (const [other, after] of [
    ["CREATED_ASC", endCursor],
    [orderBy, cursor(`CREATED_ASC ${ID}`)],
  ])
    expect((await ask({ orderBy: other, after })).errors).toMatchObject([REFUSED]);
});

test.each(["first: 0", "first: 101", 'after: "x"'])("A wrong page MUST be refused: %s", async (wrong) => {
  const { data, errors } = await service.post(
    JSON.stringify({ query: `{ ticket(id: "${ticketId}") { id submissions(${wrong}) { edges { cursor } } } }` }),
  );

  expect(data).toEqual({ ticket: { id: ticketId, submissions: null } });
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

test("A history of many status changes MUST be read in pages of two statements", async () => {
  const made: unknown[] = [];
  for (let nth = 0; nth < 7; nth++)
    made.unshift((await mutate(service, "updateTicketStatus", { ticketId: "changed" })).payload?.submission?.id);

  const history: string[] = [];
  let asked = 0;
  for (let after: string | null | undefined; after !== null; asked++) {
    using statements = listenToStatements();
    const { data } = await service.execute(TicketHistoryDocument, { id: "changed", first: 3, after });
    const { nodes, pageInfo } = data.ticket!.submissions!;
    history.push(...nodes.map(({ id }) => id));
    expect(statements.matching(READ_BY_CALLERS)).toHaveLength(2);
    after = pageInfo.hasNextPage ? pageInfo.endCursor! : null;
  }

  expect([asked, history]).toEqual([3, made]);
});

interface Page {
  edges: { cursor: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string };
}
