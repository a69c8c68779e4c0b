import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { UNKNOWN, intentOf, openAt, reserved, verdictOf } from "../../support/opened.ts";

describe.each(ENGINES)("verdicts on %s", (engine) => {
  test("MUST NOT be corrected by somebody who saw an earlier one", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    const intent = intentOf(null);
    const doubt = await ledger.settle(await reserved(ledger, intent), intent.request, UNKNOWN, 1);
    const slip = verdictOf(doubt.submission, { verdict: "CREATED", ticketId: "slip" });
    await ledger.resolve(doubt.submission, slip, 0);
    const seen = (await ledger.find(doubt.submission.id))!;
    await sleep(5); // times are kept in milliseconds
    const correct = (ticketId: string) =>
      ledger.resolve(seen, { ...slip, ticketId, replacesEarlier: true }, 0);

    const both = await Promise.all([correct("one"), correct("two")]);

    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["notInDoubt", "resolved"]);
    expect((await ledger.resolutions([seen.id]))[0]).toHaveLength(2);
  });

  test("MUST be listed by their time, oldest first, with their submissions", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    const ids: string[] = [];
    for (const ticketId of ["one", "two", "three"]) {
      const intent = intentOf(null);
      const { submission } = await ledger.settle(await reserved(ledger, intent), intent.request, UNKNOWN, 1);
      await ledger.resolve(submission, verdictOf(submission, { verdict: "CREATED", ticketId }), 0);
      ids.push(submission.id);
      await sleep(5);
    }
    const [[first], [second], [third]] = (await ledger.resolutions(ids)) as [object[], object[], object[]];
    const { resolvedAt: from } = second as { resolvedAt: Temporal.Instant };
    const { resolvedAt: to } = third as { resolvedAt: Temporal.Instant };
    const beginning = Temporal.Instant.fromEpochMilliseconds(0);

    expect(await ledger.resolutionsBetween(from, to)).toEqual([{ submissionId: ids[1], ...second }]);
    expect(await ledger.resolutionsBetween(beginning, to)).toEqual([
      { submissionId: ids[0], ...first },
      { submissionId: ids[1], ...second },
    ]);
  });
});
