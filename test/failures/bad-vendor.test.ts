import { describe, expect, test } from "vitest";
import { type ProblemCode, problem as problemOf } from "../../src/errors.ts";
import { type Mood, MOODS } from "../../sandbox/moods.ts";
import { type MutationName, mutate } from "../support/mutations.ts";
import { CLIENT_SECRET_KEY, type Service, startService } from "../support/service.ts";

type Ending = "TICKET" | ProblemCode;

const REFUSED = "Sociomile did not accept this value. Please check it.";
const TRACE_ID = expect.stringMatching(/^[A-Za-z0-9]{8}$/);

/** Endings of a request in each mood: of a create, and of an update when it differs. */
const ENDINGS: Record<Mood, { create: Ending; update?: Ending; problem?: object }> = {
  well: { create: "TICKET" },
  "any-ticket": { create: "TICKET" },
  slow: { create: "TICKET" },
  down: { create: "SOCIOMILE_UNAVAILABLE" },
  "hang-before": { create: "OUTCOME_UNKNOWN" },
  "cut-before": { create: "OUTCOME_UNKNOWN" },
  refuse: { create: "SOCIOMILE_REJECTED", problem: { traceId: TRACE_ID, message: REFUSED } },
  "error-200": { create: "OUTCOME_UNKNOWN", problem: { traceId: TRACE_ID } },
  "html-502": { create: "OUTCOME_UNKNOWN" },
  throttle: { create: "SOCIOMILE_UNAVAILABLE", problem: { retryAfterSeconds: 1 } },
  unauthorized: { create: "SOCIOMILE_UNAVAILABLE" },
  hang: { create: "OUTCOME_UNKNOWN" },
  "cut-after": { create: "OUTCOME_UNKNOWN" },
  truncated: { create: "OUTCOME_UNKNOWN" },
  "error-500": { create: "OUTCOME_UNKNOWN", problem: { traceId: TRACE_ID } },
  html: { create: "OUTCOME_UNKNOWN" },
  empty: { create: "OUTCOME_UNKNOWN" },
  "trailing-commas": { create: "TICKET" },
  "data-array": { create: "TICKET" },
  "unknown-status": { create: "TICKET" },
  "no-id": { create: "OUTCOME_UNKNOWN", update: "TICKET" },
  "big-number": { create: "TICKET" },
};

/** First field that the vendor refuses, by our name, and text in the vendor's requests, of each mutation. */
const ON_WIRE: Record<MutationName, { firstField: string; mark: string }> = {
  createHelpdeskTicket: { firstField: "customerName", mark: '"ticketType":"helpdesk"' },
  createVoiceTicket: { firstField: "customerPhone", mark: '"ticketType":"voice"' },
  updateTicketStatus: { firstField: "ticketId", mark: '"sociomile_ticket_id"' },
};
const NAMES = Object.keys(ON_WIRE) as MutationName[];
const ALL_MOODS = Object.keys(MOODS) as Mood[];

/** State of each ending, and numbers of executions of which it is true. */
const STATES: Partial<Record<Ending, [state: string, executions: number[]]>> = {
  TICKET: ["CONFIRMED", [1]],
  SOCIOMILE_REJECTED: ["REJECTED", [0]],
  SOCIOMILE_UNAVAILABLE: ["NOT_EXECUTED", [0]],
  OUTCOME_UNKNOWN: ["UNCERTAIN", [0, 1]],
};

/** Returns the payload of an ending. `details` replaces parts of its problem. */
function payloadOf(ending: Ending, state: string, details: object = {}): object {
  const shown = { submission: { state }, replayed: false };
  if (ending === "TICKET") return { ...shown, ticket: {}, problems: [] };
  return { ...shown, ticket: null, problems: [{ ...problemOf(ending), ...details }] };
}

/** Expects that callers and operators see nothing of the vendor's address, software and secret. */
function expectNothingLeaked(text: string, { events, sandbox }: Service): void {
  for (const said of [text, JSON.stringify(events)]) {
    expect(said).not.toMatch(/BankSulut|bank-sulut|Controllers|Users|\.php|"line"|nginx|client_secret|Something went/i);
    expect(said).not.toContain(CLIENT_SECRET_KEY);
    expect(said).not.toContain(new URL(sandbox.url).host);
  }
}

describe("a vendor in a mood", () => {
  test.each(ALL_MOODS)("MUST have an ending in time that is true of what it executed: %s", async (mood) => {
    const { create, update = create, problem } = ENDINGS[mood];
    await using service = await startService({ config: { SOCIOMILE_TIMEOUT_MS: 1500 } });
    service.sandbox.setMood(mood, { delayMs: mood === "down" ? 60_000 : 20 });
    const since = performance.now();

    const answers = await Promise.all(NAMES.map((name) => mutate(service, name)));

    expect(performance.now() - since).toBeLessThan(6000); // generous: without a deadline a call that hangs would never end
    const executed = service.sandbox.received.filter((request) => request.executed);
    const creates = executed.filter(({ path }) => path.endsWith("create"));
    expect(service.sandbox.tickets).toHaveLength(creates.length);
    service.sandbox.setMood("well");
    for (const [nth, { payload, errors, status, text }] of answers.entries()) {
      const name = NAMES[nth]!;
      const isUpdate = name === "updateTicketStatus";
      const ending = isUpdate ? update : create;
      const reported = isUpdate && ending === "OUTCOME_UNKNOWN" ? "STATUS_UNKNOWN" : ending;
      const details = { ...problem, ...(mood === "refuse" && { field: ON_WIRE[name].firstField }) };
      const executions = executed.filter(({ body }) => body.includes(ON_WIRE[name].mark)).length;
      const [state, possible] = STATES[ending]!;
      expect(possible).toContain(executions);
      expect(status).toBe(200);
      expect(errors).toBeUndefined();
      expect(payload).toMatchObject(payloadOf(reported, state, details));
      expectNothingLeaked(text, service);
      expect((await mutate(service, name)).payload).toMatchObject(payloadOf("TICKET", "CONFIRMED"));
    }
  });

  test.each([
    ["unauthorized", { event: "sociomile.settings_refused", operation: "UPDATE_TICKET_STATUS", status: 401 }],
    ["html-502", { event: "sociomile.answer_not_understood", operation: "UPDATE_TICKET_STATUS", status: 502 }],
    ["unknown-status", { event: "sociomile.oddity", oddity: "STATUS_NOT_KNOWN" }],
  ] as const)("MUST be reported to operators: %s", async (mood, event) => {
    await using service = await startService({ mood });

    await mutate(service, "updateTicketStatus");

    expect(service.events).toContainEqual(expect.objectContaining(event));
  });
});
