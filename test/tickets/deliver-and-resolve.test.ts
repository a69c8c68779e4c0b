/** A request after its first call: deliveries, cancellations and operators' verdicts. */
import { describe, expect, test, vi } from "vitest";
import { pauseAfter, type Delivered, startDeliveries } from "../../src/tickets/deliver.ts";
import { createCancel, createResolve } from "../../src/tickets/resolve.ts";
import { type Outcome, type Submission, SubmissionState, VERDICTS, Verdict } from "../../src/tickets/submission.ts";
import { type Ledger, LedgerUnavailable } from "../../src/tickets/ports.ts";
import { intentOf, queuedBy, settledAs, verdictOf } from "../support/intents.ts";
import { ledgerForEach } from "../support/opened.ts";
import { accepted, NOT_EXECUTED, notExecuted, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { makeDue } from "../support/queued.ts";
import { makeOlder, statesIn } from "../support/sql.ts";
import { ScriptedTicketing } from "./scripted-ticketing.ts";

const OTHER_THAN_QUEUED = Object.values(SubmissionState).filter((state) => state !== "QUEUED");
const OPERATOR = { by: "operator", byPerson: "Rina" };
const MINUTE_MS = 60_000;
const { ledger, sql } = ledgerForEach("SQLite");

const queueOne = (nth = 0) => queuedBy(ledger, intentOf(`key-${nth}-of-this-test`));

function startDelivering(ticketing: ScriptedTicketing, from: Pick<Ledger, "reserveQueued" | "settle"> = ledger) {
  const ended: Delivered[] = [];
  const deliveries = startDeliveries(ticketing, from, (delivered) => void ended.push(delivered));
  return Object.assign(deliveries, { ended });
}

/** Delivers what is queued with these outcomes. */
const deliver = (...outcomes: Outcome[]) => deliverBy(new ScriptedTicketing(...outcomes));

async function deliverBy(ticketing: ScriptedTicketing): Promise<Delivered[]> {
  await makeDue(sql);
  const outcomes = [...ticketing.outcomes];
  await using deliveries = startDelivering(ticketing);
  const { ended } = deliveries;
  await vi.waitUntil(() => ended.length === outcomes.length, { timeout: 30_000 });
  return ended;
}

/** Delivers the queued request in vain, and returns the pause that follows in milliseconds. */
async function pauseAfterTry(outcome: Outcome): Promise<number> {
  const [delivered] = await deliver(outcome);
  const { nextTryAt, settledAt } = delivered!.submission;
  return nextTryAt!.epochMilliseconds - settledAt!.epochMilliseconds;
}

describe("a delivery", () => {
  test.each([
    ["accepted", accepted("T1"), "CONFIRMED"],
    ["rejected", REJECTED, "REJECTED"],
    ["unknown", UNKNOWN, "UNCERTAIN"],
    ["not executed", NOT_EXECUTED, "QUEUED"],
  ] as const)("MUST bring a queued request to its end: %s", async (_, outcome, state) => {
    await queueOne();

    expect(await deliver(outcome)).toMatchObject([{ submission: { state } }]);
    expect(await statesIn(sql)).toEqual([state]);
  });

  test("MUST wait after a try as long as Sociomile asks for, and longer after each try", async () => {
    await queueOne();

    expect(await pauseAfterTry(notExecuted("SOCIOMILE_THROTTLED", 600))).toBeGreaterThan(590_000);
    await sql.run("UPDATE submissions SET handed_in_at = handed_in_at - 10000");
    expect(await pauseAfterTry(NOT_EXECUTED)).toBeGreaterThan(7000); // 8 to 12 seconds, after at most 6 in the beginning
  });

  test.each([
    ["Sociomile's own", { status: 401, contentType: null, message: "Unauthorized" }, null],
    ["that of a proxy on the way", null, expect.anything()],
  ])("MUST wait for a person after a refusal of our settings, but not after %s", async (_, answer, next) => {
    await queueOne();
    const ticketing = new ScriptedTicketing(notExecuted("SOCIOMILE_SETTINGS_REFUSED"));
    const [delivered] = await deliverBy(Object.assign(ticketing, { answer }));

    const { state, nextTryAt } = delivered!.submission;
    expect([state, nextTryAt]).toEqual(["QUEUED", next]);
  });

  test("MUST pause as long as the request has waited, 5 s to 5 min, varied by a fifth, however often each attempt tried", () => {
    for (const waitedMs of [0, 4000, 10_000, 80_000, 300_000, 86_400_000]) {
      const middle = Math.min(Math.max(waitedMs, 5000), 300_000);
      const shares = Array.from({ length: 500 }, () => pauseAfter(waitedMs) / middle);
      const [least, most] = [Math.min(...shares), Math.max(...shares)];
      expect(least).toBeGreaterThanOrEqual(0.8);
      expect(most).toBeLessThanOrEqual(1.2);
      expect(most - least).toBeGreaterThan(0.2);
    }
  });

  test("MUST go one by one while Sociomile executes nothing", async () => {
    for (let nth = 0; nth < 8; nth++) await queueOne(nth);
    const since = performance.now();
    await deliver(...Array<Outcome>(8).fill(NOT_EXECUTED));

    expect(performance.now() - since).toBeGreaterThan(3 * 200); // four at once, and one at each look after that
  });

  test("MUST begin none while the ledger is down, and go on after that", async () => {
    await queueOne();
    await makeDue(sql);
    let looks = 0;
    const fromDown = {
      settle: ledger.settle.bind(ledger),
      async reserveQueued(most: number) {
        if (looks++ < 2) throw new LedgerUnavailable("UNREACHABLE", "The ledger is down.");
        return ledger.reserveQueued(most);
      },
    };
    await using deliveries = startDelivering(new ScriptedTicketing(accepted("T1")), fromDown);

    await expect.poll(() => deliveries.ended).toMatchObject([{ submission: { state: "CONFIRMED" } }]);
  });
});

describe("a cancellation", () => {
  test.each([
    ["late to tell its result", { deadline: performance.now() + 1500, stopping: new AbortController().signal }],
    ["begun while the service stops", { deadline: Infinity, stopping: AbortSignal.abort() }],
  ])("MUST NOT be %s", async (_, limits) => {
    const queued = await queueOne();

    const { submission, problems } = await createCancel(ledger)(queued.id, OPERATOR, () => {}, limits);

    expect([submission, problems]).toMatchObject([null, [{ code: "LEDGER_UNAVAILABLE" }]]);
    expect(await statesIn(sql)).toEqual(["QUEUED"]);
  });

  test.each(OTHER_THAN_QUEUED)("MUST be refused in state %s", async (state) => {
    const { id } = await openDoubtNow();
    await sql.run("UPDATE submissions SET state = ?", state);

    const { problems } = await createCancel(ledger)(id, OPERATOR);
    expect(problems).toMatchObject([{ code: "SUBMISSION_NOT_QUEUED" }]);
  });
});

const openDoubtNow = async (): Promise<Submission> =>
  (await settledAs(ledger, intentOf("a-key-of-this-test"), UNKNOWN)).submission;

const wanted = (verdict: Verdict) => ({ verdict, ticketId: verdict === "CREATED" ? "T1" : null });

describe("a verdict", () => {
  const resolve = createResolve(ledger);

  test.each(Object.values(Verdict))("MUST bring a doubt about a create to its state: %s", async (verdict) => {
    const doubt = await openDoubtNow();
    await makeOlder(sql, 15 * MINUTE_MS);

    expect(await resolve(verdictOf(doubt, wanted(verdict)))).toMatchObject({
      submission: VERDICTS[verdict],
      problems: [],
    });
  });

  test("MUST be TOO_EARLY for 15 min: NOT_CREATED", async () => {
    const request = verdictOf(await openDoubtNow(), { verdict: "NOT_CREATED" });

    expect((await resolve(request)).problems).toMatchObject([{ code: "TOO_EARLY", retryAfterSeconds: 900 }]);
    await makeOlder(sql, 14 * MINUTE_MS);
    expect((await resolve(request)).problems).toMatchObject([{ code: "TOO_EARLY" }]);
    await makeOlder(sql, MINUTE_MS);
    expect((await resolve(request)).problems).toEqual([]);
  });

  test.each(OTHER_THAN_QUEUED)("MUST be given about a doubt alone: %s", async (state) => {
    const doubt = await openDoubtNow();
    await sql.run("UPDATE submissions SET state = ?", state);

    const { problems } = await resolve(verdictOf(doubt, wanted("CREATED")));

    const expected = state === "UNCERTAIN" ? [] : [{ code: "SUBMISSION_NOT_IN_DOUBT" }];
    expect(problems).toMatchObject(expected);
  });

  test("MUST NOT name a ticket that another create holds, and say which one", async () => {
    const doubt = await openDoubtNow();
    const { submission: other } = await settledAs(ledger, intentOf("another-key-of-this"), accepted("T1"));

    const { problems } = await resolve(verdictOf(doubt, wanted("CREATED")));

    expect(problems).toMatchObject([{ code: "TICKET_ID_TAKEN", field: "ticketId" }]);
    expect(problems[0]!.message).toContain(other.id);
  });
});

const unacknowledged = async () => Promise.reject(new LedgerUnavailable("SLOW", "The ledger is slow."));

const problemsWith = async (...request: Parameters<typeof verdictOf>) =>
  (await createResolve({ find: ledger.find.bind(ledger), resolve: unacknowledged })(verdictOf(...request))).problems;

test("A verdict MUST need a ticket for CREATED, and none for the others, before the ledger is asked", async () => {
  const doubt = await openDoubtNow();

  for (const wrong of [{ verdict: "CREATED" }, { ticketId: "T1" }] as const)
    expect(await problemsWith(doubt, wrong)).toMatchObject([{ code: "INVALID_INPUT", field: "ticketId" }]);
});

test("A change that the ledger does not acknowledge MUST be reported as one that may stand, and one that did not begin as one that does not", async () => {
  const LOOK = { code: "LEDGER_UNAVAILABLE", retryable: false, message: expect.stringContaining("look at") };
  const message: unknown = expect.stringContaining("nothing");
  const NOTHING_DONE = { code: "LEDGER_UNAVAILABLE", retryable: true, message };
  const verdict = verdictOf(await openDoubtNow(), { verdict: "CREATED", ticketId: "T1" });
  const queued = await queueOne();
  const find = ledger.find.bind(ledger);
  const change = { resolve: unacknowledged, cancel: unacknowledged };

  const reported = [
    await createResolve({ find, ...change })(verdict),
    await createCancel({ find, ...change })(queued.id, OPERATOR),
    await createResolve({ find, ...change })({ ...verdict, isDryRun: true }),
    await createResolve({ find: unacknowledged, ...change })(verdict),
    await createCancel({ find: unacknowledged, ...change })(queued.id, OPERATOR),
  ];

  const expected = [LOOK, LOOK, NOTHING_DONE, NOTHING_DONE, NOTHING_DONE];
  expect(reported).toMatchObject(expected.map((problem) => ({ problems: [problem], ledgerFault: "SLOW" })));
});
