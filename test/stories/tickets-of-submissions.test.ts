import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { startService } from "../support/service.ts";

const UPDATE_TWICE = `mutation ($first: UpdateTicketStatusInput!, $second: UpdateTicketStatusInput!) {
  first: updateTicketStatus(input: $first) { submission { ticket { bsgTicketId } } }
  second: updateTicketStatus(input: $second) { submission { ticket { bsgTicketId } } }
}`;

test("The ticket of a submission is as now known, also after another mutation of the same request", async () => {
  await using service = await startService();
  const changes = {
    first: { ...STATUS_CHANGE, bsgTicketId: "first" },
    second: { ...STATUS_CHANGE, bsgTicketId: "second" },
  };
  const { data } = await postQuery(service, UPDATE_TWICE, changes);
  expect(data).toEqual({
    first: { submission: { ticket: { bsgTicketId: "first" } } },
    second: { submission: { ticket: { bsgTicketId: "second" } } },
  });
});
