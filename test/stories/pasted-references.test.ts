import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

const FIND = `query ($value: String!) {
  ticketsByReference(reference: { type: HELPDESK_TICKET_NUMBER, value: $value }) { helpdeskTicketNumber }
}`;

test("A number that a create takes MUST find its ticket, with whatever cannot be seen in it", async () => {
  await using service = await startService();
  for (const [nth, around] of ["\u200b", "\u00ad", "\u2060", "\ufeff", ""].entries()) {
    const pasted = `\u00a0${around}8262${nth}${around}\u200b\n`;
    await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: pasted });
    const { data, errors } = await postQuery(service, FIND, { value: pasted });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ ticketsByReference: [{ helpdeskTicketNumber: `8262${nth}` }] });
  }
});

test("Two numbers MUST be refused by a create, and by a search in the same words", async () => {
  await using service = await startService();
  for (const between of ["-", " ", "\t", "\r\n", "/", "\u200b", "\u00ad", "\u2060", "\ufeff"]) {
    const pasted = `826282${between}826285`;
    const { payload } = await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: pasted });
    const { errors } = await postQuery(service, FIND, { value: pasted });
    expect(payload?.problems).toMatchObject([{ code: "INVALID_INPUT", field: "helpdeskTicketNumber" }]);
    expect(errors).toMatchObject([{ message: `value: ${payload?.problems[0]?.message}` }]);
  }
  expect(service.sandbox.received).toEqual([]);
});

test("A submission MUST be found by an id that its cancellation takes, with whatever cannot be seen in it", async () => {
  await using service = await startService();
  const { payload } = await mutate(service, "createHelpdeskTicket");
  const { id } = payload!.submission!;
  const pasted = Array.from(id).join("\u200b");
  const find = "query ($id: ID!) { ticketSubmission(id: $id) { id } }";
  const cancel =
    "mutation ($id: ID!) { cancelTicketSubmission(input: { submissionId: $id }) { submission { id } } }";
  expect((await postQuery(service, cancel, { id: pasted })).data).toEqual({
    cancelTicketSubmission: { submission: { id } },
  });
  expect((await postQuery(service, find, { id: pasted })).data).toEqual({ ticketSubmission: { id } });
});
