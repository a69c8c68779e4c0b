import { describe, expect, test } from "vitest";
import { type ProblemCode, problem as problemOf } from "../../src/errors.ts";
import { type Mood, MOODS } from "../../src/sandbox/moods.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { CLIENT_SECRET_KEY, type Service, startService } from "../support/service.ts";
import { type FixedAnswer, nobodyListening, vendorAnswering } from "../support/vendor.ts";

type Ending = "TICKET" | ProblemCode;

const TRACE_ID = expect.stringMatching(/^[A-Za-z0-9]{8}$/);

/** Message of an update in doubt. Setting a status twice has the effect of setting it once. */

/** Endings of a request in each mood: of a create, and of an update when it differs. */
const ENDINGS: Record<Mood, { create: Ending; update?: Ending; problem?: object }> = {
  well: { create: "TICKET" },
  slow: { create: "TICKET" },
  "hang-before": { create: "OUTCOME_UNKNOWN" },
  "cut-before": { create: "OUTCOME_UNKNOWN" },
  refuse: { create: "SOCIOMILE_REJECTED", problem: { traceId: TRACE_ID } },
  "error-200": { create: "OUTCOME_UNKNOWN", problem: { traceId: TRACE_ID } },
  "html-502": { create: "OUTCOME_UNKNOWN" },
  throttle: { create: "SOCIOMILE_UNAVAILABLE", problem: { retryAfterSeconds: 1 } },
  unauthorized: { create: "SOCIOMILE_UNAVAILABLE" },
  hang: { create: "OUTCOME_UNKNOWN" },
  "cut-after": { create: "OUTCOME_UNKNOWN" },
  truncated: { create: "OUTCOME_UNKNOWN" },
  "error-500": { create: "OUTCOME_UNKNOWN", problem: { traceId: TRACE_ID } },
  "trailing-commas": { create: "TICKET" },
  "unknown-status": { create: "TICKET" },
  "no-id": { create: "OUTCOME_UNKNOWN", update: "TICKET" },
  "big-number": { create: "TICKET" },
};

/** First field that the vendor refuses, by our name. */
const FIRST_FIELD: Record<MutationName, string> = {
  createHelpdeskTicket: "customerName",
  createVoiceTicket: "customerPhone",
  updateTicketStatus: "ticketId",
};
const NAMES = Object.keys(FIRST_FIELD) as MutationName[];

const CASES = (Object.keys(MOODS) as Mood[]).flatMap((mood) =>
  NAMES.map((name) => {
    const { create, update = create, problem } = ENDINGS[mood];
    return { mood, name, ending: name === "updateTicketStatus" ? update : create, problem };
  }),
);

/** Returns the payload of an ending. `details` replaces parts of its problem. */
function payloadOf(
  ending: Ending,
  details: { field?: string | null; [other: string]: unknown } = {},
): object {
  if (ending === "TICKET") return { ticket: {}, problems: [], replayed: false };
  const { message: usual, retryable } = problemOf(ending);
  // A refusal that names a field speaks of its value.
  const ofValue = details.field ? "Sociomile did not accept this value. Please check it." : null;
  const message = ofValue ?? usual;
  const problem = { code: ending, message, retryable, field: null, retryAfterSeconds: null, traceId: null };
  return { ticket: null, problems: [{ ...problem, ...details }], replayed: false };
}

/** Expects that callers and operators see nothing of the vendor's address, software and secret. */
function expectNothingLeaked(text: string, { events, sandbox }: Service): void {
  for (const said of [text, JSON.stringify(events)]) {
    expect(said).not.toMatch(
      /BankSulut|bank-sulut|Controllers|Users|\.php|"line"|nginx|client_secret|Something went/i,
    );
    expect(said).not.toContain(CLIENT_SECRET_KEY);
    expect(said).not.toContain(new URL(sandbox.url).host);
  }
}

describe("a vendor in a mood", () => {
  test.each(CASES)("MUST end $name as $ending when it is $mood", async ({ mood, name, ending, problem }) => {
    await using service = await startService({ config: { SOCIOMILE_TIMEOUT_MS: 1500 } });
    service.sandbox.setMood(mood, { delayMs: 20 });

    const { payload, errors, status, text } = await mutate(service, name);

    expect(status).toBe(200);
    expect(errors).toBeUndefined();
    const isUpdateInDoubt = name === "updateTicketStatus" && ending === "OUTCOME_UNKNOWN";
    expect(payload).toMatchObject(
      payloadOf(isUpdateInDoubt ? "STATUS_UNKNOWN" : ending, {
        ...problem,
        ...(mood === "refuse" && { field: FIRST_FIELD[name] }),
      }),
    );
    expectNothingLeaked(text, service);
    service.sandbox.setMood("well");
    expect((await mutate(service, name)).payload).toMatchObject(payloadOf("TICKET"));
  });

  test.each(["throttle", "unauthorized"] as const)(
    "MUST NOT have executed anything when %s",
    async (mood) => {
      await using service = await startService({ mood });

      await mutate(service, "createVoiceTicket");

      expect(service.sandbox.tickets).toEqual([]);
    },
  );

  test("MUST be reported to operators when it refuses our settings", async () => {
    await using service = await startService({ mood: "unauthorized" });

    await mutate(service, "createVoiceTicket");

    expect(service.events).toContainEqual({
      event: "sociomile.settings_refused",
      operation: "CREATE_VOICE_TICKET",
      status: 401,
    });
  });
});

