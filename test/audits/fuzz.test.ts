import { once } from "node:events";
import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ERRORS, PROBLEMS } from "../../src/errors.ts";
import { sdl } from "../../src/graphql/schema.ts";
import { credentials, startIssuer } from "../support/issuer.ts";
import { MUTATIONS, type MutationName, inlined, inputOf, mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { listening, textOf } from "../supergraph/listening.ts";

/** Number of cases of each part; FUZZ_CASES=50000 makes a long run. */
const CASES = Number(process.env["FUZZ_CASES"] ?? 1000);
/** Longest time of an answer. The vendor of these tests may take 500 ms. */
const DEADLINE_MS = 10_000;
const TIMES = { timeout: 60_000 + CASES * 100 };
/** Mark in every place that a caller or the vendor can fill. No message may hold it. */
const MARK = "s3cret!";
/** Mark in every place where a name may stand. */
const NAME = "kanari_name";

/** The bank's own ids, which an answer repeats on purpose. */
const TOLD_BACK = new RegExp(`"(?:id|ticketId|bsgTicketId|sourceTicketId|branchCode)":"[^"]*${MARK}[^"]*"`, "g");

/** Makes one value `weight` times as often as others. */
const mostly = <Value, Other>(weight: number, value: Value, others: fc.Arbitrary<Other>) =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });

interface Said {
  status: number;
  type: string | undefined;
  requestId: string | undefined;
  text: string;
}

/** Expects JSON with data, or with errors of the closed table and with the id of the request, and without the mark. */
function expectWellBehaved({ status, type, requestId, text }: Said): void {
  expect(type).toMatch(/^application\/(?:graphql-response\+)?json; charset=utf-8$/);
  const { data, errors, ...rest } = JSON.parse(text) as {
    data?: unknown;
    errors?: { extensions: { code: string; field?: string } }[];
  };
  expect(rest).toEqual({});
  expect(data !== undefined || errors !== undefined).toBe(true);
  for (const error of errors ?? []) {
    const { code, field } = error.extensions;
    const missing = field !== undefined && { field, rule: "REQUIRED", limit: null }; // of our input, and so by our name
    expect(error.extensions).toEqual({ code, requestId, ...missing });
    expect(Object.keys(ERRORS)).toContain(code);
    expect(code).not.toBe("INTERNAL_SERVER_ERROR");
  }
  expect(status).toBeLessThan(500);
  expect(text.replaceAll(TOLD_BACK, "")).not.toContain(MARK);
  // Keys of data and the path hold the caller's aliases, as the specification demands.
  const said = JSON.stringify(errors, (key, value: unknown) => (key === "path" ? undefined : value));
  expect(said ?? "").not.toContain(NAME);
}

