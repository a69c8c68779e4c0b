import { expect, test } from "vitest";
import { numberOf, type TicketRequest } from "../../src/tickets/request.ts";
import { complaintNumbered, NUMBERLESS_CALL, STATUS, voiceWith } from "../sociomile/requests.ts";

test.each<[name: string, TicketRequest, number: string | null]>([
  ["a complaint", complaintNumbered("826282"), "826282"],
  ["a number with zeros in it", complaintNumbered("0010"), "0010"],
  ["a placeholder", complaintNumbered("0"), null],
  ["a longer placeholder", complaintNumbered("000000"), null],
  ["a placeholder of a call", voiceWith({ sourceTicketId: "00" }), null],
  ["a call without its id", NUMBERLESS_CALL, null],
  ["a status change", STATUS, null],
])("The number of a request MUST be null when it has none, or zeros alone: %s", (_, request, number) => {
  expect(numberOf(request)?.value ?? null).toBe(number);
});
