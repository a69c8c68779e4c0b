import * as fc from "fast-check";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseVendorJson } from "../../src/sociomile/json.ts";
import { readAnswer } from "../../src/sociomile/read.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { CREATED, readingOf, REFUSED, UPDATED_AS_PRINTED, UPDATED_DETAILS, type Wire } from "./answers.ts";
import { repositoryText } from "../support/repository.ts";
import { notExecuted } from "./outcomes.ts";
import { HELPDESK, MANADO, STATUS, VOICE } from "./requests.ts";

const ID = CREATED.data.ticketId;
const createdAs = (number: string | null = "32197", id: string = ID): Outcome => ({
  outcome: "accepted",
  ticket: { id, number, details: null },
});
const notUnderstood = (traceId: string | null = null): Outcome => ({
  outcome: "unknown",
  reason: "ANSWER_NOT_UNDERSTOOD",
  traceId,
});
const rejected = (field: string | null, traceId: string | null = "ecPUkJSF"): Outcome => ({
  outcome: "rejected",
  reason: "REFUSED_BY_SOCIOMILE",
  field,
  traceId,
});
const tooLarge = (traceId: string | null): Outcome => ({
  outcome: "rejected",
  reason: "TOO_LARGE_FOR_SOCIOMILE",
  field: null,
  traceId,
});

const updatedAs = (details: object | null): Outcome => ({
  outcome: "accepted",
  ticket: { id: STATUS.details.ticketId, number: null, details: details as never },
});

const withData = (data: unknown) => ({ ...CREATED, data });
const withId = (ticketId: unknown) => withData({ ticketId, ticket_number: 32197 });
const withNumber = (number: unknown) => withData({ ticketId: ID, ticket_number: number });
const CREATED_JSON = JSON.stringify(CREATED);
const withMore = (field: string) => CREATED_JSON.replace(/\}$/, `,${field}}`);
const withRawNumber = (number: string) => CREATED_JSON.replace("32197", number);
const { code: _code, ...withoutCode } = CREATED;
const { type: _type, ...withoutType } = REFUSED;
const { trace_id: _traceId, ...withoutTraceId } = REFUSED;

/** HTTP statuses of the row of README.md about our settings. */
const SETTINGS_REFUSED = /^\| HTTP ([\d, ]+?) +\| not executed: our settings are wrong/m
  .exec(repositoryText("src/sociomile/README.md"))![1]!
  .split(", ")
  .map(Number);

const SETTINGS = notExecuted("SOCIOMILE_SETTINGS_REFUSED");
/** HTTP statuses that mean, with no more, that nothing was done. */
const NOT_DONE = [...SETTINGS_REFUSED, 413, 429];

/** Cases of one outcome, with the body of each. */
function all(outcome: Outcome, bodies: Record<string, Wire["body"]>): Record<string, [Wire, Outcome]> {
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, [{ body }, outcome]]));
}

/** Cases of one outcome and one body, under many HTTP statuses. */
function under(statuses: readonly number[], name: string, body: Wire["body"], outcome: Outcome) {
  return Object.fromEntries(
    statuses.map((status): [string, [Wire, Outcome]] => [
      `${name} HTTP ${status}`,
      [{ status, body }, outcome],
    ]),
  );
}

/** Cases of throttling, with Retry-After and the seconds that are told. */
function throttled(headers: Record<string, [retryAfter: string | undefined, seconds: number | null]>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, [retryAfter, seconds]]): [string, [Wire, Outcome]] => [
      `HTTP 429 ${name}`,
      [
        { status: 429, ...(retryAfter !== undefined && { retryAfter }) },
        { ...notExecuted("SOCIOMILE_THROTTLED"), retryAfterSeconds: seconds } as Outcome,
      ],
    ]),
  );
}