describe("a vendor that cannot be reached", () => {
  test.each(NAMES)("MUST end %s as SOCIOMILE_UNAVAILABLE, retryable", async (name) => {
    await using service = await startService({ config: nobodyListening() });

    const { payload, text } = await mutate(service, name);

    expect(payload).toMatchObject(payloadOf("SOCIOMILE_UNAVAILABLE", { retryable: true }));
    expect(text).not.toMatch(/ECONN|127\.0\.0\.1/);
  });
});

const REFUSALS = [
  {
    name: "createHelpdeskTicket",
    field: "customerName",
    body: { type: "error", trace_id: "ecPUkJSF", message: "NamaNasabah required", line: 99, status: false },
  },
  {
    name: "createVoiceTicket",
    field: "customerPhone",
    body: { type: "error", trace_id: "ecPUkKE2", message: "Customer_hp required", line: 181, status: false },
  },
  {
    name: "updateTicketStatus",
    field: "ticketId",
    body: { type: "error", trace_id: "ecPUkKiJ", message: "sociomile_ticket_id required", line: 424 },
  },
] as const;
const [HELPDESK_REFUSAL] = REFUSALS;

describe("a documented refusal", () => {
  test.each(REFUSALS.flatMap((refusal) => [200, 400, 422, 500].map((status) => ({ ...refusal, status }))))(
    "MUST name our field $field under HTTP $status",
    async ({ name, field, body, status }) => {
      const file = "/Users/vendor/sm-api-ng/app/Http/Controllers/Integration/BankSulutController.php";
      await using vendor = await vendorAnswering({ status, body: { ...body, file } });
      await using service = await startService({ config: vendor.settings });

      const { payload, text } = await mutate(service, name);

      expect(payload).toMatchObject(payloadOf("SOCIOMILE_REJECTED", { field, traceId: body.trace_id }));
      expectNothingLeaked(text, service);
      expect(vendor.received).toBe(1);
    },
  );

  test.each([
    ["../etc/passwd", null],
    ["x".repeat(65), null],
    ["", null],
    [4711, null],
    ["x".repeat(64), "x".repeat(64)],
    ["a_b-C9", "a_b-C9"],
  ])("MUST pass a trace id on only when it looks like one: %j", async (traceId, passed) => {
    await using vendor = await vendorAnswering({
      status: 400,
      body: { ...HELPDESK_REFUSAL.body, trace_id: traceId },
    });
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject(
      payloadOf("SOCIOMILE_REJECTED", { field: "customerName", traceId: passed }),
    );
  });

  test("MUST NOT name a field that this service sets itself", async () => {
    await using vendor = await vendorAnswering({
      status: 400,
      body: { ...HELPDESK_REFUSAL.body, message: "TicketType required" },
    });
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject(payloadOf("SOCIOMILE_REJECTED", { field: null, traceId: "ecPUkJSF" }));
  });
});

const ID = "691d2c9e24596a3fa719fb0e";
const MADE = { success: true, message: "success", data: { ticketId: ID, ticket_number: 32197 }, code: 200 };
const MADE_JSON = JSON.stringify(MADE);

