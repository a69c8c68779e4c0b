import { assert, constantFrom, integer, json, oneof, property, string, uint8Array } from "fast-check";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseVendorJson } from "../../src/sociomile/json.ts";
import { readAnswer } from "../../src/sociomile/read.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { CREATED, readingOf, REFUSED, UPDATED_AS_PRINTED, UPDATED_DETAILS, type Wire } from "./answers.ts";
import { HELPDESK, STATUS, VOICE } from "./requests.ts";

const ID = CREATED.data.ticketId;
const createdAs = (number: string | null = "32197"): Outcome => ({
  outcome: "accepted",
  ticket: { id: ID, number, details: null },
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
const throttled = (retryAfterSeconds: number | null): Outcome => ({
  outcome: "notExecuted",
  reason: "SOCIOMILE_THROTTLED",
  retryAfterSeconds,
});

const updatedAs = (details: object | null): Outcome => ({
  outcome: "accepted",
  ticket: { id: STATUS.details.ticketId, number: null, details: details as never },
});

const withData = (data: unknown) => ({ ...CREATED, data });
const withId = (ticketId: unknown) => withData({ ticketId, ticket_number: 32197 });
const withNumber = (number: unknown) => withData({ ticketId: ID, ticket_number: number });
const CREATED_JSON = JSON.stringify(CREATED);
const withRawNumber = (number: string) => CREATED_JSON.replace("32197", number);
const { code: _code, ...withoutCode } = CREATED;
const { type: _type, ...withoutType } = REFUSED;
const { trace_id: _traceId, ...withoutTraceId } = REFUSED;

/** Rows of the table in README.md, each with many variants of an answer. */
const ROWS: Record<string, Record<string, [Wire, Outcome]>> = {
  "MUST accept a creation": {
    "as the contract shows it": [{ body: CREATED }, createdAs()],
    "that comes under HTTP 500": [{ status: 500, body: CREATED }, createdAs()],
    "that comes under HTTP 302": [{ status: 302, body: CREATED }, createdAs()],
    "that comes under HTTP 401": [{ status: 401, body: CREATED }, createdAs()],
    "with `code` as text": [{ body: { ...CREATED, code: "200" } }, createdAs()],
    "without `code`": [{ body: withoutCode }, createdAs()],
    "with `status` true": [{ body: { ...CREATED, status: true } }, createdAs()],
    "with Status, Type and Code capitalised": [
      { body: { ...withoutCode, Status: true, Type: "success", Code: 200 } },
      createdAs(),
    ],
    "that says everything twice": [
      {
        body: `{"success":true,"Success":true,${JSON.stringify(CREATED).repeat(2).replace("}{", ",").slice(1)}`,
      },
      createdAs(),
    ],
    "with a type that is no error": [{ body: { ...CREATED, type: "success" } }, createdAs()],
    "with fields that nobody knows": [{ body: { ...CREATED, server: { node: [1, 2] } } }, createdAs()],
    "with SUCCESS in capitals": [{ body: { SUCCESS: true, data: CREATED.data, code: 200 } }, createdAs()],
    "with Success, Data and Code capitalised": [
      { body: { Success: true, Data: CREATED.data, Code: "200" } },
      createdAs(),
    ],
    "with `data` as an array of one": [{ body: withData([CREATED.data]) }, createdAs()],
    "with trailing commas": [
      {
        body: `{"success":true,"data":[{"ticketId":"${ID}","ticket_number":32197 , },\n],"code":200,\r\n\t}`,
      },
      createdAs(),
    ],
    "with trailing commas, and others inside its strings": [
      {
        body: `{"success":true,"message":"a,} b,] \\",} c","data":{"ticketId":"${ID}","note":"a,}b,]","ticket_number":1,},}`,
      },
      createdAs("1"),
    ],
    "with a byte order mark": [{ body: `\uFEFF${JSON.stringify(CREATED)}` }, createdAs()],
    "with white space around it": [{ body: `\r\n ${JSON.stringify(CREATED, null, 2)} \n` }, createdAs()],
    "with a ticket number as text": [{ body: withNumber("0032197") }, createdAs("0032197")],
    "with a ticket number in blanks": [{ body: withNumber(" 32197 ") }, createdAs()],
    "with a ticket number of zero": [{ body: withNumber(0) }, createdAs("0")],
    "without a ticket number": [{ body: withData({ ticketId: ID }) }, createdAs(null)],
    "with a ticket number that is none": [{ body: withNumber("SM-32197") }, createdAs(null)],
    "with a ticket number of null": [{ body: withNumber(null) }, createdAs(null)],
    "with a negative ticket number": [{ body: withNumber(-1) }, createdAs(null)],
    "with a ticket number with a fraction": [{ body: withNumber(1.5) }, createdAs(null)],
    "with a ticket number with a fraction of zero": [{ body: withRawNumber("32197.0") }, createdAs()],
    "with a ticket number that a double would round": [
      { body: withRawNumber("9007199254740993.0") },
      createdAs("9007199254740993"),
    ],
    "with a ticket number whose fraction a double would lose": [
      { body: withRawNumber("9007199254740993.5") },
      createdAs(null),
    ],
    "with a ticket number as a power": [{ body: withRawNumber("1e22") }, createdAs(null)],
    "with a ticket number of 64 digits": [{ body: withRawNumber("9".repeat(64)) }, createdAs("9".repeat(64))],
    "with a ticket number of 65 digits": [{ body: withRawNumber("9".repeat(65)) }, createdAs(null)],
    "with an id in another style": [
      { body: withId("T-7_a.b:c") },
      { outcome: "accepted", ticket: { id: "T-7_a.b:c", number: "32197", details: null } },
    ],
    "with an id of 255 characters": [
      { body: withId("a".repeat(255)) },
      { outcome: "accepted", ticket: { id: "a".repeat(255), number: "32197", details: null } },
    ],
  },

  "MUST leave in doubt a creation": {
    "whose `status` is false": [{ body: { ...CREATED, status: false } }, notUnderstood()],
    "whose `Status` is false": [{ body: { ...CREATED, Status: false } }, notUnderstood()],
    "whose `status` is the text false": [{ body: { ...CREATED, status: "false" } }, notUnderstood()],
    "whose `status` is the text true": [{ body: { ...CREATED, status: "true" } }, notUnderstood()],
    "whose `status` is 0": [{ body: { ...CREATED, status: 0 } }, notUnderstood()],
    "whose `status` is null": [{ body: { ...CREATED, status: null } }, notUnderstood()],
    "whose `status` is another word": [{ body: { ...CREATED, status: "failed" } }, notUnderstood()],
    "whose `Type` is error": [{ body: { ...CREATED, Type: "error" } }, notUnderstood()],
    "whose `TYPE` is Error": [{ body: { ...CREATED, TYPE: "Error " } }, notUnderstood()],
    "whose `type` is error": [{ body: { ...CREATED, type: "error" } }, notUnderstood()],
    "whose `type` is ERROR": [{ body: { ...CREATED, type: "ERROR" } }, notUnderstood()],
    "whose `code` is 500": [{ body: { ...CREATED, code: 500 } }, notUnderstood()],
    "whose `code` is null": [{ body: { ...CREATED, code: null } }, notUnderstood()],
    "whose `code` is 200.5": [{ body: { ...CREATED, code: 200.5 } }, notUnderstood()],
    "whose `code` is 201": [{ body: { ...CREATED, code: 201 } }, notUnderstood()],
    "whose `code` is the text 400": [{ body: { ...CREATED, code: "400" } }, notUnderstood()],
    "whose `CODE` is 500": [{ body: { ...withoutCode, CODE: 500 } }, notUnderstood()],
    "whose `success` is false": [{ body: { ...CREATED, success: false } }, notUnderstood()],
    "whose `success` is text": [{ body: { ...CREATED, success: "true" } }, notUnderstood()],
    "whose `success` is 1": [{ body: { ...CREATED, success: 1 } }, notUnderstood()],
    "that says both `success` true and `Success` false": [
      { body: { ...CREATED, Success: false } },
      notUnderstood(),
    ],
    "that says both `Success` false and `success` true": [
      { body: { Success: false, ...CREATED } },
      notUnderstood(),
    ],
    "that says both `Code` 500 and `code` 200": [{ body: { Code: 500, ...CREATED } }, notUnderstood()],
    "that says both `status` true and `Status` false": [
      { body: { ...CREATED, status: true, Status: false } },
      notUnderstood(),
    ],
    "that says both `type` error and `Type` success": [
      { body: { ...CREATED, type: "error", Type: "success" } },
      notUnderstood(),
    ],
    "that says `success` twice, first false": [
      { body: `{"success":false,${CREATED_JSON.slice(1)}` },
      notUnderstood(),
    ],
    "that says `success` twice, first true": [
      { body: CREATED_JSON.replace(/\}$/, ',"success":false}') },
      notUnderstood(),
    ],
    "that says `success` twice, once escaped": [
      { body: String.raw`{"succe\u0073s":false,${CREATED_JSON.slice(1)}` },
      notUnderstood(),
    ],
    "that names two tickets": [
      { body: CREATED_JSON.replace('{"ticketId"', '{"ticketId":"b","ticketId"') },
      notUnderstood(),
    ],
    "that has two kinds of data": [
      { body: `{"data":{"ticketId":"b"},${CREATED_JSON.slice(1)}` },
      notUnderstood(),
    ],
    "that has a key with two values where nobody looks": [
      { body: CREATED_JSON.replace(/\}$/, ',"meta":[{"a":1,"a":2}]}') },
      notUnderstood(),
    ],
    "with `status` true and no `success`, which is enough for an update only": [
      { body: { status: true, data: CREATED.data } },
      notUnderstood(),
    ],
    "that also carries a known refusal": [{ body: { ...REFUSED, success: true } }, notUnderstood("ecPUkJSF")],
    "that is refused and has `status` true": [
      { body: { ...REFUSED, status: true } },
      notUnderstood("ecPUkJSF"),
    ],
    "without an id": [{ body: withData({ ticket_number: 32197 }) }, notUnderstood()],
    "whose id is null": [{ body: withId(null) }, notUnderstood()],
    "whose id is empty": [{ body: withId("") }, notUnderstood()],
    "whose id is blank": [{ body: withId("   ") }, notUnderstood()],
    "whose id is a no-break space": [{ body: withId("\u00A0") }, notUnderstood()],
    "whose id is a number": [{ body: withId(691) }, notUnderstood()],
    "whose id is an object": [{ body: withId({ $oid: ID }) }, notUnderstood()],
    "whose id is a path": [{ body: withId("../tickets/7") }, notUnderstood()],
    "whose id is a path of another system": [{ body: withId("C:\\7") }, notUnderstood()],
    "whose id is quoted for an address": [{ body: withId("a%2Fb") }, notUnderstood()],
    "whose id goes on as a query": [{ body: withId("7?x=1#y") }, notUnderstood()],
    "whose id is markup": [{ body: withId("<b>7</b>") }, notUnderstood()],
    "whose id holds a quotation mark": [{ body: withId("7'") }, notUnderstood()],
    "whose id holds letters of no English word": [{ body: withId("tíket-7") }, notUnderstood()],
    "whose id holds a blank": [{ body: withId("7 8") }, notUnderstood()],
    "whose id holds a line break": [{ body: withId(`${ID}\n`) }, notUnderstood()],
    "whose id is too long to be one": [{ body: withId("a".repeat(256)) }, notUnderstood()],
    "without `data`": [{ body: { success: true, code: 200 } }, notUnderstood()],
    "whose `data` is null": [{ body: withData(null) }, notUnderstood()],
    "whose `data` is empty": [{ body: withData([]) }, notUnderstood()],
    "whose `data` is an array of two": [{ body: withData([CREATED.data, CREATED.data]) }, notUnderstood()],
    "whose `data` is the id": [{ body: withData(ID) }, notUnderstood()],
    "that comes inside an array": [{ body: [CREATED] }, notUnderstood()],
    "that is cut short": [{ body: JSON.stringify(CREATED).slice(0, -1) }, notUnderstood()],
    "that comes twice": [{ body: JSON.stringify(CREATED) + JSON.stringify(CREATED) }, notUnderstood()],
    "with a comma too many in the middle": [
      { body: `{"success":true,,"data":{"ticketId":"a"}}` },
      notUnderstood(),
    ],
    "with a comma in front": [{ body: `{,"success":true,"data":{"ticketId":"a"}}` }, notUnderstood()],
  },

  "MUST read as refused": {
    "a known refusal under HTTP 200": [{ status: 200, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 302": [{ status: 302, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 400": [{ status: 400, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 401": [{ status: 401, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 422": [{ status: 422, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 429": [{ status: 429, body: REFUSED }, rejected("customerName")],
    "a known refusal under HTTP 500": [{ status: 500, body: REFUSED }, rejected("customerName")],
    "one without `status`": [{ body: { ...REFUSED, status: undefined } }, rejected("customerName")],
    "one with `Type` Error": [{ body: { ...withoutType, Type: "Error" } }, rejected("customerName")],
    "one whose ticket id is null": [
      { body: { ...REFUSED, data: { ticketId: null, ticket_number: null } } },
      rejected("customerName"),
    ],
    "one whose ticket id is empty": [
      { body: { ...REFUSED, data: { ticketId: "" } } },
      rejected("customerName"),
    ],
    "one that says the same twice": [
      { body: JSON.stringify(REFUSED).replace("{", '{"type":"error",') },
      rejected("customerName"),
    ],
    "one with `success` false": [{ body: { ...REFUSED, success: false } }, rejected("customerName")],
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
    "HTTP 413": [
      { status: 413, body: "<h1>Request Entity Too Large</h1>" },
      { outcome: "rejected", reason: "TOO_LARGE_FOR_SOCIOMILE", field: null, traceId: null },
    ],
    "HTTP 413 with an error that says no more": [
      { status: 413, body: { ...REFUSED, message: "Payload too large" } },
      { outcome: "rejected", reason: "TOO_LARGE_FOR_SOCIOMILE", field: null, traceId: "ecPUkJSF" },
    ],
  },

  "MUST keep a trace id only when it looks like one:": {
    "64 characters": [
      { body: { ...REFUSED, trace_id: "aZ0_-".repeat(12) + "abcd" } },
      rejected("customerName", "aZ0_-".repeat(12) + "abcd"),
    ],
    "65 characters": [{ body: { ...REFUSED, trace_id: "a".repeat(65) } }, rejected("customerName", null)],
    none: [{ body: withoutTraceId }, rejected("customerName", null)],
    empty: [{ body: { ...REFUSED, trace_id: "" } }, rejected("customerName", null)],
    null: [{ body: { ...REFUSED, trace_id: null } }, rejected("customerName", null)],
    "a number": [{ body: { ...REFUSED, trace_id: 12345 } }, rejected("customerName", null)],
    "a path": [{ body: { ...REFUSED, trace_id: "/srv/app.php" } }, rejected("customerName", null)],
    markup: [{ body: { ...REFUSED, trace_id: "<b>x</b>" } }, rejected("customerName", null)],
    "a line break at its end": [
      { body: { ...REFUSED, trace_id: "ecPUkJSF\n" } },
      rejected("customerName", null),
    ],
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
    "a refusal of a field of nobody's": [
      { body: { ...REFUSED, message: "NamaBank required" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal of another operation's field": [
      { body: { ...REFUSED, message: "Customer_hp required" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal of a name that every object has": [
      { body: { ...REFUSED, message: "constructor required" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal with more to say": [
      { body: { ...REFUSED, message: "NamaNasabah required, ticket made anyway" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal that carries a ticket id": [
      { body: { ...REFUSED, data: { ticketId: ID } } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal that carries a ticket id under HTTP 401": [
      { status: 401, body: { ...REFUSED, data: { ticketId: ID } } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal that carries a ticket id elsewhere": [
      { body: { ...REFUSED, context: [{ ticket_id: 691 }] } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal that carries a ticket number": [
      { body: { ...REFUSED, data: { ticket_number: 32197 } } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal with `Success` true": [{ body: { ...REFUSED, Success: true } }, notUnderstood("ecPUkJSF")],
    "a refusal with `success` as text": [
      { body: { ...REFUSED, success: "true" } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal with `code` 200": [{ body: { ...REFUSED, code: 200 } }, notUnderstood("ecPUkJSF")],
    ...Object.fromEntries(
      [401, 403, 404, 405, 413, 415, 429].flatMap((status): [string, [Wire, Outcome]][] => [
        [
          `a creation without a usable id, under HTTP ${status}`,
          [{ status, body: withId("../7") }, notUnderstood()],
        ],
        [
          `a creation that contradicts itself, under HTTP ${status}`,
          [{ status, body: { ...CREATED, code: 500 } }, notUnderstood()],
        ],
        [
          `a creation that is cut short, under HTTP ${status}`,
          [{ status, body: CREATED_JSON.slice(0, -1) }, notUnderstood()],
        ],
        [
          `a creation with two values for a key, under HTTP ${status}`,
          [{ status, body: CREATED_JSON.replace(/\}$/, ',"code":500}') }, notUnderstood()],
        ],
      ]),
    ),
    "an error whose message is an object that cannot become text": [
      { body: { ...REFUSED, message: { toString: 1, valueOf: 1 } } },
      notUnderstood("ecPUkJSF"),
    ],
    "a refusal without a field": [{ body: { ...REFUSED, message: "required" } }, notUnderstood("ecPUkJSF")],
    "a refusal outside the error shape": [{ body: withoutType }, notUnderstood("ecPUkJSF")],
    "an error without a message": [
      { body: { type: "error", trace_id: "ecPUkJSF", status: false } },
      notUnderstood("ecPUkJSF"),
    ],
    "an error whose message is no text": [
      { body: { ...REFUSED, message: { text: "NamaNasabah required" } } },
      notUnderstood("ecPUkJSF"),
    ],
    "an error that nobody knows": [
      { status: 422, body: { ...REFUSED, message: "Undefined index: nominal" } },
      notUnderstood("ecPUkJSF"),
    ],
    "HTTP 500": [{ status: 500, body: "" }, notUnderstood()],
    "HTTP 502 with HTML": [{ status: 502, body: "<html><h1>Bad Gateway</h1></html>" }, notUnderstood()],
    "HTTP 503, whatever it promises": [{ status: 503, retryAfter: "5", body: "" }, notUnderstood()],
    "HTTP 504": [{ status: 504, body: "" }, notUnderstood()],
    "HTTP 301": [{ status: 301, body: "" }, notUnderstood()],
    "HTTP 302": [{ status: 302, body: "" }, notUnderstood()],
    "HTTP 307": [{ status: 307, body: "" }, notUnderstood()],
    "HTTP 400 without more": [{ status: 400, body: "" }, notUnderstood()],
    "HTTP 408": [{ status: 408, body: "" }, notUnderstood()],
    "HTTP 422 without more": [{ status: 422, body: "{}" }, notUnderstood()],
    HTML: [{ body: "<!doctype html><title>Login</title>" }, notUnderstood()],
    nothing: [{ body: "" }, notUnderstood()],
    "HTTP 204": [{ status: 204, body: "" }, notUnderstood()],
    "a text": [{ body: '"success"' }, notUnderstood()],
    true: [{ body: "true" }, notUnderstood()],
    null: [{ body: "null" }, notUnderstood()],
    "an empty array": [{ body: "[]" }, notUnderstood()],
    "what is not UTF-8": [
      {
        body: Buffer.concat([
          Buffer.from('{"success":true,"message":"'),
          Buffer.from([0xe9]),
          Buffer.from('","data":{"ticketId":"a"}}'),
        ]),
      },
      notUnderstood(),
    ],
    "UTF-16": [{ body: Buffer.from(`\uFEFF${JSON.stringify(CREATED)}`, "utf16le") }, notUnderstood()],
    "what is compressed": [{ body: Buffer.from([0x1f, 0x8b, 0x08, 0x00]) }, notUnderstood()],
  },

  "MUST read as not executed": {
    ...Object.fromEntries(
      [401, 403, 404, 405, 415].flatMap((status) =>
        Object.entries({
          "without a body": "",
          "with HTML": "<html><h1>No</h1></html>",
          "with an error of the vendor's": { ...REFUSED, message: "Unauthenticated." },
        }).map(([how, body]): [string, [Wire, Outcome]] => [
          `HTTP ${status} ${how}`,
          [
            { status, body },
            { outcome: "notExecuted", reason: "SOCIOMILE_SETTINGS_REFUSED", retryAfterSeconds: null },
          ],
        ]),
      ),
    ),
    "HTTP 429": [{ status: 429 }, throttled(null)],
    "HTTP 429 with seconds": [{ status: 429, retryAfter: "30" }, throttled(30)],
    "HTTP 429 with no seconds to wait": [{ status: 429, retryAfter: "0" }, throttled(0)],
    "HTTP 429 with as many seconds as are told": [{ status: 429, retryAfter: "3600" }, throttled(3600)],
    "HTTP 429 with more seconds than are told": [{ status: 429, retryAfter: "3601" }, throttled(3600)],
    "HTTP 429 with seconds beyond GraphQL's Int": [
      { status: 429, retryAfter: "9".repeat(400) },
      throttled(3600),
    ],
    "HTTP 429 with a date decades away": [
      { status: 429, retryAfter: "Wed, 21 Oct 2099 07:28:00 GMT" },
      throttled(3600),
    ],
    "HTTP 429 with a date in the past": [
      { status: 429, retryAfter: "Wed, 21 Oct 2015 07:28:00 GMT" },
      throttled(0),
    ],
    "HTTP 429 with an empty Retry-After": [{ status: 429, retryAfter: "" }, throttled(null)],
    "HTTP 429 with a word": [{ status: 429, retryAfter: "soon" }, throttled(null)],
    "HTTP 429 with a number below zero": [{ status: 429, retryAfter: "-5" }, throttled(null)],
    "HTTP 429 with a fraction": [{ status: 429, retryAfter: "1.5" }, throttled(null)],
    "HTTP 429 with a unit": [{ status: 429, retryAfter: "5 minutes" }, throttled(null)],
  },
};

const CASES = Object.entries(ROWS).flatMap(([promise, variants]) =>
  Object.entries(variants).map(
    ([variant, [wire, outcome]]) => [`${promise} ${variant}`, wire, outcome] as const,
  ),
);

describe("the table of answers", () => {
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

  const ACCEPTED: Record<string, [Wire, object | null]> = {
    "as the contract prints it": [{ body: UPDATED_AS_PRINTED }, UPDATED_DETAILS],
    "under HTTP 500": [{ status: 500, body: AS_PRINTED }, UPDATED_DETAILS],
    "with `success` true and no `status`": [{ body: { success: true, ticket } }, UPDATED_DETAILS],
    "with `status` true and no `success`": [{ body: { status: true, ticket } }, UPDATED_DETAILS],
    "with `SUCCESS` true": [{ body: { SUCCESS: true, ticket } }, UPDATED_DETAILS],
    "with `code` as text": [{ body: { success: true, ticket, code: "200" } }, UPDATED_DETAILS],
    "with a `status` that is the ticket's": [
      { body: { success: true, ticket, status: "InProgress" } },
      UPDATED_DETAILS,
    ],
    "whose ticket is flat": [
      { body: { success: true, ticket: { ...ticket.data, is_escalation: true } } },
      UPDATED_DETAILS,
    ],
    "whose ticket is an array of one": [{ body: { success: true, ticket: [ticket] } }, UPDATED_DETAILS],
    "whose data is an array of one": [
      { body: { success: true, ticket: { ...ticket, data: [ticket.data] } } },
      UPDATED_DETAILS,
    ],
    "whose `Data` is capitalised": [
      { body: { success: true, ticket: { Data: ticket.data, is_escalation: true } } },
      UPDATED_DETAILS,
    ],
    "whose escalation is no yes or no": [
      { body: { success: true, ticket: { ...ticket, is_escalation: "maybe" } } },
      { ...UPDATED_DETAILS, isEscalated: null },
    ],
    "without a ticket": [{ body: { success: true, status: true } }, null],
    "whose ticket is null": [{ body: { success: true, ticket: null } }, null],
    "whose ticket is empty": [{ body: { success: true, ticket: {} } }, null],
    "whose data is empty": [{ body: { success: true, ticket: { data: [] } } }, null],
    "whose ticket has no title that is known": [
      { body: { success: true, ticket: { data: { A: "b" } } } },
      null,
    ],
  };
  test.each(Object.entries(ACCEPTED))("MUST be accepted %s", (_, [wire, details]) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome: updatedAs(details), oddities: [] });
  });

  const IN_DOUBT: Record<string, [Wire, string | null]> = {
    "when `status` is false beside `success` true": [{ body: { ...AS_PRINTED, status: false } }, null],
    "when `success` is false beside `status` true": [{ body: { ...AS_PRINTED, success: false } }, null],
    "when neither flag is there": [{ body: { ticket } }, null],
    "when `Status` is false beside `success` true": [
      { body: { success: true, ticket, Status: false } },
      null,
    ],
    "when `status` is the text False": [{ body: { ...AS_PRINTED, status: "False" } }, null],
    "when `status` is 0": [{ body: { ...AS_PRINTED, status: 0 } }, null],
    "when `Type` is error": [{ body: { ...AS_PRINTED, Type: "error" } }, null],
    "when a title stands twice with different values": [
      { body: '{"success":true,"ticket":{"data":{"Status":"Open","Status":"Close"}}}' },
      null,
    ],
    "when a refusal carries a ticket id": [
      { body: { type: "error", message: "Status required", ticketId: "a1" } },
      null,
    ],
    "when `status` is text": [{ body: { status: "true", ticket } }, null],
    "when `type` is error": [{ body: { ...AS_PRINTED, type: "error", trace_id: "t1" } }, "t1"],
    "when `code` is not 200": [{ body: { ...AS_PRINTED, code: 404 } }, null],
    "when it is cut short": [{ body: UPDATED_AS_PRINTED.slice(0, -3) }, null],
    "when a create's field is refused": [{ body: REFUSED }, "ecPUkJSF"],
  };
  test.each(Object.entries(IN_DOUBT))("MUST be in doubt %s", (_, [wire, traceId]) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome: notUnderstood(traceId), oddities: [] });
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
    assert(
      property(
        constantFrom(HELPDESK, VOICE, STATUS),
        integer({ min: 100, max: 599 }),
        oneof(uint8Array({ maxLength: 200 }), string({ unit: "grapheme" }), json()),
        (request, status, body) => {
          expect(readingOf(request, { status, body }).outcome.outcome).not.toBe("accepted");
        },
      ),
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
    [
      "a page of HTML inside a JSON string, cut short",
      `{"success":true,"message":"`,
      String.raw`<a href=\"x\">`,
    ],
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
    assert(
      property(json(), (text) => {
        expect(parseVendorJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });
});

function outcomeOf(request: TicketRequest, body: object): string {
  const wire = { status: 200, retryAfter: undefined, body: Buffer.from(JSON.stringify(body)) };
  return readAnswer(request, wire, "Asia/Makassar").outcome.outcome;
}

describe("an answer that cannot be read", () => {
  const success = '{"success":true,"data":{"ticketId":"t-1","ticket_number":7}}';
  const STATUSES = [401, 403, 404, 405, 413, 415, 429];
  const BODIES: [name: string, body: Uint8Array | null][] = [
    ["too large", null],
    ["compressed", gzipSync(success)],
    ["in UTF-16", Buffer.from(success, "utf16le")],
    ["with its signs in escapes", Buffer.from(success.replaceAll("ticket", "ticke\\u0074").slice(0, -3))],
  ];

  test.each(STATUSES.flatMap((status) => BODIES.map(([name, body]) => [status, name, body] as const)))(
    "MUST leave a doubt under HTTP %i: %s",
    (status, _, body) => {
      const { outcome } = readAnswer(VOICE, { status, retryAfter: "0", body }, "Asia/Makassar");

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
