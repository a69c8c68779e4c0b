/** Clocks of replicas differ and are set. The ledger's clock and the order of reservations must still decide. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LEASE_MS } from "../../../src/config/config.ts";
import { sweepLeases } from "../../../src/ledger/submissions/leases.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { intentOf, reserved, settledAs, updateOf, VOICE, sentOnce } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt, openOn } from "../../support/opened.ts";
import { accepted, UNKNOWN } from "../../support/outcomes.ts";

const KEY = "a-key-of-this-test";
const SOON = { timeout: 30_000, interval: 20 };
const HOUR_MS = 60 * 60 * 1000;

const shift = (ms: number) => vi.setSystemTime(Date.now() + ms);

test("An owner whose clock is behind MUST have its whole lease, on PostgreSQL", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await using behind = await openOn("PostgreSQL");
  shift(-HOUR_MS);

  const { id } = await reserved(behind.ledger, intentOf(null));
  vi.useRealTimers();
  await using other = await openAt(behind.place);

  const [row] = await behind.sql.run("SELECT sent_at FROM submissions");
  expect(Number(row?.["sent_at"])).toBeGreaterThan(Date.now() - LEASE_MS);
  expect(await other.ledger.find(id)).toMatchObject({ state: "SENDING" });
});

describe.each(ENGINES)("clocks that differ, on %s", (engine) => {
  const { ledger, sql, place } = ledgerForEach(engine);

  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  test("The answer to an update MUST show Sociomile's last report, whatever the clocks say", async () => {
    const report = async (status: "CLOSE" | "PENDING") => {
      const request = updateOf("t", { status });
      const own = await reserved(ledger, intentOf(null, request));
      return (await ledger.settle(own, request, sentOnce(accepted("t", { status, statusLabel: status })))).ticket;
    };
    await report("CLOSE");
    shift(-HOUR_MS);

    expect((await report("PENDING"))?.status).toBe("PENDING");
    expect(await ledger.tickets(["t"])).toMatchObject([{ status: "PENDING" }]);
  });

  test("An owner whose clock was ahead MUST NOT have a longer lease", async () => {
    await using ahead = await openOn(engine);
    shift(HOUR_MS);
    const { id } = await reserved(ahead.ledger, intentOf(null));
    shift(-HOUR_MS);

    await using other = await openAt(ahead.place); // its sweep

    await vi.waitFor(async () => {
      const [row] = await ahead.sql.run("SELECT sent_at FROM submissions");
      expect(Number(row?.["sent_at"])).toBeLessThanOrEqual(Date.now());
    }, SOON);
    expect(await other.ledger.find(id)).toMatchObject({ state: "SENDING" });
  });

  test("A doubt MUST NOT end because the clock was ahead when it began, and when another status was accepted", async () => {
    await using ahead = await contextAt(place);
    await settledAs(ledger, intentOf(null, updateOf("t", { status: "CLOSE" })), UNKNOWN);
    await settledAs(ledger, intentOf(null, updateOf("t", { status: "OPEN" })), accepted("t"));
    await sql.run("UPDATE submissions SET sent_at = sent_at + ?", HOUR_MS);

    await sweepLeases(ahead);

    expect(await ledger.tickets(["t"])).toMatchObject([{ status: "OPEN", statusInDoubt: "CLOSE" }]);
  });

  test.each([
    [HOUR_MS, "UNCERTAIN"], // its lease is over, and its outcome counts all the same
    [-HOUR_MS, "SENDING"],
  ])("A step of %i ms MUST NOT lose the outcome of a call under way", async (step, state) => {
    const underWay = await reserved(ledger, intentOf(KEY));

    shift(step);
    const met = await ledger.reserve(intentOf(KEY));
    const { submission } = await ledger.settle(underWay, VOICE, sentOnce(accepted("t")));

    expect(met).toMatchObject({
      type: "existing",
      submission: { state: engine === "SQLite" ? state : "SENDING" },
    });
    expect(submission).toMatchObject({ state: "CONFIRMED" });
  });

  test("Ids MUST sort by the time of the ledger", async () => {
    await using right = await openOn("PostgreSQL");
    shift(HOUR_MS);
    await using ahead = await openAt(right.place);

    const ids = [];
    for (const one of [ahead, right, ahead, right]) {
      ids.push((await reserved(one.ledger, intentOf(null))).id);
      await sleep(50);
    }

    expect(ids).toEqual(ids.toSorted());
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
