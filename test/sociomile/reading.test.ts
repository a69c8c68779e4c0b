import * as fc from "fast-check";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ENDPOINTS, parseVendorJson } from "../../src/sociomile/translate.ts";
import type { Outcome } from "../../src/tickets/submission.ts";
import type { TicketDetails } from "../../src/tickets/ticket.ts";
import { CREATED, readingOf, REFUSED, UPDATED_AS_PRINTED, UPDATED_DETAILS, type Wire } from "./answers.ts";
import { accepted, notExecuted, rejected, unknown } from "../support/outcomes.ts";
import { repositoryText } from "../support/repository.ts";
import { testTable } from "../support/test-table.ts";
import { without } from "../support/without.ts";
import { HELPDESK, REQUESTS, STATUS, VOICE } from "./requests.ts";

const ID = CREATED.data.ticketId;
const createdAs = (number: string | null = "32197", id: string = ID) => accepted(id, null, number);
const updatedAs = (details: Partial<TicketDetails> | null) => accepted(STATUS.details.ticketId, details);
const notUnderstood = (traceId: string | null = null) => unknown("ANSWER_NOT_UNDERSTOOD", traceId);
const refusedFor = (field: string | null, traceId: string | null = "ecPUkJSF") => rejected(field, traceId);
const tooLarge = (traceId: string | null) => rejected(null, traceId, "TOO_LARGE_FOR_SOCIOMILE");

const creation = (changes: object) => ({ ...CREATED, ...changes });
const withData = (data: unknown) => creation({ data });
const withId = (ticketId: unknown) => withData({ ticketId, ticket_number: 32197 });
const CREATED_JSON = JSON.stringify(CREATED);
const withMore = (field: string) => CREATED_JSON.replace(/\}$/, `,${field}}`);
const withRawNumber = (number: string) => CREATED_JSON.replace("32197", number);
const { code: _code, ...withoutCode } = CREATED;
const { type: _type, ...withoutType } = REFUSED;
const refusal = (changes: object) => ({ ...REFUSED, ...changes });
const refusalUnder = (traceId: unknown) => refusal({ trace_id: traceId });

/** HTTP statuses of the row of README.md about our settings, in Sociomile's own form. */
const SETTINGS_REFUSED = /^\| HTTP ([\d, ]+?) with .* \| not executed: our settings are wrong/m
  .exec(repositoryText("src/sociomile/README.md"))![1]!
  .split(", ")
  .map(Number);
/** HTTP status of a proxy on Sociomile's side. */
const PROXY = 407;

const SETTINGS = notExecuted("SOCIOMILE_SETTINGS_REFUSED");
const UNAUTHENTICATED = refusal({ message: "Unauthenticated." });
/** HTTP statuses that mean, with no more, that nothing was done. */
const NOT_DONE = [...SETTINGS_REFUSED, PROXY, 413, 429];

type Case = [name: string, wire: Wire, outcome: Outcome];

/** Cases of one outcome, with the body of each. One without a name is named by its text. */
function all(outcome: Outcome, bodies: Record<string, unknown> | readonly unknown[]): Case[] {
  const named = Array.isArray(bodies)
    ? bodies.map((body: unknown) => [`like ${typeof body === "string" ? body : JSON.stringify(body)}`, body])
    : Object.entries(bodies);
  return named.map(([name, body]) => [name as string, { body }, outcome]);
}

/** Cases of one outcome and one body, under many HTTP statuses. */
const under = (statuses: readonly number[], name: string, body: unknown, outcome: Outcome): Case[] =>
  statuses.map((status) => [`${name} HTTP ${status}`, { status, body }, outcome]);

/** Cases of throttling, by the seconds that it names, each with its headers Retry-After. */
const throttled = (seconds: number | null, ...headers: (string | undefined)[]): Case[] =>
  headers.map((retryAfter) => [
    `HTTP 429 with Retry-After ${retryAfter}`,
    { status: 429, ...(retryAfter !== undefined && { retryAfter }) },
    notExecuted("SOCIOMILE_THROTTLED", seconds),
  ]);

/** Flags with values that contradict a creation. */
const CONTRADICTIONS = {
  status: [false, "false", "true", 0, null, "failed"],
  type: ["error", "ERROR", "Error "],
  code: [500, null, 200.5, 201, "400"],
  success: [false, "true", 1],
};
const CONTRADICTED = Object.entries(CONTRADICTIONS).flatMap(([flag, values]) =>
  values.flatMap((value) => [creation({ [flag]: value }), { ...without(CREATED, flag), [flag.toUpperCase()]: value }]),
);

