/** Reservations that failed for their caller, although they are committed. Nothing was sent for them. */
import { describe, expect, test } from "vitest";
import { textOf } from "../../../src/ledger/clock.ts";
import { release } from "../../../src/ledger/submissions/leases.ts";
import { FIRST_DELIVERY_MS, type Intent } from "../../../src/tickets/ports.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { intentOf, LATER, queuedBy, updateOf } from "../../support/intents.ts";
import { ENGINES, ledgerForEach } from "../../support/opened.ts";
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
  "go back into the queue whole after its lease: a create": back("c"),
};

describe.each(ENGINES)("a reservation that failed for its caller on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger, sql, place } = opened;
  const play = createPlay(opened, (name) => NAMED[name]!);
  const row = async () => (await sql.run("SELECT state, reason, request FROM submissions ORDER BY id"))[0];
  /** Gives the newest reservation of the first row back. */
  const giveNewestBack = async () => {
    await using context = await contextAt(place);
    const [newest] = await sql.run("SELECT reservation_id FROM submissions ORDER BY id");
    return await release([textOf(newest!["reservation_id"] as Uint8Array)], context);
  };

  testTable<string>(HISTORIES)("MUST %s", async (_, history) => void (await play(history)));

  test("MUST be undone before its first delivery: a create that is queued", async () => {
    const { nextTryAt, settledAt: handedInAt } = await queuedBy(ledger, CREATE);

    expect(nextTryAt!.epochMilliseconds - handedInAt!.epochMilliseconds).toBe(FIRST_DELIVERY_MS);
    expect(await giveNewestBack()).toEqual([true]);
    expect(await row()).toEqual({ state: "NOT_EXECUTED", reason: "NOT_SENT_IN_TIME", request: null });
  });

  test("MUST stay queued when a repetition under its key was answered QUEUED meanwhile", async () => {
    await queuedBy(ledger, CREATE);
    const [before] = await sql.run("SELECT id FROM submissions");
    expect((await ledger.reserve({ ...CREATE, ...LATER }, "CIRCUIT_OPEN")).type).toBe("existing");

    const [now] = await sql.run("SELECT reservation_id FROM submissions");
    expect(now!["reservation_id"]).not.toEqual(before!["id"]);
    expect(await row()).toMatchObject({ state: "QUEUED" });
  });
});
