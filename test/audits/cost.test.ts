/** Cost of one request: the worst ones that are known. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type GraphQLObjectType, getNamedType, getOperationAST, isLeafType, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryOf } from "../../src/graphql/documents.ts";
import { MAX_REFERENCES } from "../../src/graphql/queries.ts";
import { PAGE_SIZE } from "../../src/graphql/submission-page.ts";
import { schema, weigh } from "../../src/graphql/schema.ts";
import { MAX_ERRORS } from "../../src/graphql/server.ts";
import { MAX_WEIGHT, TRACED } from "../../src/graphql/weight.ts";
import { BYTES_A_WEIGHT } from "../../src/request-load.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { LIMITS } from "../../src/tickets/fields/rules.ts";
import { BEHIND_ROUTER, MAIN, startBuild } from "../support/build.ts";
import { captured } from "../support/captured.ts";
import { type Client, clientOf } from "../support/client.ts";
import type { Cost } from "../support/cost-meter.ts";
import {
  DEEP_INTROSPECTION,
  LONG_TYPE_NAMES,
  entitiesWith,
  referringTo,
  underNames,
} from "../support/heavy-documents.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { EVERY_SCOPE, ROUTER_SECRET, namedWith } from "../support/issuer.ts";
import { type LedgerPlace, placeFor } from "../support/ledgers.ts";
import { inputOf, mutate } from "../support/mutations.ts";
import { testTable } from "../support/test-table.ts";
import { residentMiBOf } from "../long-runs/bench/processes.ts";

const MOST = { bytes: MAX_WEIGHT * BYTES_A_WEIGHT, pieceMs: 250, moreMiB: 64 };

const METER = fileURLToPath(new URL("../support/cost-meter.ts", import.meta.url));
const TICKETS = 500;
/** Longest text, in characters that take the most bytes. */
const LONG = "\u{1F600}".repeat(20_000);

let child: ChildProcess;
let client: (scopes: string) => Client;
const ids: string[] = [];
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  // It costs more memory than SQLite: each byte of a ticket comes as two digits.
  const place = opened.use(await placeFor("PostgreSQL"));
  const started = await startMain(place, [METER], opened);
  child = started.child;
  client = started.clientWith;
  await prepare(client(EVERY_SCOPE));
}, 400_000);
afterAll(() => opened.disposeAsync());

async function startMain(place: LedgerPlace, args: readonly string[], stack: AsyncDisposableStack) {
  const sandbox = stack.use(await startSandbox({ secret: BEHIND_ROUTER.SOCIOMILE_CLIENT_SECRET_KEY, knowsAll: true }));
  const vendor = { SOCIOMILE_BASE_URL: sandbox.url, SOCIOMILE_ALLOW_HTTP: "yes" };
  const environment = { ...BEHIND_ROUTER, ...vendor, DATABASE_URL: place.url };
  const build = stack.use(startBuild(environment, [...args, MAIN], { sendsMessages: true }));
  const url = await build.startedAt();
  const clientWith = (...named: Parameters<typeof namedWith>) => clientOf(url, namedWith(...named));
  const managementUrl = captured(build.written.stdout, /"managementUrl":"([^"]+)"/g)[0]!;
  return { child: build.process, url, managementUrl, clientWith, sandbox };
}

const startSmall = async (stack: AsyncDisposableStack) =>
  startMain(stack.use(await placeFor("SQLite")), ["--max-old-space-size=256"], stack);