const NO_NUMBERS = `"SM-32197" null -1 1.5 9007199254740993.5 1e22 ${"9".repeat(65)}`.split(" ");
const NO_IDS = [null, 691, { $oid: ID }, "", "   ", "\u00A0", `${ID}\n`, "a".repeat(256)];
const NOBODYS_IDS = "null NULL undefined 0 false - _ -.:".split(" ");
const NO_TRACE_IDS = ["a".repeat(65), undefined, "", null, 12345, "/srv/app.php", "<b>x</b>", "ecPUkJSF\n"];
const NO_TEXT_IDS = "../tickets/7|C:\\7|..|a%2Fb|7?x=1#y|<b>7</b>|7'|tíket-7|7 8".split("|");

/** Rows of the table in README.md, each with many variants of an answer. */
const ROWS: Record<string, Case[]> = {
  "MUST accept a creation": [
    ...all(createdAs(), {
      "as the document shows it": CREATED,
      "without `code`": withoutCode,
      "with `status` true, and a type that is no error": creation({ status: true, type: "success" }),
      "with Status, Type and Code capitalised": { ...withoutCode, Status: true, Type: "success", Code: 200 },
      "that says everything twice": `{"success":true,"Success":true,${CREATED_JSON.repeat(2).replace("}{", ",").slice(1)}`,
      "with fields that nobody knows": creation({ server: { node: [1, 2] } }),
      "with SUCCESS in capitals": { SUCCESS: true, data: CREATED.data, code: 200 },
      "with Success, Data and Code capitalised": { Success: true, Data: CREATED.data, Code: "200" },
      "with `data` as an array of one": withData([CREATED.data]),
      "with trailing commas": `{"success":true,"data":[{"ticketId":"${ID}","ticket_number":32197 , },\n],"code":200,\r\n\t}`,
      "with a byte order mark": `\uFEFF${CREATED_JSON}`,
      "with its id in capitals": withId(ID.toUpperCase()),
      "with a ticket number in blanks": withRawNumber('" 32197 "'),
      "with a ticket number with a fraction of zero": withRawNumber("32197.0"),
    }),
    ...all(createdAs("1"), {
      "with trailing commas, and others inside its strings": `{"success":true,"message":"a,} b,] \\",} c","data":{"ticketId":"${ID}","note":"a,}b,]","ticket_number":1,},}`,
    }),
    ...["0", "0032197", "9".repeat(64)].flatMap((digits) =>
      all(createdAs(digits), { [`with the ticket number ${digits}`]: withRawNumber(`"${digits}"`) }),
    ),
    ...all(createdAs("9007199254740993"), [withRawNumber("9007199254740993.0")]), // a double would round it
    ...all(createdAs(null), [withData({ ticketId: ID }), ...NO_NUMBERS.map(withRawNumber)]),
    ...under([201, 302, 401, 500], "that comes under", CREATED, createdAs()),
    ...["T-7_a.b:c", "00", "nullify", "a".repeat(255)].flatMap((id) =>
      all(createdAs("32197", id), { [`with the id ${id}`]: withId(id) }),
    ),
  ],

  "MUST leave in doubt a creation": [
    ...all(notUnderstood(), CONTRADICTED),
    ...all(notUnderstood(), {
      "that says both `success` true and `Success` false": creation({ Success: false }),
      "that says both `Success` false and `success` true": { Success: false, ...CREATED },
      "that says both `Code` 500 and `code` 200": { Code: 500, ...CREATED },
      "that says both `type` error and `Type` success": creation({ type: "error", Type: "success" }),
      "that says `success` twice, first false": `{"success":false,${CREATED_JSON.slice(1)}`,
      "that says `success` twice, first true": withMore('"success":false'),
      "that says `success` twice, once escaped": String.raw`{"succe\u0073s":false,${CREATED_JSON.slice(1)}`,
      "that names two tickets": CREATED_JSON.replace('{"ticketId"', '{"ticketId":"b","ticketId"'),
      "that has two kinds of data": `{"data":{"ticketId":"b"},${CREATED_JSON.slice(1)}`,
      "that has a key with two values where nobody looks": withMore('"meta":[{"a":1,"a":2}]'),
      "that contradicts itself in its data": withData({ ...CREATED.data, success: false }),
      "with `status` true alone, which is enough for an update only": { status: true, data: CREATED.data },
      "with a comma in front": `{,"success":true,"data":{"ticketId":"a"}}`,
    }),
    ...all(notUnderstood(), [undefined, ...NO_IDS, ...NO_TEXT_IDS, ...NOBODYS_IDS].map(withId)),
    ...all(notUnderstood(), [undefined, null, [], [CREATED.data, CREATED.data], ID].map(withData)),
    ...all(notUnderstood("ecPUkJSF"), [refusal({ success: true }), refusal({ status: true })]),
  ],

  "MUST read as refused": [
    ...all(refusedFor("customerName"), {
      "one without `status`": refusal({ status: undefined }),
      "one with `Type` Error": { ...withoutType, Type: "Error" },
      "one whose ticket id is null": refusal({ data: { ticketId: null, ticket_number: null } }),
      "one whose ticket id is empty": refusal({ data: { ticketId: "" } }),
      "one that says the same twice": JSON.stringify(REFUSED).replace("{", '{"type":"error",'),
      "one with `success` false": refusal({ success: false }),
    }),
    ...all(refusedFor("atmId"), ['{"type":"error","trace_id":"ecPUkJSF","message":"AtmId required",}']),
    ...all(refusedFor("cardNumber"), [refusal({ message: "NOMORKARTU required " })]),
    ...all(refusedFor(null), [refusal({ message: "TicketType required" })]), // this service fills it in
    ...under([200, 302, 400, 401, 422, 429, 500], "a refusal under", REFUSED, refusedFor("customerName")),
    ...under([413], "a page under", "<h1>Request Entity Too Large</h1>", tooLarge(null)),
    ...under([413], "an error under", refusal({ message: "Payload too large" }), tooLarge("ecPUkJSF")),
  ],

  "MUST keep a trace id only when it looks like one:": [
    ...["a", "aZ0_-".repeat(12) + "abcd"].flatMap((id) => all(refusedFor("customerName", id), [refusalUnder(id)])),
    ...all(refusedFor("customerName", null), NO_TRACE_IDS.map(refusalUnder)),
    ...under([500], "in doubt under", refusal({ message: "Server Error" }), notUnderstood("ecPUkJSF")),
    ...under([500], "in doubt with a path under", { trace_id: "/srv/app.php:99" }, notUnderstood()),
  ],

  "MUST leave in doubt": [
    ...all(notUnderstood("ecPUkJSF"), {
      "a refusal of a field of nobody's": refusal({ message: "NamaBank required" }),
      "a refusal of another operation's field": refusal({ message: "Customer_hp required" }),
      "a refusal of a name that every object has": refusal({ message: "constructor required" }),
      "a refusal with more to say": refusal({ message: "NamaNasabah required, ticket made anyway" }),
      "a refusal that carries a ticket id": refusal({ data: { ticketId: ID } }),
      "a refusal that carries a ticket id elsewhere": refusal({ context: [{ ticket_id: 691 }] }),
      "a refusal that carries a ticket number": refusal({ data: { ticket_number: 32197 } }),
      "a refusal with `Success` true": refusal({ Success: true }),
      "a refusal with `success` as text": refusal({ success: "true" }),
      "a refusal with `code` 200": refusal({ code: 200 }),
      "an error whose message cannot become text": refusal({ message: { toString: 1, valueOf: 1 } }),
      "a refusal without a field": refusal({ message: "required" }),
      "a refusal outside the error shape": withoutType,
      "an error without a message": without(REFUSED, "message"),
      "an error whose message is no text": refusal({ message: { text: "NamaNasabah required" } }),
    }),
    ...all(notUnderstood(), ["<!doctype html><title>Login</title>", "", '"success"', "true", "null", "[]"]),
    ...all(notUnderstood(), {
      "what is not UTF-8": Buffer.from('{"success":true,"message":"é","data":{"ticketId":"a"}}', "latin1"),
      "UTF-16": Buffer.from(`\uFEFF${CREATED_JSON}`, "utf16le"),
      "what is compressed": gzipSync(CREATED_JSON),
    }),
    ...under([401], "a ticket id under", refusal({ data: { ticketId: ID } }), notUnderstood("ecPUkJSF")),
    ...under(SETTINGS_REFUSED, "nothing under", "", notUnderstood()),
    ...under(SETTINGS_REFUSED, "a filter's page under", "<html><h1>No</h1></html>", notUnderstood()),
    ...under(SETTINGS_REFUSED, "a filter's error under", { message: "Unauthorized" }, notUnderstood()),
    ...under(SETTINGS_REFUSED, "an error without a message under", { type: "error" }, notUnderstood()),
    ...under([401], "an error with `code` 200 under", refusal({ message: "No", code: 200 }), notUnderstood("ecPUkJSF")),
    ...under([422], "an unknown error under", refusal({ message: "No index" }), notUnderstood("ecPUkJSF")),
    ...under([502], "HTML under", "<html><h1>Bad Gateway</h1></html>", notUnderstood()),
    ["HTTP 503, whatever it promises", { status: 503, retryAfter: "5", body: "" }, notUnderstood()],
    ...under([204, 301, 302, 307, 400, 408, 422, 500, 504], "nothing under", "", notUnderstood()),
  ],

  "MUST read as not executed": [
    ...under([PROXY], "nothing under", "", SETTINGS),
    ...under([PROXY], "HTML under", "<html><h1>No</h1></html>", SETTINGS),
    ...under([...SETTINGS_REFUSED, PROXY], "its error under", UNAUTHENTICATED, SETTINGS),
    ...throttled(30, "30"),
    ...throttled(0, "0", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ...throttled(3600, "3600", "3601", "9".repeat(400), "Wed, 21 Oct 2099 07:28:00 GMT"),
    ...throttled(null, undefined, "", "soon", "-5", "1.5", "5 minutes"),
  ],
};

const CASES = Object.entries(ROWS).flatMap(([promise, cases]) =>
  cases.map(([variant, wire, outcome]) => [`${promise} ${variant}`, wire, outcome] as const),
);

const toUpperCase = (text: string) => text.toUpperCase();

test("The name of a refused field MUST be found whatever the case of its letters (quirk 3)", () => {
  for (const request of Object.values(REQUESTS))
    for (const [field, vendorName] of Object.entries(ENDPOINTS[request.operation].fields))
      for (const named of [vendorName, vendorName.replace(/^./, toUpperCase), toUpperCase(vendorName)])
        expect([named, readingOf(request, { body: refusal({ message: `${named} required` }) }).outcome]).toEqual([
          named,
          refusedFor(field),
        ]);
});

describe("the table of answers", () => {
  test.each([
    ["in Sociomile's own form", UNAUTHENTICATED, [...SETTINGS_REFUSED, PROXY].toSorted((one, other) => one - other)],
    ["in any form", "", [PROXY]],
  ])("MUST name each HTTP status that means wrong settings %s", (_, body, expected) => {
    const statuses = Array.from({ length: 500 }, (_each, nth) => 100 + nth);
    const outcomes = statuses.map((status) => ({ status, ...readingOf(HELPDESK, { status, body }).outcome }));

    const refusing = outcomes.filter((one) => "reason" in one && one.reason === "SOCIOMILE_SETTINGS_REFUSED");
    expect(refusing).toEqual(expected.map((status) => ({ status, ...SETTINGS })));
  });

  test.each(CASES)("%s", (_, wire, outcome) => {
    expect(readingOf(HELPDESK, wire)).toEqual({ outcome, observed: [] });
  });
});

test("Retry-After as a date MUST be read as the seconds until then", () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString(); // cut to the second
  const { outcome } = readingOf(VOICE, { status: 429, retryAfter: inAMinute });

  expect(outcome).toMatchObject({ outcome: "notExecuted", reason: "SOCIOMILE_THROTTLED" });
  const { retryAfterSeconds } = outcome as Extract<Outcome, { outcome: "notExecuted" }>;
  expect(retryAfterSeconds).toBeGreaterThan(30);
  expect(retryAfterSeconds).toBeLessThanOrEqual(60);
});

