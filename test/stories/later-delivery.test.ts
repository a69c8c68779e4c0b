/** Sociomile is away. A branch hands its request in once, and this service sends it once. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { CancelTicketSubmissionDocument, TicketSubmissionDocument } from "../generated/graphql.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { callerOf, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { handIn, makeDue, putOff, untilDelivered } from "../support/queued.ts";
import {
  type Options,
  type Service,
  type ServiceOnLedger,
  startService,
  startServiceOn,
} from "../support/service.ts";
import { statesIn } from "../support/sql.ts";

/** Starts a service in front of a Sociomile that executes nothing. */
const startAway = (options: Options = {}) =>
  startServiceOn("PostgreSQL", { mood: "unauthorized", ...options });

async function comeBack({ sandbox, sql }: ServiceOnLedger): Promise<void> {
  sandbox.setMood("well");
  await makeDue(sql);
  await untilDelivered(sql);
}

const submissionShown = async (service: Service, id: string) =>
  (await service.execute(TicketSubmissionDocument, { id })).data.ticketSubmission;
const cancel = async (service: Pick<Service, "execute">, submissionId: string) =>
  (await service.execute(CancelTicketSubmissionDocument, { input: { submissionId } })).data
    .cancelTicketSubmission;
const executedBy = ({ sandbox }: Service) => sandbox.received.filter(({ executed: yes }) => yes);

