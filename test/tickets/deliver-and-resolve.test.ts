/** What happens to a request after its first call: deliveries, cancellations and operators' verdicts. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { pauseAfter } from "../../src/tickets/attempt.ts";
import { cancelling } from "../../src/tickets/cancel.ts";
import { type Delivered, delivering } from "../../src/tickets/deliver.ts";
import type { Outcome } from "../../src/tickets/outcome.ts";
import { resolving } from "../../src/tickets/resolve.ts";
import { settledBy } from "../../src/tickets/settlement.ts";
import { SubmissionState, VERDICTS, Verdict } from "../../src/tickets/submission.ts";
import { STATUS, VOICE } from "../sociomile/requests.ts";
import { intentOf, queuedBy, reserved, settledAs, verdictOf } from "../support/intents.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { ScriptedTicketing } from "./scripted-ticketing.ts";

const OPERATOR = { by: "operator", byPerson: "Rina" };

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

/** A ledger with some queued requests that are due. */
async function withDue(count: number) {
  const ledger = new MemoryLedger();
  for (let nth = 0; nth < count; nth++) await queuedBy(ledger, intentOf(`key-${nth}-of-this-test`));
  ledger.now += 6000;
  return ledger;
}

function startDelivering(ledger: MemoryLedger, ticketing: ScriptedTicketing) {
  const ended: Delivered[] = [];
  const deliveries = delivering(ticketing, ledger, (delivered) => void ended.push(delivered));
  return Object.assign(deliveries, { ended });
}

/** Delivers with these outcomes. */
async function deliver(ledger: MemoryLedger, ...outcomes: Outcome[]): Promise<Delivered[]> {
  await using deliveries = startDelivering(ledger, new ScriptedTicketing(...outcomes));
  const { ended } = deliveries;
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

  test("MUST wait five seconds after the handing in, and after a try as long as Sociomile asks for", async () => {
    const { ledger } = await withQueued();
    expect(await ledger.reserveQueued(5)).toEqual([]);
    ledger.now += 5000;
    await deliver(ledger, { outcome: "notExecuted", reason: "SOCIOMILE_THROTTLED", retryAfterSeconds: 600 });

    const [next] = await ledger.queued(1);
    expect(next!.nextTryAt.epochMilliseconds - ledger.now).toBe(600_000);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 50])(
    "MUST pause after try %i: the pause doubles from 5 s to 5 min, and varies by a fifth",
    (tries) => {
      const middle = Math.min(5000 * 2 ** (tries - 1), 300_000);
      const shares = Array.from({ length: 500 }, () => pauseAfter(tries) / middle);
      const [least, most] = [Math.min(...shares), Math.max(...shares)];
      expect(least).toBeGreaterThanOrEqual(0.8);
      expect(most).toBeLessThanOrEqual(1.2);
      expect(most - least).toBeGreaterThan(0.2);
    },
  );

  test("MUST count the tries that came before it", async () => {
    const { ledger } = await withQueued();
    for (const _ of [1, 2]) {
      ledger.now += 600_000;
      await deliver(ledger, NOT_EXECUTED);
    }

    const [next] = await ledger.queued(1);
    expect(next!.nextTryAt.epochMilliseconds - ledger.now).toBeGreaterThanOrEqual(0.8 * 10_000);
  });

  test("MUST go one by one while Sociomile executes nothing", async () => {
    const ledger = await withDue(8);
    const since = performance.now();
    await deliver(ledger, ...Array<Outcome>(8).fill(NOT_EXECUTED));

    expect(performance.now() - since).toBeGreaterThan(3 * 200); // four at once, and one at each look after that
  });

  test("MUST be one of a few at once, and be finished by a stop, which begins no other", async () => {
    const ledger = await withDue(6);
    const ticketing = new ScriptedTicketing(...Array<Outcome>(6).fill(accepted("T1")));
    const release = ticketing.hold();
    await using deliveries = startDelivering(ledger, ticketing);
    await setTimeout(500); // time for further looks
    expect(ticketing.sent).toHaveLength(ticketing.deliveryLimit);

    deliveries.stop();
    release();
    await setTimeout(500);

    expect(deliveries.ended).toHaveLength(ticketing.deliveryLimit);
    expect(await ledger.queued(5)).toHaveLength(2);
  });

  test("MUST begin none while the ledger is down, and go on after that", async () => {
    const { ledger, id } = await withQueued();
    ledger.now += 6000;
    ledger.isDown = true;
    void setTimeout(300).then(() => (ledger.isDown = false));

    const [delivered] = await deliver(ledger, accepted("T1"));

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
    [
      "late to tell its result",
      { deadline: performance.now() + 1500, stopping: new AbortController().signal },
    ],
    ["begun while the service stops", { deadline: Infinity, stopping: AbortSignal.abort() }],
  ])("MUST NOT be %s", async (_, limits) => {
    const { ledger, id } = await withQueued();

    const { submission, problems } = await cancelling(ledger)(id, OPERATOR, () => {}, limits);

    expect([submission, problems]).toMatchObject([null, [{ code: "LEDGER_UNAVAILABLE" }]]);
    expect(await ledger.queued(5)).toHaveLength(1);
  });

  test.each(Object.values(SubmissionState))(
    "MUST be refused in every state but QUEUED: %s",
    async (state) => {
      const { ledger, id } = await withQueued();
      const [row] = ledger.rows;
      row!.submission = { ...row!.submission, state };

      const { problems } = await cancelling(ledger)(id, OPERATOR);

      expect(problems.map(({ code }) => code)).toEqual(state === "QUEUED" ? [] : ["SUBMISSION_NOT_QUEUED"]);
    },
  );

  test("MUST be refused for what is not there, or while the ledger is down", async () => {
    const { ledger, id } = await withQueued();
    const cancel = cancelling(ledger);

    expect((await cancel("none", OPERATOR)).problems).toMatchObject([{ code: "SUBMISSION_NOT_FOUND" }]);
    ledger.isDown = true;
    expect((await cancel(id, OPERATOR)).problems).toMatchObject([{ code: "LEDGER_UNAVAILABLE" }]);
  });
});

