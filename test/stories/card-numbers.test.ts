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

test.each([
  ["createHelpdeskTicket", "helpdeskTicketNumber"],
  ["createHelpdeskTicket", "branchComplaintNumber"],
  ["createHelpdeskTicket", "branchCode"],
  ["createVoiceTicket", "sourceTicketId"],
  ["createVoiceTicket", "maskedTicketId"],
  ["updateTicketStatus", "bsgTicketId"],
  ["updateTicketStatus", "ticketId"],
  ["updateTicketStatus", "idempotencyKey"],
] as const)("A card number in a field that is kept in clear MUST be refused: %s, %s", async (name, field) => {
  for (const value of ["4111111111111111", "5555-5555-5555-4444"]) {
    const { payload, text } = await mutate(service, name, { [field]: value });

    expect(payload?.problems).toMatchObject([
      {
        code: "INVALID_INPUT",
        field,
        message: "This field must not hold a card number. Please leave it out.",
      },
    ]);
    expect(text).not.toContain(value);
  }
  expect(service.sandbox.received).toEqual([]);
});