describe.concurrent("a request with DELIVER_LATER", () => {
  test("MUST be stored while Sociomile is away, and arrive once when it is back", async ({ expect }) => {
    await using service = await startAway();
    const { sql } = service;
    const idempotencyKey = "a-key-of-this-test";

    const handedIn = await handIn(service, "createHelpdeskTicket", { idempotencyKey });
    const again = await handIn(service, "createHelpdeskTicket", { idempotencyKey });
    const waiting = await submissionShown(service, handedIn.submission?.id ?? "");
    await comeBack(service);
    const delivered = await handIn(service, "createHelpdeskTicket", { idempotencyKey });

    const problems: never[] = [];
    const state = { state: "QUEUED", reason: "SOCIOMILE_SETTINGS_REFUSED" };
    expect(handedIn).toMatchObject({ ticket: null, submission: state, problems, replayed: false });
    expect(again).toMatchObject({ submission: handedIn.submission, problems, replayed: true });
    const hours = (Date.parse(String(waiting?.deliverBy)) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(72, 1);
    const seconds = (Date.parse(String(waiting?.nextTryAt)) - Date.now()) / 1000;
    expect(Math.abs(seconds)).toBeLessThan(60); // a pause, however slow the machine is
    expect(delivered).toMatchObject({
      ticket: { id: service.sandbox.tickets[0]?.id },
      submission: { id: handedIn.submission?.id, state: "CONFIRMED" },
      problems: [],
      replayed: true,
    });
    expect(executedBy(service)).toHaveLength(1);
    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
    expect(await submissionShown(service, handedIn.submission?.id ?? "")).toMatchObject({ deliverBy: null });
  });

  test("MUST send exactly what was handed in: amounts, digits, times and texts", async ({ expect }) => {
    await using service = await startAway();
    const changes = {
      claimDate: "2025-10-23T16:54:08+08:00",
      amount: "123456789012345.67",
      cardNumber: "0123456789012345",
      content: 'Baris "satu"\n\tbaris dua 😀',
    };

    await handIn(service, "createHelpdeskTicket", changes);
    const refused = service.lastBody();
    await comeBack(service);

    expect(service.lastBody()).toBe(refused);
    expect(refused).toContain("2025-10-23 16:54:08");
  });

  test("MUST be taken back by its client, and be sent again only under a new call", async ({ expect }) => {
    await using service = await startAway();
    const { sql } = service;
    const idempotencyKey = "a-key-of-this-test";
    const { submission: queued } = await handIn(service, "createVoiceTicket", { idempotencyKey });

    const cancelled = await cancel(service, queued?.id ?? "");
    const twice = await cancel(service, queued?.id ?? "");
    service.sandbox.setMood("well");
    await sleep(1500); // longer than a pause of the deliveries
    const before = executedBy(service).length;
    const again = await handIn(service, "createVoiceTicket", { idempotencyKey });

    const done = { submission: { state: "NOT_EXECUTED", reason: "CANCELLED" }, problems: [] };
    expect([cancelled, twice]).toMatchObject([done, done]); // the first answer may be lost
    expect(before).toBe(0);
    expect(again).toMatchObject({ submission: { id: queued?.id, state: "CONFIRMED" }, replayed: false });
    expect(await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL")).toEqual([]);
    expect(service.events).toContainEqual(
      expect.objectContaining({ event: "submission.cancelled", submissionId: queued?.id }),
    );
  });

  test("MUST NOT be taken back while it is being sent", async ({ expect }) => {
    await using service = await startAway({ config: { SOCIOMILE_TIMEOUT_MS: 10_000 } });
    const { sql } = service;
    const { submission: queued } = await handIn(service);
    const refusal = Promise.withResolvers<void>();
    service.sandbox.setMood("slow", { until: refusal.promise });
    await makeDue(sql);
    await expect.poll(() => statesIn(sql)).toEqual(["SENDING"]);

    const refused = await cancel(service, queued?.id ?? "");
    refusal.resolve();
    await untilDelivered(sql);

    expect(refused).toMatchObject({
      submission: { state: "SENDING" },
      problems: [{ code: "SUBMISSION_NOT_QUEUED" }],
    });
    expect(service.sandbox.tickets).toHaveLength(1);
  });

  test("MUST become a doubt when a delivery gets no clear answer, and never be sent again", async ({
    expect,
  }) => {
    await using service = await startAway();
    const { sql } = service;
    await handIn(service);

    service.sandbox.setMood("cut-after");
    await makeDue(sql);
    await untilDelivered(sql);
    service.sandbox.setMood("well");
    await sleep(1500);

    expect(await statesIn(sql)).toEqual(["UNCERTAIN"]);
    expect(service.sandbox.tickets).toHaveLength(1);
    expect(service.events).toContainEqual(
      expect.objectContaining({ event: "delivery.ended", outcome: "UNCERTAIN", reason: "CONNECTION_LOST" }),
    );
    expect(
      await service.metric(
        'sociomile_deliveries_total{operation="CREATE_HELPDESK_TICKET",outcome="UNCERTAIN"}',
      ),
    ).toBe(1);
  });

  test("MUST be refused at once when the queue is full, or switched off", async ({ expect }) => {
    await using full = await startAway({ config: { DELIVERY_MAX_QUEUED: 2 } });
    await using off = await startAway({ config: { DELIVERY_MAX_QUEUED: 0 } });

    const payloads = [await handIn(full), await handIn(full), await handIn(full)];
    payloads.push(await handIn(off));

    expect(payloads.map(({ problems }) => problems[0]?.code)).toEqual([
      undefined,
      undefined,
      "SOCIOMILE_UNAVAILABLE",
      "SOCIOMILE_UNAVAILABLE",
    ]);
    expect(await statesIn(full.sql)).toEqual(["QUEUED", "QUEUED", "NOT_EXECUTED"]);
  });

  test("MUST be queued also under a key whose request was not executed before", async ({ expect }) => {
    await using service = await startAway();
    const { sql } = service;
    const idempotencyKey = "a-key-of-this-test";
    const failed = await mutate(service, "createVoiceTicket", { idempotencyKey });

    const handedIn = await handIn(service, "createVoiceTicket", { idempotencyKey });
    await comeBack(service);

    expect(failed.payload?.problems).toMatchObject([{ code: "SOCIOMILE_UNAVAILABLE" }]);
    expect(handedIn.submission).toMatchObject({ id: failed.payload?.submission?.id, state: "QUEUED" });
    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
    expect(service.sandbox.tickets).toHaveLength(1);
  });

  test("MUST keep another create with unlessAlreadyOpened away while it waits", async ({ expect }) => {
    await using service = await startAway();
    await handIn(service);

    const other = await handIn(service, "createHelpdeskTicket", { unlessAlreadyOpened: true });

    expect(other).toMatchObject({ existingTicket: null, problems: [{ code: "ALREADY_OPENED" }] });
  });

  test("MUST NOT open a ticket that another create opened while it waited with unlessAlreadyOpened", async ({
    expect,
  }) => {
    await using service = await startAway();
    const { sql } = service;
    const once = { idempotencyKey: "a-key-of-this-test", unlessAlreadyOpened: true };
    const { submission: queued, problems } = await handIn(service, "createHelpdeskTicket", once);
    await putOff(sql);

    service.sandbox.setMood("well");
    const { payload: direct } = await mutate(service, "createHelpdeskTicket");
    await comeBack(service);
    const again = await handIn(service, "createHelpdeskTicket", once);

    expect(problems).toEqual([]);
    expect(direct).toMatchObject({ problems: [], submission: { state: "CONFIRMED" } });
    expect(await submissionShown(service, queued?.id ?? "")).toMatchObject({
      state: "NOT_EXECUTED",
      reason: "ALREADY_OPENED",
      deliverBy: null,
    });
    expect(again).toMatchObject({
      existingTicket: { id: direct?.ticket?.id },
      problems: [{ code: "ALREADY_OPENED", field: "helpdeskTicketNumber" }],
    });
    expect(service.sandbox.tickets).toHaveLength(1);
  });

  test("MUST be found by the bank's own number when it is delivered", async ({ expect }) => {
    await using service = await startAway();
    await handIn(service);
    await comeBack(service);

    const value = String(HELPDESK_TICKET.helpdeskTicketNumber);
    const { data } = await service.post(
      JSON.stringify({
        query: `{ ticketsByReference(reference: {type: HELPDESK_TICKET_NUMBER, value: "${value}"}) { id } }`,
      }),
    );

    expect(data).toEqual({ ticketsByReference: [{ id: service.sandbox.tickets[0]?.id }] });
  });

  test("MUST be counted while it waits", async ({ expect }) => {
    await using service = await startAway();
    await handIn(service);
    await handIn(service);
    await sleep(1100);

    const queued = await service.metric("sociomile_queued");
    const age = await service.metric("sociomile_oldest_queued_age_seconds");
    await comeBack(service);

    expect(queued).toBe(2);
    expect(age).toBeGreaterThan(1);
    expect(await service.metric("sociomile_queued")).toBe(0);
    expect(await service.metric("sociomile_oldest_queued_age_seconds")).toBe(0);
  });
});

test("A queued request MUST be taken back only by its client or an operator", async ({ expect }) => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: issuer.auth, mood: "unauthorized" });
  const branch = await callerOf(service, issuer, { azp: "branch", scope: "ticket:create" });
  const other = await callerOf(service, issuer, { azp: "other", scope: "ticket:create" });
  const operator = await callerOf(service, issuer, { azp: "operator", scope: "submission:resolve" });
  const ids = [(await handIn(branch)).submission?.id ?? "", (await handIn(branch)).submission?.id ?? ""];
  const unknown = "00000000-0000-7000-8000-000000000000";
  const ask = (client: typeof branch, submissionId: string) =>
    client.execute(CancelTicketSubmissionDocument, { input: { submissionId } });

  const foreign = [await ask(other, ids[0]!), await ask(other, unknown)];
  const own = await ask(branch, ids[0]!);
  const byOperator = [await ask(operator, ids[1]!), await ask(operator, unknown)];

  for (const { data, errors } of foreign) {
    expect(data.cancelTicketSubmission).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  }
  expect(own.data.cancelTicketSubmission?.problems).toEqual([]);
  expect(byOperator[0]?.data.cancelTicketSubmission?.problems).toEqual([]);
  expect(byOperator[1]?.data.cancelTicketSubmission).toMatchObject({
    submission: null,
    problems: [{ code: "SUBMISSION_NOT_FOUND", field: "submissionId" }],
  });
});
