/** The event of a cancellation whose caller does not learn that it counts. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, test } from "vitest";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { faultyDatabase } from "../../support/faulty-database.ts";
import { intentOf, openAt, queuedBy } from "../../support/opened.ts";

async function startWithQueued() {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await faultyDatabase(inject("postgresUrl")));
  const { url, network } = database.ways[0]!;
  const { ledger, events } = opening.use(await openAt({ url }));
  const { id } = await queuedBy(ledger, intentOf("a-key"));
  const opened = opening.move();
  return { ledger, events, network, id, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const OPERATOR = { by: "operator", byPerson: "Rina" };
const CANCELLATION = /^update "submissions".* and "id" = /i;

describe("a cancellation that its caller takes for failed", () => {
  test.each(["loseAnswer", "cutAfter", { delayAnswerMs: 1500 }] as const)(
    "MUST be one event, when it counts: %o",
    async (fault) => {
      await using scene = await startWithQueued();
      const { ledger, events, id } = scene;
      const met = scene.network.next(CANCELLATION, fault);

      await expect(ledger.cancel(id, OPERATOR)).rejects.toThrow(LedgerUnavailable);

      await met;
      expect(await ledger.find(id)).toMatchObject({ state: "NOT_EXECUTED", reason: "CANCELLED" });
      const event = { event: "submission.cancelled", submissionId: id, ...OPERATOR };
      await expect.poll(() => events).toEqual([event]);
      expect(await ledger.cancel(id, OPERATOR)).toBeNull();
      expect(events).toEqual([event]);
    },
  );

  test("MUST be no event, when it does not count", async () => {
    await using scene = await startWithQueued();
    const { ledger, events, id } = scene;
    const met = scene.network.next(CANCELLATION, "cutBefore");

    await expect(ledger.cancel(id, OPERATOR)).rejects.toThrow(LedgerUnavailable);

    await met;
    expect((await ledger.find(id))?.state).toBe("QUEUED");
    await sleep(500); // time for the look at the submission
    expect(events).toEqual([]);
  });
});
