import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, test } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { faultyDatabase } from "../../support/faulty-database.ts";
import { UNKNOWN, intentOf, openAt, reserved, verdictOf } from "../../support/opened.ts";

async function startWithDoubt() {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await faultyDatabase(inject("postgresUrl")));
  const { url, network } = database.ways[0]!;
  const { ledger, events } = opening.use(await openAt({ url }));
  const intent = intentOf(null);
  const { submission } = await ledger.settle(await reserved(ledger, intent), intent.request, UNKNOWN, 1);
  const opened = opening.move();
  return { ledger, events, network, submission, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

describe("a verdict whose COMMIT is not acknowledged", () => {
  test.each(["loseAnswer", "cutAfter"] as const)(
    "MUST still be an event, when it counts: %s",
    async (fault) => {
      await using scene = await startWithDoubt();
      const { ledger, events, submission } = scene;
      const met = scene.network.next(/^commit/i, fault);

      const request = verdictOf(submission, { verdict: "CREATED", ticketId: "t" });
      await expect(ledger.resolve(submission, request, 0)).rejects.toThrow(LedgerUnavailable);

      await met;
      expect((await ledger.find(submission.id))?.state).toBe("CONFIRMED");
      await expect
        .poll(() => events)
        .toMatchObject([{ event: "submission.resolved", submissionId: submission.id, isCorrection: false }]);
    },
  );

  test("MUST be no event, when it does not count", async () => {
    await using scene = await startWithDoubt();
    const { ledger, events, submission } = scene;
    const met = scene.network.next(/^commit/i, "cutBefore");

    const request = verdictOf(submission, { verdict: "CREATED", ticketId: "t" });
    await expect(ledger.resolve(submission, request, 0)).rejects.toThrow(LedgerUnavailable);

    await met;
    expect((await ledger.find(submission.id))?.state).toBe("UNCERTAIN");
    await sleep(500); // time for the look at the resolutions
    expect(events).toEqual([]);
  });
});
