import { expect, test } from "vitest";
import { LedgerCipher } from "../../src/ledger/cipher.ts";
import { sealDetails, ticketOf } from "../../src/ledger/rows.ts";
import { NO_DETAILS, type TicketDetails } from "../../src/tickets/ticket.ts";

const cipher = new LedgerCipher([Buffer.alloc(32, 1)]);
const ROW = {
  id: "690d950c5f287ad0ff3bd9d5",
  kind: null,
  number: null,
  bsg_ticket_id: null,
  helpdesk_ticket_number: null,
  branch_complaint_number: null,
  branch_code: null,
  details_from: "REPORTED",
  key_id: cipher.id,
  observed_at: 1_761_209_648_000,
} as const;

test("MUST keep the times of a ticket, also when a ticket that was read is stored again", () => {
  const reported: TicketDetails = {
    ...NO_DETAILS,
    subject: "ATM",
    createdAt: Temporal.Instant.from("2025-10-23T16:54:08+08:00"),
  };
  const readBack = (details: TicketDetails) =>
    ticketOf({ ...ROW, details: sealDetails(details, ROW.id, cipher) }, cipher);

  const first = readBack(reported);
  const again = readBack(first);

  expect(first).toMatchObject({
    ...NO_DETAILS,
    subject: "ATM",
    createdAt: { epochMilliseconds: ROW.observed_at },
  });
  expect(first.observedAt).toEqual({ epochMilliseconds: ROW.observed_at });
  expect(again).toEqual(first);
});