describe("the request handler", () => {
  let service: Service;
  let good: Record<string, string>;
  const agent = new Agent({ keepAlive: true });
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    const issuer = opened.use(await startIssuer());
    service = opened.use(await startService({ config: issuer.auth }));
    opened.defer(() => agent.destroy());
    good = { ...credentials(await issuer.token()), "content-type": "application/json" };
  });
  afterAll(() => opened.disposeAsync());

  async function knock(body: string | Uint8Array, headers: Record<string, string>): Promise<Said> {
    const options = { method: "POST", agent, signal: AbortSignal.timeout(DEADLINE_MS) };
    const request = httpRequest(service.url, { ...options, headers: { ...good, ...headers } });
    const answered = once(request, "response") as Promise<[IncomingMessage]>;
    request.on("error", () => {}).end(body);
    const [response] = await answered;
    return {
      status: response.statusCode ?? 0,
      type: response.headers["content-type"],
      requestId: response.headers["x-request-id"] as string | undefined,
      text: await textOf(response),
    };
  }

  /** Parts of documents for this schema, allowed and not allowed ones. */
  const TOKENS = [
    ...new Set(sdl.replaceAll(/"""[^"]*"""/g, "").match(/[A-Za-z_]\w+/g)),
    ..."{ } ( ) [ ] : ! $ @ = & | # \u0000".split(" "),
    ..."query mutation subscription fragment on ... $input __typename __schema _entities".split(" "),
    ...`"1" "${MARK}" """${MARK}""" 1 -1.5e9 null true input representations`.split(" "),
  ];
  const nonsense = fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(" "));
  /** Documents that fit, in which one or two tokens are others. */
  const FITTING = [
    ...(Object.keys(MUTATIONS) as MutationName[]).map((name) => inlined(name)),
    'query Q($id: ID = "1", $on: Boolean! = true) { ticket(id: $id) @include(if: $on) { ...T } } fragment T on Ticket { kind }',
    '{ ticketSubmissions(filter: {states: [UNCERTAIN]}, first: 5, after: "1") { edges { node { state } } } __type(name: "Ticket") { kind } }',
    '{ _entities(representations: [{__typename: "Ticket", id: "1"}]) { ... on Ticket { kind } } }',
  ].map((text): string[] => text.match(/\.\.\.|"(?:[^"\\]|\\.)*"|[$@]?\w+|[^\s\w]/g) ?? []);
  const STRANGE = [
    ...["", "$", "@", "...", "-1"].map((sign) => `${sign}${NAME}`),
    ...`"M" | "M | 'M' | # M\n | "\\kM" | """M" """ | 1e400 | {N: "M"} | ["M", 1] | (N: 1) | { N } | @N(if: "M")`
      .split(" | ")
      .map((token) => token.replace("M", MARK).replace("N", NAME)),
    `{ticketId: "${MARK}", ticketId: ["${MARK}"], status: ${NAME}}`,
  ];
  const edited = fc.constantFrom(...FITTING).chain((tokens) => {
    const edit = fc.tuple(fc.nat(tokens.length - 1), fc.constantFrom(...STRANGE));
    return fc
      .array(edit, { minLength: 1, maxLength: 2 })
      .map((edits) => edits.reduce((document, [at, token]) => document.with(at, token), tokens).join(" "));
  });
  const document = fc.oneof(
    nonsense,
    { weight: 3, arbitrary: edited },
    fc.constantFrom(...Object.values(MUTATIONS).map((m) => m.document)),
  );

  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constant(MARK),
    fc.constantFrom<unknown>(null, [], {}, -1e300, "", 0.1, [[MARK], { [NAME]: MARK }], `${MARK}\u0000`),
    fc.constantFrom<unknown>(
      { [MARK]: NAME, ["__proto__"]: MARK },
      { __typename: MARK, id: NAME },
      `2025-13-45 ${MARK}`,
    ),
  );
  const input = fc
    .tuple(
      fc.constantFrom(...(Object.keys(MUTATIONS) as MutationName[])),
      fc.uuid(),
      fc.dictionary(fc.oneof(fc.constantFrom(...TOKENS.slice(0, 200), NAME, MARK), fc.string()), value, { maxKeys: 4 }),
    )
    .map(([name, idempotencyKey, changes]) => inputOf(name, { idempotencyKey, ...changes }));
  const inputs = input.map((one) => ({ input: one }));
  const wellFormed = fc.record({ query: document, variables: fc.oneof(inputs, value) });
  const others = { variables: value, operationName: value, extensions: value, [MARK]: value };
  const anyShape = fc.record({ query: fc.oneof(document, value), ...others }, { requiredKeys: [] });
  const body = fc.oneof(
    { weight: 4, arbitrary: wellFormed.map((one) => JSON.stringify(one)) },
    { weight: 2, arbitrary: anyShape.map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }) },
  );

  const codeUnit = fc.integer({ min: 0x20, max: 0xff }).filter((c) => c !== 0x7f);
  const latin = fc.string({ unit: codeUnit.map((c) => String.fromCharCode(c)) });
  const NAMES = "authorization router-authorization content-type accept accept-encoding x-user-id".split(" ");
  const headerValue = fc.oneof(
    latin,
    fc.constantFrom(MARK, "application/json", "application/json; charset=utf-16", "*/*", "Bearer a.b.c", ""),
  );
  const some = { maxKeys: 3, noNullPrototype: true };
  const headers = mostly(4, {}, fc.dictionary(fc.constantFrom(...NAMES), headerValue, some));

  test("MUST answer every request in time, in JSON, by the table, without its own text", TIMES, async () => {
    const answered = fc.asyncProperty(body, headers, async (text, with_) => {
      expectWellBehaved(await knock(text, with_));
    });
    await fc.assert(answered, { numRuns: CASES });
    const metrics = await (await fetch(`${service.managementUrl}/metrics`)).text();
    for (const mark of [MARK, NAME]) expect(JSON.stringify(service.events) + metrics).not.toContain(mark);
    expect((await service.post('{"query":"{ __typename }"}', good)).status).toBe(200);
  });
});

