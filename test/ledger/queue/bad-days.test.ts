/** The queue when the database is slow, and does not acknowledge. */
import { describe, expect, test } from "vitest";
import { LATER, VOICE } from "../../sociomile/requests.ts";
import { intentOf, reserved, sentOnce } from "../../support/intents.ts";
import { ENGINES, ledgerForEach, openAt, openOn } from "../../support/opened.ts";
import { NOT_EXECUTED } from "../../support/outcomes.ts";
import { lockOn, statesIn } from "../../support/sql.ts";

const intentLater = (key: string) => intentOf(key, VOICE, LATER);

describe.each(ENGINES)("A request for the queue on %s", (engine) => {
  const { ledger, events, place } = ledgerForEach(engine);

  test("MUST NOT be reported as queued when it found the queue full, and is recorded once more, not acknowledged", async () => {
    await using full = await openAt(place, { maxQueued: 0 });
    const sent = await reserved(ledger, intentLater("full"));
    await full.ledger.settle(sent, VOICE, sentOnce(NOT_EXECUTED), 0);

    const { submission } = await ledger.settle(sent, VOICE, sentOnce(NOT_EXECUTED), 0);
    expect(submission).toMatchObject({ state: "NOT_EXECUTED", deliverBy: null });
    expect(await ledger.reserveQueued(1)).toEqual([]);
    expect(events).toEqual([]);
  });

  test("MUST be reported with its times also when it is recorded once more", async () => {
    const sent = await reserved(ledger, intentLater("twice"));
    const settle = () => ledger.settle(sent, VOICE, sentOnce(NOT_EXECUTED), 0);
    const { submission } = await settle();
    expect(submission).toMatchObject({ state: "QUEUED", deliverBy: expect.anything() as unknown });

    expect((await settle()).submission).toEqual(submission);
  });
});

test("nobody learns that a request is stored before it is", async () => {
  await using opened = await openOn("PostgreSQL");
  const sent = await reserved(opened.ledger, intentLater("later"));
  await using lock = await lockOn(opened.place);
  const { submission } = await opened.ledger.settle(sent, VOICE, sentOnce(NOT_EXECUTED), 0);
  expect(submission.state).toBe("SENDING");
  await lock.release();
  await expect.poll(() => statesIn(opened.sql)).toEqual(["QUEUED"]);
});
