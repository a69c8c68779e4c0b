/** Clocks of replicas differ, and the ledger's decides the order of ids. The rest is in test/failures/clocks.test.ts. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { intentOf, reserved } from "../../support/intents.ts";
import { openAt, openOn } from "../../support/opened.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

test("Ids MUST sort by the time of the ledger", async () => {
  await using right = await openOn("PostgreSQL");
  vi.setSystemTime(Date.now() + 60 * 60 * 1000);
  await using ahead = await openAt(right.place);

  const ids = [];
  for (const one of [ahead, right, ahead, right]) {
    ids.push((await reserved(one.ledger, intentOf(null))).id);
    await sleep(50);
  }

  expect(ids).toEqual(ids.toSorted());
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
