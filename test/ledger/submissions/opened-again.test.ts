import { describe, expect, it } from "vitest";
import type { Intent } from "../../../src/tickets/ports.ts";
import { HELPDESK } from "../../sociomile/requests.ts";
import { ENGINES, placeFor } from "../../support/ledgers.ts";
import { accepted, intentOf, openAt, reserved, updateOf, verdictOf } from "../../support/opened.ts";
import { sqlOn } from "../../support/sql.ts";

describe.each(ENGINES)("Keys that are used again with unlessAlreadyOpened with %s", (engine) => {
  it("MUST refuse a key whose ticket came to light after an operator's NOT_CREATED", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place, { leaseMs: 1 });
    const { ledger } = opened;
    const submission = await reserved(ledger, onceUnder("key-of-one-branch"));
    await expect
      .poll(() => ledger.reserve(onceUnder("key-of-one-branch")))
      .toMatchObject({ kind: "existing", submission: { state: "UNCERTAIN" } });
    const verdict = verdictOf(submission, { verdict: "NOT_CREATED" });
    expect(await ledger.resolve(submission, verdict, 0)).toMatchObject({ kind: "resolved" });
    await ledger.settle(submission, HELPDESK, accepted("T1"), 1);
    expect(opened.events).toContainEqual(expect.objectContaining({ event: "submission.conflict" }));
    const refusal = { kind: "alreadyOpened", ticketId: "T1" };
    expect(await ledger.reserve(onceUnder("key-of-one-branch"))).toEqual(refusal);
    expect(await ledger.reserve(onceUnder("key-of-another-one"))).toEqual(refusal);
  });

  it("MUST refuse a number whose create is deleted while an update alone has told about the ticket", async () => {
    await using place = await placeFor(engine);
    await using opened = await openAt(place);
    const { ledger } = opened;
    await ledger.settle(await reserved(ledger, intentOf("plain", HELPDESK)), HELPDESK, accepted("T1"), 1);
    await ledger.forgetTicket("T1", null);
    const update = updateOf("T1");
    await ledger.settle(await reserved(ledger, intentOf(null, update)), update, accepted("T1"), 1);
    await using sql = await sqlOn(place);
    const refusal = { kind: "alreadyOpened", ticketId: "T1" };
    expect(await ledger.reserve(onceUnder("before"))).toEqual(refusal);
    await sql.run("DELETE FROM submissions"); // as retention does
    expect(await ledger.reserve(onceUnder("after"))).toEqual(refusal);
  });
});

function onceUnder(key: string): Intent {
  return { ...intentOf(key, HELPDESK), unlessAlreadyOpened: true };
}
