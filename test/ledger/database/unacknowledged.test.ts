/** Deeds of operators that their caller takes for failed, and news for them, when PostgreSQL's acknowledgement does not come. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { SqlLedger } from "../../../src/ledger/ledger.ts";
import { LedgerUnavailable } from "../../../src/tickets/ports.ts";
import { openBehindFaults } from "../../support/faulty-database.ts";
import type { MessageFault } from "../../support/faulty-network.ts";
import { updateOf, VOICE } from "../../sociomile/requests.ts";
import { type Held, intentOf, judgedAs, queuedBy, reserved, settledAs } from "../../support/intents.ts";
import { openOn } from "../../support/opened.ts";
import { accepted, UNKNOWN } from "../../support/outcomes.ts";
import { type Sql, lockOn } from "../../support/sql.ts";

interface Deed {
  /** Makes what the deed is about, and returns its id. */
  begin: (ledger: SqlLedger) => Promise<string>;
  act: (ledger: SqlLedger, id: string) => Promise<unknown>;
  /** Its effect, as it is seen before and after. */
  see: (ledger: SqlLedger, id: string) => Promise<unknown>;
  seen: [before: unknown, after: unknown];
  event: (id: string) => object;
}

const OPERATOR = { by: "operator", byPerson: "Rina" };

const DEEDS = {
  "a verdict": {
    begin: async (ledger) => (await settledAs(ledger, intentOf(null), UNKNOWN)).submission.id,
    act: (ledger, id) => judgedAs(ledger, { id }, { verdict: "CREATED", ticketId: "t" }),
    see: async (ledger, id) => (await ledger.find(id))?.state,
    seen: ["UNCERTAIN", "CONFIRMED"],
    event: (submissionId) => ({ event: "submission.resolved", submissionId, isCorrection: false }),
  },
  "a cancellation": {
    begin: async (ledger) => (await queuedBy(ledger, intentOf("a-key"))).id,
    act: (ledger, id) => ledger.cancel(id, OPERATOR),
    see: async (ledger, id) => (await ledger.find(id))?.reason,
    seen: ["CIRCUIT_OPEN", "CANCELLED"],
    event: (submissionId) => ({ event: "submission.cancelled", submissionId, ...OPERATOR }),
  },
  "a ticket that is forgotten": {
    async begin(ledger) {
      await settledAs(ledger, intentOf(null, updateOf("T1")), accepted("T1"));
      return "T1";
    },
    act: (ledger, id) => ledger.forgetTicket(id, "siti"),
    see: async (ledger, id) => (await ledger.tickets([id]))[0]?.id ?? null,
    seen: ["T1", null],
    event: (ticketId) => ({ event: "ticket.forgotten", ticketId, by: "siti" }),
  },
} satisfies Record<string, Deed>;

const FAULTS: MessageFault[] = ["loseAnswer", "cutAfter", { delayAnswerMs: 1500 }, "cutBefore"];

describe.each(Object.entries(DEEDS))("%s that its caller takes for failed", (_, deed: Deed) => {
  test.each(FAULTS)("MUST be one event exactly when it counts: %o", async (fault) => {
    await using opened = await openBehindFaults();
    const { ledger, events, network } = opened;
    const id = await deed.begin(ledger);
    const met = network.next(/^commit/i, fault);

    await expect(deed.act(ledger, id)).rejects.toThrow(LedgerUnavailable);

    await met;
    const counts = fault !== "cutBefore";
    expect(await deed.see(ledger, id)).toBe(deed.seen[counts ? 1 : 0]);
    const told = counts ? [deed.event(id)] : [];
    await expect.poll(() => events).toMatchObject(told);
    await sleep(500); // time for a look that would tell it, or tell it again
    expect(events).toMatchObject(told);
  });
});

/** Scenes in which an outcome of a create is news for operators. Each returns the attempt that is answered with the ticket T1. */
const NEWS = {
  "submission.conflict": async (ledger) => {
    const attempt = await reserved(ledger, intentOf("a-key"));
    await ledger.settle(attempt, VOICE, UNKNOWN, 1);
    await judgedAs(ledger, attempt, { verdict: "NOT_CREATED" });
    return attempt;
  },
  "sociomile.ticket_id_repeated": async (ledger) => {
    await settledAs(ledger, intentOf("another-key"), accepted("T1"));
    return reserved(ledger, intentOf("a-key"));
  },
  "ledger.row_restored": async (ledger, sql) => {
    const attempt = await reserved(ledger, intentOf("a-key"));
    await sql.run("DELETE FROM submissions");
    return attempt;
  },
} satisfies Record<string, (ledger: SqlLedger, sql: Sql) => Promise<Held>>;

describe.each(Object.entries(NEWS))("%s", (name, scene: (ledger: SqlLedger, sql: Sql) => Promise<Held>) => {
  test.each<MessageFault>(["loseAnswer", "cutAfter", "cutBefore"])("MUST be told once: %o", async (fault) => {
    await using opened = await openBehindFaults({ repeatedTicketIds: "accept" });
    const { ledger, events, network, sql } = opened;
    const attempt = await scene(ledger, sql);
    const met = network.next(/^commit/i, fault);

    await ledger.settle(attempt, VOICE, accepted("T1"), 1);

    await met;
    const told = () => events.filter(({ event }) => event === name);
    await expect.poll(told, { timeout: 5000 }).toHaveLength(1);
    await sleep(500); // time for another try that would tell it again
    expect(told()).toMatchObject([{ submissionId: attempt.id, ticketId: "T1" }]);
  });
});

test("A ticket that nobody knows MUST be no event when the database refuses to forget it", async () => {
  await using opened = await openOn("PostgreSQL");
  const lock = await lockOn(opened.place);

  await expect(opened.ledger.forgetTicket("T1", "siti")).rejects.toThrow(LedgerUnavailable);

  await lock.release();
  await sleep(500); // time for a look that would tell it
  expect(opened.events).toEqual([]);
});

test("A cancellation that counts already MUST be no second event", async () => {
  await using opened = await openOn("PostgreSQL");
  const { id } = await queuedBy(opened.ledger, intentOf("a-key"));
  await opened.ledger.cancel(id, OPERATOR);

  expect(await opened.ledger.cancel(id, OPERATOR)).toBeNull();
  expect(opened.events).toHaveLength(1);
});