/** Rows of the table in README.md, each with many variants of an answer. */
const ROWS: Record<string, Record<string, [Wire, Outcome]>> = {
  "MUST accept a creation": {
    ...all(createdAs(), {
      "as the contract shows it": CREATED,
      "with `code` as text": { ...CREATED, code: "200" },
      "without `code`": withoutCode,
      "with `status` true": { ...CREATED, status: true },
      "with Status, Type and Code capitalised": { ...withoutCode, Status: true, Type: "success", Code: 200 },
      "that says everything twice": `{"success":true,"Success":true,${JSON.stringify(CREATED).repeat(2).replace("}{", ",").slice(1)}`,
      "with a type that is no error": { ...CREATED, type: "success" },
      "with fields that nobody knows": { ...CREATED, server: { node: [1, 2] } },
      "with SUCCESS in capitals": { SUCCESS: true, data: CREATED.data, code: 200 },
      "with Success, Data and Code capitalised": { Success: true, Data: CREATED.data, Code: "200" },
      "with `data` as an array of one": withData([CREATED.data]),
      "with trailing commas": `{"success":true,"data":[{"ticketId":"${ID}","ticket_number":32197 , },\n],"code":200,\r\n\t}`,
      "with a byte order mark": `\uFEFF${JSON.stringify(CREATED)}`,
      "with white space around it": `\r\n ${JSON.stringify(CREATED, null, 2)} \n`,
      "with a ticket number in blanks": withNumber(" 32197 "),
      "with a ticket number with a fraction of zero": withRawNumber("32197.0"),
    }),
    "with trailing commas, and others inside its strings": [
      {
        body: `{"success":true,"message":"a,} b,] \\",} c","data":{"ticketId":"${ID}","note":"a,}b,]","ticket_number":1,},}`,
      },
      createdAs("1"),
    ],
    "with a ticket number as text": [{ body: withNumber("0032197") }, createdAs("0032197")],
    "with a ticket number of zero": [{ body: withNumber(0) }, createdAs("0")],
    ...all(createdAs(null), {
      "without a ticket number": withData({ ticketId: ID }),
      "with a ticket number that is none": withNumber("SM-32197"),
      "with a ticket number of null": withNumber(null),
      "with a negative ticket number": withNumber(-1),
      "with a ticket number with a fraction": withNumber(1.5),
      "with a ticket number whose fraction a double would lose": withRawNumber("9007199254740993.5"),
      "with a ticket number as a power": withRawNumber("1e22"),
      "with a ticket number of 65 digits": withRawNumber("9".repeat(65)),
    }),
    "with a ticket number that a double would round": [
      { body: withRawNumber("9007199254740993.0") },
      createdAs("9007199254740993"),
    ],
    "with a ticket number of 64 digits": [{ body: withRawNumber("9".repeat(64)) }, createdAs("9".repeat(64))],
    ...under([201, 302, 401, 500], "that comes under", CREATED, createdAs()),
    "with an id in another style": [{ body: withId("T-7_a.b:c") }, createdAs("32197", "T-7_a.b:c")],
    "with an id of 255 characters": [{ body: withId("a".repeat(255)) }, createdAs("32197", "a".repeat(255))],
  },

  "MUST leave in doubt a creation": {
    ...all(notUnderstood(), {
      "whose `status` is false": { ...CREATED, status: false },
      "whose `Status` is false": { ...CREATED, Status: false },
      "whose `status` is the text false": { ...CREATED, status: "false" },
      "whose `status` is the text true": { ...CREATED, status: "true" },
      "whose `status` is 0": { ...CREATED, status: 0 },
      "whose `status` is null": { ...CREATED, status: null },
      "whose `status` is another word": { ...CREATED, status: "failed" },
      "whose `Type` is error": { ...CREATED, Type: "error" },
      "whose `TYPE` is Error": { ...CREATED, TYPE: "Error " },
      "whose `type` is error": { ...CREATED, type: "error" },
      "whose `type` is ERROR": { ...CREATED, type: "ERROR" },
      "whose `code` is 500": { ...CREATED, code: 500 },
      "whose `code` is null": { ...CREATED, code: null },
      "whose `code` is 200.5": { ...CREATED, code: 200.5 },
      "whose `code` is 201": { ...CREATED, code: 201 },
      "whose `code` is the text 400": { ...CREATED, code: "400" },
      "whose `CODE` is 500": { ...withoutCode, CODE: 500 },
      "whose `success` is false": { ...CREATED, success: false },
      "whose `success` is text": { ...CREATED, success: "true" },
      "whose `success` is 1": { ...CREATED, success: 1 },
      "that says both `success` true and `Success` false": { ...CREATED, Success: false },
      "that says both `Success` false and `success` true": { Success: false, ...CREATED },
      "that says both `Code` 500 and `code` 200": { Code: 500, ...CREATED },
      "that says both `status` true and `Status` false": { ...CREATED, status: true, Status: false },
      "that says both `type` error and `Type` success": { ...CREATED, type: "error", Type: "success" },
      "that says `success` twice, first false": `{"success":false,${CREATED_JSON.slice(1)}`,
      "that says `success` twice, first true": withMore('"success":false'),
      "that says `success` twice, once escaped": String.raw`{"succe\u0073s":false,${CREATED_JSON.slice(1)}`,
      "that names two tickets": CREATED_JSON.replace('{"ticketId"', '{"ticketId":"b","ticketId"'),
      "that has two kinds of data": `{"data":{"ticketId":"b"},${CREATED_JSON.slice(1)}`,
      "that has a key with two values where nobody looks": withMore('"meta":[{"a":1,"a":2}]'),
      "with `status` true alone, which is enough for an update only": { status: true, data: CREATED.data },
      "without an id": withData({ ticket_number: 32197 }),
      "whose id is null": withId(null),
      "whose id is empty": withId(""),
      "whose id is blank": withId("   "),
      "whose id is a no-break space": withId("\u00A0"),
      "whose id is a number": withId(691),
      "whose id is an object": withId({ $oid: ID }),
      "whose id is a path": withId("../tickets/7"),
      "whose id is a path of another system": withId("C:\\7"),
      "whose id is two dots": withId(".."),
      "whose id is quoted for an address": withId("a%2Fb"),
      "whose id goes on as a query": withId("7?x=1#y"),
      "whose id is markup": withId("<b>7</b>"),
      "whose id holds a quotation mark": withId("7'"),
      "whose id holds letters of no English word": withId("tíket-7"),
      "whose id holds a blank": withId("7 8"),
      "whose id holds a line break": withId(`${ID}\n`),
      "whose id is too long to be one": withId("a".repeat(256)),
      "without `data`": { success: true, code: 200 },
      "whose `data` is null": withData(null),
      "whose `data` is empty": withData([]),
      "whose `data` is an array of two": withData([CREATED.data, CREATED.data]),
      "whose `data` is the id": withData(ID),
      "that comes inside an array": [CREATED],
      "that is cut short": JSON.stringify(CREATED).slice(0, -1),
      "that comes twice": JSON.stringify(CREATED) + JSON.stringify(CREATED),
      "with a comma too many in the middle": `{"success":true,,"data":{"ticketId":"a"}}`,
      "with a comma in front": `{,"success":true,"data":{"ticketId":"a"}}`,
    }),
    "that also carries a known refusal": [{ body: { ...REFUSED, success: true } }, notUnderstood("ecPUkJSF")],
    "that is refused and has `status` true": [
      { body: { ...REFUSED, status: true } },
      notUnderstood("ecPUkJSF"),
    ],
  },

  "MUST read as refused": {
    ...all(rejected("customerName"), {
      "one without `status`": { ...REFUSED, status: undefined },
      "one with `Type` Error": { ...withoutType, Type: "Error" },
      "one whose ticket id is null": { ...REFUSED, data: { ticketId: null, ticket_number: null } },
      "one whose ticket id is empty": { ...REFUSED, data: { ticketId: "" } },
      "one that says the same twice": JSON.stringify(REFUSED).replace("{", '{"type":"error",'),
      "one with `success` false": { ...REFUSED, success: false },
    }),
    "one with a trailing comma": [
      { body: `{"type":"error","trace_id":"ecPUkJSF","message":"AtmId required",}` },
      rejected("atmId"),
    ],
    "one in other letters": [
      { body: { ...REFUSED, message: "NOMORKARTU Required " } },
      rejected("cardNumber"),
    ],
    "one of the field that this service fills in": [
      { body: { ...REFUSED, message: "TicketType required" } },
      rejected(null),
    ],
    ...under([200, 302, 400, 401, 422, 429, 500], "a known refusal under", REFUSED, rejected("customerName")),
    "HTTP 413": [{ status: 413, body: "<h1>Request Entity Too Large</h1>" }, tooLarge(null)],
    "HTTP 413 with an error that says no more": [
      { status: 413, body: { ...REFUSED, message: "Payload too large" } },
      tooLarge("ecPUkJSF"),
    ],
  },

  "MUST keep a trace id only when it looks like one:": {
    "64 characters": [
      { body: { ...REFUSED, trace_id: "aZ0_-".repeat(12) + "abcd" } },
      rejected("customerName", "aZ0_-".repeat(12) + "abcd"),
    ],
    ...all(rejected("customerName", null), {
      "65 characters": { ...REFUSED, trace_id: "a".repeat(65) },
      none: withoutTraceId,
      empty: { ...REFUSED, trace_id: "" },
      null: { ...REFUSED, trace_id: null },
      "a number": { ...REFUSED, trace_id: 12345 },
      "a path": { ...REFUSED, trace_id: "/srv/app.php" },
      markup: { ...REFUSED, trace_id: "<b>x</b>" },
      "a line break at its end": { ...REFUSED, trace_id: "ecPUkJSF\n" },
    }),
    "that of an answer in doubt": [
      { status: 500, body: { ...REFUSED, message: "Server Error" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a path in an answer in doubt": [
      { status: 500, body: { trace_id: "/srv/app.php:99", message: "Server Error" } },
      notUnderstood(),
    ],
  },

  "MUST leave in doubt": {
    ...all(notUnderstood("ecPUkJSF"), {
      "a refusal of a field of nobody's": { ...REFUSED, message: "NamaBank required" },
      "a refusal of another operation's field": { ...REFUSED, message: "Customer_hp required" },
      "a refusal of a name that every object has": { ...REFUSED, message: "constructor required" },
      "a refusal with more to say": { ...REFUSED, message: "NamaNasabah required, ticket made anyway" },
      "a refusal that carries a ticket id": { ...REFUSED, data: { ticketId: ID } },
      "a refusal that carries a ticket id elsewhere": { ...REFUSED, context: [{ ticket_id: 691 }] },
      "a refusal that carries a ticket number": { ...REFUSED, data: { ticket_number: 32197 } },
      "a refusal with `Success` true": { ...REFUSED, Success: true },
      "a refusal with `success` as text": { ...REFUSED, success: "true" },
      "a refusal with `code` 200": { ...REFUSED, code: 200 },
      "an error whose message cannot become text": { ...REFUSED, message: { toString: 1, valueOf: 1 } },
      "a refusal without a field": { ...REFUSED, message: "required" },
      "a refusal outside the error shape": withoutType,
      "an error without a message": { type: "error", trace_id: "ecPUkJSF", status: false },
      "an error whose message is no text": { ...REFUSED, message: { text: "NamaNasabah required" } },
    }),
    ...all(notUnderstood(), {
      HTML: "<!doctype html><title>Login</title>",
      nothing: "",
      "a text": '"success"',
      true: "true",
      null: "null",
      "an empty array": "[]",
      "what is not UTF-8": Buffer.from(
        '{"success":true,"message":"\u00e9","data":{"ticketId":"a"}}',
        "latin1",
      ),
      "UTF-16": Buffer.from(`\uFEFF${JSON.stringify(CREATED)}`, "utf16le"),
      "what is compressed": Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
    }),
    "a refusal that carries a ticket id under HTTP 401": [
      { status: 401, body: { ...REFUSED, data: { ticketId: ID } } },
      notUnderstood("ecPUkJSF"),
    ],
    ...under(NOT_DONE, "a creation without a usable id, under", withId("../7"), notUnderstood()),
    ...under(
      NOT_DONE,
      "a creation that contradicts itself, under",
      { ...CREATED, code: 500 },
      notUnderstood(),
    ),
    ...under(NOT_DONE, "a creation that is cut short, under", CREATED_JSON.slice(0, -1), notUnderstood()),
    ...under(NOT_DONE, "a creation with two codes, under", withMore('"code":500'), notUnderstood()),
    "an error that nobody knows": [
      { status: 422, body: { ...REFUSED, message: "Undefined index: nominal" } },
      notUnderstood("ecPUkJSF"),
    ],
    "HTTP 502 with HTML": [{ status: 502, body: "<html><h1>Bad Gateway</h1></html>" }, notUnderstood()],
    "HTTP 503, whatever it promises": [{ status: 503, retryAfter: "5", body: "" }, notUnderstood()],
    "HTTP 422 without more": [{ status: 422, body: "{}" }, notUnderstood()],
    ...under([204, 301, 302, 307, 400, 408, 500, 504], "nothing under", "", notUnderstood()),
  },

  "MUST read as not executed": {
    ...under(SETTINGS_REFUSED, "nothing under", "", SETTINGS),
    ...under(SETTINGS_REFUSED, "HTML under", "<html><h1>No</h1></html>", SETTINGS),
    ...under(SETTINGS_REFUSED, "its error under", { ...REFUSED, message: "Unauthenticated." }, SETTINGS),
    ...throttled({
      "without more": [undefined, null],
      "with seconds": ["30", 30],
      "with no seconds to wait": ["0", 0],
      "with as many seconds as are told": ["3600", 3600],
      "with more seconds than are told": ["3601", 3600],
      "with seconds beyond GraphQL's Int": ["9".repeat(400), 3600],
      "with a date decades away": ["Wed, 21 Oct 2099 07:28:00 GMT", 3600],
      "with a date in the past": ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
      "with an empty Retry-After": ["", null],
      "with a word": ["soon", null],
      "with a number below zero": ["-5", null],
      "with a fraction": ["1.5", null],
      "with a unit": ["5 minutes", null],
    }),
  },
};

const CASES = Object.entries(ROWS).flatMap(([promise, variants]) =>
  Object.entries(variants).map(
    ([variant, [wire, outcome]]) => [`${promise} ${variant}`, wire, outcome] as const,
  ),
);

describe("the table of answers", () => {
  test("MUST name each HTTP status that means wrong settings", () => {
    const statuses = Array.from({ length: 500 }, (_, nth) => 100 + nth);
    const refused = statuses.filter((status) => {
      const { outcome } = readingOf(HELPDESK, { status });
      return outcome.outcome === "notExecuted" && outcome.reason === "SOCIOMILE_SETTINGS_REFUSED";
    });

    expect(SETTINGS_REFUSED).toEqual(refused);
  });

  test.each(CASES)("%s", (_, wire, outcome) => {
    expect(readingOf(HELPDESK, wire)).toEqual({ outcome, oddities: [] });
  });
});

describe("Retry-After as a date", () => {
  test("MUST be read as the seconds until then", () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString(); // cut to the second
    const { outcome } = readingOf(VOICE, { status: 429, retryAfter: inAMinute });

    expect(outcome).toMatchObject({ outcome: "notExecuted", reason: "SOCIOMILE_THROTTLED" });
    const { retryAfterSeconds } = outcome as Extract<Outcome, { outcome: "notExecuted" }>;
    expect(retryAfterSeconds).toBeGreaterThan(30);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

describe("a status change", () => {
  const AS_PRINTED = JSON.parse(UPDATED_AS_PRINTED.replace(/,(?=\s*\})/g, "")) as {
    ticket: { data: Record<string, string>; is_escalation: boolean };
  };
  const { ticket } = AS_PRINTED;

  const ACCEPTED = {
    ...all(updatedAs(UPDATED_DETAILS), {
      "as the contract prints it": UPDATED_AS_PRINTED,
      "with `success` true and no `status`": { success: true, ticket },
      "with `status` true and no `success`": { status: true, ticket },
      "with `SUCCESS` true": { SUCCESS: true, ticket },
      "with `code` as text": { success: true, ticket, code: "200" },
      "with a `status` that is the ticket's": { success: true, ticket, status: "InProgress" },
      "whose ticket is flat": { success: true, ticket: { ...ticket.data, is_escalation: true } },
      "whose ticket is an array of one": { success: true, ticket: [ticket] },
      "whose data is an array of one": { success: true, ticket: { ...ticket, data: [ticket.data] } },
      "whose `Data` is capitalised": { success: true, ticket: { Data: ticket.data, is_escalation: true } },
    }),
    "under HTTP 500": [{ status: 500, body: AS_PRINTED }, updatedAs(UPDATED_DETAILS)] as const,
    ...all(updatedAs({ ...UPDATED_DETAILS, isEscalated: null }), {
      "whose escalation is no yes or no": { success: true, ticket: { ...ticket, is_escalation: "maybe" } },
    }),
    ...all(updatedAs(null), {
      "without a ticket": { success: true, status: true },
      "whose ticket is null": { success: true, ticket: null },
      "whose ticket is empty": { success: true, ticket: {} },
      "whose data is empty": { success: true, ticket: { data: [] } },
      "whose ticket has no title that is known": { success: true, ticket: { data: { A: "b" } } },
    }),
  };
  test.each(Object.entries(ACCEPTED))("MUST be accepted %s", (_, [wire, outcome]) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome, oddities: [] });
  });

  const IN_DOUBT = {
    ...all(notUnderstood(), {
      "when `status` is false beside `success` true": { ...AS_PRINTED, status: false },
      "when `success` is false beside `status` true": { ...AS_PRINTED, success: false },
      "when neither flag is there": { ticket },
      "when `Status` is false beside `success` true": { success: true, ticket, Status: false },
      "when `status` is the text False": { ...AS_PRINTED, status: "False" },
      "when `status` is 0": { ...AS_PRINTED, status: 0 },
      "when `Type` is error": { ...AS_PRINTED, Type: "error" },
      "when a title stands twice with different values":
        '{"success":true,"ticket":{"data":{"Status":"Open","Status":"Close"}}}',
      "when a refusal carries a ticket id": { type: "error", message: "Status required", ticketId: "a1" },
      "when `status` is text": { status: "true", ticket },
      "when `code` is not 200": { ...AS_PRINTED, code: 404 },
      "when it is cut short": UPDATED_AS_PRINTED.slice(0, -3),
    }),
    ...all(notUnderstood("t1"), { "when `type` is error": { ...AS_PRINTED, type: "error", trace_id: "t1" } }),
    ...all(notUnderstood("ecPUkJSF"), { "when a create's field is refused": REFUSED }),
  };
  test.each(Object.entries(IN_DOUBT))("MUST be in doubt %s", (_, [wire, outcome]) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome, oddities: [] });
  });

  test("MUST be refused by the contract's own example, which has no `status`", () => {
    const body = { type: "error", trace_id: "ecPUkKiJ", message: "sociomile_ticket_id required", line: 424 };
    expect(readingOf(STATUS, { body }).outcome).toEqual(rejected("ticketId", "ecPUkKiJ"));
  });

  test("MUST be accepted when it has oddities, which are counted", () => {
    const data = { Status: "Escalated", "Date Created": "0000-00-00 00:00:00", "Date Close": "" };
    const { outcome, oddities } = readingOf(STATUS, { body: { success: true, ticket: { data } } });

    expect(outcome).toMatchObject({
      outcome: "accepted",
      ticket: { details: { status: null, statusLabel: "Escalated", createdAt: null, closedAt: null } },
    });
    expect(oddities.toSorted()).toEqual(["DATE_NOT_READABLE", "STATUS_NOT_KNOWN"]);
  });
});

