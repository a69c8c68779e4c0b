import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/tickets/submission.ts";
import type { TicketRequest } from "../../../src/tickets/request.ts";
import { updateOf, VOICE } from "../../sociomile/requests.ts";
import { intentOf, reserved, settledAs, sentOnce } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const KEY = "a-key-of-this-test";

const KEPT = "shownAsSubmitted t; handIn a existing";
const HISTORIES = {
  "turn a reservation whose owner died into a doubt, and leave the others unchanged": `send dead; loseOwners; send alive; sweep;
    is dead UNCERTAIN OWNER_DIED; is alive SENDING; reports submission.owner_died dead`,
  "inform a caller at once about an expired reservation":
    "send a; loseOwners; handIn a existing; is a UNCERTAIN OWNER_DIED; tells submission.owner_died",
  "leave an expired reservation in doubt when its owner's late answer is none":
    "send a; die a; doubt a; is a UNCERTAIN OWNER_DIED",
  "change nothing by the late answer of an earlier attempt, and keep its ticket as a conflict": `send a; fail a; again b a; accept a t1;
    is b SENDING; has b nothing; accept b t2; reject a; is b CONFIRMED; has b t2; reports submission.conflict a t1`,
  "keep an acceptance beside NOT_CREATED, and tell it once": `closed a; hush; accept a t; accept a t; conflicts a t;
    is a NOT_EXECUTED NOT_CREATED_SAYS_OPERATOR; has a nothing; reports submission.conflict a t; ${KEPT}`,
  "keep an acceptance beside CREATED, with another ticket, and tell it once": `closed a other; hush; accept a t; accept a t;
    conflicts a t; is a CONFIRMED CREATED_SAYS_OPERATOR; has a other; reports submission.conflict a t; ${KEPT}`,
  "keep an acceptance beside CREATED, with the same ticket": `closed a t; hush; accept a t; conflicts a nothing;
    is a CONFIRMED CREATED_SAYS_OPERATOR; has a t; reports nothing; ${KEPT}`,
};

describe.each(ENGINES)("the states of a submission on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql } = opened;
  const play = createPlay(opened, (name) => intentOf(`${KEY}-${name}`));
  testTable<string>(HISTORIES)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST settle a late answer with its field, its trace id and its ticket's number", async () => {
    const refused = { refusedField: "customerName", traceId: "trace-1" };
    for (const [nth, [answer, ends]] of [
      [accepted("t", null, "7"), { state: "CONFIRMED", ticketId: "t", ticketNumber: "7" }] as const,
      [REJECTED, { state: "REJECTED", reason: "REFUSED_BY_SOCIOMILE", ...refused }] as const,
    ].entries()) {
      const own = await reserved(ledger, intentOf(`${KEY}-${nth}`));
      await sql.run("UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED' WHERE state = 'SENDING'");
      await ledger.settle(own, VOICE, sentOnce(answer));
      expect(await ledger.find(own.id)).toMatchObject(ends);
    }
  });

  test("MUST settle once: a final state takes no other outcome", async () => {
    const outcomes = [accepted("ticket-1"), REJECTED, NOT_EXECUTED, UNKNOWN];
    for (const [nth, outcome] of outcomes.entries()) {
      const submission = await reserved(ledger, intentOf(`${KEY}-${nth}`));
      await ledger.settle(submission, VOICE, sentOnce(outcome));
      const settled = await ledger.find(submission.id);

      for (const late of outcomes) await ledger.settle(submission, VOICE, sentOnce(late));

      expect(await ledger.find(submission.id)).toEqual(settled);
    }
  });
});

type Report = [TicketRequest, Outcome];
const moved = (to: string) => ({ bsgTicketId: to, statusLabel: to });
const CREATED: Report = [VOICE, accepted("t", null, "0042")];
const updated = (
  bsgTicketId: string,
  details: Parameters<typeof accepted>[1] = { statusLabel: bsgTicketId, subject: `of ${bsgTicketId}` },
): Report => [updateOf("t", { bsgTicketId }), accepted("t", details)];

describe.each(ENGINES)("a stored ticket on %s", (engine) => {
  const { ledger } = ledgerForEach(engine);
  const opened = { kind: "VOICE", number: "0042" };

  testTable<[reports: Report[], shown: object]>({
    "the data of a create": [[CREATED], { ...opened, bsgTicketId: null, statusLabel: null }],
    "the data of a create and of an update": [[CREATED, updated("b2")], { ...opened, ...moved("b2") }],
    "the data of an update": [[updated("b1")], { kind: null, number: null, ...moved("b1") }],
    "both, when the create is recorded after the update": [[updated("b2"), CREATED], { ...opened, ...moved("b2") }],
    "the newer of two updates": [[updated("b1"), updated("b2")], { kind: null, ...moved("b2") }],
    "only the newer of two updates, when it reports fewer details": [
      [updated("b1"), updated("b2", { statusLabel: "b2" })],
      { ...moved("b2"), subject: null },
    ],
    "the earlier details, when an update reports none": [
      [updated("b1"), updated("b2", null)],
      { bsgTicketId: "b2", statusLabel: null, status: "OPEN", subject: "of b1" },
    ],
  })("MUST show %s", async (_, [reports, shown]) => {
    for (const [request, answer] of reports) await settledAs(ledger, intentOf(null, request), answer);

    expect(await ledger.tickets(["t"])).toMatchObject([shown]);
  });
});
