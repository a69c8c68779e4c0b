/** Details that a create submitted: kept while a ticket may come of it, emptied by the statement that rules one out, and gone for good when it is forgotten. */
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/tickets/submission.ts";
import { intentOf, judgedAs, LATER, OPERATOR, reserved, settledAs, updateOf, VOICE } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED } from "../../support/outcomes.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const KEY = "a-key-of-this-test";
const NAME = VOICE.details.customerName;

const HISTORIES = {
  "while it is being sent": "send a; submitted a yes",
  "while it is queued": "queue a; submitted a yes",
  "in a doubt": "doubted a; submitted a yes",
  "with its ticket": "send a; accept a t; submitted a yes",
  "after a verdict that there is no ticket, because one may still come":
    "doubted a; judge a NOT_CREATED; submitted a yes",
  "by a delivery that goes back into the queue": "queue a; deliver a; later a; submitted a yes",
  "when a key is used again that had no effect": "send a; fail a; again b a; submitted b yes",
  "but not when nothing could be sent": "decline a; submitted a no",
  "but not when it was refused": "send a; reject a; submitted a no",
  "but not when it had no effect": "send a; fail a; submitted a no",
  "but not when it was released": "send a; release a; submitted a no",
  "but not when it was cancelled": "queue a; cancel a; submitted a no",
};

describe.each(ENGINES)("what a create submitted, on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql } = opened;
  const nameOf = async (id: string) => (await ledger.submittedBy([id]))[0]?.customerName ?? null;
  const settled = async (outcome: Outcome) => (await settledAs(ledger, intentOf(KEY), outcome)).submission.id;

  const play = createPlay(opened, () => intentOf(KEY));
  testTable<string>(HISTORIES)("MUST be kept %s", async (_, history) => void (await play(history)));

  test("MUST NOT come back when it was forgotten while it was being sent: neither with its ticket nor with a report", async () => {
    const own = await reserved(ledger, intentOf(KEY));
    expect(await ledger.forgetSubmission(own.id, OPERATOR)).toBe(true);

    await ledger.settle(own, VOICE, accepted("t"), 1);
    const report = { customerName: "reported by Sociomile", status: "OPEN", statusLabel: "Open" } as const;
    await settledAs(ledger, intentOf(null, updateOf("t", { status: "OPEN" })), accepted("t", report));

    expect(await ledger.find(own.id)).toMatchObject({ state: "CONFIRMED", ticketId: "t" });
    expect(await nameOf(own.id)).toBeNull();
    expect(await ledger.tickets(["t"])).toMatchObject([{ status: "OPEN", customerName: null, detailsFrom: null }]);
    expect(await ledger.submitted(["t"])).toEqual([null]);
  });

  test("MUST NOT come back with a ticket that an operator finds, or that arrives after a verdict", async () => {
    for (const [nth, ends] of [
      (id: string) => judgedAs(ledger, { id }, { verdict: "CREATED", ticketId: "t0" }),
      (id: string) => judgedAs(ledger, { id }, { verdict: "NOT_CREATED" }),
    ].entries()) {
      const own = await reserved(ledger, intentOf(`${KEY}-${nth}`));
      await sql.run(
        "UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED', settled_at = 0 WHERE state = 'SENDING'",
      );
      await ledger.forgetSubmission(own.id, OPERATOR);
      await ends(own.id);
      await ledger.settle(own, VOICE, accepted(`t${nth}`), 1);
    }

    const tombstones = await sql.run("SELECT id FROM tickets WHERE forgotten_at IS NOT NULL ORDER BY id");
    expect(tombstones).toEqual([{ id: "t0" }, { id: "t1" }]);
    expect(await sql.run("SELECT id FROM submissions WHERE details IS NOT NULL")).toEqual([]);
  });

  test("MUST be left to its ticket when one has come since somebody looked", async () => {
    const id = await settled(accepted("t"));

    expect(await ledger.forgetSubmission(id, OPERATOR)).toBe(false);
    expect(await nameOf(id)).toBe(NAME);
    expect(await ledger.forgetTicket("t", OPERATOR)).toBe(true);
    expect(await nameOf(id)).toBeNull();
  });

  test("MUST keep a forgotten create out of the queue, and be sealed anew when its key is used again", async () => {
    const intent = { ...intentOf(KEY), ...LATER };
    const own = await reserved(ledger, intent);
    await ledger.forgetSubmission(own.id, OPERATOR);

    const { submission } = await ledger.settle(own, VOICE, NOT_EXECUTED, 1, 1000);
    const again = await reserved(ledger, intent);

    expect(submission).toMatchObject({ state: "NOT_EXECUTED", deliverBy: null });
    expect(again.id).toBe(own.id);
    expect(await nameOf(own.id)).toBe(NAME);
  });
});
