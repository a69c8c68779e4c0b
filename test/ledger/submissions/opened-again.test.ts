import { describe, expect, it } from "vitest";
import type { Intent } from "../../../src/tickets/ports.ts";
import { HELPDESK } from "../../sociomile/requests.ts";
import { ENGINES } from "../../support/ledgers.ts";
import { intentOf, reserved, verdictOf } from "../../support/intents.ts";
import { openOn } from "../../support/opened.ts";
import { accepted } from "../../support/outcomes.ts";

describe.each(ENGINES)("Keys that are used again with unlessAlreadyOpened with %s", (engine) => {
  it("MUST NOT send a key whose ticket came to light after an operator's NOT_CREATED", async () => {
    await using opened = await openOn(engine, { leaseMs: 1 });
    const { ledger } = opened;
    const submission = await reserved(ledger, onceUnder("key-of-one-branch"));
    await expect
      .poll(() => ledger.reserve(onceUnder("key-of-one-branch")))
      .toMatchObject({ kind: "existing", submission: { state: "UNCERTAIN" } });
    const verdict = verdictOf(submission, { verdict: "NOT_CREATED" });
    expect(await ledger.resolve(submission, verdict, 0)).toMatchObject({ kind: "resolved" });
    await ledger.settle(submission, HELPDESK, accepted("T1"), 1);
    expect(opened.events).toContainEqual(expect.objectContaining({ event: "submission.conflict" }));
    const refusal = { kind: "alreadyOpened", ticketId: "T1", ownerId: submission.clientId };
    expect(await ledger.reserve(onceUnder("key-of-one-branch"))).toMatchObject({
      kind: "existing",
      submission: { conflictingTicketId: "T1" },
    });
    expect(await ledger.reserve(onceUnder("key-of-another-one"))).toMatchObject(refusal);
  });
});

function onceUnder(key: string): Intent {
  return { ...intentOf(key, HELPDESK), unlessAlreadyOpened: true };
}