describe("a status change", () => {
  const AS_PRINTED = JSON.parse(UPDATED_AS_PRINTED.replace(/,(?=\s*\})/g, "")) as {
    ticket: { data: Record<string, string>; is_escalation: boolean };
  };
  const { ticket } = AS_PRINTED;
  const NO_TICKETS = [undefined, null, {}, { data: [] }, { data: { A: "b" } }].map((none) => {
    return { success: true, ticket: none };
  });

  test.each([
    ...all(updatedAs(UPDATED_DETAILS), {
      "as the document prints it": UPDATED_AS_PRINTED,
      "with `success` true and no `status`": { success: true, ticket },
      "with `status` true and no `success`": { status: true, ticket },
      "with `SUCCESS` true": { SUCCESS: true, ticket },
      "with `code` as text": { success: true, ticket, code: "200" },
      "with its id in capitals": { status: true, ticket, data: { ticketId: STATUS.details.ticketId.toUpperCase() } },
      "with a `status` that is the ticket's": { success: true, ticket, status: "InProgress" },
      "whose ticket is flat": { success: true, ticket: { ...ticket.data, is_escalation: true } },
      "whose ticket is an array of one": { success: true, ticket: [ticket] },
      "whose data is an array of one": { success: true, ticket: { ...ticket, data: [ticket.data] } },
      "whose `Data` is capitalised": { success: true, ticket: { Data: ticket.data, is_escalation: true } },
    }),
    ...under([500], "under", AS_PRINTED, updatedAs(UPDATED_DETAILS)),
    ...all(updatedAs({ ...UPDATED_DETAILS, isEscalated: null }), {
      "whose escalation is no yes or no": { success: true, ticket: { ...ticket, is_escalation: "maybe" } },
    }),
    ...all(updatedAs(null), NO_TICKETS),
    ...["9007199254740991", "9007199254740993", "12345678901234567891"].flatMap((sourceTicketId) =>
      all(updatedAs({ sourceTicketId }), [
        `{"success":true,"ticket":{"data":{"Ticket Id":${sourceTicketId}}}}`, // quirk 8: a double may not hold it
      ]),
    ),
  ])("MUST be accepted %s", (_, wire, outcome) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome, observed: [] });
  });

  test.each([
    ...all(notUnderstood(), [
      ...[false, 0, "False"].map((status) => ({ ...AS_PRINTED, status })),
      { ...AS_PRINTED, success: false },
      { success: true, ticket, Status: false },
      { ...AS_PRINTED, Type: "error" },
      { ...AS_PRINTED, code: 404 },
      { ticket },
      { status: "true", ticket },
      '{"success":true,"ticket":{"data":{"Status":"Open","Status":"Close"}}}',
      { type: "error", message: "Status required", ticketId: "a1" },
      { success: true, data: { ticketId: "another" } },
      UPDATED_AS_PRINTED.slice(0, -3),
    ]),
    ...all(notUnderstood("t1"), { "when `type` is error": { ...AS_PRINTED, type: "error", trace_id: "t1" } }),
    ...all(notUnderstood("ecPUkJSF"), { "when a create's field is refused": REFUSED }),
  ])("MUST be in doubt %s", (_, wire, outcome) => {
    expect(readingOf(STATUS, wire)).toEqual({ outcome, observed: [] });
  });

  test("MUST be refused by the document's own example, which has no `status`", () => {
    const body = { type: "error", trace_id: "ecPUkKiJ", message: "sociomile_ticket_id required", line: 424 };
    expect(readingOf(STATUS, { body }).outcome).toEqual(refusedFor("ticketId", "ecPUkKiJ"));
  });

  test("MUST be accepted when it has oddities, which are counted", () => {
    const data = { Status: "Escalated", "Date Created": "0000-00-00 00:00:00", "Date Close": "" };
    const { outcome, observed } = readingOf(STATUS, { body: { success: true, ticket: { data } } });

    expect(outcome).toMatchObject({
      outcome: "accepted",
      ticket: { details: { status: null, statusLabel: "Escalated", createdAt: null, closedAt: null } },
    });
    expect(new Set(observed)).toEqual(new Set(["DATE_NOT_READABLE", "STATUS_NOT_KNOWN"]));
  });
});

