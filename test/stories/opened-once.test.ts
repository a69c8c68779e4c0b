/** Two colleagues open the same complaint with unlessAlreadyOpened. */
import { describe, expect, test } from "vitest";
import { HELPDESK_TICKET, VOICE_TICKET } from "../support/inputs.ts";
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

  test("MUST be free after NOT_CREATED, and the earlier key is then refused in its turn", async () => {
    await using service = await startServiceOn("PostgreSQL");
    service.sandbox.setMood("unauthorized", { times: 1 });
    const earlier = { idempotencyKey: "a-key-of-this-test" };
    await create(service, earlier); // had no effect, so its key may run again

    const opened = await create(service, { idempotencyKey: "another-key-of-it" });
    const again = await create(service, earlier);
    const unflagged = await create(service, { ...earlier, unlessAlreadyOpened: false });

    expect(opened?.problems).toEqual([]);
    expect(again).toMatchObject({
      existingTicket: { id: opened?.ticket?.id },
      problems: [{ code: "ALREADY_OPENED" }],
    });
    expect(unflagged?.problems).toEqual([]);
  });

  test("MUST count for a voice ticket by its id in Omnix, which must then be there", async () => {
    await using service = await startServiceOn("PostgreSQL");
    const voice = async (changes: object = {}) =>
      (await mutate(service, "createVoiceTicket", { ...ONCE, ...changes })).payload;
    const first = await voice();

    expect(await voice()).toMatchObject({
      existingTicket: { id: first?.ticket?.id },
      problems: [{ code: "ALREADY_OPENED", field: "sourceTicketId" }],
    });
    expect((await voice({ sourceTicketId: null }))?.problems).toMatchObject([
      { code: "INVALID_INPUT", field: "sourceTicketId" },
    ]);
    expect((await voice({ sourceTicketId: `${VOICE_TICKET.sourceTicketId}2` }))?.problems).toEqual([]);
  });
});
