import { describe, expect, test, vi } from "vitest";
import { SETTINGS } from "../../src/config/settings.ts";
import { createRoute } from "../../src/sociomile/route.ts";
import type { Client } from "../support/client.ts";
import { openDoubt } from "../support/doubts.ts";
import { type Payload, inputOf } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";

const NINE = Array.from({ length: 9 }, (_, index) => `m${index}`);
const PAYLOAD = "{ ticket { id } submission { state reason } problems { code } replayed }";
/** As in production: 8 s for Sociomile, 5 s of serving after SIGTERM. */
const PATIENT = { SOCIOMILE_TIMEOUT_MS: SETTINGS.SOCIOMILE_TIMEOUT_MS.default };

/** Opens nine tickets with one document, and resolves a doubt after them. The keys are the same at every call. */
async function openNine(service: Pick<Client, "post">, submissionId: string) {
  const inputs = NINE.map((name) => `$${name}: CreateVoiceTicketInput!`);
  const creates = NINE.map((name) => `${name}: createVoiceTicket(input: $${name}) ${PAYLOAD}`);
  const query = `mutation (${inputs.join(", ")}, $resolution: ResolveTicketSubmissionInput!) { ${creates.join(" ")}
    resolved: resolveTicketSubmission(input: $resolution) { submission { state } problems { code retryable } } }`;
  const keyed = NINE.map((name) => [
    name,
    inputOf("createVoiceTicket", { sourceTicketId: name, idempotencyKey: `one-of-nine-mutations-${name}` }),
  ]);
  const resolution = { submissionId, verdict: "CREATED", ticketId: "690d950c5f287ad0ff3bd9d5", note: "found" };
  const variables = { ...(Object.fromEntries(keyed) as object), resolution };
  const { data, errors } = await service.post(JSON.stringify({ query, variables }));
  expect(errors).toBeUndefined();
  const { resolved, ...opened } = data as Record<string, Payload>;
  return { resolved, opened: Object.values(opened) };
}

/** Payloads of mutations that came to their turn too late. */
const notSent = (count: number) =>
  Array.from({ length: count }, () => ({
    ticket: null,
    submission: { state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME" },
    problems: [{ code: "SOCIOMILE_UNAVAILABLE" }],
    replayed: false,
  }));
const NOT_BEGUN = { submission: null, problems: [{ code: "LEDGER_UNAVAILABLE", retryable: true }] };
const RESOLVED = { submission: { state: "CONFIRMED" }, problems: [] };

const portClosed = ({ url }: Service) => {
  const route = createRoute({ baseUrl: url, proxyUrl: null, connectTimeoutMs: 5000 });
  return vi.waitUntil(async () => (await route.tryToConnect()) instanceof Error, { timeout: 30_000 });
};
const stateOf = ({ submission }: Payload) => submission?.state;

describe.concurrent("ten mutations in one document", () => {
  test("MUST share the time of one request, be done as long as there is some, and the others MUST be done at the next call of the same keys", async () => {
    await using service = await startService({ config: PATIENT });
    const doubt = await openDoubt(service);
    service.sandbox.setMood("slow", { delayMs: 3350 }); // three take ten seconds
    const since = performance.now();

    const first = await openNine(service, doubt);

    expect(performance.now() - since).toBeLessThan(12_500);
    const sent = first.opened.filter((payload) => stateOf(payload) === "CONFIRMED");
    expect(sent.length).toBeGreaterThan(1);
    expect(first.opened.slice(sent.length)).toEqual(notSent(9 - sent.length));
    expect(first.resolved).toEqual(NOT_BEGUN); // its result would come too late
    expect(service.sandbox.tickets).toHaveLength(1 + sent.length);

    service.sandbox.setMood("well");
    const second = await openNine(service, doubt);

    expect(second.opened.map(stateOf)).toEqual(Array(9).fill("CONFIRMED"));
    expect(second.opened.map(({ replayed }) => replayed)).toEqual(NINE.map((_, index) => index < sent.length));
    expect(second.resolved).toEqual(RESOLVED);
    expect(service.sandbox.tickets).toHaveLength(10);
  });

  test("MUST NOT be begun any more when the port is closed", async () => {
    const closed = Promise.withResolvers<void>();
    await using owner = await startService();
    const service = await startService({ sandbox: owner.sandbox, config: PATIENT });
    const doubt = await openDoubt(service);
    owner.sandbox.setMood("slow", { until: closed.promise });
    const answer = openNine(service, doubt);
    await vi.waitUntil(() => owner.sandbox.received.length === 2, { timeout: 30_000 });

    const stopped = service[Symbol.asyncDispose]();
    await portClosed(service);
    closed.resolve();
    await stopped;

    const { opened, resolved } = await answer;
    expect(opened[0]).toMatchObject({ problems: [] });
    expect(opened.slice(1)).toEqual(notSent(8));
    expect(resolved).toEqual(NOT_BEGUN);
    expect(owner.sandbox.received).toHaveLength(2);
  });
});
