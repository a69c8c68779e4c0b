import { globSync, readFileSync } from "node:fs";
import { expect, inject, test } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { faultyDatabase } from "../../support/faulty-database.ts";
import { placeFor } from "../../support/ledgers.ts";
import { accepted, intentOf, openAt, reserved, updateOf } from "../../support/opened.ts";

test("A number of a forgotten ticket MUST stand in no file of the ledger, not even in the write-ahead log", async () => {
  await using place = await placeFor("SQLite");
  await using service = await openAt(place);
  await using operator = await openAt(place);
  const maskedTicketId = "masked-id-of-somebody";
  const update = updateOf("T1");
  const submission = await reserved(service.ledger, intentOf("key-of-the-report", update));
  await service.ledger.settle(submission, update, accepted("T1", { maskedTicketId }), 1);
  const files = () =>
    globSync(`${place.url.slice("sqlite:".length)}*`).filter((file) =>
      readFileSync(file, "latin1").includes(maskedTicketId),
    );

  expect(files()).not.toEqual([]);
  expect(await operator.ledger.forgetTicket("T1", "siti")).toBe(true);
  expect(await operator.ledger.forgetChanges()).toBe(true);
  expect(files()).toEqual([]);
});

test("A ticket that was forgotten MUST be one event, also when the COMMIT is not acknowledged", async () => {
  await using database = await faultyDatabase(inject("postgresUrl"));
  const { url, network } = database.ways[0]!;
  await using opened = await openAt({ url });
  const { ledger, events } = opened;
  const update = updateOf("T1");
  await ledger.settle(await reserved(ledger, intentOf(null, update)), update, accepted("T1"), 1);
  const met = network.next(/^commit/i, "loseAnswer");

  await expect(ledger.forgetTicket("T1", "siti")).rejects.toThrow(LedgerUnavailable);

  await met;
  await expect.poll(() => events).toEqual([{ event: "ticket.forgotten", ticketId: "T1", by: "siti" }]);
  expect(await ledger.tickets(["T1"])).toEqual([null]);
});
