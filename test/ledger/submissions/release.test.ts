/** Reservations that failed for their caller, although they are committed. Nothing was sent for them. */
import { describe, expect, test } from "vitest";
import type { Intent } from "../../../src/tickets/ports.ts";
import { intentOf, LATER, queuedBy, updateOf } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
import { statesIn } from "../../support/sql.ts";
import { testTable } from "../../support/test-table.ts";
import { createPlay } from "../histories.ts";

const CREATE = intentOf("a-key-of-this-test");
const UPDATE = intentOf("a-key-of-this-test", updateOf("ticket-1"));

/** A create, an update, and a later update of the same ticket. */
const NAMED: Record<string, Intent> = {
  c: CREATE,
  u: UPDATE,
  later: intentOf("another-key-of-this", updateOf("ticket-1", { status: "CLOSE" })),
};
const UNDONE = "NOT_EXECUTED NOT_SENT_IN_TIME";
const back = (name: string) => `queue ${name}; deliver ${name}; loseOwners; handIn ${name} existing;
  is ${name} UNCERTAIN OWNER_DIED; release ${name}; is ${name} QUEUED NOT_SENT_IN_TIME; deliver ${name}`;

const HISTORIES = {
  "be undone: a create that would be sent": `send c; release c; is c ${UNDONE}; handIn c reserved`,
  "be undone: an update that would be sent": `send u; release u; is u ${UNDONE}; handIn u reserved`,
  "be undone after its lease, too": `send u; loseOwners; send later; is u UNCERTAIN; release u; is u ${UNDONE}`,
  "be undone before its first delivery: a create that is queued": `queue c; release c; is c ${UNDONE}; keeps nothing`,
  "go back into the queue whole after its lease: a create": back("c"),
};

describe.each(ENGINES)("a reservation that failed for its caller on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql } = opened;
  const play = createPlay(opened, (name) => NAMED[name]!);
  testTable<string>(HISTORIES)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST stay queued when a repetition under its key was answered QUEUED meanwhile", async () => {
    await queuedBy(ledger, CREATE);
    const [before] = await sql.run("SELECT id FROM submissions");
    expect((await ledger.reserve({ ...CREATE, ...LATER }, "CIRCUIT_OPEN")).type).toBe("existing");

    const [now] = await sql.run("SELECT reservation_id FROM submissions");
    expect(now!["reservation_id"]).not.toEqual(before!["id"]);
    expect(await statesIn(sql)).toEqual(["QUEUED"]);
  });
});
