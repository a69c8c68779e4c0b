/** What happens to a request after its first call: deliveries, cancellations and operators' verdicts. */
import { describe, expect, test, vi } from "vitest";
import { cancelling } from "../../src/tickets/cancel.ts";
import { type Delivered, delivering } from "../../src/tickets/deliver.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import { resolving } from "../../src/tickets/resolve.ts";
import { settledBy } from "../../src/tickets/settlement.ts";
import { VERDICTS, Verdict } from "../../src/tickets/submission.ts";
import { STATUS, VOICE } from "../sociomile/requests.ts";
import { intentOf, queuedBy, reserved, settledAs, verdictOf } from "../support/intents.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { ScriptedTicketing } from "./scripted-ticketing.ts";

const OPERATOR = { by: "operator", byPerson: "Rina" };
const SOON = { deadline: Infinity, stopping: new AbortController().signal };

/** A ledger with one queued request. */
async function withQueued() {
  const ledger = new MemoryLedger();
  const { id } = await queuedBy(ledger, intentOf("a-key-of-this-test"));
  return { ledger, id };
}

/** A ledger with one doubt. */
async function withDoubt(request: typeof VOICE | typeof STATUS = VOICE) {
  const ledger = new MemoryLedger();
  const reservation = await reserved(ledger, intentOf("a-key-of-this-test", request));
  const { submission } = await ledger.settle(reservation, request, UNKNOWN, 1);
  return { ledger, submission, reservation };
}

async function deliver(ledger: MemoryLedger, ...outcomes: Outcome[]): Promise<Delivered[]> {
  const ticketing = new ScriptedTicketing(...outcomes);
  const ended: Delivered[] = [];
  await using _ = delivering(ticketing, ledger, (delivered) => void ended.push(delivered));
  await vi.waitUntil(() => ended.length === outcomes.length, { timeout: 30_000 });
  return ended;
}

describe("a delivery", () => {
  test.each([
    ["accepted", accepted("T1"), "CONFIRMED"],
    ["rejected", REJECTED, "REJECTED"],
    ["unknown", UNKNOWN, "UNCERTAIN"],
    ["not executed", NOT_EXECUTED, "QUEUED"],
  ] as const)("MUST bring a queued request to its end: %s", async (_, outcome, state) => {
    const { ledger } = await withQueued();
    ledger.now += 6000;

    const [delivered] = await deliver(ledger, outcome);

    expect(delivered?.submission.state).toBe(state);
    expect(await ledger.queued(5)).toHaveLength(state === "QUEUED" ? 1 : 0);
  });

  test("MUST wait five seconds after the handing in, and longer after each try", async () => {
    const { ledger } = await withQueued();
    expect(await ledger.reserveQueued(5)).toEqual([]);
    const pauses: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      ledger.now += 600_000;
      await deliver(ledger, NOT_EXECUTED);
      const [next] = await ledger.queued(1);
      pauses.push(next!.nextTryAt.epochMilliseconds - ledger.now);
    }

    for (const [nth, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(0.8 * 5000 * 2 ** nth);
      expect(pause).toBeLessThanOrEqual(1.2 * 5000 * 2 ** nth);
    }
  });

  test("MUST begin none while the ledger is down, and go on after that", async () => {
    const { ledger, id } = await withQueued();
    ledger.now += 6000;
    ledger.isDown = true;
    const mended = setTimeout(() => (ledger.isDown = false), 300);

    const [delivered] = await deliver(ledger, accepted("T1"));
    clearTimeout(mended);

    expect(delivered?.submission).toMatchObject({ id, state: "CONFIRMED" });
  });
});

describe("a cancellation", () => {
  test("MUST take a queued request back", async () => {
    const { ledger, id } = await withQueued();

    const { submission, problems } = await cancelling(ledger)(id, OPERATOR);

    expect(problems).toEqual([]);
    expect(submission).toMatchObject({ state: "NOT_EXECUTED", reason: "CANCELLED" });
    expect(await ledger.queued(5)).toEqual([]);
  });

  test.each([
    ["late to tell its result", { ...SOON, deadline: performance.now() + 1500 }],
    ["begun while the service stops", { ...SOON, stopping: AbortSignal.abort() }],
  ])("MUST NOT be %s", async (_, limits) => {
    const { ledger, id } = await withQueued();

    const { submission, problems } = await cancelling(ledger)(id, OPERATOR, () => {}, limits);

    expect([submission, problems]).toMatchObject([null, [{ code: "LEDGER_UNAVAILABLE" }]]);
    expect(await ledger.queued(5)).toHaveLength(1);
  });

  test("MUST be refused for what is not queued, is not there, or while the ledger is down", async () => {
    const { ledger, submission } = await withDoubt();
    const cancel = cancelling(ledger);

    expect((await cancel(submission.id, OPERATOR)).problems).toMatchObject([
      { code: "SUBMISSION_NOT_QUEUED" },
    ]);
    expect((await cancel("none", OPERATOR)).problems).toMatchObject([{ code: "SUBMISSION_NOT_FOUND" }]);
    ledger.isDown = true;
    expect((await cancel(submission.id, OPERATOR)).problems).toMatchObject([{ code: "LEDGER_UNAVAILABLE" }]);
  });
});

