import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { MAX_BODY_BYTES } from "../../src/http/body.ts";
import { MUTATIONS, type MutationName, inlined, mutate } from "../support/mutations.ts";
import { type Answer, sharedService } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";

const service = sharedService();

/** Mark in every place that a caller can fill. No answer may hold it. */
const SECRET = /s3cret/i;

/** Expects a refusal with one of these codes and our message, without the mark, and that the next request is served. */
async function expectRefusal(
  { status, errors, text }: Answer<unknown>,
  codes: ErrorCode | ErrorCode[],
  as = 400,
) {
  expect(status).toBe(as);
  expect(errors?.length).toBeGreaterThan(0);
  for (const error of errors ?? []) {
    expect(error.extensions).toEqual({ code: expect.toBeOneOf([codes].flat()) });
    expect(error.message).toMatch(/^[A-Z].*[.?]$/);
  }
  expect(text).not.toMatch(SECRET);
  expect(text).not.toMatch(/stack|node_modules|\.js\b/);
  expect(service.sandbox.received).toEqual([]);
  expect(service.events).toEqual([]);
  const { payload } = await mutate(service, "createHelpdeskTicket");
  expect(payload?.problems).toEqual([]);
}

const CREATE = MUTATIONS.createHelpdeskTicket.document;
const EXAMPLE = MUTATIONS.createHelpdeskTicket.example;
const DEEP = 60_000;

const createDocument = (changes: Readonly<Record<string, unknown>>) =>
  inlined("createHelpdeskTicket", changes);
const around = (selection: string) => `mutation { ${selection} }`;
const withInput = (input: string) => around(`createHelpdeskTicket(input: ${input}) { replayed }`);

/** Posts a create with this text for its input. */
const createWith = (input: string) =>
  service.post(`{"query":${JSON.stringify(CREATE)},"variables":{"input":${input}}}`);

/** A valid request of `bytes` bytes. */
function paddedCreate(bytes: number): string {
  const request = JSON.stringify({ query: CREATE, variables: { input: EXAMPLE } });
  return request + " ".repeat(bytes - Buffer.byteLength(request));
}

test.each(['[{"query":"mutation { s3cret }"}]', "[]"])("MUST refuse the batch %s", async (body) => {
  await expectRefusal(await service.post(body), "BATCHING_NOT_SUPPORTED");
});

