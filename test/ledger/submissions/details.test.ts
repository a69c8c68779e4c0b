/** Details that a create submitted: kept while a ticket may come of it, emptied by the statement that rules one out, and gone for good when it is forgotten. */
import { describe } from "vitest";
import { intentOf, LATER } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const CREATE = intentOf("a-key-of-this-test");

const KEPT = {
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
  "until its ticket is forgotten, which stands in place of it": `send a; accept a t; forgetSubmission a refused; submitted a yes;
    forget t; submitted a no`,
};

const FORGOTTEN = {
  "NOT come back with its ticket, nor with a report": `send a; forgetSubmission a; accept a t; report t; is a CONFIRMED; has a t;
    submitted a no; hides t`,
  "NOT come back with a ticket that an operator finds": `send a; die a; forgetSubmission a; judge a CREATED t; accept a t; seals nothing;
    report t; hides t`,
  "NOT come back with a ticket that arrives after a verdict": `send a; die a; forgetSubmission a; judge a NOT_CREATED; accept a t;
    seals nothing; report t; hides t`,
  "stay out of the queue, and be sealed anew when its key is used again": `send later; forgetSubmission later; later later;
    is later NOT_EXECUTED; keeps nothing; again b later; submitted b yes`,
};

describe.each(ENGINES)("what a create submitted, on %s,", (engine) => {
  const play = createPlay(ledgerForEach(engine), (name) => (name === "later" ? { ...CREATE, ...LATER } : CREATE));
  testTable<string>(KEPT)("MUST be kept %s", async (_, history) => void (await play(history)));
  testTable<string>(FORGOTTEN)("when it was forgotten MUST %s", async (_, history) => void (await play(history)));
});
