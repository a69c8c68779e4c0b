/** Operators close doubts, and mend slips in what they said. */
import { describe, expect, test } from "vitest";
import {
  ResolveTicketSubmissionDocument,
  type ResolveTicketSubmissionInput,
  TicketDocument,
  TicketsByReferenceDocument,
} from "../generated/graphql.ts";
import { openDoubt } from "../support/doubts.ts";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { callerOf, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import { makeOlder } from "../support/sql.ts";

const MINUTES = 60_000;
const RESOLUTIONS = `query ($id: ID!) {
  ticketSubmission(id: $id) {
    state reason ticketId clientId requestedBy requestedStatus refusedField traceId
    ticket { id }
    resolutions { verdict ticketId ticketNumber resolvedBy resolvedByPerson note }
  }
}`;

async function resolveAs(
  service: Pick<Service, "execute">,
  submissionId: string,
  input: Partial<ResolveTicketSubmissionInput>,
) {
  const complete = { submissionId, verdict: "CREATED", note: "looked", ...input } as const;
  const { data } = await service.execute(ResolveTicketSubmissionDocument, { input: complete });
  const payload = data.resolveTicketSubmission;
  return payload?.problems[0]?.code ?? payload?.submission?.state;
}

async function submission(service: Pick<Service, "post">, id: string) {
  const { data } = await service.post(JSON.stringify({ query: RESOLUTIONS, variables: { id } }));
  return (data as { ticketSubmission: Record<string, unknown> }).ticketSubmission;
}

describe("an operator", () => {
  test("MUST be able to correct the ticket of a resolution, and each resolution stays", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service, "createHelpdeskTicket");
    const reference = {
      type: "HELPDESK_TICKET_NUMBER",
      value: String(HELPDESK_TICKET.helpdeskTicketNumber),
    } as const;
    await resolveAs(service, id, { ticketId: "slip", ticketNumber: "1", note: "found" });

    const refused = await resolveAs(service, id, { ticketId: "right", ticketNumber: "2" });
    const corrected = await resolveAs(service, id, {
      ticketId: "right",
      ticketNumber: "2",
      note: "a slip",
      replacesEarlier: true,
    });

    expect([refused, corrected]).toEqual(["SUBMISSION_NOT_IN_DOUBT", "CONFIRMED"]);
    expect(await submission(service, id)).toMatchObject({
      state: "CONFIRMED",
      ticketId: "right",
      ticket: { id: "right" },
      resolutions: [
        {
          verdict: "CREATED",
          ticketId: "right",
          ticketNumber: "2",
          resolvedBy: "development",
          note: "a slip",
        },
        { verdict: "CREATED", ticketId: "slip", ticketNumber: "1", resolvedBy: "development", note: "found" },
      ],
    });
    const found = await service.execute(TicketsByReferenceDocument, { reference });
    expect(found.data.ticketsByReference).toMatchObject([{ id: "right", number: "2" }]);
    expect((await service.execute(TicketDocument, { id: "slip" })).data.ticket).toBe(null);
  });

  test("MUST be able to take a verdict back in both directions, and only their own kind of state", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service, "createVoiceTicket", { idempotencyKey: "a-key-of-this-test" });
    await resolveAs(service, id, { ticketId: "t" });

    const early = await resolveAs(service, id, { verdict: "NOT_CREATED", replacesEarlier: true });
    await makeOlder(service.sql, 16 * MINUTES);
    const back = await resolveAs(service, id, { verdict: "NOT_CREATED", replacesEarlier: true });
    const forth = await resolveAs(service, id, { ticketId: "t", replacesEarlier: true });
    const { payload } = await mutate(service, "createVoiceTicket");
    const accepted = await resolveAs(service, payload!.submission!.id, {
      ticketId: "x",
      replacesEarlier: true,
    });

    expect([early, back, forth, accepted]).toEqual([
      "TOO_EARLY",
      "NOT_EXECUTED",
      "CONFIRMED",
      "SUBMISSION_NOT_IN_DOUBT",
    ]);
  });

  test("MUST NOT name a ticket that another create holds, and MUST be able to swap two after taking one away", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const [held, wanted] = [
      await openDoubt(service, "createVoiceTicket"),
      await openDoubt(service, "createVoiceTicket"),
    ];
    await makeOlder(service.sql, 16 * MINUTES);
    await resolveAs(service, held, { ticketId: "t" });

    const { data } = await service.execute(ResolveTicketSubmissionDocument, {
      input: { submissionId: wanted, verdict: "CREATED", note: "looked", ticketId: "t" },
    });
    const before = await submission(service, wanted);
    const away = await resolveAs(service, held, { verdict: "NOT_CREATED", replacesEarlier: true });
    const swapped = await resolveAs(service, wanted, { ticketId: "t" });

    expect(data.resolveTicketSubmission?.problems).toMatchObject([
      { code: "TICKET_ID_TAKEN", message: expect.stringContaining(held) },
    ]);
    expect(before).toMatchObject({ state: "UNCERTAIN", resolutions: [] });
    expect([away, swapped]).toEqual(["NOT_EXECUTED", "CONFIRMED"]);
    expect(await submission(service, wanted)).toMatchObject({ ticket: { id: "t" } });
  });

  test("MUST be able to close a doubtful update as APPLIED", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const id = await openDoubt(service, "updateTicketStatus", {
      ticketId: "690d950c5f287ad0ff3bd9d7",
      status: "PENDING",
    });
    const create = await openDoubt(service, "createVoiceTicket");
    await makeOlder(service.sql, 16 * MINUTES);

    expect(await resolveAs(service, id, { ticketId: "690d950c5f287ad0ff3bd9d7" })).toBe("INVALID_INPUT");
    expect(await resolveAs(service, create, { verdict: "APPLIED" })).toBe("INVALID_INPUT");
    expect(await resolveAs(service, id, { verdict: "APPLIED" })).toBe("CONFIRMED");
    expect(await submission(service, id)).toMatchObject({
      state: "CONFIRMED",
      reason: "APPLIED_SAYS_OPERATOR",
      ticketId: "690d950c5f287ad0ff3bd9d7",
      requestedStatus: "PENDING",
      resolutions: [{ verdict: "APPLIED", ticketId: null }],
    });
  });
});

test("The client of a submission MUST see the resolution, without the operator's name and note", async () => {
  await using issuer = await startIssuer();
  await using service = await startService({ config: issuer.auth });
  const client = await callerOf(service, issuer, { azp: "the-app", sub: "siti", scope: "ticket:create" });
  const id = await openDoubt(service, "createVoiceTicket", {}, client);
  const operator = await callerOf(service, issuer, { azp: "console", sub: "budi" });
  await resolveAs(operator, id, { ticketId: "t", note: "seen by Budi" });

  const shown = { clientId: "the-app", requestedBy: "siti", ticketId: "t" };
  const resolution = { verdict: "CREATED", ticketId: "t" };
  expect(await submission(client, id)).toMatchObject({
    ...shown,
    ticket: null,
    resolutions: [{ ...resolution, resolvedBy: null, resolvedByPerson: null, note: null }],
  });
  expect(await submission(operator, id)).toMatchObject({
    ...shown,
    ticket: { id: "t" },
    resolutions: [{ ...resolution, resolvedBy: "console", resolvedByPerson: "budi", note: "seen by Budi" }],
  });
});