/** Opens tickets with the longest texts, and changes the status of some. */
async function prepare(caller: Client): Promise<void> {
  const texts = { content: LONG, description: LONG, claimReason: LONG };
  const lines = "customerName connectId transactionMedia transactionType transactionId branchName atmName atmId";
  const line = "\u{1F600}".repeat(LIMITS.oneLine);
  const largest = { ...texts, ...Object.fromEntries(lines.split(" ").map((field) => [field, line])) };
  const create = async (nth: number) => {
    const changes = { ...largest, helpdeskTicketNumber: String(700_000 + nth) };
    ids.push((await mutate(caller, "createHelpdeskTicket", changes)).payload!.ticket!.id);
  };
  for (let nth = 0; nth < TICKETS; nth += 4)
    await Promise.all(Array.from({ length: 4 }, (_, more) => create(nth + more)));
  for (let nth = 0; nth < 1200; nth += 10)
    await Promise.all(
      Array.from({ length: 10 }, (_, more) =>
        mutate(caller, "updateTicketStatus", { ticketId: ids[(nth + more) % 12] }),
      ),
    );
}

async function askMeter(message: string): Promise<unknown> {
  const answered = once(child, "message");
  child.send(message);
  return ((await answered) as unknown[])[0];
}

const bodyOf = (query: string | string[], variables: object): object =>
  Array.isArray(query) ? query.map((each) => ({ query: each, variables })) : { query, variables };

/** Most measures of one request: the machine may do something else in the middle of one. */
const MEASURES = 3;

/**
 * Sends a request or a list of them, and measures its cost. One that seems to take too long is measured again, with blanks behind its
 * documents, so that nothing which the service has kept of them spares it work.
 */
async function costOf(
  caller: Client,
  query: string | string[],
  ...others: [variables: object, headers?: Record<string, string>]
): ReturnType<typeof measuredOnce> {
  let cost = await measuredOnce(caller, query, ...others);
  for (let measures = 1; cost.pieceMs > MOST.pieceMs && measures < MEASURES; measures++) {
    const blanks = " ".repeat(measures);
    const anew = Array.isArray(query) ? query.map((each) => each + blanks) : query + blanks;
    const again = await measuredOnce(caller, anew, ...others);
    cost = { ...again, moreMiB: Math.max(again.moreMiB, cost.moreMiB) };
  }
  return cost;
}

async function measuredOnce(
  caller: Client,
  query: string | string[],
  variables: object,
  headers: Record<string, string> = {},
): Promise<Cost & { bytes: number; codes: string[] }> {
  await askMeter("start");
  const { text, errors } = await caller.post(JSON.stringify(bodyOf(query, variables)), headers);
  const cost = (await askMeter("stop")) as Cost;
  const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
  return { ...cost, bytes: Buffer.byteLength(text), codes };
}

/** Returns a request with its cost when that is beyond the limits, and null otherwise. */
function beyond(query: string | string[], { bytes, pieceMs, moreMiB, codes }: Awaited<ReturnType<typeof costOf>>) {
  const isBounded =
    bytes <= MOST.bytes && pieceMs <= MOST.pieceMs && moreMiB <= MOST.moreMiB && codes.length <= MAX_ERRORS;
  return isBounded ? null : { query, bytes, pieceMs, moreMiB, codes };
}

const wide = (fields: number, value: unknown): object =>
  Object.fromEntries(Array.from({ length: fields }, (_, nth) => [`f${nth}`, value]));

const creates = (count: number) =>
  `mutation ($input: CreateHelpdeskTicketInput!) { ${underNames(count, "createHelpdeskTicket(input: $input) { problems { rule } }")} }`;

const withTexts = (text: string, others = {}) => ({
  input: inputOf("createHelpdeskTicket", { content: text, description: text, claimReason: text, ...others }),
});

const leavesOf = (name: string) =>
  Object.values((schema.getType(name) as GraphQLObjectType).getFields())
    .filter((field) => isLeafType(getNamedType(field.type)))
    .map((field) => field.name)
    .join(" ");

