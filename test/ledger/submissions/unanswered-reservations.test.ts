import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { createReleases } from "../../../src/ledger/submissions/leases.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { intentOf } from "../../support/intents.ts";
import { statesIn } from "../../support/sql.ts";

const KEY = "a-key-of-this-test";

describe("unanswered reservations", () => {
  test("MUST be released by one statement after another, in bounded number, even when the ledger refuses for a long time", async () => {
    const given: string[] = [];
    let underWay = 0;
    let most = 0;
    let refuses = true;
    const release = async (ids: readonly string[]) => {
      most = Math.max(most, ++underWay);
      await sleep(1);
      underWay--;
      if (refuses) throw new Error("The ledger refuses");
      given.push(...ids);
      return ids.map(() => true);
    };
    const lost = createReleases(release, new AbortController().signal);

    for (let nth = 0; nth < 50_000; nth++) lost.add(`id-${nth}`);
    await sleep(100);
    refuses = false;
    await lost.done();

    expect(most).toBe(1);
    expect(new Set(given).size).toBe(20_000);
    expect(given).toHaveLength(20_000);
  });

  test("MUST be searched once more when the service closes", async () => {
    const closing = new AbortController();
    const asked: string[] = [];
    const lost = createReleases(async (ids: readonly string[]) => {
      asked.push(...ids);
      return ids.map(() => false); // not committed yet
    }, closing.signal);
    lost.add("late");
    await expect.poll(() => asked).toEqual(["late"]);
    await sleep(20); // that look is over
    const looks = asked.length; // a machine that stalled has looked again meanwhile

    closing.abort();
    await lost.done();

    expect(asked).toHaveLength(looks + 1);
  });
});

describe.each(ENGINES)("a ledger that is slower than its callers wait, on %s", (engine) => {
  const { ledger, sql } = ledgerForEach(engine);

  test("MUST NOT write a reservation whose caller has stopped waiting", async () => {
    const late = ledger.reserve(intentOf(KEY));
    const until = performance.now() + 1100;
    while (performance.now() < until); // blocks this process

    await expect(late).rejects.toThrow(LedgerUnavailable);
    expect(await statesIn(sql)).toEqual([]);
    expect(await ledger.reserve(intentOf(KEY))).toMatchObject({ type: "reserved" });
  });
});
