import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { lostReservations } from "../../../src/ledger/submissions/lost-reservations.ts";
import { ledgerForEach } from "../../support/ledger-for-each.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { intentOf } from "../../support/intents.ts";
import { statesIn } from "../../support/sql.ts";

const KEY = "a-key-of-this-test";

describe("lost reservations", () => {
  test("MUST be released by one task, in bounded number, even when the ledger refuses for a long time", async () => {
    const asked: string[][] = [];
    let underWay = 0;
    let most = 0;
    let refuses = true;
    const release = async (ids: readonly string[]) => {
      most = Math.max(most, ++underWay);
      await sleep(1);
      underWay--;
      if (refuses) throw new Error("The ledger refuses");
      asked.push([...ids]);
      return ids;
    };
    const lost = lostReservations(release, new AbortController().signal);

    for (let nth = 0; nth < 50_000; nth++) lost.add(`id-${nth}`);
    await sleep(100);
    refuses = false;
    await lost.done();

    expect(most).toBe(1);
    expect(asked.flat()).toHaveLength(20_000);
    expect(asked.flat().at(-1)).toBe("id-49999");
    expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(500);
  });

  test("MUST be released although others cannot, such as that of a ticket that is locked", async () => {
    const closing = new AbortController();
    const released: string[] = [];
    const lost = lostReservations(async (ids: readonly string[]) => {
      if (ids.includes("locked")) throw new Error("The ticket is locked");
      released.push(...ids);
      return ids;
    }, closing.signal);

    lost.add("locked");
    for (let nth = 0; nth < 1000; nth++) lost.add(`id-${nth}`);

    await expect.poll(() => released, { timeout: 30_000 }).toContain("id-999");
    closing.abort();
    await lost.done();
  });

  test("MUST be searched once more when the service closes", async () => {
    const closing = new AbortController();
    const asked: string[] = [];
    const lost = lostReservations(async (ids: readonly string[]) => {
      asked.push(...ids);
      return []; // not committed yet
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
    expect(await ledger.reserve(intentOf(KEY))).toMatchObject({ kind: "reserved" });
  });
});
