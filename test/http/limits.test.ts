import { connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/errors.ts";
import { LIMITS } from "../../src/tickets/fields/limits.ts";
import {
  LISTS_AT_ONCE,
  MAX_FIELDS,
  MAX_FIELD_ERRORS,
  MAX_READERS,
  MAX_READ_BYTES,
  MAX_TEXT_BYTES,
} from "../../src/graphql/bounds.ts";
import { DOCUMENT_LIMITS, MAX_FAULTS } from "../../src/graphql/plugins/document-limits.ts";
import { MAX_REFERENCES } from "../../src/graphql/resolvers/references.ts";
import { COST_OF_SEARCH, MAX_LISTED } from "../../src/graphql/resolvers/submission-page.ts";
import { MAX_BATCH, MAX_BODY_BYTES, MAX_INPUT_FIELDS, MAX_PIECES, MAX_VALUES } from "../../src/http/body.ts";
import { REQUEST_MS } from "../../src/http/request-handler.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { MAX_HELD_BYTES, admissionControl } from "../../src/http/admission-control.ts";
import { bulkhead, fairTurns } from "../../src/tickets/bulkhead.ts";
import { announce } from "../support/client.ts";
import { ROUTER, callerOf, startIssuer } from "../support/issuer.ts";
import { MUTATIONS, mutate } from "../support/mutations.ts";
import { repositoryText } from "../support/repository.ts";
import { type Answer, startService, sharedService } from "../support/service.ts";
import { testTable } from "../support/test-table.ts";

const inEnglish = (number: number) => number.toLocaleString("en");
/** Names many different fields. */
const fields = (count: number) => Array.from({ length: count }, (_, nth) => `a${nth} `).join("");
const asking = (query: string): string => JSON.stringify({ query });
const paddedQuery = (bytes: number) => asking("{ __typename }").padEnd(bytes);

test("Limits MUST have the documented values", () => {
  const { lines, namesakes, tokens, depth, aliases, directives, rootFields } = DOCUMENT_LIMITS;
  const documented = repositoryText("SECURITY.md").replaceAll(/ +/g, " ");
  for (const [part, limit] of Object.entries({
    "body, also after it was inflated": `${MAX_BODY_BYTES / 1024} KiB`,
    "lists of requests": `${MAX_BATCH} queries, no mutation`,
    "tokens of the document": inEnglish(tokens),
    "lines of the document": inEnglish(lines),
    "fields of one name in the document": namesakes,
    "fields of one object in the variables": MAX_INPUT_FIELDS,
    "values in the body, objects and lists among them": inEnglish(MAX_VALUES),
    "levels, aliases, directives, root fields": [depth, aliases, directives, rootFields].join(", "),
    "references to entities, over all fields": MAX_REFERENCES,
    [`submissions in lists, asked for over all fields; a search counts ${COST_OF_SEARCH} more`]:
      inEnglish(MAX_LISTED),
    "text of the answers to one request, without a federated trace": `${MAX_TEXT_BYTES / 2 ** 20} MiB`,
    "fields of these answers; one that is looked up counts as six": `${inEnglish(MAX_FIELDS.plain)}, traced ${inEnglish(MAX_FIELDS.traced)}`,
    "text of the tickets that one request reads": `${MAX_READ_BYTES / 2 ** 20} MiB`,
    "errors of fields and references, in all answers to one request": MAX_FIELD_ERRORS,
    "bodies that were read and unread answers over 64 KiB, long documents that run, and results over 16 KiB that wait in their request; those of one client": `${MAX_HELD_BYTES / 2 ** 20} MiB, three quarters of what others leave`,
    "requests at once, and of one client, until their answers are read": `${SETTINGS.MAX_IN_FLIGHT.default}, three quarters of what others leave`,
    "requests that hold tickets or submissions, until their answers": `${MAX_READERS}, 6 of one client; fair among clients`,
    "lists that are read at once": `${LISTS_AT_ONCE}, 1 of one client; fair among clients`,
    "pieces in which a body arrives": inEnglish(MAX_PIECES),
    time: `${REQUEST_MS / 1000} s`,
  }))
    expect(documented).toContain(`| ${part} | ${limit} |`);
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
  const input = { ...MUTATIONS.createHelpdeskTicket.example, ...lines, ...texts };
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
const aliases = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: id`).join(" ");
const references = (count: number) => ({
  query: "query ($all: [_Any!]!) { _entities(representations: $all) { __typename } __typename }",
  variables: { all: Array.from({ length: count }, (_, i) => ({ __typename: "Ticket", id: String(i) })) },
});

const refused = (status: number) => ({ status, told: true, counted: 1, next: 200 });

describe("a request beyond a limit", () => {
  const service = sharedService();

  /** Expects that a request is refused and counted, and that the next one is served. */
  async function refusalBy(code: ErrorCode, ask: () => Promise<Pick<Answer<unknown>, "status" | "text">>) {
    const before = await service.refusals(code);
    const { status, text } = await ask();
    const counted = (await service.refusals(code)) - before;
    const next = await service.post(asking("{ __typename }"));
    return { status, told: text.includes(`"code":"${code}"`), counted, next: next.status };
  }
  const posting =
    (body: string, headers: Record<string, string> = {}) =>
    () =>
      service.post(body, headers);
  const getting = async () => {
    const response = await fetch(service.url);
    return { status: response.status, text: await response.text() };
  };

  const TYPENAME = asking("{ __typename }");
  const PERSISTED = '"extensions":{"persistedQuery":{"version":1,"sha256Hash":"1"}}';

  testTable<[ErrorCode, number, Parameters<typeof refusalBy>[1]]>({
    "the method GET": ["METHOD_NOT_ALLOWED", 405, getting],
    "a body over 768 KiB": ["PAYLOAD_TOO_LARGE", 413, posting(paddedQuery(MAX_BODY_BYTES + 1))],
    "a batch with a mutation": ["BATCHING_NOT_SUPPORTED", 400, posting(`[${asking("mutation { a }")}]`)],
    text: ["UNSUPPORTED_MEDIA_TYPE", 415, posting(TYPENAME, { "content-type": "text/plain" })],
    "another coding": ["UNSUPPORTED_MEDIA_TYPE", 415, posting(TYPENAME, { "content-encoding": "zstd" })],
    "too many values in the variables, also where nothing asks for them": [
      "BAD_USER_INPUT",
      400,
      posting(`{"query":"{ __typename }","variables":{"unasked":[${"{},".repeat(MAX_VALUES - 2)}{}]}}`),
    ],
    "a subscription": ["OPERATION_RESOLUTION_FAILURE", 400, posting(asking("subscription { __typename }"))],
    "a persisted query": ["PERSISTED_QUERY_NOT_SUPPORTED", 400, posting(`{${PERSISTED}}`)],
    "the registration of a persisted query": [
      "PERSISTED_QUERY_NOT_SUPPORTED",
      400,
      posting(`{"query":"{ __typename }",${PERSISTED}}`),
    ],
  })("MUST be refused and counted: %s", async (_, [code, status, ask]) => {
    expect(await refusalBy(code, ask)).toEqual(refused(status));
  });

  test("MUST be refused before its body is sent when Content-Length exceeds the limit", async () => {
    const announced = { "content-length": String(MAX_BODY_BYTES + 1) };

    const refusal = await refusalBy("PAYLOAD_TOO_LARGE", () => announce(service.url, announced));

    expect(refusal).toEqual(refused(413));
  });

  test("MUST be refused when its body arrives in too many pieces, and not before", async () => {
    const ask = () => inPieces(service.url, paddedQuery(MAX_PIECES + 1));

    expect((await inPieces(service.url, paddedQuery(MAX_PIECES))).status).toBe(200);
    expect(await refusalBy("PAYLOAD_TOO_LARGE", ask)).toEqual(refused(413));
  });

  const CYCLE = Array.from(
    { length: 60 },
    (_, nth) => `fragment F${nth} on Ticket { submissions { nodes { ticket {
      ...F${(nth + 1) % 60} ...F${(nth + 7) % 60} ...F${(nth + 13) % 60} } } } }`,
  );
  const DOUBLING = Array.from(
    { length: 100 },
    (_, nth) => `fragment f${nth} on Ticket { x: id ...f${nth + 1} ...f${nth + 1} }`,
  );
  const DOCUMENTS: Partial<Record<ErrorCode, Record<string, string>>> = {
    GRAPHQL_VALIDATION_FAILED: {
      "fragments within each other": `${CYCLE.join(" ")} { ticket(id: "1") { ...F0 } }`,
    },
    DOCUMENT_TOO_LONG: {
      "too many tokens": `{ ${fields(DOCUMENT_LIMITS.tokens - 1)}}`,
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
      "too many aliases through fragments": `{ ticket(id: "1") { ...f } x: ticket(id: "2") { ...f } } fragment f on Ticket { ${aliases(8)} }`,
      "fragments that double each other": `{ ticket(id: "1") { ...f0 } } ${DOUBLING.join(" ")} fragment f100 on Ticket { id }`,
    },
    TOO_MANY_DIRECTIVES: {
      "too many directives": `{ ticket(id: "1") { ${"id @skip(if: true) ".repeat(21)} } }`,
    },
    TOO_MANY_ROOT_FIELDS: {
      "too many root fields": `{ ${ten("__typename")} __typename }`,
      "too many root fields through fragments": `{ ...f __typename } fragment f on Query { ... { ${ten("__typename")} } }`,
      "too many mutations": `mutation { ${Array.from({ length: 11 }, (_, nth) => `m${nth}: __typename`).join(" ")} }`,
      "too much in the operation that is not asked for": `query Asked { __typename } query Other { ${ten("__typename")} __typename }`,
    },
  };
  const OF_DOCUMENTS = Object.entries(DOCUMENTS).flatMap(([code, documents]) =>
    Object.entries(documents).map(([name, query]) => [name, code as ErrorCode, query] as const),
  );

  test.each(OF_DOCUMENTS)("MUST be refused and counted: %s", async (_, code, query) => {
    expect(await refusalBy(code, posting(asking(query)))).toEqual(refused(400));
  });

  test.each<[string, string]>([
    ["tokens", `{ ticket { ${fields(DOCUMENT_LIMITS.tokens - 5)}} }`],
    ["fields of one name", `{ ticket(id: "1") { ${"id ".repeat(DOCUMENT_LIMITS.namesakes)}} }`],
    ["depth", nested(8)],
    ["aliases", `{ ticket(id: "1") { ${aliases(15)} } }`],
    ["root fields", `{ ${ten("__typename")} }`],
    ["directives", `{ ticket(id: "1") { ${"id @skip(if: true) ".repeat(20)} } }`],
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

  test("MUST be refused and counted, with one error of _entities: more than 500 references", async () => {
    const many = JSON.stringify(references(501));
    const { data, errors } = await service.post(many);

    expect(errors).toMatchObject([{ path: ["_entities"], extensions: { code: "TOO_MANY_REPRESENTATIONS" } }]);
    expect(data).toBeNull(); // because Federation's type of _entities is never null
    expect(await refusalBy("TOO_MANY_REPRESENTATIONS", posting(many))).toEqual(refused(200));
  });

  test("MUST be refused when its fields together have more than 500 references", async () => {
    const field = "_entities(representations: $all) { __typename }";
    const query = `query ($all: [_Any!]!) { a: ${field} b: ${field} __typename }`;
    const ask = (count: number) => service.post(JSON.stringify({ ...references(count), query }));

    expect((await ask(250)).errors).toBeUndefined();
    expect((await ask(251)).errors).toMatchObject([
      { path: ["b"], extensions: { code: "TOO_MANY_REPRESENTATIONS" } },
    ]);
  });

  test("MUST have more than 500 references", async () => {
    const { status, data, errors } = await service.post(JSON.stringify(references(500)));

    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data).toMatchObject({ _entities: Array(500).fill(null) });
  });
});

test("Introspection MUST be exempt from the depth limit for clients that may ask for the schema", async () => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: issuer.auth });
  const type = "type { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } }";
  const query = asking(`{ __schema { types { fields { ${type} } } } }`);

  const allowed = await (await callerOf(service, issuer, { scope: "schema:read" })).post(query);
  const forbidden = await (await callerOf(service, issuer, { scope: "ticket:read" })).post(query);

  expect([allowed.status, allowed.errors]).toEqual([200, undefined]);
  expect([forbidden.status, forbidden.data ?? null]).toEqual([200, null]);
  expect(forbidden.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
});

describe("requests in flight", () => {
  const BUSY = { status: 503, headers: { "retry-after": "1", connection: "close" } };

  test("MUST be bounded: one more is shed with Retry-After before its body is read", async () => {
    await using service = await startService({
      mood: "hang-before",
      config: { MAX_IN_FLIGHT: 2, SOCIOMILE_TIMEOUT_MS: 10_000 },
    });
    const hanging = [mutate(service, "createVoiceTicket"), mutate(service, "createVoiceTicket")];
    await expect.poll(() => service.sandbox.received).toHaveLength(2);

    const answer = await announce(service.url);

    expect(answer).toMatchObject(BUSY);
    expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    expect(await service.refusals("OVERLOADED")).toBe(1);
    expect((await fetch(`${new URL(service.url).origin}/livez`)).status).toBe(200);

    await service.sandbox.close(); // ends the hanging calls
    await Promise.all(hanging);
    expect((await service.post(asking("{ __typename }"))).status).toBe(200);
  });

  test("MUST include those whose body does not arrive, and exclude those whose caller has left", async () => {
    await using service = await startService({ config: { MAX_IN_FLIGHT: 1 } });
    const leaving = new AbortController();
    const { signal } = leaving;
    const body = ReadableStream.from(endless(signal));
    const headers = { "content-type": "application/json" };
    const slow = fetch(service.url, { method: "POST", headers, body, duplex: "half", signal });
    const status = async () => (await service.post(asking("{ __typename }"))).status;

    await expect.poll(status).toBe(503);
    leaving.abort();
    await expect(slow).rejects.toThrow("aborted");

    await expect.poll(status).toBe(200);
  });

  test("MUST NOT be used up by callers that are not the router", async () => {
    await using issuer = await startIssuer();
    await using service = await startService({ config: { ...issuer.auth, MAX_IN_FLIGHT: 1 } });

    const strangers = await Promise.all(Array.from({ length: 20 }, () => announce(service.url)));

    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await service.post(asking("{ __typename }"), ROUTER)).status).toBe(200);
  });
});

/** A body that begins at once and never ends. */
async function* endless(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{"query":');
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Posts a body of ASCII text with each character in a chunk of its own. */
async function inPieces(url: string, body: string): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  const head =
    "host: localhost\r\ncontent-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked";
  const chunks = Array.from(body, (character) => `1\r\n${character}\r\n`).join("");
  socket.write(`POST /graphql HTTP/1.1\r\n${head}\r\n\r\n${chunks}0\r\n\r\n`);
  const answer = await textOf(socket);
  return { status: Number(answer.split(" ")[1]), text: answer };
}

describe("admission control", () => {
  test("MUST give a client at most three quarters of the limit, also while no other client calls", () => {
    const admission = admissionControl(4);
    const inside: Disposable[] = [];
    const enter = (client: string) => {
      const place = admission.enter();
      if (!place) return "full";
      const share = admission.enterFor(client);
      if (share) {
        inside.push(place, share);
        return "in flight";
      }
      place[Symbol.dispose]();
      return "more than its share";
    };

    expect(["greedy", "greedy", "greedy", "greedy"].map(enter)).toEqual([
      ...Array<string>(3).fill("in flight"),
      "more than its share",
    ]);
    expect(enter("modest")).toBe("in flight");
    expect(enter("modest")).toBe("full");
    for (const admitted of inside.splice(0, 2)) admitted[Symbol.dispose]();
    expect(enter("greedy")).toBe("in flight");
    expect(admission.inFlight()).toBe(4);
  });

  test("MUST leave places to a third client while two others flood", () => {
    const admission = admissionControl(200);
    const floods = ["one", "two"].map((client) => takenBy(client, 200));

    expect(floods).toEqual([150, 38]);
    expect(takenBy("modest", 5)).toBe(5);

    function takenBy(client: string, most: number): number {
      return Array.from({ length: most }, () => admission.enterFor(client)).filter((each) => each !== null)
        .length;
    }
  });
});

test.each(["body", "document", "result", "answer"] as const)(
  "What requests hold in memory MUST be bounded, and three quarters of that for one client: %s",
  (what) => {
    const admission = admissionControl(4);
    const part = MAX_HELD_BYTES / 64;
    const held = (client: string) => admission.hold(client, what, part);

    const greedy = Array.from({ length: 64 }, () => held("greedy"));
    expect(greedy.filter((each) => each !== null)).toHaveLength(48);
    expect(Array.from({ length: 17 }, () => held("modest")).filter((each) => each !== null)).toHaveLength(12);
    expect(held("third")).not.toBe(null);
    expect(admission.hold("modest", what, 1000)).not.toBe(null); // a small part is free
    for (const one of greedy.slice(0, 15)) one![Symbol.dispose]();
    expect(held("greedy")).not.toBe(null);
  },
);

test("Work of some milliseconds MUST have a turn of its own, fair among clients, or MUST be too late", async () => {
  const turn = fairTurns();
  const begun: string[] = [];
  const turns = ["greedy", "greedy", "greedy", "greedy", "modest"].map((client) =>
    turn(client, 10_000).then(() => begun.push(client)),
  );
  const seen = new Set<number>();
  const over = Promise.all(turns).then(() => seen.add(Infinity));
  while (!seen.has(Infinity)) {
    await setImmediate();
    seen.add(begun.length);
  }
  await over;

  expect([...seen].filter((count) => count < 5)).toEqual([0, 1, 2, 3, 4]);
  expect(begun.slice(0, 3)).toContain("modest");
  const late = turn("greedy", 10_000);
  expect(await turn("modest", 0)).toBe(false);
  expect(await late).toBe(true);
});

describe("vendor calls at once", () => {
  test("MUST be bounded, with a bounded queue behind: the others are told that nothing was done", async () => {
    await using service = await startService({
      mood: "hang-before",
      config: { SOCIOMILE_MAX_CONCURRENT: 1, SOCIOMILE_TIMEOUT_MS: 3000, MAX_IN_FLIGHT: 6 },
    });
    const first = mutate(service, "createVoiceTicket");
    await expect.poll(() => service.sandbox.received).toHaveLength(1);

    const others = await Promise.all(
      Array.from({ length: 3 }, () => mutate(service, "createVoiceTicket")), // for two of one client there is room
    );

    for (const { status, payload } of others) {
      expect(status).toBe(200);
      expect(payload?.problems).toMatchObject([{ code: "SOCIOMILE_UNAVAILABLE", retryable: true }]);
    }
    expect(new Set(others.map(({ payload }) => payload?.submission?.reason))).toEqual(
      new Set(["NOT_SENT_IN_TIME", "OVERLOADED"]),
    );
    expect((await first).payload?.problems).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST be as many as there are places when nobody else waits", async () => {
    const calls = bulkhead(4, 12);

    expect(await Promise.all(Array.from({ length: 4 }, () => calls.enter("a", 0)))).toEqual(
      Array(4).fill("inside"),
    );
  });

  test("MUST have three waiting for each place, three quarters of them of one client, and not one more", async () => {
    const calls = bulkhead(2, 6);
    for (let i = 0; i < 2; i++) await calls.enter("a", 0);
    const waiting = Array.from({ length: 4 }, () => calls.enter("a", 5000));
    expect(calls.isFullFor("a")).toBe(true);
    expect(await calls.enter("a", 5000)).toBe("full");
    expect(calls.isFullFor("b")).toBe(false);
    waiting.push(calls.enter("b", 5000), calls.enter("b", 5000));

    expect(calls.isFullFor("c")).toBe(true);
    expect(await calls.enter("c", 5000)).toBe("full");
    for (const client of ["a", "a", "b", "b", "a", "a"]) calls.leave(client);
    expect(await Promise.all(waiting)).toEqual(Array(6).fill("inside"));
  });

  test("MUST NOT begin once it is too late, and the place in the queue is free again", async () => {
    const calls = bulkhead(1, 3);
    await calls.enter("a", 0);

    expect(await calls.enter("b", 10)).toBe("late");
    const next = calls.enter("c", 5000);
    calls.leave("a");
    expect(await next).toBe("inside");
  });

  test("MUST begin in the order of their arrival, among clients with as many places", async () => {
    const calls = bulkhead(2, 6);
    for (const client of ["a", "b"]) await calls.enter(client, 0);
    const order: string[] = [];
    const waiting = ["c", "d"].map((client) => calls.enter(client, 5000).then(() => order.push(client)));

    calls.leave("a");
    calls.leave("b");
    await Promise.all(waiting);

    expect(order).toEqual(["c", "d"]);
  });

  test("MUST NOT be kept by two clients while a third waits, nor a single one by those who wait longest", async () => {
    const eight = bulkhead(8, Infinity);
    for (const client of Array.from("aaaabbbb")) await eight.enter(client, 0);
    for (const client of Array.from("aaaabbbb")) void eight.enter(client, 5000);
    const third = eight.enter("c", 5000);
    eight.leave("a");
    expect(await third).toBe("inside");

    const one = bulkhead(1, Infinity);
    await one.enter("a", 0);
    const order: string[] = [];
    const all = Array.from("aaabbc", (client) => one.enter(client, 5000).then(() => order.push(client)));
    for (let nth = 0; nth < 6; nth++) {
      one.leave(order.at(-1) ?? "a");
      await setImmediate();
    }
    await Promise.all(all);
    expect(order.join("")).toBe("abcaba");
  });

  test("MUST be at most half for one client while another waits", async () => {
    const calls = bulkhead(4, 12);
    const inside: string[] = [];
    const enter = (client: string) => calls.enter(client, 5000).then(() => inside.push(client));
    const leave = async (client: string) => {
      inside.splice(inside.indexOf(client), 1);
      calls.leave(client);
      await Promise.resolve();
    };
    for (let i = 0; i < 4; i++) await enter("greedy");
    for (const client of ["greedy", "greedy", "modest", "modest"]) void enter(client);

    await leave("greedy");
    await expect.poll(() => inside.toSorted()).toEqual(["greedy", "greedy", "greedy", "modest"]);
    await leave("greedy");
    await expect.poll(() => inside.toSorted()).toEqual(["greedy", "greedy", "modest", "modest"]);
    await leave("modest");
    await expect.poll(() => inside.toSorted()).toEqual(["greedy", "greedy", "greedy", "modest"]); // nobody else waits
  });
});

test("A request that no answer would fit MUST be refused before it is run", async () => {
  await using service = await startService();
  const { document: query, example: input } = MUTATIONS.createVoiceTicket;

  const answer = await service.post(JSON.stringify({ query, variables: { input } }), { accept: "text/html" });

  expect(answer).toMatchObject({ status: 406, errors: [{ extensions: { code: "NOT_ACCEPTABLE" } }] });
  expect(await service.refusals("NOT_ACCEPTABLE")).toBe(1);
  expect(service.sandbox.received).toEqual([]);
});

test("An answer MUST have the type that Accept asks for", async () => {
  await using service = await startService();
  const accept = "application/graphql-response+json";

  const headers = { "content-type": "application/json", accept };
  const response = await fetch(service.url, { method: "POST", headers, body: asking("{ __typename }") });

  expect([response.status, response.headers.get("content-type")]).toEqual([200, `${accept}; charset=utf-8`]);
});
