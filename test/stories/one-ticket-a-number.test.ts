/** A number of the bank opens one ticket, also for a page that was reloaded and has a new key. */
import { expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

test.each([
  ["createHelpdeskTicket", "helpdeskTicketNumber"],
  ["createVoiceTicket", "sourceTicketId"],
] as const)("%s MUST open one ticket for one %s, unless it is asked for one more", async (name, field) => {
  const number = { [field]: "400100" };
  const first = (await mutate(service, name, number)).payload;

  const reloaded = (await mutate(service, name, number)).payload;
  const asked = (await mutate(service, name, { ...number, unlessAlreadyOpened: false })).payload;

  const problems = [{ code: "ALREADY_OPENED", field }];
  const { id } = first!.ticket!;
  expect(reloaded).toMatchObject({ ticket: null, submission: null, existingTicket: { id }, problems });
  expect(asked).toMatchObject({ ticket: {}, existingTicket: null, problems: [] });
  expect(service.sandbox.received).toHaveLength(2);
});

test.each([
  ["createHelpdeskTicket", { helpdeskTicketNumber: "000" }],
  ["createVoiceTicket", { sourceTicketId: "0" }],
  ["createVoiceTicket", { sourceTicketId: null }],
] as const)("%s without a number MUST be protected by its key alone: %o", async (name, number) => {
  const key = { idempotencyKey: `a-key-for-${JSON.stringify(number).replaceAll(/\W/g, "")}` };

  const [first, again] = [
    await mutate(service, name, { ...number, ...key }),
    await mutate(service, name, { ...number, ...key }),
  ];
  const other = await mutate(service, name, number);

  expect(first.payload).toMatchObject({ ticket: {}, replayed: false });
  expect(again.payload).toMatchObject({ ticket: { id: first.payload!.ticket!.id }, replayed: true });
  expect(other.payload).toMatchObject({ ticket: {}, replayed: false, problems: [] });
  expect(service.sandbox.received).toHaveLength(2);
});
