/** Status changes at the boundary, where no gateway is between. */
import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

test("A status change MUST NOT be asked to wait for delivery: its input has no whenUnavailable", async () => {
  const { errors } = await mutate(service, "updateTicketStatus", { whenUnavailable: "DELIVER_LATER" });

  const message = "The input has a field that UpdateTicketStatusInput does not have.";
  expect(errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
  expect(service.sandbox.received).toEqual([]);
});

test("An entity MUST be found by the 24 hexadecimal digits of its id in either case, alone and beside others", async () => {
  const { ticketId: id } = STATUS_CHANGE;
  await mutate(service, "updateTicketStatus");
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Ticket { id } } }`;
  const found = async (...of: object[]) => (await postQuery(service, query, { of })).data;

  const ticket = { __typename: "Ticket", id: String(id).toUpperCase() };
  expect(await found(ticket)).toEqual({ _entities: [{ id }] });
  const other = { __typename: "TicketSubmission", id: "none" };
  expect(await found(ticket, other)).toEqual({ _entities: [{ id }, null] });
});
