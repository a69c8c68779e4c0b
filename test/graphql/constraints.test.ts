import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { STATUS_CHANGE } from "../support/inputs.ts";
import { startService } from "../support/service.ts";
import { wireValue } from "../support/wire.ts";

test("One variable MUST serve several mutations, each with its input put into form", async () => {
  await using service = await startService();
  const update = "updateTicketStatus(input: $input) { problems { code } }";

  const { data } = await postQuery(
    service,
    `mutation ($input: UpdateTicketStatusInput!) { a: ${update} b: ${update} }`,
    { input: { ...STATUS_CHANGE, ticketId: " 690d950c " } },
  );

  expect(data).toEqual({ a: { problems: [] }, b: { problems: [] } });
  const sent = service.sandbox.received.map(({ body }) => wireValue(body, "sociomile_ticket_id"));
  expect(sent).toEqual(['"690d950c"', '"690d950c"']);
});