const wanted = (verdict: Verdict) => ({ verdict, ticketId: verdict === "CREATED" ? "T1" : null });

describe("a verdict", () => {
  test.each(Object.values(Verdict))("MUST bring a doubt to its state: %s", async (verdict) => {
    const { state, reason, isOfCreate } = VERDICTS[verdict];
    const { ledger, submission } = await withDoubt(isOfCreate ? VOICE : STATUS);
    ledger.now += 15 * 60_000;

    const result = await resolving(ledger)(verdictOf(submission, wanted(verdict)));

    expect(result.problems).toEqual([]);
    expect(result.submission).toMatchObject({ state, reason });
  });

  test.each(Object.values(Verdict))(
    "MUST NOT be given about the other kind of operation: %s",
    async (verdict) => {
      const { ledger, submission } = await withDoubt(VERDICTS[verdict].isOfCreate ? STATUS : VOICE);

      const result = await resolving(ledger)(verdictOf(submission, wanted(verdict)));

      expect(result.problems).toMatchObject([{ code: "INVALID_INPUT", field: "verdict" }]);
    },
  );

  test.each(Object.values(SubmissionState))("MUST be given about a doubt alone: %s", async (state) => {
    const { ledger, submission } = await withDoubt();
    ledger.rows[0]!.submission = { ...submission, state };

    const { problems } = await resolving(ledger)(verdictOf(submission, wanted("CREATED")));

    const expected = state === "UNCERTAIN" ? [] : ["SUBMISSION_NOT_IN_DOUBT"];
    expect(problems.map(({ code }) => code)).toEqual(expected);
  });

  test.each(["NOT_CREATED", "NOT_APPLIED"] as const)(
    "MUST be TOO_EARLY for 15 minutes: %s",
    async (verdict) => {
      const { ledger, submission } = await withDoubt(verdict === "NOT_CREATED" ? VOICE : STATUS);
      const resolve = resolving(ledger);

      const early = await resolve(verdictOf(submission, { verdict }));
      expect(early.problems).toMatchObject([{ code: "TOO_EARLY", retryAfterSeconds: 900 }]);
      ledger.now += 900_000;
      expect((await resolve(verdictOf(submission, { verdict }))).problems).toEqual([]);
    },
  );

  test("MUST be corrected only on purpose", async () => {
    const { ledger, submission } = await withDoubt();
    const resolve = resolving(ledger);
    await resolve(verdictOf(submission, wanted("CREATED")));
    const other = { verdict: "CREATED", ticketId: "T2" } as const;

    expect((await resolve(verdictOf(submission, other))).problems).toMatchObject([
      { code: "SUBMISSION_NOT_IN_DOUBT" },
    ]);
    const corrected = await resolve(verdictOf(submission, { ...other, replacesEarlier: true }));

    expect(corrected.submission).toMatchObject({ ticketId: "T2" });
  });

  test("MUST NOT name a ticket that another create holds, and say which one", async () => {
    const { ledger, submission } = await withDoubt();
    const { submission: other } = await settledAs(ledger, intentOf("another-key-of-this"), accepted("T1"));

    const { problems } = await resolving(ledger)(verdictOf(submission, wanted("CREATED")));

    expect(problems).toMatchObject([{ code: "TICKET_ID_TAKEN", field: "ticketId" }]);
    expect(problems[0]!.message).toContain(other.id);
  });

  test("MUST need a ticket for CREATED, and none for the others", async () => {
    const { ledger, submission } = await withDoubt();
    const resolve = resolving(ledger);

    expect((await resolve(verdictOf(submission, { verdict: "CREATED" }))).problems).toMatchObject([
      { code: "INVALID_INPUT", field: "ticketId" },
    ]);
    expect((await resolve(verdictOf(submission, { ticketId: "T1" }))).problems).toMatchObject([
      { code: "INVALID_INPUT", field: "ticketId" },
    ]);
  });
});

describe("an outcome that comes late", () => {
  test("MUST be a conflict after NOT_CREATED, once", async () => {
    const { ledger, submission, reservation } = await withDoubt();
    ledger.now += 900_000;
    await resolving(ledger)(verdictOf(submission, {}));

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