describe("the vendor", () => {
  interface VendorSays {
    status: number;
    headers: Record<string, string>;
    body: Uint8Array | string;
    /** Bytes to send instead of an HTTP response. */
    raw: boolean;
  }

  const REFUSES = { status: 400, headers: {}, body: '{"type":"error","message":"Content required"}', raw: false };
  let says: VendorSays;
  let service: Service;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    const vendor = await listening(0, async (request, response) => {
      await textOf(request);
      if (says.raw) response.socket?.end(says.body);
      else response.writeHead(says.status, says.headers).end(says.body);
    });
    const config = { SOCIOMILE_BASE_URL: opened.use(vendor).url, SOCIOMILE_TIMEOUT_MS: 500 };
    service = opened.use(await startService({ config }));
  });
  afterAll(() => opened.disposeAsync());

  const KEYS = "success status code message data ticket type trace_id file line ticketId".split(" ");
  const TITLES = "ticket_number,Status,Date Created,Customer Name,Cub Category,is_escalation,__proto__".split(",");
  const word = fc.oneof(
    fc.constantFrom(true, false, null, 200, "200", "error", "success", "Open", MARK, `${MARK} required`),
    fc.constantFrom("NamaNasabah required", "690d950c5f287ad0ff3bd9d5", "2025-02-30 25:00:00", "", " "),
    fc.constantFrom(9007199254740992, [], {}),
    fc.string({ unit: "binary" }),
    fc.double(),
  );
  const shape = fc.letrec<{ object: Record<string, unknown>; value: unknown }>((tie) => ({
    object: fc.dictionary(fc.constantFrom(...KEYS, ...TITLES), tie("value"), { maxKeys: 8 }),
    value: fc.oneof(
      { maxDepth: 3 },
      word,
      tie("object"),
      tie("object").map((one) => [one]),
    ),
  })).object;
  const body = fc.oneof(
    { weight: 6, arbitrary: shape.map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: shape.map((one) => JSON.stringify(one, null, 1).replaceAll("\n}", ",\n}")) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 500 }) },
  );
  const otherStatus = fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304);
  const otherHeaders = fc.record(
    {
      "retry-after": fc.constantFrom("0", "1", "-1", "999999999", "Thu, 01 Jan 1970 00:00:00 GMT", MARK),
      "content-type": fc.constantFrom("text/html", "application/json; charset=utf-16", MARK),
      "content-encoding": fc.constantFrom("gzip", "br", MARK),
      location: fc.constant(`http://127.0.0.1:1/${MARK}`),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const speech = fc.record({
    status: mostly(3, 200, otherStatus),
    headers: mostly(3, {}, otherHeaders),
    body,
    raw: mostly(9, false, fc.constant(true)),
  });
  const operation = fc.constantFrom(...(Object.keys(MUTATIONS) as MutationName[]));

  test("MUST NOT stop the service, and MUST NOT put its text into errors and problems", TIMES, async () => {
    await fc.assert(
      fc.asyncProperty(operation, speech, async (name, answer) => {
        says = REFUSES; // so that the circuit breaker stays closed
        await Promise.all([1, 2].map(() => mutate(service, "createHelpdeskTicket")));
        says = answer;
        const since = performance.now();

        const { status, errors, payload } = await mutate(service, name);

        expect(performance.now() - since).toBeLessThan(DEADLINE_MS);
        expect([status, errors]).toEqual([200, undefined]);
        expect(payload?.problems).toHaveLength(payload?.ticket ? 0 : 1);
        expect(payload?.submission?.state).not.toBe("SENDING");
        expect((payload?.submission?.state === "CONFIRMED") === (payload?.ticket != null)).toBe(true);
        for (const { code } of payload?.problems ?? []) expect(Object.keys(PROBLEMS)).toContain(code);
        expect(JSON.stringify([payload?.problems, payload?.submission])).not.toContain(MARK);
      }),
      { numRuns: CASES },
    );
    expect(JSON.stringify(service.events)).not.toContain(MARK);
    says = { status: 200, headers: {}, body: '{"success":true,"data":{"ticketId":"1"}}', raw: false };
    const ticketId = async () => (await mutate(service, "createVoiceTicket")).payload?.ticket?.id;
    await expect.poll(ticketId).toBe("1"); // again when the machine stalls: Sociomile has half a second
  });
});
