import { expect, test } from "vitest";
import { postQuery } from "../support/client.ts";
import { mutate } from "../support/mutations.ts";
import { sharedService } from "../support/service.ts";

const service = sharedService();

const READ = "query ($id: ID!) { ticket(id: $id) { detailsFrom customerName content subject } }";

test("A card number in free text MUST reach Sociomile as it was typed, and be shown with its last four digits only", async () => {
  const typed = {
    customerName: "Budi 5555555555554444",
    content: "Kartu saya:\n 4111 1111 1111 1111, hilang",
    subject: "Kartu 4111-1111-1111-1111",
  };

  const { payload, text } = await mutate(service, "createVoiceTicket", typed);
  const sent: unknown = JSON.parse(service.lastBody());
  const id = payload?.ticket?.id;
  const submitted = await postQuery(service, READ, { id });
  const { text: updated } = await mutate(service, "updateTicketStatus", { ticketId: id });
  const reported = await postQuery(service, READ, { id });

  const shown = {
    customerName: "Budi ************4444",
    content: "Kartu saya:\n **** **** **** 1111, hilang",
    subject: "Kartu ****-****-****-1111",
  };
  expect(sent).toMatchObject({
    customer_name: typed.customerName,
    content: typed.content,
    subject: typed.subject,
  });
  expect(submitted.data).toEqual({ ticket: { detailsFrom: "SUBMITTED", ...shown } });
  expect(reported.data).toEqual({ ticket: { detailsFrom: "REPORTED", ...shown } });
  expect(text + updated).not.toMatch(/4111 1111|55555/);
});
