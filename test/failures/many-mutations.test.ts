import { describe, expect, test, vi } from "vitest";
import { SETTINGS } from "../../src/config/settings.ts";
import { routeTo } from "../../src/sociomile/route.ts";
import type { Client } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { VOICE_TICKET } from "../support/inputs.ts";
import type { Payload } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

const TEN = Array.from({ length: 10 }, (_, index) => `m${index}`);
const PAYLOAD = "{ ticket { id } submission { state reason } problems { code } replayed }";
/** As in production: 8 s for Sociomile, 5 s of serving after SIGTERM. */
const PATIENT = { SOCIOMILE_TIMEOUT_MS: SETTINGS.SOCIOMILE_TIMEOUT_MS.default };

/** Opens ten tickets with one document. The keys are the same at every call. */
async function openTen(service: Pick<Client, "post">): Promise<Payload[]> {
  const fields = TEN.map((name) => `${name}: createVoiceTicket(input: $${name}) ${PAYLOAD}`).join(" ");
  const query = `mutation (${TEN.map((name) => `$${name}: CreateVoiceTicketInput!`).join(", ")}) { ${fields} }`;
  const variables = Object.fromEntries(
    TEN.map((name) => [name, { ...VOICE_TICKET, idempotencyKey: `one-of-ten-mutations-${name}` }]),
  );
  const { data, errors } = await service.post(JSON.stringify({ query, variables }));
  expect(errors).toBeUndefined();
  return TEN.map((name) => (data as Record<string, Payload>)[name]!);
}

/** Payloads of mutations that came to their turn too late. */
const notSent = (count: number) =>
  Array.from({ length: count }, () => ({
    ticket: null,
    submission: { state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME" },
    problems: [{ code: "SOCIOMILE_UNAVAILABLE" }],
    replayed: false,
  }));
const portClosed = ({ url }: Service) => {
  const route = routeTo({ baseUrl: url, proxyUrl: null, connectTimeoutMs: 5000 });
  return vi.waitUntil(async () => (await route.tryToConnect()) instanceof Error, { timeout: 30_000 });
};
const stateOf = ({ submission }: Payload) => submission?.state;

describe.concurrent("ten mutations in one document", () => {
  test("MUST share the time of one request, be sent as long as there is some, and the others MUST be sent at the next call of the same keys", async () => {
    const slow = { mood: "slow", moodOptions: { delayMs: 1900 } } as const;
    await using service = await startService({ ...slow, config: PATIENT });
    const since = performance.now();

    const first = await openTen(service);

    expect(performance.now() - since).toBeLessThan(12_500);
    const sent = first.filter((payload) => stateOf(payload) === "CONFIRMED");
    expect(sent.length).toBeGreaterThan(1);
    expect(first.slice(sent.length)).toEqual(notSent(10 - sent.length));
    expect(service.sandbox.tickets).toHaveLength(sent.length);

    service.sandbox.setMood("well");
    const second = await openTen(service);

    expect(second.map(stateOf)).toEqual(Array(10).fill("CONFIRMED"));
    expect(second.map(({ replayed }) => replayed)).toEqual(TEN.map((_, index) => index < sent.length));
    expect(service.sandbox.tickets).toHaveLength(10);
  });

  test("MUST NOT be sent any more when the port is closed", async () => {
    const closed = Promise.withResolvers<void>();
    await using owner = await startService({ mood: "slow", moodOptions: { until: closed.promise } });
    const service = await startService({ sandbox: owner.sandbox, config: PATIENT });
    const answer = openTen(service);
    await vi.waitUntil(() => owner.sandbox.received.length === 1, { timeout: 30_000 });

    const stopped = service[Symbol.asyncDispose]();
    await portClosed(service);
    closed.resolve();
    await stopped;

    const [first, ...others] = await answer;
    expect(first).toMatchObject({ problems: [] });
    expect(others).toEqual(notSent(9));
    expect(owner.sandbox.received).toHaveLength(1);
  });
});

/** A document with two creates and a resolution after them. */
function resolvesAfterTwo(submissionId: string): string {
  const query = `mutation ($input: CreateVoiceTicketInput!, $resolution: ResolveTicketSubmissionInput!) {
    one: createVoiceTicket(input: $input) ${PAYLOAD}
    two: createVoiceTicket(input: $input) ${PAYLOAD}
    resolveTicketSubmission(input: $resolution) { submission { state } problems { code retryable } }
  }`;
  const found = { verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9d5", note: "found" };
  return JSON.stringify({
    query,
    variables: { input: VOICE_TICKET, resolution: { submissionId, ...found } },
  });
}

const NOT_BEGUN = { submission: null, problems: [{ code: "LEDGER_UNAVAILABLE", retryable: true }] };
const RESOLVED = { submission: { state: "CONFIRMED" }, problems: [] };

const resolutionIn = ({ data }: { data: unknown }) =>
  (data as { resolveTicketSubmission: unknown }).resolveTicketSubmission;

test("A resolution after slow mutations in one document MUST NOT be begun when its result would come too late, and MUST succeed later", async () => {
  await using service = await startService({ config: PATIENT });
  const submissionId = await openDoubt(service);
  service.sandbox.setMood("slow", { delayMs: 6000 }); // the second one is given up after 11 s
  const since = performance.now();

  const late = await service.post(resolvesAfterTwo(submissionId));

  expect(performance.now() - since).toBeLessThan(12_500);
  expect(late.errors).toBeUndefined();
  expect(resolutionIn(late)).toEqual(NOT_BEGUN);
  service.sandbox.setMood("well");
  expect(resolutionIn(await service.post(resolvesAfterTwo(submissionId)))).toEqual(RESOLVED);
});
