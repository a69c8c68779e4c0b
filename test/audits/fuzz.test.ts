import { once } from "node:events";
import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { sdl } from "../../src/graphql/schema.ts";
import { credentials, startIssuer } from "../support/issuer.ts";
import { MUTATIONS } from "../support/mutations.ts";
import { startService } from "../support/service.ts";
import { textOf } from "../supergraph/listening.ts";

/** Number of cases; FUZZ_CASES=50000 makes a long run. */
const CASES = Number(process.env["FUZZ_CASES"] ?? 1000);
/** Longest time of an answer. */
const DEADLINE_MS = 10_000;
const TIMES = { timeout: 60_000 + CASES * 100 };
/** Mark in every place that a caller can fill. No message may hold it. */
const MARK = "s3cret!";

/** The bank's own ids, which an answer repeats on purpose. */
const TOLD_BACK = new RegExp(`"(?:id|ticketId|bsgTicketId|sourceTicketId|branchCode)":"${MARK}"`, "g");

interface Said {
  status: number;
  type: string | undefined;
  /** Id of the request in the header of the answer. */
  requestId: string | undefined;
  text: string;
}

/** Expects JSON with data, or with errors of the closed table and with the id of the request, and without the mark. */
function expectWellBehaved({ status, type, requestId, text }: Said): void {
  expect(type).toMatch(/^application\/(?:graphql-response\+)?json; charset=utf-8$/);
  const { data, errors, ...rest } = JSON.parse(text) as {
    data?: unknown;
    errors?: { extensions: { code: string } }[];
  };
  expect(rest).toEqual({});
  expect(data !== undefined || errors !== undefined).toBe(true);
  for (const error of errors ?? []) {
    const { code } = error.extensions;
    expect(error.extensions).toEqual({ code, requestId });
    expect(Object.keys(ERRORS)).toContain(code);
    expect(code).not.toBe("INTERNAL_SERVER_ERROR");
  }
  expect(status).toBeLessThan(500);
  expect(text.replaceAll(TOLD_BACK, "")).not.toContain(MARK);
}

/** Parts of documents for this schema, allowed and not allowed ones. */
const TOKENS = [
  ...new Set(sdl.replaceAll(/"""[^"]*"""/g, "").match(/[A-Za-z_]\w+/g)),
  ..."{ } ( ) [ ] : ! $ @ = & | # \u0000".split(" "),
  ..."query mutation subscription fragment on ... $input __typename __schema _entities".split(" "),
  ...`"1" "${MARK}" """${MARK}""" 1 -1.5e9 null true input representations`.split(" "),
];
const nonsense = fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(" "));
const selection = fc.letrec<{ set: string; field: string }>((tie) => ({
  field: fc
    .tuple(fc.constantFrom(...TOKENS.slice(0, 200)), fc.option(tie("set"), { nil: "" }))
    .map((two) => two.join(" ")),
  set: fc.array(tie("field"), { minLength: 1, maxLength: 4 }).map((fields) => `{ ${fields.join(" ")} }`),
})).set;
const document = fc.oneof(
  nonsense,
  selection,
  fc.constantFrom(...Object.values(MUTATIONS).map((m) => m.document)),
);

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(MARK),
  fc.constantFrom(null, [], {}, -1e300, "", 0.1),
);
const input = fc
  .tuple(
    fc.constantFrom(...Object.values(MUTATIONS).map(({ example }) => example as Record<string, unknown>)),
    fc.dictionary(fc.oneof(fc.constantFrom(...TOKENS.slice(0, 200)), fc.string()), value, { maxKeys: 4 }),
  )
  .map(([example, changes]) => ({ ...example, ...changes }));
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
const strangeHeaders = fc.dictionary(fc.constantFrom(...NAMES), headerValue, some);
const headers = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: strangeHeaders });

test("MUST answer every request in time, in JSON, by the table, without its own text", TIMES, async () => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: issuer.auth });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const good = { ...credentials(await issuer.token()), "content-type": "application/json" };
  const knock = async (sent: string | Uint8Array, changes: Record<string, string>): Promise<Said> => {
    const options = { method: "POST", agent, signal: AbortSignal.timeout(DEADLINE_MS) };
    const request = httpRequest(service.url, { ...options, headers: { ...good, ...changes } });
    const answered = once(request, "response") as Promise<[IncomingMessage]>;
    request.on("error", () => {}).end(sent);
    const [response] = await answered;
    return {
      status: response.statusCode ?? 0,
      type: response.headers["content-type"],
      requestId: response.headers["x-request-id"] as string | undefined,
      text: await textOf(response),
    };
  };

  const answered = fc.asyncProperty(body, headers, async (sent, changes) => {
    expectWellBehaved(await knock(sent, changes));
  });
  await fc.assert(answered, { numRuns: CASES });

  expect(JSON.stringify(service.events)).not.toContain(MARK);
  expect((await service.post('{"query":"{ __typename }"}', good)).status).toBe(200);
});
