/** Two colleagues open the same complaint with unlessAlreadyOpened. */
import { describe, expect, test } from "vitest";
import { HELPDESK_TICKET } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { type Service, startServiceOn } from "../support/service.ts";

const ONCE = { unlessAlreadyOpened: true };

const create = async (service: Service, changes: object = {}) =>
  (await mutate(service, "createHelpdeskTicket", { ...ONCE, ...changes })).payload;

describe("unlessAlreadyOpened", () => {
  test("MUST tell the ticket's id, also of a create without the flag, and let other numbers and desks pass", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const { payload: plain } = await mutate(service, "createHelpdeskTicket");
    const number = String(HELPDESK_TICKET.helpdeskTicketNumber);

    const refused = await create(service);
    const other = await create(service, { helpdeskTicketNumber: "999" });
    const voice = await mutate(service, "createVoiceTicket", { ...ONCE, sourceTicketId: number });
    const unflagged = await mutate(service, "createHelpdeskTicket");

    expect(refused).toMatchObject({
      ticket: null,
      submission: null,
      existingTicket: { id: plain?.ticket?.id, number: plain?.ticket?.number },
      problems: [{ code: "ALREADY_OPENED" }],
    });
    for (const payload of [other, voice.payload, unflagged.payload]) expect(payload?.problems).toEqual([]);
  });
});