/** Documents of which `count` makes the weight. Each is asked with the greatest count that is allowed. */
const SHAPES: Record<string, (count: number) => [query: string, variables: object]> = {
  "ids of the largest tickets": (count) => ofTickets(count, "id"), // it meets a process that has not grown
  "all short fields of tickets": (count) => ofTickets(count, leavesOf("Ticket").replace(/\bcontent\b/, "")),
  "short fields under 15 names": (count) => ofTickets(count, `kind status ${underNames(15, "isEscalated")}`),
  "long names": (count) => ofTickets(count, LONG_TYPE_NAMES),
  "a long text": (count) => ofTickets(count, "content"),
  "a long text of one ticket under 15 names": (count) => ofTickets(count, underNames(15, "content"), 1),
  "all that was submitted": (count) =>
    ofTickets(count, `submitted { ... on HelpdeskTicketDetails { ${leavesOf("HelpdeskTicketDetails")} } }`),
  histories: (count) =>
    ofTickets(count, `submissions(first: 10) { edges { node { ${leavesOf("TicketSubmission")} } } }`),
  "short fields in histories": (count) =>
    ofTickets(12, `submissions(first: ${count}) { nodes { ${underNames(14, "__typename")} ticket { kind } } }`),
  "wrong pages": (count) => ofTickets(count, underNames(15, "submissions(first: 0) { edges { cursor } }")),
  "three lists": (count) => [
    `{ ${underNames(3, `ticketSubmissions(first: ${Math.min(count, PAGE_SIZE.max)}) { nodes { ${leavesOf("TicketSubmission")} } }`)} }`,
    {},
  ],
  "lists of whole tickets": (count) => [
    `{ ticketSubmissions(first: ${Math.min(count, PAGE_SIZE.max)}) { nodes { ${leavesOf("TicketSubmission")} ticket { ${leavesOf("Ticket")} } actions { note } } } }`,
    {},
  ],
  introspection: (count) => [
    DEEP_INTROSPECTION.replace(/\{ s0: .*\}/s, `{ ${underNames(count, "__schema { ...Schema }")} }`),
    {},
  ],
};

const ofTickets = (count: number, fields: string, tickets = TICKETS): [string, object] => [
  entitiesWith(fields),
  referringTo(count, ...ids.slice(0, tickets)),
];

/** The dearest request of a shape, with its document. */
function dearest(shape: (count: number) => [string, object], times: number): [string, object] {
  const weightOf = ([query, variables]: [string, object]) => {
    const document = parse(query);
    const { weight } = weigh(getOperationAST(document)!, document, variables as Record<string, unknown>);
    return times * weight + memoryOf(document) / BYTES_A_WEIGHT;
  };
  for (let count = MAX_REFERENCES; ; count--)
    if (count === 1 || weightOf(shape(count)) < MAX_WEIGHT) return shape(count);
}

