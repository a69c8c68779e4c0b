import { describe, expect, test } from "vitest";
import { type ErrorCode, ERRORS } from "../../src/errors.ts";
import { MAX_BODY_BYTES } from "../../src/http/body.ts";
import { postQuery } from "../support/client.ts";
import { type MutationName, MUTATIONS, inlined, inputOf, mutate, problemsOf } from "../support/mutations.ts";
import { type Answer, sharedService } from "../support/service.ts";
import { type ByCode, rowsByCode } from "../support/test-table.ts";
import { wireValue } from "../support/wire.ts";

const service = sharedService();

/** Mark in every place that a caller can fill. No answer may hold it. test/audits/fuzz.test.ts goes on with random requests. */
const SECRET = /s3cret/i;

/** Expects a refusal with one of these codes and our message, without the mark, and that the next request is served. */
async function expectRefusal(answer: Answer<unknown>, codes: ErrorCode | ErrorCode[], as = 400) {
  const { status, errors, text } = answer;
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
const EXAMPLE = inputOf("createHelpdeskTicket");
const EXAMPLE_JSON = JSON.stringify(EXAMPLE);
const DEEP = 60_000;
const nested = (opening: string, closing: string, within = "") =>
  `${opening.repeat(DEEP / opening.length)}${within}${closing.repeat(DEEP / opening.length)}`;

const around = (selection: string) => `mutation { ${selection} }`;
const withInput = (input: string) => around(`createHelpdeskTicket(input: ${input}) { replayed }`);

/** Writes a create with this text for its input. */
const createWith = (input: string) => `{"query":${JSON.stringify(CREATE)},"variables":{"input":${input}}}`;

const createNaming = (name: string) => createWith(`{"customerName":${name},${EXAMPLE_JSON.replace(/.*?,/, "")}`);

describe("variables of a wrong type", () => {
  test.each<[MutationName, string, unknown]>([
    ["createHelpdeskTicket", "customerName", { s3cret: "s3cret" }],
    ["createHelpdeskTicket", "amount", 0.5],
    ["createHelpdeskTicket", "claimDate", 1761209648],
    ["createHelpdeskTicket", "idempotencyKey", 4111111111111111],
  ])("MUST name %s's %s and never the value %j", async (name, field, value) => {
    const answer = await mutate(service, name, { [field]: value });

    expect(answer.errors).toHaveLength(1);
    const said = new RegExp(`^\\w+Input\\.${field} must have the type `, "i");
    expect(answer.errors?.[0]?.message).toMatch(said);
    await expectRefusal(answer, "BAD_USER_INPUT");
  });

  const UNKNOWN = ["s3cret", "__proto__", "constructor", "toString", 's3"cr"et', "customer_name", ""];
  test.each(UNKNOWN)("MUST refuse the unknown field %j without naming it", async (field) => {
    const input = `{"${field.replaceAll('"', '\\"')}":{"s3cret":"s3cret"},${EXAMPLE_JSON.slice(1)}`;

    const answer = await service.post(createWith(input));

    const message = "The input has a field that CreateHelpdeskTicketInput does not have.";
    expect(answer.errors?.map((error) => error.message)).toEqual([message]);
    await expectRefusal(answer, "BAD_USER_INPUT");
  });

  test("MUST be named all at once", async () => {
    const wrong = { ticketId: ["s3cret"], bsgTicketId: null, status: "S3CRET", s3cret: 1, s3cret2: 2 };
    const answer = await mutate(service, "updateTicketStatus", wrong);

    expect(answer.errors?.map(({ message }) => message)).toMatchInlineSnapshot(`
      [
        "UpdateTicketStatusInput.ticketId must have the type ID. Send the id as a string.",
        "bsgTicketId: This field must not be empty.",
        "UpdateTicketStatusInput.status must have the type TicketStatus. Send one of OPEN, IN_PROGRESS, PENDING, PENDING_APPROVAL, ON_HOLD, CLOSE.",
        "The input has a field that UpdateTicketStatusInput does not have.",
      ]
    `);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toMatch(SECRET);
  });

  test("MUST be put into form for each of the mutations that one of them serves", async () => {
    const input = { ...MUTATIONS.updateTicketStatus.example, ticketId: " 690d950c " };
    const update = "updateTicketStatus(input: $input) { problems { code } }";
    const query = `mutation ($input: UpdateTicketStatusInput!) { a: ${update} b: ${update} }`;

    const { data } = await postQuery(service, query, { input });

    expect(data).toEqual({ a: { problems: [] }, b: { problems: [] } });
    const sent = service.sandbox.received.map(({ body }) => wireValue(body, "sociomile_ticket_id"));
    expect(sent).toEqual(['"690d950c"', '"690d950c"']);
  });

  test("MUST NOT change a prototype by __proto__", async () => {
    const { errors, text } = await service.post(
      `{"__proto__":{"s3cret":1},"constructor":{"prototype":{"s3cret":1}},"query":${JSON.stringify(CREATE)},` +
        `"variables":{"__proto__":{"s3cret":1},"input":${EXAMPLE_JSON}}}`,
    );

    expect(errors).toBeUndefined();
    expect(text).not.toMatch(SECRET);
    expect({}).not.toHaveProperty("s3cret");
    expect(service.lastBody()).not.toMatch(SECRET);
  });
});

type Body = string | Uint8Array<ArrayBuffer>;

const UPDATE_OF_ID = `mutation ($s3cret: ID = "1") {
  updateTicketStatus(input: {ticketId: $s3cret, bsgTicketId: "1", status: OPEN}) { replayed }
}`;
const UPDATE_OF_DEFAULT = `mutation ($s3cret: UpdateTicketStatusInput = {ticketId: "1", bsgTicketId: "1", status: OPEN}) {
  updateTicketStatus(input: $s3cret) { replayed }
}`;

/** Faulty requests by the code of their refusal. */
const REQUESTS: ByCode<object> = {
  BAD_USER_INPUT: {
    "no variables": { query: CREATE, variables: {} },
    "null for the input": { query: CREATE, variables: { input: null } },
    "a variable that is not asked for": { query: CREATE, variables: { s3cret: "s3cret" } },
    "variables that are null": { query: CREATE, variables: null },
    "an input that is null against its default": { query: UPDATE_OF_DEFAULT, variables: { s3cret: null } },
    "a field that is null against its default": { query: UPDATE_OF_ID, variables: { s3cret: null } },
  },
  OPERATION_RESOLUTION_FAILURE: {
    "a name that no operation has": { query: "query a { __typename }", operationName: "s3cret" },
    "no name where there are two": { query: "query a { __typename } query s3cret { __typename }" },
  },
};

const DOCUMENTS: ByCode = {
  GRAPHQL_VALIDATION_FAILED: {
    "a float for an amount": inlined("createHelpdeskTicket", { amount: JSON.rawJSON("53370.5") }),
    "an unknown enum value": inlined("updateTicketStatus", { status: "S3CRET" }),
    "an unknown input field": inlined("createHelpdeskTicket", { s3cretField: "s3cret" }),
    "an unknown field": around(`createHelpdeskTicket(input: {}) { s3cret }`),
    "a fragment of itself": "{ ...s3cret } fragment s3cret on Query { ...s3cret }",
    "fragments alone": "fragment s3cret on Query { ...s3cret }",
    "an unknown variable": withInput("$s3cret"),
    "a wrong default": 'mutation ($s3cret: Boolean = "s3cret") { __typename @skip(if: $s3cret) }',
  },
  GRAPHQL_PARSE_FAILED: {
    "an open brace": "mutation { s3cret",
    "a block of text where none belongs": 'mutation { """s3cret " and "" s3cret""" }',
    "quotes of a word processor": "mutation { a(b: “s3cret”) }",
  },
};

const BODIES: ByCode<Body> = {
  BAD_USER_INPUT: {
    "lists that are nested without end": createNaming(nested("[", "]")),
    "objects that are nested without end": createNaming(nested('{"input":', "}", "1")),
    "lists that are nested without end around decimals": createWith(nested("[", "]", "1.5")),
  },
  BAD_REQUEST: {
    "an empty body": "",
    "half of a JSON object": '{"query":"s3cret',
    "a JSON text": '"s3cret"',
    "variables that are text": `{"query":"{ __typename }","variables":"s3cret"}`,
    "extensions that are text": `{"query":"{ __typename }","extensions":"s3cret"}`,
    "an operation name that is no text": `{"query":"{ __typename }","operationName":{"s3cret":1}}`,
    "bytes that are not UTF-8": Buffer.from('{"query":"{ s3cret\u00ff }"}', "latin1"),
    "UTF-16": Buffer.from('{"query":"{ s3cret }"}', "utf16le"),
    "nested lists without end": "[".repeat(DEEP),
    "nested objects without end": '{"a":'.repeat(DEEP / 2),
  },
};

/** Documents nested without end. With lists the parser runs out of stack before it has counted all tokens. Both are caught. */
const TOO_DEEP = {
  brackets: "{a".repeat(DEEP),
  selections: nested("{a", "}"),
  lists: `{ a(b: ${nested("[", "]")}) }`,
  objects: `{ a(b: ${nested("{a:", "}", "1")}) }`,
  types: `query ($a: ${nested("[", "]", "Int")}) { a }`,
  fragments: `{${nested("...{", "}", "__typename")}}`,
};

const DEEP_CODES: ErrorCode[] = ["DOCUMENT_TOO_LONG", "GRAPHQL_PARSE_FAILED"];

type Row = readonly [what: string, codes: ErrorCode | ErrorCode[], body: Body];
const withQuery = (query: string) => JSON.stringify({ query });

test.each<Row>([
  ...rowsByCode(REQUESTS, JSON.stringify),
  ...rowsByCode(DOCUMENTS, withQuery),
  ...rowsByCode(BODIES, (body) => body),
  ...Object.entries(TOO_DEEP).map(([what, query]): Row => [`${what} without end`, DEEP_CODES, withQuery(query)]),
])("A request MUST be refused without its own text: %s", async (_, codes, body) => {
  const answer = await service.post(body);

  expect(answer.text).not.toContain("53370");
  await expectRefusal(answer, codes);
});

describe("requests that are no GraphQL request", () => {
  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=s3cret",
    "application/json; charset=utf-16",
    "application/jsons3cret",
    "",
  ])("MUST answer the content type %j with 415", async (type) => {
    const answer = await service.post(withQuery("{ __typename }"), { "content-type": type });

    await expectRefusal(answer, "UNSUPPORTED_MEDIA_TYPE", 415);
  });

  test("MUST answer a create whose answer would have no type that its caller reads with 406", async () => {
    const answer = await service.post(createWith(EXAMPLE_JSON), { accept: "text/html" });

    await expectRefusal(answer, "NOT_ACCEPTABLE", 406);
    expect(await service.refusals("NOT_ACCEPTABLE")).toBe(1);
  });

  test.each([
    'Application/JSON; Charset="UTF-8"',
    'application/json; boundary=none; charset=utf-8; profile="https://a.bank/graphql"',
  ])("MUST take the content type %j", async (type) => {
    const answer = await service.post(withQuery("{ __typename }"), { "content-type": type });

    expect(answer).toMatchObject({ status: 200, data: { __typename: "Query" } });
  });

  const METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"];
  test.each(METHODS)("MUST answer %s with 405", async (method) => {
    const response = await fetch(`${service.url}?query={s3cret}`, { method });

    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    const text = await response.text();
    expect(text).toBe(method === "HEAD" ? "" : refusalText("METHOD_NOT_ALLOWED", response));
  });

  const PATHS = ["/s3cret", "/graphql/s3cret", "/", "//s3cret", "/%00", "//", "//["];
  test.each(PATHS)("MUST answer %s with 404", async (path) => {
    const signal = AbortSignal.timeout(5000); // a service that has crashed gives no answer
    const url = new URL(service.url).origin + path;
    const response = await fetch(url, { method: "POST", body: "s3cret", signal });

    expect(response.status).toBe(404);
    expect(await response.text()).toBe(refusalText("NOT_FOUND", response));
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

const SIX = ["customerName", "content", "connectId", "amount", "atmName", "atmId"];
const NONE_OF_SIX = Object.fromEntries(SIX.map((field) => [field, undefined]));

const inDevelopment = sharedService({ config: { APP_MODE: "development" } });

const messagesFor = async (query: string, variables?: object) =>
  (await postQuery(inDevelopment, query, variables)).errors?.map(({ message }) => message);
const messagesForInput = (changes: object) => messagesFor(CREATE, { input: { ...EXAMPLE, ...changes } });

test("A message in development MUST be graphql-js's own, with names, values and suggestions", async () => {
  const [advice] = (await messagesForInput({ customer_name: "Alex" }))!;
  expect(advice).toContain('Did you mean "customerName" or "customerEmail"?');
  expect(await messagesForInput({ customerName: 5 })).toEqual([
    'Variable "$input" got invalid value 5 at "input.customerName"; String cannot represent a non string value: 5',
  ]);
});

test("A message in development MUST NOT show an infinite number in place of an inexact one", async () => {
  const [message, ...others] = (await messagesForInput({ amount: JSON.rawJSON("200000.5") }))!;

  expect(message).toMatch(/^CreateHelpdeskTicketInput\.amount must have the type Rupiah\. .* without decimals/);
  expect(others).toEqual([]);
});

const empty = (field: string) => ({
  message: `${field}: This field must not be empty.`,
  extensions: { code: "BAD_USER_INPUT", field, rule: "REQUIRED", limit: null },
});

describe("mandatory fields that are missing", () => {
  test.each([
    ["in production", service],
    ["in development", inDevelopment],
  ])("MUST all be named %s, with the sentence for an empty one", async (_, asked) => {
    const changes = { ...NONE_OF_SIX, [SIX[0]!]: null };

    const missing = await mutate(asked, "createHelpdeskTicket", changes);
    const blank = Object.fromEntries(SIX.map((field) => [field, " "]));
    const problems = await problemsOf(asked, "createHelpdeskTicket", blank);

    expect(missing.errors).toEqual(SIX.map((field) => expect.objectContaining(empty(field))));
    const reported = problems!.map(({ field, message, rule }) => [`${field}: ${message}`, { field, rule }]);
    const named = SIX.map((field) => [empty(field).message, { field, rule: "REQUIRED" }]);
    expect(reported).toEqual(named);
  });

  test("MUST be named by their path in an input within an input, and beside other errors", async () => {
    const query = "query ($f: TicketSubmissionFilter) { ticketSubmissions(filter: $f) { nodes { id } } }";
    for (const asked of [service, inDevelopment]) {
      const { errors } = await postQuery(asked, query, { f: { reference: { type: "NONE" } } });

      expect(errors).toHaveLength(2);
      expect(errors).toContainEqual(expect.objectContaining(empty("reference.value")));
    }
  });
});

test("A message in development MUST name each of six fields that a document lacks", async () => {
  const named = SIX.map((field) => expect.stringContaining(field) as string);

  expect(await messagesFor(inlined("createHelpdeskTicket", NONE_OF_SIX))).toEqual(named);
});
