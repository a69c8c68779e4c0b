import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  DoubtfulSubmissionsDocument,
  type ResolveTicketSubmissionInput,
  ResolveTicketSubmissionDocument,
  TicketDocument,
  TicketSubmissionDocument,
} from "../generated/graphql.ts";
import { openDoubt } from "../support/doubts.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startServiceOn } from "../support/service.ts";
import { makeOlder } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const TICKET_ID = "690d950c5f287ad0ff3bd9d5";
const MINUTES = 60_000;

async function resolve(service: Service, input: ResolveTicketSubmissionInput) {
  const { data } = await service.execute(ResolveTicketSubmissionDocument, { input });
  return data.resolveTicketSubmission;
}

const doubts = async (service: Service) =>
  (await service.execute(DoubtfulSubmissionsDocument, { first: 20 })).data.ticketSubmissions;

describe.concurrent("doubts and resolutions", () => {
  test("MUST be listed, newest first, with the ids that are needed to search Sociomile", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const ids: string[] = [];
    for (const name of ["createHelpdeskTicket", "createVoiceTicket", "updateTicketStatus"] as const) {
      ids.unshift(await openDoubt(service, name));
      await sleep(2); // ids sort by the millisecond
    }
    await mutate(service, "createVoiceTicket");

    const page = await doubts(service);

    const nothing = {
      ticketId: null,
      bsgTicketId: null,
      helpdeskTicketNumber: null,
      branchComplaintNumber: null,
      sourceTicketId: null,
      branchCode: null,
    };
    const { ticketId, bsgTicketId } = STATUS_CHANGE;
    const { helpdeskTicketNumber, branchComplaintNumber, branchCode } = HELPDESK_TICKET;
    const { sourceTicketId } = VOICE_TICKET;
    expect(page?.nodes).toEqual(
      [
        { operation: "UPDATE_TICKET_STATUS", ...nothing, ticketId, bsgTicketId },
        { operation: "CREATE_VOICE_TICKET", ...nothing, sourceTicketId },
        {
          operation: "CREATE_HELPDESK_TICKET",
          ...nothing,
          helpdeskTicketNumber,
          branchComplaintNumber,
          branchCode,
        },
      ].map((references, nth) => ({
        id: ids[nth],
        reason: "CONNECTION_LOST",
        attempts: 1,
        createdAt: expect.stringMatching(/Z$/),
        settledAt: expect.stringMatching(/Z$/),
        ...references,
      })),
    );
    expect(page?.pageInfo).toMatchObject({ hasNextPage: false });
  });

  test("MUST be closed by CREATED: then the ticket can be read, and the key answers with it", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service, "createVoiceTicket", { idempotencyKey: KEY });

    const resolved = await resolve(service, {
      submissionId,
      verdict: "CREATED",
      ticketId: TICKET_ID,
      ticketNumber: "0032197",
      note: "found by hand",
    });

    expect(resolved).toEqual({
      submission: {
        id: submissionId,
        state: "CONFIRMED",
        reason: "CREATED_SAYS_OPERATOR",
        ticketId: TICKET_ID,
        resolution: {
          verdict: "CREATED",
          resolvedBy: "development",
          resolvedByPerson: null,
          resolvedAt: expect.stringMatching(/Z$/),
          note: "found by hand",
        },
      },
      problems: [],
    });
    const ticket = { id: TICKET_ID, number: "0032197", kind: "VOICE" };
    expect((await service.execute(TicketDocument, { id: TICKET_ID })).data.ticket).toMatchObject(ticket);
    const replay = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });
    expect(replay.payload).toMatchObject({ ticket, problems: [], replayed: true });
    expect(await doubts(service)).toMatchObject({ nodes: [] });
    expect(service.events).toEqual([
      {
        event: "submission.resolved",
        submissionId,
        verdict: "CREATED",
        by: "development",
        byPerson: null,
        isCorrection: false,
        superseded: [],
      },
    ]);
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST keep the stored data of a ticket that an operator names", async () => {
    await using service = await startServiceOn("PostgreSQL");
    await mutate(service, "updateTicketStatus", { ticketId: TICKET_ID });
    const submissionId = await openDoubt(service, "createHelpdeskTicket");

    await resolve(service, {
      submissionId,
      verdict: "CREATED",
      ticketId: TICKET_ID,
      ticketNumber: "32197",
      note: "found",
    });

    expect((await service.execute(TicketDocument, { id: TICKET_ID })).data.ticket).toMatchObject({
      status: "OPEN",
      bsgTicketId: STATUS_CHANGE.bsgTicketId,
      number: "32197",
      kind: "HELPDESK",
    });
  });

  test("MUST be closed by NOT_CREATED when they are old enough; then the same key is sent again", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service, "createVoiceTicket", { idempotencyKey: KEY });
    const resolution = { submissionId, verdict: "NOT_CREATED", note: "nothing there" } as const;
    await makeOlder(service.sql, 14 * MINUTES);

    const early = await resolve(service, resolution);
    await makeOlder(service.sql, MINUTES);
    const late = await resolve(service, resolution);
    const again = await mutate(service, "createVoiceTicket", { idempotencyKey: KEY });

    expect(early).toMatchObject({
      submission: { id: submissionId, state: "UNCERTAIN", resolution: null },
      problems: [{ code: "TOO_EARLY", retryAfterSeconds: expect.any(Number) }],
    });
    expect(early?.problems[0]?.retryAfterSeconds).toBeGreaterThan(30);
    expect(early?.problems[0]?.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(late).toMatchObject({
      submission: {
        state: "NOT_EXECUTED",
        reason: "NOT_CREATED_SAYS_OPERATOR",
        ticketId: null,
        resolution: { verdict: "NOT_CREATED", resolvedBy: "development", note: "nothing there" },
      },
      problems: [],
    });
    expect(again.payload).toMatchObject({
      submission: { id: submissionId, state: "CONFIRMED", reason: "ACCEPTED_BY_SOCIOMILE" },
      problems: [],
      replayed: false,
    });
    expect(service.sandbox.received).toHaveLength(2);
    expect(service.events.filter(({ event }) => event === "submission.resolved")).toEqual([
      {
        event: "submission.resolved",
        submissionId,
        verdict: "NOT_CREATED",
        by: "development",
        byPerson: null,
        isCorrection: false,
        superseded: [],
      },
    ]);
  });

  test("MUST NOT be resolved when the submission is not in doubt", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const { payload } = await mutate(service, "createVoiceTicket");
    const submissionId = payload?.submission?.id ?? "";
    await makeOlder(service.sql, 60 * MINUTES);
    const before = await service.execute(TicketSubmissionDocument, { id: submissionId });

    const resolved = await resolve(service, { submissionId, verdict: "NOT_CREATED", note: "x" });

    expect(resolved).toMatchObject({
      submission: { id: submissionId, state: "CONFIRMED", resolution: null },
      problems: [{ code: "SUBMISSION_NOT_IN_DOUBT", field: null }],
    });
    const after = await service.execute(TicketSubmissionDocument, { id: submissionId });
    expect(after.data).toEqual(before.data);
    expect(service.events.filter(({ event }) => event === "submission.resolved")).toEqual([]);
  });

  test("MUST NOT be resolved twice", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service);
    const resolution = { submissionId, verdict: "CREATED", ticketId: TICKET_ID, note: "x" } as const;

    const both = await Promise.all([resolve(service, resolution), resolve(service, resolution)]);

    expect(both.flatMap((payload) => payload?.problems)).toMatchObject([{ code: "SUBMISSION_NOT_IN_DOUBT" }]);
    expect(service.events).toHaveLength(1);
  });

  test.each([
    ["is no id", "nonsense"],
    ["is no text for a database", "a\u0000b"],
  ])("MUST be reported for a submission that %s", async (_, submissionId) => {
    await using service = await startServiceOn("PostgreSQL");

    const resolved = await resolve(service, {
      submissionId,
      verdict: "CREATED",
      ticketId: TICKET_ID,
      note: "x",
    });

    const { code, field } = resolved?.problems[0] ?? {};
    expect(resolved?.submission).toBeNull();
    expect([code, field]).toEqual([
      submissionId.includes("\u0000") ? "INVALID_INPUT" : "SUBMISSION_NOT_FOUND",
      "submissionId",
    ]);
  });

  test("MUST be INVALID_INPUT with a blank note", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service);

    const resolved = await resolve(service, {
      submissionId,
      verdict: "CREATED",
      ticketId: TICKET_ID,
      note: " ",
    });

    expect(resolved?.problems).toMatchObject([{ code: "INVALID_INPUT", field: "note" }]);
    expect(await doubts(service)).toMatchObject({ nodes: [{ id: submissionId }] });
  });

  test.each([0, -1, 101, 2 ** 31 - 1])("MUST refuse to list %i at once", async (first) => {
    await using service = await startServiceOn("PostgreSQL");

    const answer = await service.execute(DoubtfulSubmissionsDocument, { first });

    expect(answer.errors).toMatchObject([
      { message: "first must be from 1 to 100.", extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(answer.data).toEqual({ ticketSubmissions: null });
  });
});
