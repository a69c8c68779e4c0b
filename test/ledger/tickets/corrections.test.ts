import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ledgerForEach } from "../../support/ledger-for-each.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { intentOf, settledAs, verdictOf } from "../../support/intents.ts";
import { UNKNOWN } from "../../support/outcomes.ts";
import { duringChange } from "../../support/sql.ts";

describe.each(ENGINES)("verdicts on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger } = opened;

  test("MUST NOT be corrected by somebody who saw an earlier one", async () => {
    const { submission } = await settledAs(ledger, intentOf(null), UNKNOWN);
    const slip = verdictOf(submission, { verdict: "CREATED", ticketId: "slip" });
    await ledger.resolve(submission, slip, 0);
    const seen = (await ledger.find(submission.id))!;
    await sleep(5); // times are kept in milliseconds
    const correct = (ticketId: string) =>
      ledger.resolve(seen, { ...slip, ticketId, replacesEarlier: true }, 0);

    const both = await Promise.all([correct("one"), correct("two")]);

    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["notInDoubt", "resolved"]);
    expect((await ledger.resolutions([seen.id]))[0]).toHaveLength(2);
  });

  test("MUST NOT erase a late acceptance that comes at this moment", async () => {
    const { submission } = await settledAs(ledger, intentOf(null), UNKNOWN);
    const verdict = verdictOf(submission, { verdict: "NOT_CREATED" });
    await ledger.resolve(submission, verdict, 0);
    const seen = (await ledger.find(submission.id))!;
    const found = { ...verdict, verdict: "CREATED" as const, ticketId: "found", replacesEarlier: true };

    await duringChange(opened, "UPDATE submissions SET conflicting_ticket_id = 'late'", () =>
      ledger.resolve(seen, found, 0),
    );

    expect(await ledger.find(seen.id)).toMatchObject({ conflictingTicketId: "late" });
  });
});
