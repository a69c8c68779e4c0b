import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { LIMITS } from "../../src/tickets/fields/rules.ts";
import { createLimiters } from "../../src/limiters.ts";
import { DOCUMENT_LIMITS, MAX_FAULTS } from "../../src/graphql/documents.ts";
import { MAX_REFERENCES } from "../../src/graphql/queries.ts";
import { MAX_ERRORS } from "../../src/graphql/server.ts";
import { MAX_WEIGHT, TRACED, WEIGHTS } from "../../src/graphql/weight.ts";
import { BYTES_A_WEIGHT } from "../../src/request-load.ts";
import { MAX_BATCH, MAX_BODY_BYTES, MAX_INPUT_FIELDS, MAX_PIECES, MAX_VALUES } from "../../src/http/body.ts";
import { REQUEST_MS } from "../../src/http/request-handler.ts";
import { MAX_CONNECTIONS, MAX_UNPROVEN } from "../../src/http/server.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { SHARE_OF_ONE } from "../../src/limiter.ts";
import { announce, sendLines } from "../support/client.ts";
import { referringTo, underNames } from "../support/heavy-documents.ts";
import { MUTATIONS, inputOf, mutate } from "../support/mutations.ts";
import { startAnswering } from "./answering.ts";
import { repositoryText } from "../support/repository.ts";
import { type Answer, startService, sharedService } from "../support/service.ts";
import { type ByCode, rowsByCode } from "../support/test-table.ts";

const inEnglish = (number: number) => number.toLocaleString("en");
const many = (count: number, text: (nth: number) => string) =>
  Array.from({ length: count }, (_, nth) => text(nth)).join(" ");
/** Names many different fields. */
const fields = (count: number) => many(count, (nth) => `a${nth}`);
const asking = (query: string): string => JSON.stringify({ query });
const paddedQuery = (bytes: number) => asking("{ __typename }").padEnd(bytes);

test("Limits MUST have the documented values", () => {
  const { lines, namesakes, tokens, depth, aliases, directives, rootFields } = DOCUMENT_LIMITS;
  const { requests, weight } = createLimiters({
    MAX_IN_FLIGHT: SETTINGS.MAX_IN_FLIGHT.default,
    SOCIOMILE_MAX_CONCURRENT: SETTINGS.SOCIOMILE_MAX_CONCURRENT.default,
  });
  expect([requests.ofOne, weight.ofOne, SHARE_OF_ONE]).toEqual(["share", "share", 0.75]);
  const documented = repositoryText("SECURITY.md").replaceAll(/\s+/g, " ");
  for (const limit of [
    `body: ${MAX_BODY_BYTES / 1024} KiB, inflated too, in ${inEnglish(MAX_PIECES)} pieces`,
    `body: ${inEnglish(MAX_VALUES)} values, ${MAX_INPUT_FIELDS} fields in one object of the variables`,
    `lists of requests: ${MAX_BATCH} queries, no mutation`,
    `document: ${inEnglish(tokens)} tokens, ${inEnglish(lines)} lines, ${namesakes} fields of one name, ${depth} levels, ${aliases} aliases, ${directives} directives, ${rootFields} root fields`,
    `references: ${MAX_REFERENCES} in a request`,
    `an operation, or a list of them: weight ${inEnglish(MAX_WEIGHT)}`,
    `A line weighs ${WEIGHTS.line}, a long text ${WEIGHTS.longText}, a ticket or submission ${WEIGHTS.read} and its fields, a search ${inEnglish(WEIGHTS.search)}; a federated trace multiplies by ${TRACED}`,
    `errors in an answer: ${MAX_ERRORS}`,
    `port: ${inEnglish(MAX_CONNECTIONS)} connections, ${MAX_UNPROVEN} of them without`,
    `requests at once: ${requests.most};`,
    `weight at once: ${inEnglish(weight.most)}`,
    `(${BYTES_A_WEIGHT} bytes weigh 1)`,
    `time: ${REQUEST_MS / 1000} s,`,
  ])
    expect(documented).toContain(limit);
  expect(ERRORS.BATCHING_NOT_SUPPORTED.message).toContain(`1 to ${MAX_BATCH} queries`);
});