describe("any answer at all", () => {
  test("MUST be read without throwing, and MUST NOT be accepted when it is noise", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(HELPDESK, VOICE, STATUS),
        fc.integer({ min: 100, max: 599 }),
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" }), fc.json()),
        (request, status, body) => {
          expect(readingOf(request, { status, body }).outcome.outcome).not.toBe("accepted");
        },
      ),
    );
  });

  const MARK = "s3cret!";
  const KEYS =
    "success status Status code message data ticket type trace_id ticketId ticket_number is_escalation __proto__";
  const WORDS = [true, false, null, 200, "200", "error", "success", ID, MARK, `${MARK} required`];
  const { shape } = fc.letrec<{ shape: object; value: unknown }>((tie) => ({
    shape: fc.dictionary(fc.constantFrom(...KEYS.split(" ")), tie("value"), { maxKeys: 8 }),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>(...WORDS),
      fc.string({ unit: "binary" }),
      tie("shape"),
      tie("shape").map((one) => [one]),
    ),
  }));

  test("MUST be read without throwing, and MUST NOT put its text into a refusal or a doubt", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(HELPDESK, VOICE, STATUS),
        fc.integer({ min: 100, max: 599 }),
        shape,
        (request, status, body) => {
          const { outcome } = readingOf(request, { status, body });
          const told = outcome.outcome === "accepted" ? null : outcome;
          expect(JSON.stringify(told)).not.toContain(MARK);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("MUST be in doubt when it was cut short at any byte", () => {
    const text = JSON.stringify(CREATED);
    for (let length = 0; length < text.length; length++) {
      expect(readingOf(HELPDESK, { body: text.slice(0, length) }).outcome).toEqual(notUnderstood());
    }
  });

  const LENGTH = 256 * 1024;
  test.each([
    // A linear reader takes milliseconds; a quadratic one takes seconds, and every caller waits.
    ["a page of HTML in JSON, cut short", '{"success":true,"message":"', String.raw`<a href=\"x\">`],
    ["blanks", '{"success":', " "],
    ["commas", '{"success":true', " , "],
    ["one key again and again", "{", '"success":true,'],
    ["one number", '{"success":true,"code":', "0"],
    ["a number with a long fraction", '{"success":true,"code":1.', "0"],
    ["arrays in arrays", '{"success":true,"data":', "["],
    ["objects in objects", "", '{"data":'],
    ["signs that are none", "{", '"success" : "ticketId" :    '],
  ])("MUST be read in linear time: %s", (_, start, more) => {
    const body = start + more.repeat(Math.floor((LENGTH - start.length) / more.length));
    const before = process.cpuUsage(); // a busy machine takes longer, and works as much

    expect(readingOf(HELPDESK, { body }).outcome).toEqual(notUnderstood());
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });

  test("MUST be read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseVendorJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });
});

function outcomeOf(request: TicketRequest, body: object): string {
  return readingOf(request, { body }).outcome.outcome;
}

describe("an answer that cannot be read", () => {
  const success = '{"success":true,"data":{"ticketId":"t-1","ticket_number":7}}';
  const BODIES: [name: string, body: Uint8Array | null][] = [
    ["too large", null],
    ["compressed", gzipSync(success)],
    ["in UTF-16", Buffer.from(success, "utf16le")],
    ["in a text of JSON", Buffer.from(JSON.stringify({ message: "x", previous: success }))],
    [
      "in a text of JSON, over lines",
      Buffer.from(JSON.stringify({ previous: success.replaceAll(":", ":\n") })),
    ],
    ["with an id in quotes", Buffer.from(String.raw`{"message":"x","ticketId":"\"t-1\""}`)],
    ["with its signs in escapes", Buffer.from(success.replaceAll("ticket", "ticke\\u0074").slice(0, -3))],
  ];

  test.each(NOT_DONE.flatMap((status) => BODIES.map(([name, body]) => [status, name, body] as const)))(
    "MUST leave a doubt under HTTP %i: %s",
    (status, _, body) => {
      const settings = { timeZone: MANADO, notice: expect.unreachable };

      const outcome = readAnswer(VOICE, { status, retryAfter: "0", body }, settings);

      expect(outcome).toMatchObject({ outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD" });
    },
  );

  test("MUST leave a doubt when its data contradict it, or belong to another ticket", () => {
    const inside = { success: true, data: { ticketId: "t-1", success: false } };
    const foreign = { success: true, data: { ticketId: "another" } };
    expect(outcomeOf(VOICE, inside)).toBe("unknown");
    expect(outcomeOf(STATUS, foreign)).toBe("unknown");
  });
});
