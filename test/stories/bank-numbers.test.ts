import { print } from "graphql";
import { describe, expect, test } from "vitest";
import {
  TicketHistoryDocument,
  TicketsByReferenceDocument,
  type TicketReferenceInput,
} from "../generated/graphql.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { ROUTER, callerOf, startIssuer } from "../support/issuer.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startService } from "../support/service.ts";
import { listenToStatements } from "../support/sql.ts";

const find = (service: Pick<Service, "execute">, reference: TicketReferenceInput) =>
  service.execute(TicketsByReferenceDocument, { reference });

describe("a branch that knows its own number", () => {
  test("MUST find the ticket, with what it submitted until Sociomile reports", async () => {
    await using service = await startService();
    const { payload } = await mutate(service, "createHelpdeskTicket");
    const id = payload?.ticket?.id ?? "";
    const reference = { type: "HELPDESK_TICKET_NUMBER", value: " 826282\u200b " } as const;

    const submitted = await find(service, reference);
    await mutate(service, "updateTicketStatus", { ticketId: id });
    const reported = await find(service, reference);

    const { helpdeskTicketNumber, branchComplaintNumber, branchCode, customerName, content } =
      HELPDESK_TICKET;
    const numbers = { id, kind: "HELPDESK", helpdeskTicketNumber, branchComplaintNumber, branchCode };
    expect(submitted.data.ticketsByReference).toMatchObject([
      { ...numbers, detailsFrom: "SUBMITTED", customerName, content, status: null },
    ]);
    expect(reported.data.ticketsByReference).toMatchObject([
      { ...numbers, detailsFrom: "REPORTED", status: "OPEN" },
    ]);
    expect(submitted.text).not.toContain(HELPDESK_TICKET.cardNumber);
    expect(submitted.text).not.toContain(HELPDESK_TICKET.accountNumber);
  });

  test("MUST get an empty list for an unknown number, and one statement for many numbers", async () => {
    await using service = await startService();
    await mutate(service, "createVoiceTicket");
    const asked = ["unknown", VOICE_TICKET.sourceTicketId, "unknown too"];
    const fields = asked.map(
      (value, nth) =>
        `n${nth}: ticketsByReference(reference: {type: SOURCE_TICKET_ID, value: "${value}"}) { kind }`,
    );

    using statements = listenToStatements();
    const { data } = await service.post(JSON.stringify({ query: `{ ${fields.join(" ")} }` }));

    expect(data).toEqual({ n0: [], n1: [{ kind: "VOICE" }], n2: [] });
    expect(statements.matching(/ticket_references/)).toHaveLength(1);
  });
});

describe("an auditor", () => {
  test("MUST have submission:read; without it the ticket itself is still shown", async () => {
    await using issuer = await startIssuer();
    await using service = await startService({ config: issuer.auth });
    const { payload } = await mutate(await callerOf(service, issuer, {}), "createHelpdeskTicket");
    const id = payload?.ticket?.id ?? "";

    const reader = await callerOf(service, issuer, { scope: "ticket:read" });
    const { data, errors } = await reader.execute(TicketHistoryDocument, { id });
    const stranger = await service.post(
      JSON.stringify({ query: print(TicketHistoryDocument), variables: { id } }),
      ROUTER,
    );

    expect(data).toEqual({ ticket: { id, submissions: null } });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(stranger.errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });
});