describe("one request", () => {
  testTable(SHAPES)("MUST stay within its bounds at the greatest weight, in production: %s", async (_, shape) => {
    for (const [times, headers] of [
      [1, {}],
      [TRACED, { "apollo-federation-include-trace": "ftv1" }],
    ] as const) {
      const [query, variables] = dearest(shape, times);
      expect(beyond(query, await costOf(client(EVERY_SCOPE), query, variables, headers))).toBe(null);
    }
  });

  const HEAPED = `a${"\u0301\u0316".repeat(99_999)}`;
  const LINES = "\n".repeat(2400);
  const pagesOfEach = (variables: string, page: string) =>
    `query (${variables}, $references: [_Any!]!) {${LINES} _entities(representations: $references) {
      ... on Ticket { ${underNames(14, `submissions(${page}) { nodes { id } }`)} } } }`;
  const ODD: Record<string, [query: string, variables: () => object]> = {
    "marks heaped on one letter": [creates(1), () => withTexts(HEAPED)],
    "refused references behind many lines": [
      `query ($r: [_Any!]!) {${LINES} ${underNames(10, "_entities(representations: $r) { __typename }")} }`,
      () => ({ r: Array.from({ length: 49 }, () => ({ __typename: "TicketSubmission", id: "none" })) }),
    ],
    "more lines than a document may have": [`{${LINES}${LINES}__typename}`, () => ({})],
    "a null that a default hides, for each ticket": [
      pagesOfEach("$first: Int = 20", "first: $first"),
      () => ({ first: null, ...referringTo(MAX_REFERENCES, ...ids) }),
    ],
    "a null by default, for each ticket": [
      pagesOfEach("$first: Int = null", "first: $first"),
      () => referringTo(MAX_REFERENCES, ...ids),
    ],
    "lists within lists in a variable": [
      `query ($a: ${"[".repeat(900)}Int${"]".repeat(900)}) { _entities(representations: [{ x: $a }]) { __typename } }`,
      () => ({ a: Array(20_000).fill(1) }),
    ],
    "a cursor as long as a body, for each ticket": [
      pagesOfEach("$after: String", "after: $after"),
      () => ({ after: Buffer.alloc(500_000, 0xff).toString("base64url"), ...referringTo(MAX_REFERENCES, ...ids) }),
    ],
    "an id as long as a body, in each reference": [
      `query ($r: _Any!) { _entities(representations: [${"$r ".repeat(MAX_REFERENCES)}]) { __typename } }`,
      () => ({ r: { __typename: "TicketSubmission", id: "a\u200b".repeat(170_000) } }),
    ],
    "long texts in ten mutations": [
      creates(10),
      () => {
        const [text = "", line] = [99_990, 1270].map((length) => "e\u0301".repeat(length));
        const lines = ["customerName", "connectId", "transactionMedia", "branchName", "atmName", "atmId"];
        return withTexts(text, Object.fromEntries(lines.map((field) => [field, line])));
      },
    ],
    "marks just below the limit in ten mutations": [
      creates(10),
      () => withTexts(`a${"\u0301\u0323".repeat(15)}`.repeat(2579)),
    ],
    "times that do not exist": [
      `query ($r: [DateTime!]) { _entities(representations: [{ __typename: "Ticket", id: "a", x: $r }]) { __typename } }`,
      () => ({ r: [...Array<string>(9_900).fill("2026-02-30 00:00Z"), null] }),
    ],
    "more values than variables may have, where nothing asks for them": [
      "{ __typename }",
      () => ({ unasked: Array.from({ length: 250_000 }, () => ({})) }),
    ],
    "an input of many fields": [
      "query ($filter: TicketSubmissionFilter) { ticketSubmissions(filter: $filter) { nodes { id } } }",
      () => ({ filter: wide(85_000, 0) }),
    ],
    "inputs in inputs": [
      "query ($filter: TicketSubmissionFilter) { ticketSubmissions(filter: $filter) { nodes { id } } }",
      () => ({ filter: wide(100, wide(100, wide(5, 0))) }),
    ],
  };

  testTable(ODD)("MUST stay within its bounds, with every scope and without one: %s", async (_, [query, variables]) => {
    for (const scopes of [EVERY_SCOPE, ""])
      expect(beyond(query, await costOf(client(scopes), query, variables()))).toBe(null);
  });
});

const readOf = (tickets: string[], besides = {}) =>
  bodyOf(entitiesWith("content"), { ...referringTo(51, ...tickets), ...besides });

/** Asks for one update again and again, each time for all texts of its ticket and its history. */
async function repeatedOf(caller: Client, ticketId: string): Promise<object> {
  const input = { ...STATUS_CHANGE, ticketId, idempotencyKey: "update-of-many-requests" };
  for (let nth = 0; nth < 100; nth++) await mutate(caller, "updateTicketStatus", { ticketId });
  await mutate(caller, "updateTicketStatus", input);
  const shown =
    "ticket { content submitted { content ... on HelpdeskTicketDetails { description claimReason } } submissions(first: 20) { nodes { ...S } } }";
  return bodyOf(
    `mutation ($input: UpdateTicketStatusInput!) { ${underNames(10, `updateTicketStatus(input: $input) { ${shown} }`)} }
     fragment S on TicketSubmission { id clientId requestedBy operation state reason attempts createdAt settledAt ticketId bsgTicketId }`,
    { input },
  );
}

