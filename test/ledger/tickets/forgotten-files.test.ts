import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { intentOf, settledAs, updateOf } from "../../support/intents.ts";
import { openAt, placeFor } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";

test("A number of a forgotten ticket MUST stand in no file of the ledger, not even in the write-ahead log", async () => {
  await using place = await placeFor("SQLite");
  await using service = await openAt(place);
  await using operator = await openAt(place);
  const maskedTicketId = "masked-id-of-somebody";
  const update = updateOf("T1");
  await settledAs(service.ledger, intentOf("key-of-the-report", update), accepted("T1", { maskedTicketId }));
  const files = () =>
    globSync(`${place.url.slice("sqlite:".length)}*`).filter((file) =>
      readFileSync(file, "latin1").includes(maskedTicketId),
    );

  expect(files()).not.toEqual([]);
  expect(await operator.ledger.forgetTicket("T1", "siti")).toBe(true);
  expect(await operator.ledger.forgetChanges()).toBe(true);
  expect(files()).toEqual([]);
});
