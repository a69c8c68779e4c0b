import { expect, test } from "vitest";
import { ENDPOINTS } from "../../src/sociomile/fields.ts";
import { REFUSED, readingOf } from "./answers.ts";
import { REQUESTS, STATUS } from "./requests.ts";

/** Quirks with their numbers in src/sociomile/README.md, as far as reading.test.ts and translate.test.ts do not try them. */

test("quirk 3: MUST find our name of a refused field, whatever the case of its letters", () => {
  for (const request of Object.values(REQUESTS)) {
    for (const [ours, [vendorName]] of Object.entries(ENDPOINTS[request.operation].fields)) {
      for (const named of [vendorName, upperFirst(vendorName), vendorName.toUpperCase()]) {
        const { outcome } = readingOf(request, { body: { ...REFUSED, message: `${named} required` } });
        expect({ named, ...outcome }).toMatchObject({ named, outcome: "rejected", field: ours });
      }
    }
  }
});

test.each([
  ["Nomor Handphone", "customerPhone"],
  ["nomor  hanphone", "customerPhone"],
  ["Sub Category", "subCategory"],
  ["  SUB   CATEGORY ", "subCategory"],
  ["Ticket Id Masking", "maskedTicketId"],
  ["Created By Id", "createdById"],
])("quirk 6: MUST know the title %j beside the spellings of the contract", (title, field) => {
  expect(readTitle(title, '" kept as it is "')).toMatchObject({ [field]: " kept as it is " });
});

test.each(["9007199254740991", "9007199254740993", "12345678901234567891"])(
  "quirk 8: MUST keep every digit of %s, which a double may not hold",
  (digits) => {
    expect(readTitle("Ticket Id", digits)).toMatchObject({ sourceTicketId: digits });
  },
);

/** Reads the details in an answer to an update that holds only this title. */
function readTitle(title: string, json: string) {
  const body = `{"success":true,"ticket":{"data":{${JSON.stringify(title)}:${json}}}}`;
  const { outcome } = readingOf(STATUS, { body });
  return outcome.outcome === "accepted" ? outcome.ticket.details : null;
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