/** Most memory that a process has had, in MiB. */
const peakMiB = ({ pid }: ChildProcess) => residentMiBOf(pid!, "VmHWM");

describe("many requests of one client at once", () => {
  // Reads that the event loop reaches after more than a second, as on a busy machine, are LEDGER_UNAVAILABLE.
  const refusedAtOnce = ["OVERLOADED", "LEDGER_UNAVAILABLE"];
  const unasked = { text: "x".repeat(745_000), objects: Array.from({ length: 9_600 }, () => ({})) };
  type BodyOf = (tickets: string[], caller: Client) => object | Promise<object>;
  testTable<[body: BodyOf, refused: string[], least: number]>({
    "long texts": [(tickets) => readOf(tickets), refusedAtOnce, 20],
    "long texts, with large variables": [(tickets) => readOf(tickets, { unasked }), refusedAtOnce, 1],
    "all long texts of 25 tickets": [
      (tickets) =>
        bodyOf(
          entitiesWith("content submitted { content ... on HelpdeskTicketDetails { description claimReason } }"),
          referringTo(25, ...tickets),
        ),
      refusedAtOnce,
      5,
    ],
    "the schema in lists of ten queries": [
      () => Array.from({ length: 10 }, () => ({ query: `{ _service { ${underNames(5, "sdl")} } }` })),
      refusedAtOnce,
      1,
    ],
    "long texts and histories of ten repeated updates": [
      ([ticketId], caller) => repeatedOf(caller, ticketId!),
      refusedAtOnce,
      1,
    ],
  })(
    "MUST NOT end a small process on SQLite, and MUST be answered: %s",
    async (_, [bodyFor, refused, least]) => {
      await using stack = new AsyncDisposableStack();
      const { child: main, clientWith } = await startSmall(stack);
      const caller = clientWith(EVERY_SCOPE);
      const long = "\u{1F600}".padStart(20_001, "x");
      const texts = { content: long, description: long, claimReason: long };
      const tickets: string[] = [];
      for (let nth = 0; nth < 51; nth++)
        tickets.push((await mutate(caller, "createHelpdeskTicket", texts)).payload!.ticket!.id);
      const body = JSON.stringify(await bodyFor(tickets, caller));

      // The connection of a request that takes longer than 12.25 s, as on a busy machine, is closed.
      const posted = await Promise.allSettled(Array.from({ length: 150 }, () => caller.post(body)));
      const answers = posted.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));

      expect(main.exitCode).toBe(null);
      expect(peakMiB(main)).toBeLessThan(512);
      const codes = answers.flatMap(({ text }) => captured(text, /"code":"([A-Z_]+)"/g));
      expect(codes.filter((code) => !refused.includes(code))).toEqual([]);
      expect(answers.filter(({ text }) => /"data":[{]/.test(text)).length).toBeGreaterThanOrEqual(least); // perhaps a part of it
    },
    60_000,
  );

  test("MUST NOT end a process with a small heap, nor stop others: long documents that wait for Sociomile", async () => {
    await using stack = new AsyncDisposableStack();
    const started = await startSmall(stack);
    started.sandbox.setMood("slow", { delayMs: 4000 });
    const fields =
      "id number kind bsgTicketId branchCode status statusLabel subject customerName customerEmail customerPhone ";
    const longDocument = (nth: number) =>
      `mutation M${nth}($input: CreateVoiceTicketInput!) { createVoiceTicket(input: $input) { ticket { ...F } problems { code } } }
       fragment F on Ticket { ${fields.repeat(149)} }`;
    const unused = Array.from({ length: 9_000 }, () => ({}));
    const bodyFor = (nth: number) =>
      JSON.stringify(
        bodyOf(longDocument(nth), { input: inputOf("createVoiceTicket", { sourceTicketId: `many-${nth}` }), unused }),
      );
    const many = started.clientWith(EVERY_SCOPE);
    const another = started.clientWith(EVERY_SCOPE, "another-app");

    const all = Array.from({ length: 150 }, (_, nth) => many.post(bodyFor(nth)));
    const state = { isOver: false };
    const finished = Promise.all(all).finally(() => (state.isOver = true));
    while (!state.isOver)
      expect((await another.post(JSON.stringify({ query: "{ __typename }" }))).errors).toBe(undefined);
    const answers = await finished;

    expect(started.child.exitCode).toBe(null);
    expect(peakMiB(started.child)).toBeLessThan(512);
    const codes = answers.flatMap(({ errors }) => errors?.map((each) => each.extensions.code) ?? []);
    expect(new Set(codes)).toEqual(new Set(["OVERLOADED"]));
    expect(answers.filter(({ errors }) => !errors).length).toBeGreaterThanOrEqual(20);
  });
});

