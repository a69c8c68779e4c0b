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
    const value = String(HELPDESK_TICKET.helpdeskTicketNumber);
    await resolveAs(service, id, { ticketId: "slip", ticketNumber: "1", note: "found" });

    const right = { ticketId: "right", ticketNumber: "2" };
    const refused = await resolveAs(service, id, right);
    const corrected = await resolveAs(service, id, { ...right, note: "a slip", replacesEarlier: true });

    expect([refused, corrected]).toEqual(["SUBMISSION_NOT_IN_DOUBT", "CONFIRMED"]);
    expect(await submission(service, id)).toMatchObject({
      state: "CONFIRMED",
      ticketId: "right",
      ticket: { id: "right" },
      resolutions: [
        { verdict: "CREATED", ...right, resolvedBy: "development", note: "a slip" },
        { verdict: "CREATED", ticketId: "slip", ticketNumber: "1", resolvedBy: "development", note: "found" },
      ],
    });
    const reference = { type: "HELPDESK_TICKET_NUMBER", value } as const;
    const found = await service.execute(TicketsByReferenceDocument, { reference });
    expect(found.data.ticketsByReference).toMatchObject([{ id: "right", number: "2" }]);
    expect((await service.execute(TicketDocument, { id: "slip" })).data.ticket).toBe(null);
  });

  test("MUST be able to swap the tickets of two creates after taking one away", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const held = await openDoubt(service, "createVoiceTicket");
    const wanted = await openDoubt(service, "createVoiceTicket");
    await makeOlder(service.sql, 16 * MINUTES);
    await resolveAs(service, held, { ticketId: "t" });

    expect(await resolveAs(service, wanted, { ticketId: "t" })).toBe("TICKET_ID_TAKEN");
    const away = { verdict: "NOT_CREATED", replacesEarlier: true } as const;
    expect(await resolveAs(service, held, away)).toBe("NOT_EXECUTED");
    expect(await resolveAs(service, wanted, { ticketId: "t" })).toBe("CONFIRMED");
    expect(await submission(service, wanted)).toMatchObject({ ticket: { id: "t" } });
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