describe("variables of a wrong type", () => {
  test.each<[MutationName, string, unknown]>([
    ["createHelpdeskTicket", "customerName", 5],
    ["createHelpdeskTicket", "customerName", { s3cret: "s3cret" }],
    ["createHelpdeskTicket", "customerName", undefined],
    ["createHelpdeskTicket", "amount", 0.5],
    ["createHelpdeskTicket", "cardNumber", { s3cret: 1 }],
    ["createHelpdeskTicket", "claimDate", 1761209648],
    ["createHelpdeskTicket", "idempotencyKey", 4111111111111111],
    ["updateTicketStatus", "ticketId", 1.5],
    ["updateTicketStatus", "status", "S3CRET"],
    ["updateTicketStatus", "status", null],
  ])("MUST name %s's %s and never the value %j", async (name, field, value) => {
    const answer = await mutate(service, name, { [field]: value });

    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]?.message).toMatch(
      new RegExp(`^\\w+Input\\.${field} (is required and has|must have) the type `, "i"),
    );
    await expectRefusal(answer, "BAD_USER_INPUT");
  });

  test.each(["s3cret", "__proto__", "constructor", "toString", 's3"cr"et', "customer_name", ""])(
    "MUST refuse the unknown field %j without naming it",
    async (field) => {
      const input = `{"${field.replaceAll('"', '\\"')}":{"s3cret":"s3cret"},${JSON.stringify(EXAMPLE).slice(1)}`;

      const answer = await createWith(input);

      expect(answer.errors?.map(({ message }) => message)).toEqual([
        "The input has a field that CreateHelpdeskTicketInput does not have.",
      ]);
      await expectRefusal(answer, "BAD_USER_INPUT");
    },
  );

  test.each<[string, unknown]>([
    ["no variables", {}],
    ["null for the input", { input: null }],
    ["a variable that is not asked for", { s3cret: "s3cret" }],
    ["variables that are null", null],
  ])("MUST refuse %s", async (_, variables) => {
    await expectRefusal(await service.post(JSON.stringify({ query: CREATE, variables })), "BAD_USER_INPUT");
  });

  test("MUST be named all at once", async () => {
    const answer = await mutate(service, "updateTicketStatus", {
      ticketId: ["s3cret"],
      bsgTicketId: null,
      status: "S3CRET",
      s3cret: 1,
      s3cret2: 2,
    });

    expect(answer.errors?.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "UpdateTicketStatusInput.ticketId must have the type ID. Send the id as a string.",
        "UpdateTicketStatusInput.bsgTicketId is required and has the type String!.",
        "UpdateTicketStatusInput.status must have the type TicketStatus. Send one of OPEN, IN_PROGRESS, PENDING, PENDING_APPROVAL, ON_HOLD, CLOSE.",
        "The input has a field that UpdateTicketStatusInput does not have.",
      ]
    `);
    await expectRefusal(answer, "BAD_USER_INPUT");
  });

  test.each(["[", '{"input":'])("MUST be refused when they are nested without end: %s", async (opening) => {
    const closing = opening === "[" ? "]" : "}";
    const deep = `${opening.repeat(DEEP / opening.length)}1${closing.repeat(DEEP / opening.length)}`;
    const input = `{"customerName":${deep},${JSON.stringify(EXAMPLE)
      .slice(1)
      .replace(/"customerName":"Alex",/, "")}`;

    await expectRefusal(await createWith(input), "BAD_USER_INPUT");
  });

  test("MUST be accepted when they are nested beside a number with decimals", async () => {
    const deep = `${"[".repeat(DEEP)}1.5${"]".repeat(DEEP)}`;

    await expectRefusal(await createWith(deep), "BAD_USER_INPUT");
  });

  test("MUST NOT change a prototype by __proto__", async () => {
    const variables = `{"__proto__":{"s3cret":1},"input":${JSON.stringify(EXAMPLE)}}`;

    const { errors, text } = await service.post(
      `{"__proto__":{"s3cret":1},"constructor":{"prototype":{"s3cret":1}},"query":${JSON.stringify(CREATE)},"variables":${variables}}`,
    );

    expect(errors).toBeUndefined();
    expect(text).not.toMatch(SECRET);
    expect({}).not.toHaveProperty("s3cret");
    expect(service.lastBody()).not.toMatch(SECRET);
  });
});

describe("documents that are not valid", () => {
  test.each<[string, string]>([
    ["an object for text", createDocument({ customerName: { s3cret: 's3"cret' } })],
    ["a float for an amount", createDocument({ amount: JSON.rawJSON("53370.5") })],
    ["an unknown enum value", inlined("updateTicketStatus", { status: "S3CRET" })],
    ["null for a mandatory field", createDocument({ customerName: null })],
    ["an unknown input field", createDocument({ s3cretField: "s3cret" })],
    ["a block of text for the input", withInput('"""s3cret "and" s3cret"""')],
    ["an unknown mutation", around('s3cret(s3cret: "s3cret")')],
    ["an unknown field", around(`createHelpdeskTicket(input: {}) { s3cret }`)],
    ["an unknown directive", around("__typename @s3cret")],
    ["an unknown fragment", around("...s3cret")],
    ["a fragment of itself", "{ ...s3cret } fragment s3cret on Query { ...s3cret }"],
    ["an unknown type of a variable", "mutation ($input: S3cret!) { __typename }"],
    ["an unknown variable", withInput("$s3cret")],
    ["a wrong default", 'mutation ($s3cret: Boolean = "s3cret") { __typename @skip(if: $s3cret) }'],
    ["a nameless operation among others", "{ __typename } query s3cret { __typename }"],
    ["one alias for two things", "{ s3cret: __typename s3cret: _service { sdl } }"],
  ])("MUST refuse %s", async (_, query) => {
    const answer = await service.post(JSON.stringify({ query }));

    expect(answer.text).not.toContain("53370");
    await expectRefusal(answer, "GRAPHQL_VALIDATION_FAILED");
  });

  test.each<[string, string]>([
    ["nothing", " "],
    ["an open brace", "mutation { s3cret"],
    ["a block of text after a text, with quotes", '"a" """b" s3cret and s3cret "c"""'],
    ["a text in single quotes", "mutation { a(b: 's3cret') }"],
    ["a block of text where none belongs", 'mutation { """s3cret " and "" s3cret""" }'],
    ["a text that does not end", 'mutation { a(b: "s3cret }'],
    ["an unknown escape", 'mutation { a(b: "s3cret \\s3cret") }'],
    ["a number with a leading zero", "mutation { a(b: 012345) }"],
    ["quotes of a word processor", "mutation { a(b: “s3cret”) }"],
  ])("MUST refuse the syntax of %s", async (_, query) => {
    await expectRefusal(await service.post(JSON.stringify({ query })), "GRAPHQL_PARSE_FAILED");
  });

  test.each<[string, string]>([
    ["brackets", "{a".repeat(DEEP)],
    ["open lists", `{ a(b: ${"[".repeat(DEEP)}`],
    ["selections", `${"{a".repeat(DEEP)}${"}".repeat(DEEP)}`],
    ["lists", `{ a(b: ${"[".repeat(DEEP)}${"]".repeat(DEEP)}) }`],
    ["objects", `{ a(b: ${"{a:".repeat(DEEP / 2)}1${"}".repeat(DEEP / 2)}) }`],
    ["types", `query ($a: ${"[".repeat(DEEP)}Int${"]".repeat(DEEP)}) { a }`],
    ["fragments", `{${"...{".repeat(DEEP / 2)}__typename${"}".repeat(DEEP / 2)}}`],
  ])("MUST be refused with %s nested without end", async (_, query) => {
    const answer = await service.post(JSON.stringify({ query }));

    // With lists the parser runs out of stack before it has counted all tokens. Both are caught.
    await expectRefusal(answer, ["DOCUMENT_TOO_LONG", "GRAPHQL_PARSE_FAILED"]);
  });

  const UPDATE =
    'updateTicketStatus(input: {ticketId: $s3cret, bsgTicketId: "1", status: OPEN}) { replayed }';

  testTable({
    "an input that is null against its default": `mutation ($s3cret: UpdateTicketStatusInput = {ticketId: "1", bsgTicketId: "1", status: OPEN}) {
      updateTicketStatus(input: $s3cret) { replayed }
    }`,
    "a field that is null against its default": `mutation ($s3cret: ID = "1") { ${UPDATE} }`,
  })("MUST be refused with %s during execution", async (_, query) => {
    const answer = await service.post(JSON.stringify({ query, variables: { s3cret: null } }));

    expect(answer.errors).toHaveLength(1);
    await expectRefusal(answer, "BAD_USER_INPUT");
  });

  test.each<[string, object]>([
    ["a name that no operation has", { query: "query a { __typename }", operationName: "s3cret" }],
    ["no name where there are two", { query: "query a { __typename } query s3cret { __typename }" }],
    ["fragments alone", { query: "fragment s3cret on Query { ...s3cret }", operationName: "s3cret" }],
  ])("MUST refuse %s", async (_, request) => {
    const answer = await service.post(JSON.stringify(request));

    await expectRefusal(answer, ["OPERATION_RESOLUTION_FAILURE", "GRAPHQL_VALIDATION_FAILED"]);
  });
});

describe("requests that are no GraphQL request", () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ["an empty body", ""],
    ["text", "s3cret"],
    ["half of a JSON object", '{"query":"s3cret'],
    ["a JSON text", '"s3cret"'],
    ["null", "null"],
    ["an empty object", "{}"],
    ["a query that is no text", '{"query":{"s3cret":"s3cret"}}'],
    ["variables that are text", `{"query":"{ __typename }","variables":"s3cret"}`],
    ["extensions that are text", `{"query":"{ __typename }","extensions":"s3cret"}`],
    ["an operation name that is no text", `{"query":"{ __typename }","operationName":{"s3cret":1}}`],
    ["bytes that are not UTF-8", Buffer.from('{"query":"{ s3cret\u00ff }"}', "latin1")],
    ["UTF-16", Buffer.from('{"query":"{ s3cret }"}', "utf16le")],
    ["nested lists without end", "[".repeat(DEEP)],
    ["nested objects without end", '{"a":'.repeat(DEEP / 2)],
  ])("MUST answer %s with BAD_REQUEST", async (_, body) => {
    await expectRefusal(await service.post(body), "BAD_REQUEST");
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=s3cret",
    "application/graphql",
    "application/json; charset=utf-16",
    "application/jsons3cret",
    "s3cret",
    "",
  ])("MUST answer the content type %j with 415", async (type) => {
    const answer = await service.post('{"query":"{ __typename }"}', { "content-type": type });

    await expectRefusal(answer, "UNSUPPORTED_MEDIA_TYPE", 415);
  });

  test.each([
    "application/json;charset=utf-8",
    'Application/JSON; Charset="UTF-8"',
    "application/json;odata=verbose",
    'application/json; boundary=none; charset=utf-8; profile="https://a.bank/graphql"',
  ])("MUST take the content type %j", async (type) => {
    const answer = await service.post('{"query":"{ __typename }"}', { "content-type": type });

    expect(answer).toMatchObject({ status: 200, data: { __typename: "Query" } });
  });

  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "MUST answer %s with 405",
    async (method) => {
      const response = await fetch(`${service.url}?query={s3cret}`, { method });

      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("POST");
      const text = await response.text();
      expect(text).toBe(method === "HEAD" ? "" : refusalText("METHOD_NOT_ALLOWED", response));
    },
  );

  test.each(["/s3cret", "/graphql/s3cret", "/", "//s3cret", "/%00", "//", "//["])(
    "MUST answer %s with 404",
    async (path) => {
      const response = await fetch(new URL(service.url).origin + path, {
        method: "POST",
        body: "s3cret",
        signal: AbortSignal.timeout(5000), // a service that has crashed gives no answer
      });

      expect(response.status).toBe(404);
      expect(await response.text()).toBe(refusalText("NOT_FOUND", response));
    },
  );

  test("MUST be accepted with a body of exactly the limit", async () => {
    const { status, errors } = await service.post(paddedCreate(MAX_BODY_BYTES));

    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  });

  test.each([1, 8 * MAX_BODY_BYTES])("MUST answer a body %i over the limit with 413", async (over) => {
    await expectRefusal(await service.post(paddedCreate(MAX_BODY_BYTES + over)), "PAYLOAD_TOO_LARGE", 413);
  });

  test("MUST answer a body that does not say its length with 413 once it is over the limit", async () => {
    const chunk = Buffer.alloc(64 * 1024, "s3cret");

    const response = await fetch(service.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: ReadableStream.from(Array<Buffer>(MAX_BODY_BYTES / chunk.length + 1).fill(chunk)),
      duplex: "half",
    });

    expect(response.status).toBe(413);
    expect(await response.text()).toBe(refusalText("PAYLOAD_TOO_LARGE", response));
  });
});

function refusalText(code: ErrorCode, { headers }: Response): string {
  const requestId = headers.get("x-request-id") ?? undefined;
  return JSON.stringify({ errors: [{ message: ERRORS[code].message, extensions: { code, requestId } }] });
}
