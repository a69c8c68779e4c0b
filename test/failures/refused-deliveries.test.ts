import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { handIn, untilDelivered } from "../support/queued.ts";
import { startService } from "../support/service.ts";
import { placeFor } from "../support/ledgers.ts";
import { sqlOn } from "../support/sql.ts";

test("a long queue does not flood Sociomile with calls whose secret it refuses", async () => {
  await using place = await placeFor("SQLite");
  await using service = await startService({ ledgerUrl: place.url, mood: "unauthorized" });
  await using sql = await sqlOn(place);
  const handedIn = 60;
  for (let nth = 0; nth < handedIn; nth++) await handIn(service);
  await sql.run("UPDATE queued_requests SET not_before = 0");
  await sleep(2500);
  const callsOfDeliveries = service.sandbox.received.length - handedIn;
  expect(callsOfDeliveries).toBeGreaterThan(0);
  expect(callsOfDeliveries).toBeLessThanOrEqual(16); // one look
  service.sandbox.setMood("well");
  await sql.run("UPDATE queued_requests SET not_before = 0");
  await untilDelivered(sql);
  expect(service.sandbox.tickets).toHaveLength(handedIn);
});
