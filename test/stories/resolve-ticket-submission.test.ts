/** Operators close doubts, and mend slips in what they said. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  DoubtfulSubmissionsDocument,
  type ResolveTicketSubmissionInput,
  ResolveTicketSubmissionDocument,
  TicketDocument,
} from "../../examples/generated/graphql.ts";
import { openDoubt } from "../support/doubts.ts";
import { HELPDESK_TICKET, STATUS_CHANGE, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startServiceOn } from "../support/service.ts";
import { makeOlder } from "../support/sql.ts";

const KEY = "a-key-of-this-test";
const TICKET_ID = "690d950c5f287ad0ff3bd9d5";

async function resolve(service: Service, submissionId: string, input: Partial<ResolveTicketSubmissionInput>) {
  const complete = { submissionId, verdict: "CREATED", ticketId: TICKET_ID, note: "x", ...input } as const;
  const { data } = await service.execute(ResolveTicketSubmissionDocument, { input: complete });
  return data.resolveTicketSubmission;
}

const doubts = async (service: Service) =>
  (await service.execute(DoubtfulSubmissionsDocument, { first: 20 })).data.ticketSubmissions;

describe.concurrent("doubts and resolutions", () => {
  test("MUST NOT be about an update: a verdict is refused, at its submission", async () => {
    await using service = await startServiceOn("SQLite");
    const update = await openDoubt(service, "updateTicketStatus");
    await makeOlder(service.sql, 16 * 60_000);

    for (const input of [{}, { verdict: "NOT_CREATED", ticketId: null }] as const)
      expect(await resolve(service, update, input)).toMatchObject({
        submission: { id: update, state: "UNCERTAIN" },
        problems: [
          {
            code: "INVALID_INPUT",
            field: "submissionId",
            message: "A status change has no verdict. Set the status again, under a new key.",
          },
        ],
      });
  });

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
    const { ticketId, bsgTicketId } = STATUS_CHANGE;
    const { helpdeskTicketNumber, branchComplaintNumber, branchCode } = HELPDESK_TICKET;
    const { sourceTicketId } = VOICE_TICKET;
    const inAll = {
      ...Object.fromEntries(names.split(" ").map((name) => [name, null])),
      reason: "CONNECTION_LOST",
      attempts: 1,
      createdAt: expect.stringMatching(/Z$/),
      settledAt: expect.stringMatching(/Z$/),
    };
    const ofHelpdesk = { helpdeskTicketNumber, branchComplaintNumber, branchCode };
    expect(page?.nodes).toEqual([
      { ...inAll, id: ids[0], operation: "UPDATE_TICKET_STATUS", ticketId, bsgTicketId },
      { ...inAll, id: ids[1], operation: "CREATE_VOICE_TICKET", sourceTicketId },
      { ...inAll, id: ids[2], operation: "CREATE_HELPDESK_TICKET", ...ofHelpdesk },
    ]);
    expect(page?.pageInfo).toMatchObject({ hasNextPage: false });
  });

  test("MUST be closed once by CREATED: then the ticket can be read, and the key answers with it", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service, "createVoiceTicket", { idempotencyKey: KEY });

    const found = { ticketNumber: "0032197", note: "found by hand" };
    const both = await Promise.all([resolve(service, id, found), resolve(service, id, found)]);

    const late = expect.stringMatching(/^SUBMISSION_(?:NOT_IN_DOUBT|CHANGED)$/); // it comes after that, or at the same time
    expect(both.flatMap((payload) => payload?.problems)).toMatchObject([{ code: late }]);
    expect(both).toContainEqual({
      submission: {
        id,
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
    expect(service.events).toMatchObject([{ event: "submission.resolved", submissionId: id }]);
    expect(service.sandbox.received).toHaveLength(1);
  });

  test("MUST NOT be closed by a verdict with a wrong field, and listed only in pages of 1 to 100", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service);
    for (const [wrong, code] of [
      [{ submissionId: "nonsense" }, "SUBMISSION_NOT_FOUND"],
      [{ submissionId: "a\u0000b" }, "INVALID_INPUT"],
      [{ note: " " }, "INVALID_INPUT"],
    ] as const) {
      const resolved = await resolve(service, id, wrong);
      expect(resolved?.problems).toMatchObject([{ code, field: Object.keys(wrong)[0] }]);
    }
    for (const first of [0, 101]) {
      const { data, errors } = await service.execute(DoubtfulSubmissionsDocument, { first });
      const message = "first must be from 1 to 100.";
      expect(errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
      expect(data).toEqual({ ticketSubmissions: null });
    }

    expect(await doubts(service)).toMatchObject({ nodes: [{ id }] });
  });

  test("MUST be corrected on purpose only, and a ticket that was a slip is free for another create", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service, "createHelpdeskTicket");
    const other = await openDoubt(service);
    const reported = async (submissionId: string, input: Partial<ResolveTicketSubmissionInput>) => {
      const payload = await resolve(service, submissionId, input);
      return payload?.problems[0]?.code ?? payload?.submission?.state;
    };
    await reported(id, { ticketId: "slip", ticketNumber: "1", note: "found" });
    const right = { ticketId: "right", ticketNumber: "2" };

    expect(await reported(id, right)).toBe("SUBMISSION_NOT_IN_DOUBT");
    expect(await reported(other, { ticketId: "slip" })).toBe("TICKET_ID_TAKEN");
    expect(await reported(id, { ...right, note: "a slip", replacesEarlier: true })).toBe("CONFIRMED");
    expect((await service.execute(TicketDocument, { id: "slip" })).data.ticket).toBe(null);
    expect(await reported(other, { ticketId: "slip" })).toBe("CONFIRMED");
  });
});