test("The largest helpdesk ticket MUST be within the limit when all its text is written in \\u escapes", async () => {
  await using service = await startService();
  const line = "😀".repeat(LIMITS.oneLine);
  const long = "🙏".repeat(LIMITS.longText);
  const oneLine =
    "customerName connectId transactionMedia transactionType transactionId branchCode branchName atmName atmId";
  const lines: object = Object.fromEntries(oneLine.split(" ").map((field) => [field, line]));
  const texts = { content: long, claimReason: long, description: long };
  const input = inputOf("createHelpdeskTicket", { ...lines, ...texts });
  const text = JSON.stringify({ query: MUTATIONS.createHelpdeskTicket.document, variables: { input } });
  const escaped = text.replaceAll(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
  expect(escaped).toMatch(/^[ -~]*$/);
  expect(escaped.length).toBeGreaterThan(512 * 1024); // a smaller limit would not do

  const { status, errors } = await service.post(escaped);

  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  expect(JSON.parse(service.lastBody())).toMatchObject(texts);
});

const ten = (selection: string) => `${selection} `.repeat(DOCUMENT_LIMITS.rootFields);
const nested = (levels: number) => `${"{a".repeat(levels)}${"}".repeat(levels)}`;
const directives = (count: number) => `{ ticket(id: "1") { ${"id @skip(if: true) ".repeat(count)} } }`;
const aliases = (count: number) => underNames(count, "id");
const REFERRING = "_entities(representations: $references) { __typename }";
const references = (count: number, selection = `${REFERRING} __typename`) => {
  const query = `query ($references: [_Any!]!) { ${selection} }`;
  return JSON.stringify({ query, variables: referringTo(count, "1") });
};

const refused = (status: number) => ({ status, named: true, counted: 1, next: 200 });

describe("a request beyond a limit", () => {
  const service = sharedService();

  /** Expects that a request is refused and counted, and that the next one is served. */
  async function refusalBy(code: ErrorCode, ask: () => Promise<Pick<Answer<unknown>, "status" | "text">>) {
    const before = await service.refusals(code);
    const { status, text } = await ask();
    const counted = (await service.refusals(code)) - before;
    const next = await service.post(asking("{ __typename }"));
    return { status, named: text.includes(`"code":"${code}"`), counted, next: next.status };
  }
  const posting = (body: string) => () => service.post(body);
  const PERSISTED = '"extensions":{"persistedQuery":{"version":1,"sha256Hash":"1"}}';

  test("MUST be refused before its body is sent when Content-Length exceeds the limit", async () => {
    const announced = { "content-length": String(MAX_BODY_BYTES + 1) };
    const ask = () => announce(service.url, announced);

    expect(await refusalBy("PAYLOAD_TOO_LARGE", ask)).toEqual(refused(413));
    expect((await service.post(paddedQuery(MAX_BODY_BYTES))).status).toBe(200);
  });

  test("MUST be refused when its body arrives in too many pieces, and not before", async () => {
    const ask = () => inPieces(service.url, paddedQuery(MAX_PIECES + 1));

    expect((await inPieces(service.url, paddedQuery(MAX_PIECES))).status).toBe(200);
    expect(await refusalBy("PAYLOAD_TOO_LARGE", ask)).toEqual(refused(413));
  });

  const CYCLE = many(60, (nth) => {
    const others = [1, 7, 13].map((step) => `...F${(nth + step) % 60}`).join(" ");
    return `fragment F${nth} on Ticket { submissions { nodes { ticket { ${others} } } } }`;
  });
  const DOUBLING = many(100, (nth) => `fragment f${nth} on Ticket { x: id ...f${nth + 1} ...f${nth + 1} }`);
  const DOCUMENTS: ByCode = {
    OPERATION_RESOLUTION_FAILURE: { "a subscription": "subscription { __typename }" },
    GRAPHQL_VALIDATION_FAILED: { "a cycle of fragments": `${CYCLE} { ticket(id: "1") { ...F0 } }` },
    DOCUMENT_TOO_LONG: {
      "too many tokens": `{ ${fields(DOCUMENT_LIMITS.tokens - 1)}}`,
      "too many lines": `${"#\n".repeat(DOCUMENT_LIMITS.lines + 1)}{ __typename }`,
      "comments with signs of text": `${'#"""\n#"\n'.repeat(10_000)}{ __typename }`,
      "too many fields of one name": `{ t { ${"a ".repeat(DOCUMENT_LIMITS.namesakes + 1)}} }`,
    },
    DOCUMENT_TOO_DEEP: {
      "too much depth": nested(9),
      "too much depth through fragments":
        "{a{a{a{a{...f}}}}} fragment f on Ticket {a{a{...g}}} fragment g on Ticket {a{...on Ticket{a{a}}}}",
      "depth below the schema's fields": `{ __schema { queryType { name } } ${nested(9).slice(1)}`,
    },
    TOO_MANY_ALIASES: {
      "too many aliases": `{ ticket(id: "1") { ${aliases(16)} } }`,
      "a name as long as too many aliases": `{ ticket(id: "1") { ${"a".repeat(64 * 15)}: id } }`,
      "too many aliases through fragments": `{ ticket(id: "1") { ...f } x: ticket(id: "2") { ...f } } fragment f on Ticket { ${aliases(8)} }`,
      "fragments that double each other": `{ ticket(id: "1") { ...f0 } } ${DOUBLING} fragment f100 on Ticket { id }`,
    },
    TOO_MANY_DIRECTIVES: { "too many directives": directives(21) },
    TOO_MANY_ROOT_FIELDS: {
      "too many root fields": `{ ${ten("__typename")} __typename }`,
      "too many root fields through fragments": `{ ...f __typename } fragment f on Query { ... { ${ten("__typename")} } }`,
      "too many mutations": `mutation { ${underNames(11, "__typename")} }`,
      "too much in the operation that is not asked for": `query Asked { __typename } query Other { ${ten("__typename")} __typename }`,
    },
  };
  const BODIES: ByCode = {
    BAD_USER_INPUT: {
      "too many fields of one object": `{"query":"{ __typename }","variables":{${many(101, (nth) => `"a${nth}":1`).replaceAll(" ", ",")}}}`,
      "too many values in the variables, also where nothing asks for them": `{"query":"{ __typename }","variables":{"unasked":[${"{},".repeat(MAX_VALUES - 2)}{}]}}`,
    },
    PERSISTED_QUERY_NOT_SUPPORTED: {
      "a persisted query": `{${PERSISTED}}`,
      "the registration of a persisted query": `{"query":"{ __typename }",${PERSISTED}}`,
    },
  };
  const ROWS = [...rowsByCode(DOCUMENTS, asking), ...rowsByCode(BODIES, String)];
  test.each(ROWS)("MUST be refused and counted each time: %s", async (_, code, body) => {
    for (let time = 0; time < 2; time++) expect(await refusalBy(code, posting(body))).toEqual(refused(400));
  });

  test.each<[string, string]>([
    ["tokens", `{ ticket { ${fields(DOCUMENT_LIMITS.tokens - 5)}} }`],
    ["fields of one name", `{ ticket(id: "1") { ${"id ".repeat(DOCUMENT_LIMITS.namesakes)}} }`],
    ["depth", nested(8)],
    ["signs of comments, which are none in text", `{ ticket(id: "${"# ".repeat(3000)}") { id } }`],
    ["aliases", `{ ticket(id: "1") { ${aliases(15)} } }`],
    ["root fields", `{ ${ten("__typename")} }`],
    ["directives", directives(20)],
  ])("MUST exceed the limit, not only reach it: %s", async (_, query) => {
    const { text } = await service.post(asking(query));

    expect(text).not.toMatch(/DOCUMENT_TOO|TOO_MANY_/);
  });

  test("MUST get a short answer, however many faults it has", async () => {
    const { status, errors } = await service.post(asking(`{ ticket(id: "1") { ${fields(900)} } }`));

    expect(status).toBe(400);
    expect(errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    expect(errors).toHaveLength(MAX_FAULTS + 1); // and one that says so
  });

  test("MUST be refused with one error of _entities, and counted: more than 500 references, over all fields", async () => {
    const tooMany = references(501);
    const { data, errors } = await service.post(tooMany);

    expect(errors).toMatchObject([{ path: ["_entities"], extensions: { code: "TOO_MANY_REPRESENTATIONS" } }]);
    expect(data).toBeNull(); // because Federation's type of _entities is never null
    expect(await refusalBy("TOO_MANY_REPRESENTATIONS", posting(tooMany))).toEqual(refused(200));
    const twice = `a: ${REFERRING} b: ${REFERRING} __typename`;

    expect((await service.post(references(250, twice))).errors).toBeUndefined();
    const second = { path: ["b"], extensions: { code: "TOO_MANY_REPRESENTATIONS" } };
    expect((await service.post(references(251, twice))).errors).toMatchObject([second]);
  });
});

test("Requests in flight MUST be bounded, also while a body does not arrive: one more is shed with Retry-After before its body is read", async () => {
  await using service = await startService({ config: { MAX_IN_FLIGHT: 1 } });
  const leaving = new AbortController();
  const { signal } = leaving;
  const body = ReadableStream.from(endless(signal));
  const headers = { "content-type": "application/json" };
  const slow = fetch(service.url, { method: "POST", headers, body, duplex: "half", signal });
  const status = async () => (await service.post(asking("{ __typename }"))).status;
  await expect.poll(status).toBe(503);

  const answer = await announce(service.url);

  expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1", connection: "close" } });
  expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
  expect((await fetch(`${new URL(service.url).origin}/livez`)).status).toBe(200);
  leaving.abort();
  await expect(slow).rejects.toThrow("aborted");
  await expect.poll(status).toBe(200); // also a caller that has left gives its place back
});

/** A body that begins at once and never ends. */
async function* endless(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"query":');
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Posts a body of ASCII text with each character in a chunk of its own. */
function inPieces(url: string, body: string): Promise<{ status: number; text: string }> {
  const chunks = Array.from(body, (character) => `1\r\n${character}\r\n`).join("");
  const head = ["POST /graphql HTTP/1.1", "host: localhost", "transfer-encoding: chunked"];
  return sendLines(url, head, `${chunks}0\r\n\r\n`);
}

test("Weight that runs MUST be bounded, with three quarters of it for one client: more waits, and bodies are refused", async () => {
  const entered: boolean[] = [];
  const waits = Promise.withResolvers<void>();
  await using server = await startAnswering(async (_, { load }) => {
    const mayRun = await load.enter(350);
    entered.push(mayRun);
    await waits.promise;
    return { status: 200, body: JSON.stringify({ mayRun }) };
  });
  const post = (body = asking("{ a }")) =>
    fetch(`${server.url}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answers = [post(), post(), post()];
  await expect.poll(() => [server.limiters.requests.inUse, entered]).toEqual([3, [true, true]]);

  expect((await post(paddedQuery(128 * 1024))).status).toBe(503);
  waits.resolve();
  for (const answer of answers) expect(await (await answer).json()).toEqual({ mayRun: true });
  await expect.poll(() => server.limiters.weight.inUse).toBe(0);
});

test("Vendor calls at once MUST be bounded, with a bounded queue behind: the others learn that nothing was done", async () => {
  await using service = await startService({
    mood: "hang-before",
    config: { SOCIOMILE_MAX_CONCURRENT: 1, SOCIOMILE_TIMEOUT_MS: 3000, MAX_IN_FLIGHT: 6 },
  });
  const first = mutate(service, "createVoiceTicket");
  await expect.poll(() => service.sandbox.received).toHaveLength(1);

  const others = await Promise.all(
    Array.from({ length: 3 }, () => mutate(service, "createVoiceTicket")), // for two of one client both pass
  );

  for (const { status, payload } of others) {
    expect(status).toBe(200);
    expect(payload?.problems).toMatchObject([{ code: "SOCIOMILE_UNAVAILABLE", retryable: true }]);
  }
  const reasons = others.map(({ payload }) => payload?.submission?.reason);
  expect(new Set(reasons)).toEqual(new Set(["NOT_SENT_IN_TIME", "OVERLOADED"]));
  expect((await first).payload?.problems).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
  expect(service.sandbox.received).toHaveLength(1);
});