function crowdAt(url: string, count: number, text: string, stack: AsyncDisposableStack): void {
  for (let nth = 0; nth < count; nth++) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
    stack.defer(() => void socket.destroy());
    socket.write(text);
  }
}

test("Bodies of 150 requests in pieces of one byte MUST NOT end a process with a small heap, nor make others wait", async () => {
  await using stack = new AsyncDisposableStack();
  const { url, clientWith } = await startSmall(stack);
  const head = `POST /graphql HTTP/1.1\r\nhost: a\r\nrouter-authorization: ${ROUTER_SECRET}\r\ncontent-type: application/json`;
  crowdAt(url, 150, `${head}\r\ntransfer-encoding: chunked\r\n\r\n${"1\r\n \r\n".repeat(8000)}`, stack);

  for (let nth = 0; nth < 50; nth++) {
    const since = performance.now();
    expect((await clientWith(EVERY_SCOPE).post('{"query":"{ __typename }"}')).status).toBe(200);
    expect(performance.now() - since).toBeLessThan(12_500);
    await sleep(100);
  }
});

const pipelined = (head: string) => `${head}\r\n\r\n`.repeat(Math.ceil((256 * 1024) / (head.length + 4)));
const one = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

describe("a crowd without a credential", () => {
  testTable<[port: "url" | "managementUrl", text: string, connections?: number]>({
    "health on the port": ["url", pipelined("GET /readyz HTTP/1.1\r\nhost: a")],
    "health on the management port": ["managementUrl", pipelined("GET /readyz HTTP/1.1\r\nhost: a")],
    metrics: ["managementUrl", pipelined("GET /metrics HTTP/1.1\r\nhost: a")],
    "behind metrics, requests without a host": ["managementUrl", one("/metrics") + pipelined("GET / HTTP/1.1")],
    "behind metrics, expectations": [
      "managementUrl",
      one("/metrics") + pipelined("GET / HTTP/1.1\r\nhost: a\r\nexpect: all"),
    ],
    "metrics, one on a connection": ["managementUrl", one("/metrics"), 1000],
    "health on the port, one on a connection": ["url", one("/readyz"), 1000],
  })("MUST NOT fill a small process, nor make others wait: %s", async (_, [port, text, connections = 100]) => {
    await using stack = new AsyncDisposableStack();
    const started = await startSmall(stack);
    const rssMiB = () => residentMiBOf(started.child.pid!);
    const before = rssMiB();
    crowdAt(started[port], connections, text, stack);

    const waitsMs: number[] = [];
    for (let nth = 0; nth < 20; nth++) {
      const since = performance.now();
      for (const url of [started.url, started.managementUrl])
        expect((await fetch(new URL("/readyz", url))).status).toBe(200);
      waitsMs.push(performance.now() - since);
      await sleep(100);
    }

    expect(started.child.exitCode).toBe(null);
    expect(rssMiB() - before).toBeLessThan(MOST.moreMiB);
    expect(Math.max(...waitsMs)).toBeLessThan(5000); // a second alone on a machine
  });
});
