import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  DoubtfulSubmissionsDocument,
  type ResolveTicketSubmissionInput,
  ResolveTicketSubmissionDocument,
  TicketDocument,
} from "../generated/graphql.ts";
import { openDoubt } from "../support/doubts.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startServiceOn } from "../support/service.ts";

const KEY = "a-key-of-this-test";
const TICKET_ID = "690d950c5f287ad0ff3bd9d5";

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

    const names = "ticketId bsgTicketId helpdeskTicketNumber branchComplaintNumber sourceTicketId branchCode";
    const nothing = Object.fromEntries(names.split(" ").map((name) => [name, null]));
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

  test("MUST NOT be resolved twice", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service);
    const resolution = { submissionId, verdict: "CREATED", ticketId: TICKET_ID, note: "x" } as const;

    const both = await Promise.all([resolve(service, resolution), resolve(service, resolution)]);

    expect(both.flatMap((payload) => payload?.problems)).toMatchObject([{ code: "SUBMISSION_NOT_IN_DOUBT" }]);
    expect(service.events).toHaveLength(1);
  });

  test("MUST be reported for a submission that does not exist", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const verdict = { submissionId: "nonsense", verdict: "CREATED", ticketId: TICKET_ID, note: "x" } as const;

    const problems = [{ code: "SUBMISSION_NOT_FOUND", field: "submissionId" }];
    expect(await resolve(service, verdict)).toMatchObject({ submission: null, problems });
  });

  test.each([
    ["submissionId", "a\u0000b"],
    ["note", " "],
  ])("MUST be INVALID_INPUT with a wrong %s", async (field, value) => {
    await using service = await startServiceOn("PostgreSQL");
    const submissionId = await openDoubt(service);
    const verdict = { submissionId, verdict: "CREATED", ticketId: TICKET_ID, note: "x" } as const;

    const resolved = await resolve(service, { ...verdict, [field]: value });

    expect(resolved?.problems).toMatchObject([{ code: "INVALID_INPUT", field }]);
    expect(await doubts(service)).toMatchObject({ nodes: [{ id: submissionId }] });
  });

  test.each([0, 101])("MUST refuse to list %i at once", async (first) => {
    await using service = await startServiceOn("PostgreSQL");

    const answer = await service.execute(DoubtfulSubmissionsDocument, { first });

    expect(answer.errors).toMatchObject([
      { message: "first must be from 1 to 100.", extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(answer.data).toEqual({ ticketSubmissions: null });
  });
});