describe("an odd answer to a create", () => {
  test.each<[string, FixedAnswer]>([
    ["with a byte order mark", { body: `\ufeff${MADE_JSON}` }],
    ["called HTML", { body: MADE_JSON, headers: { "content-type": "text/html" } }],
    [
      "with commas too many",
      { body: `{"success":true,"data":{"ticketId":"${ID}","ticket_number":32197,},}` },
    ],
    ["without a code", { body: { ...MADE, code: undefined } }],
    ["with its code as text", { body: { ...MADE, code: "200" } }],
    ["with its number as text", { body: { ...MADE, data: { ticketId: ID, ticket_number: "32197" } } }],
    ["in capitals", { body: { SUCCESS: true, Data: MADE.data, Code: 200 } }],
    ["under HTTP 201", { status: 201, body: MADE }],
    ["under HTTP 500", { status: 500, body: MADE }], // the body decides
  ])("MUST be a ticket %s", async (_, answer) => {
    await using vendor = await vendorAnswering(answer);
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject({ ticket: { id: ID, number: "32197" }, problems: [] });
  });

  test.each<[string, Ending, FixedAnswer]>([
    ["succeeds and fails at once", "OUTCOME_UNKNOWN", { body: { ...MADE, status: false } }],
    ["succeeds as an error", "OUTCOME_UNKNOWN", { body: { ...MADE, type: "error" } }],
    ["succeeds with code 500", "OUTCOME_UNKNOWN", { body: { ...MADE, code: 500 } }],
    ["succeeds in words", "OUTCOME_UNKNOWN", { body: { ...MADE, success: "true" } }],
    ["has a blank id", "OUTCOME_UNKNOWN", { body: { ...MADE, data: { ticketId: " " } } }],
    ["has a number for an id", "OUTCOME_UNKNOWN", { body: { ...MADE, data: { ticketId: 5 } } }],
    ["has two tickets", "OUTCOME_UNKNOWN", { body: { ...MADE, data: [MADE.data, MADE.data] } }],
    [
      "refuses and succeeds",
      "OUTCOME_UNKNOWN",
      { body: { type: "error", message: "NamaNasabah required", success: true } },
    ],
    ["refuses no field of ours", "OUTCOME_UNKNOWN", { body: { type: "error", message: "Foo required" } }],
    ["refuses in new words", "OUTCOME_UNKNOWN", { body: { type: "error", message: "Nominal invalid" } }],
    ["is null", "OUTCOME_UNKNOWN", { body: null }],
    ["is a list", "OUTCOME_UNKNOWN", { body: [MADE] }],
    [
      "is not UTF-8",
      "OUTCOME_UNKNOWN",
      { body: Buffer.from(MADE_JSON.replace("message", "\u00ff"), "latin1") },
    ],
    ["is HTTP 301", "OUTCOME_UNKNOWN", { status: 301, headers: { location: "/" }, body: "" }],
    ["is HTTP 503", "OUTCOME_UNKNOWN", { status: 503, headers: { "retry-after": "1" }, body: "" }],
    ["is HTTP 400 in HTML", "OUTCOME_UNKNOWN", { status: 400, body: "<h1>Bad Request</h1>" }],
    ["is HTTP 401", "SOCIOMILE_UNAVAILABLE", { status: 401, body: "" }],
    ["is HTTP 403", "SOCIOMILE_UNAVAILABLE", { status: 403, body: "" }],
    ["is HTTP 404", "SOCIOMILE_UNAVAILABLE", { status: 404, body: "" }],
    ["is HTTP 405", "SOCIOMILE_UNAVAILABLE", { status: 405, body: "" }],
    ["is HTTP 415", "SOCIOMILE_UNAVAILABLE", { status: 415, body: "" }],
    ["is HTTP 413", "SOCIOMILE_REJECTED", { status: 413, body: "" }],
    ["is HTTP 429", "SOCIOMILE_UNAVAILABLE", { status: 429, body: "" }],
  ])("MUST, when it %s, end as %s", async (_, ending, answer) => {
    await using vendor = await vendorAnswering(answer);
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject(payloadOf(ending));
  });

  test("MUST include the time for which a throttled caller has to wait", async () => {
    await using vendor = await vendorAnswering({ status: 429, headers: { "retry-after": "120" }, body: "" });
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject(payloadOf("SOCIOMILE_UNAVAILABLE", { retryAfterSeconds: 120 }));
    expect(vendor.received).toBe(1);
  });

  test.each(["Wed, 21 Oct 2099 07:28:00 GMT", "99999999999"])(
    "MUST ask a throttled caller to wait an hour at most when the vendor sends %s",
    async (retryAfter) => {
      const headers = { "retry-after": retryAfter };
      await using vendor = await vendorAnswering({ status: 429, headers, body: "" });
      await using service = await startService({ config: vendor.settings });

      const { payload, errors } = await mutate(service, "createHelpdeskTicket");

      expect(errors).toBeUndefined();
      expect(payload).toMatchObject(payloadOf("SOCIOMILE_UNAVAILABLE", { retryAfterSeconds: 3600 }));
    },
  );

  test("MUST leave a doubt when it refuses a ticket but names its id", async () => {
    const body = { type: "error", message: "NamaNasabah required", data: { ticketId: "a1" } };
    await using vendor = await vendorAnswering({ status: 429, headers: { "retry-after": "0" }, body });
    await using service = await startService({ config: vendor.settings });

    const { payload } = await mutate(service, "createHelpdeskTicket");

    expect(payload).toMatchObject(payloadOf("OUTCOME_UNKNOWN"));
    expect(vendor.received).toBe(1);
  });
});