const wanted = (verdict: Verdict) => ({ verdict, ticketId: verdict === "CREATED" ? "T1" : null });

describe("a verdict", () => {
  test.each(Object.values(Verdict))("MUST bring a doubt to its state: %s", async (verdict) => {
    const { state, reason, isOfCreate } = VERDICTS[verdict];
    const { ledger, submission } = await withDoubt(isOfCreate ? VOICE : STATUS);
    ledger.now += 15 * 60_000;

    const result = await resolving(ledger)(verdictOf(submission, wanted(verdict)), SOON);

    expect(result.problems).toEqual([]);
    expect(result.submission).toMatchObject({ state, reason });
  });

  test.each(Object.values(Verdict))(
    "MUST NOT be given about the other kind of operation: %s",
    async (verdict) => {
      const { ledger, submission } = await withDoubt(VERDICTS[verdict].isOfCreate ? STATUS : VOICE);

      const result = await resolving(ledger)(verdictOf(submission, wanted(verdict)), SOON);

      expect(result.problems).toMatchObject([{ code: "INVALID_INPUT", field: "verdict" }]);
    },
  );

  test.each(["NOT_CREATED", "NOT_APPLIED"] as const)(
    "MUST be TOO_EARLY for 15 minutes: %s",
    async (verdict) => {
      const { ledger, submission } = await withDoubt(verdict === "NOT_CREATED" ? VOICE : STATUS);
      const resolve = resolving(ledger);

      const early = await resolve(verdictOf(submission, { verdict }), SOON);
      expect(early.problems).toMatchObject([{ code: "TOO_EARLY", retryAfterSeconds: 900 }]);
      ledger.now += 900_000;
      expect((await resolve(verdictOf(submission, { verdict }), SOON)).problems).toEqual([]);
    },
  );

  test("MUST be corrected only on purpose, and each verdict stays", async () => {
    const { ledger, submission } = await withDoubt();
    const resolve = resolving(ledger);
    await resolve(verdictOf(submission, wanted("CREATED")), SOON);
    const other = { verdict: "CREATED", ticketId: "T2" } as const;

    expect((await resolve(verdictOf(submission, other), SOON)).problems).toMatchObject([
      { code: "SUBMISSION_NOT_IN_DOUBT" },
    ]);
    const corrected = await resolve(verdictOf(submission, { ...other, replacesEarlier: true }), SOON);

    expect(corrected.submission).toMatchObject({ ticketId: "T2" });
    expect((await ledger.resolutions([submission.id]))[0]).toHaveLength(2);
  });

  test("MUST NOT name a ticket that another create holds, and say which one", async () => {
    const { ledger, submission } = await withDoubt();
    const { submission: other } = await settledAs(ledger, intentOf("another-key-of-this"), accepted("T1"));

    const { problems } = await resolving(ledger)(verdictOf(submission, wanted("CREATED")), SOON);

    expect(problems).toMatchObject([{ code: "TICKET_ID_TAKEN", field: "ticketId" }]);
    expect(problems[0]!.message).toContain(other.id);
  });

  test("MUST need a ticket for CREATED, and none for the others", async () => {
    const { ledger, submission } = await withDoubt();
    const resolve = resolving(ledger);

    expect((await resolve(verdictOf(submission, { verdict: "CREATED" }), SOON)).problems).toMatchObject([
      { code: "INVALID_INPUT", field: "ticketId" },
    ]);
    expect((await resolve(verdictOf(submission, { ticketId: "T1" }), SOON)).problems).toMatchObject([
      { code: "INVALID_INPUT", field: "ticketId" },
    ]);
  });
});

describe("an outcome that comes late", () => {
  test("MUST be a conflict after NOT_CREATED, once", async () => {
    const { ledger, submission, reservation } = await withDoubt();
    ledger.now += 900_000;
    await resolving(ledger)(verdictOf(submission, {}), SOON);

    await ledger.settle(reservation, VOICE, accepted("T9"), 1);
    await ledger.settle(reservation, VOICE, accepted("T9"), 1);

    expect(await ledger.find(submission.id)).toMatchObject({
      state: "NOT_EXECUTED",
      conflictingTicketId: "T9",
      ticketId: null,
    });
  });

  test("MUST count the tries of the attempt", async () => {
    const { submission } = await withDoubt();
    const ending = { reserved: submission, request: VOICE, outcome: UNKNOWN, isQueued: false };

    expect(settledBy({ ...ending, tries: 3 }, submission.createdAt).submission.attempts).toBe(3);
    expect(settledBy({ ...ending, tries: 0 }, submission.createdAt).submission.attempts).toBe(1);
  });
});
