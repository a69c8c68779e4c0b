/** Sociomile is away. A branch hands its request in once, and this service sends it once. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, test } from "vitest";
import { CancelTicketSubmissionDocument, TicketSubmissionDocument } from "../../examples/generated/graphql.ts";
import { callerOf, startIssuer } from "../support/issuer.ts";
import { handIn, makeDue, untilDelivered } from "../support/queued.ts";
import { type Service, type ServiceOnLedger, startService, startServiceOn } from "../support/service.ts";
import { statesIn } from "../support/sql.ts";

/** Starts a service in front of a Sociomile that executes nothing. */
const startAway = () => startServiceOn("PostgreSQL", { mood: "unauthorized" });

async function comeBack({ sandbox, sql }: ServiceOnLedger): Promise<void> {
  sandbox.setMood("well");
  await makeDue(sql);
  await untilDelivered(sql);
}

const submissionShown = async (service: Service, id: string) =>
  (await service.execute(TicketSubmissionDocument, { id })).data.ticketSubmission;

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

    const state = { state: "QUEUED", reason: "SOCIOMILE_SETTINGS_REFUSED" };
    expect(handedIn).toMatchObject({ ticket: null, submission: state, problems: [], replayed: false });
    expect(again).toMatchObject({ submission: handedIn.submission, problems: [], replayed: true });
    const hours = (Date.parse(String(waiting?.deliverBy)) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(72, 1);
    expect(waiting).toMatchObject({ nextTryAt: null }); // an operator decides
    expect(delivered).toMatchObject({
      ticket: { id: service.sandbox.tickets[0]?.id },
      submission: { id: handedIn.submission?.id, state: "CONFIRMED" },
      problems: [],
      replayed: true,
    });
    expect(service.sandbox.tickets).toHaveLength(1);
    expect(await statesIn(sql)).toEqual(["CONFIRMED"]);
    expect(await submissionShown(service, handedIn.submission?.id ?? "")).toMatchObject({ deliverBy: null });
  });

  test("MUST be counted while it waits", async ({ expect }) => {
    await using service = await startAway();
    await handIn(service);
    await handIn(service);
    await sleep(1100);

    const queued = await service.metric("sociomile_queued");
    const age = await service.metric("sociomile_oldest_queued_age_seconds");
    const forPerson = await service.metric("sociomile_queued_for_person");
    await comeBack(service);

    expect([queued, forPerson]).toEqual([2, 2]);
    expect(age).toBeGreaterThan(1);
    expect(await service.metric("sociomile_queued")).toBe(0);
    expect(await service.metric("sociomile_oldest_queued_age_seconds")).toBe(0);
  });
});

test("A queued request MUST be taken back only by its client or an operator", async ({ expect }) => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: issuer.auth, mood: "unauthorized" });
  const as = (azp: string, scope = "ticket:create") => callerOf(service, issuer, { azp, scope });
  const [branch, operator] = [await as("branch"), await as("operator", "submission:resolve")];
  const [first, second] = [await handIn(branch), await handIn(branch)].map(({ submission }) => submission!.id);
  const unknown = "00000000-0000-7000-8000-000000000000";
  const ask = async (client: typeof branch, submissionId = unknown) => {
    const { data, errors } = await client.execute(CancelTicketSubmissionDocument, { input: { submissionId } });
    const { cancelTicketSubmission } = data;
    return errors ? [errors[0]?.extensions.code, cancelTicketSubmission] : cancelTicketSubmission;
  };

  for (const id of [first, unknown]) expect(await ask(await as("other"), id)).toEqual(["FORBIDDEN", null]);
  expect(await ask(branch, first)).toMatchObject({ problems: [] });
  expect(await ask(operator, second)).toMatchObject({ problems: [] });
  expect(await ask(operator)).toMatchObject({
    submission: null,
    problems: [{ code: "SUBMISSION_NOT_FOUND", field: "submissionId" }],
  });
});