describe("any answer at all", () => {
  const NOISE = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" }), fc.json());

  test("MUST be read without throwing, and MUST NOT be accepted, when it is noise", () => {
    const [request, status] = [fc.constantFrom(HELPDESK, VOICE, STATUS), fc.integer({ min: 100, max: 599 })];
    const isRefused = fc.property(request, status, NOISE, (asked, code, body) => {
      expect(readingOf(asked, { status: code, body }).outcome).not.toHaveProperty("outcome", "accepted");
    });
    fc.assert(isRefused, { numRuns: 2000 });
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

const BODIES: Record<string, Wire["body"]> = {
  "too large": null,
  compressed: gzipSync(CREATED_JSON),
  "in UTF-16": Buffer.from(CREATED_JSON, "utf16le"),
  "in a text of JSON": { message: "x", previous: CREATED_JSON },
  "in a text of JSON, over lines": { previous: CREATED_JSON.replaceAll(":", ":\n") },
  "with an id in quotes": String.raw`{"message":"x","ticketId":"\"t-1\""}`,
  "with its signs in escapes": CREATED_JSON.replaceAll("ticket", "ticke\\u0074").slice(0, -3),
  "without a usable id": withId("../7"),
  "that contradicts itself": creation({ code: 500 }),
  "cut short": CREATED_JSON.slice(0, -1),
  "with two codes": withMore('"code":500'),
};

testTable(BODIES)("An answer that cannot be read MUST leave a doubt, whatever its status: %s", (_, body) => {
  for (const status of NOT_DONE)
    expect(readingOf(HELPDESK, { status, retryAfter: "0", body }).outcome).toEqual(notUnderstood());
});
