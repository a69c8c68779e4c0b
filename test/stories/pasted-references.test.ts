import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

const FIND = `query ($value: String!) {
  ticketsByReference(reference: { type: HELPDESK_TICKET_NUMBER, value: $value }) { helpdeskTicketNumber }
}`;

test("A number that a create takes finds its ticket, with whatever stands between its digits", async () => {
  await using service = await startService();
  for (const [nth, between] of ["\u200b", "\t", "\r\n", "\u00ad", "\u2060", "\u00a0", "-"].entries()) {
    const pasted = `82${between}62${nth}\u200b\n`;
    await mutate(service, "createHelpdeskTicket", { helpdeskTicketNumber: pasted });
    const { data, errors } = await postQuery(service, FIND, { value: pasted });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ ticketsByReference: [{ helpdeskTicketNumber: `8262${nth}` }] });
  }
});
