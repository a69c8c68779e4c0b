import { expect, test } from "vitest";
import { TicketsByReferenceDocument } from "../../examples/generated/graphql.ts";
import { postQuery } from "../support/client.ts";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";
import { listenToStatements } from "../support/sql.ts";

const service = sharedService();

const find = async (value: string) => {
  const reference = { type: "HELPDESK_TICKET_NUMBER", value } as const;
  return service.execute(TicketsByReferenceDocument, { reference });
};

test("A branch MUST find a ticket by its own number, with what it submitted until Sociomile reports", async () => {
  const { payload } = await mutate(service, "createHelpdeskTicket");
  const id = payload?.ticket?.id ?? "";

  const submitted = await find(" 826282\u200b ");
  await mutate(service, "updateTicketStatus", { ticketId: id });
  const reported = await find("826282");

  const { helpdeskTicketNumber, branchComplaintNumber, branchCode, customerName, content } = HELPDESK_TICKET;
  const numbers = { id, kind: "HELPDESK", helpdeskTicketNumber, branchComplaintNumber, branchCode };
  expect(submitted.data.ticketsByReference).toMatchObject([
    { ...numbers, detailsFrom: "SUBMITTED", customerName, content, status: null },
  ]);
  expect(reported.data.ticketsByReference).toMatchObject([{ ...numbers, detailsFrom: "REPORTED", status: "OPEN" }]);
  expect(submitted.text).not.toContain(HELPDESK_TICKET.cardNumber);
  expect(submitted.text).not.toContain(HELPDESK_TICKET.accountNumber);
});

test("An unknown number MUST find an empty list, and many numbers MUST take one statement", async () => {
  await mutate(service, "createVoiceTicket");
  const fields = ["unknown", VOICE_TICKET.sourceTicketId, "unknown too"].map(
    (value, nth) => `n${nth}: ticketsByReference(reference: {type: SOURCE_TICKET_ID, value: "${value}"}) { kind }`,
  );

  using statements = listenToStatements();
  const { data } = await postQuery(service, `{ ${fields.join(" ")} }`);

  expect(data).toEqual({ n0: [], n1: [{ kind: "VOICE" }], n2: [] });
  expect(statements.matching(/ticket_references/)).toHaveLength(1);
});

test("A number that a create takes MUST find its ticket, with whatever cannot be seen in it", async () => {
  for (const [nth, around] of ["\u200b", "\u00ad", "\u2060", "\ufeff", ""].entries()) {
    const pasted = `\u00a0${around}9262${nth}${around}\u200b\n`;
    await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: pasted });
    const { data } = await find(pasted);
    expect(data.ticketsByReference).toMatchObject([{ helpdeskTicketNumber: `9262${nth}` }]);
  }
});

test("Two numbers MUST be refused by a create, and by a search in the same words", async () => {
  for (const between of ["-", " ", "\t", "\r\n", "/", "\u200b", "\u00ad", "\u2060", "\ufeff"]) {
    const pasted = `826282${between}826285`;
    const { payload } = await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: pasted });
    const { errors } = await find(pasted);
    expect(payload?.problems).toMatchObject([{ code: "INVALID_INPUT", field: "helpdeskTicketNumber" }]);
    expect(errors).toMatchObject([{ message: `value: ${payload?.problems[0]?.message}` }]);
  }
  expect(service.sandbox.received).toEqual([]);
});

test("A submission MUST be found by an id that its cancellation takes, with whatever cannot be seen in it", async () => {
  const { payload } = await mutate(service, "createHelpdeskTicket");
  const { id } = payload!.submission!;
  const found = async (query: string) => (await postQuery(service, query, { id: Array.from(id).join("\u200b") })).data;

  const cancelled = await found(
    "mutation ($id: ID!) { cancelTicketSubmission(input: { submissionId: $id }) { submission { id } } }",
  );
  expect(cancelled).toEqual({ cancelTicketSubmission: { submission: { id } } });
  const shown = await found("query ($id: ID!) { ticketSubmission(id: $id) { id } }");
  expect(shown).toEqual({ ticketSubmission: { id } });
});
