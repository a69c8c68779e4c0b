/** One mutation from the use case inwards: every outcome, and every state of an earlier submission. */
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/tickets/submission.ts";
import type { Intent } from "../../src/tickets/ports.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { type Receipt, createSubmit } from "../../src/tickets/submit.ts";
import { HELPDESK, intentOf, LATER, ONCE, STATUS, VOICE, voiceWith } from "../support/intents.ts";
import { ledgerForEach } from "../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { statesIn } from "../support/sql.ts";
import { ScriptedTicketing } from "./scripted-ticketing.ts";

const KEY = "a-key-of-this-test";
const { ledger, sql } = ledgerForEach("SQLite");

function startSubmitting(...outcomes: Outcome[]) {
  const ticketing = new ScriptedTicketing(...outcomes);
  const stopping = new AbortController();
  const submit = createSubmit(ticketing, ledger);
  return {
    ticketing,
    stopping,
    submit: (changes: Partial<Intent> = {}, request: TicketRequest = VOICE, leftMs = 12_000): Promise<Receipt> =>
      submit(
        { ...intentOf(KEY, request), ...changes },
        { deadline: performance.now() + leftMs, stopping: stopping.signal },
      ),
  };
}

function codes({ problems }: Receipt): string[] {
  return problems.map(({ code }) => code);
}

const OTHER_INPUT = voiceWith({ customerName: "Another" });
const OTHER_KEY = { idempotencyKey: "another-key-of-this" };
const OPENED = accepted("T1", null, "32197");
const SET = accepted(STATUS.details.ticketId, { status: "OPEN", statusLabel: "Open" });

test("An answer that may belong to another request MUST make the connections new", async () => {
  const { submit, ticketing } = startSubmitting(OPENED, OPENED);
  await submit();

  expect(codes(await submit(OTHER_KEY))).toEqual(["OUTCOME_UNKNOWN"]);
  expect(ticketing.renewed).toBe(1);
});

describe("the same key again", () => {
  test.each([
    ["CONFIRMED", OPENED, 0, [], true],
    ["REJECTED", REJECTED, 0, ["SOCIOMILE_REJECTED"], true],
    ["UNCERTAIN", UNKNOWN, 0, ["OUTCOME_UNKNOWN"], true],
    ["NOT_EXECUTED", NOT_EXECUTED, 1, [], false],
  ] as const)("MUST send nothing twice: %s", async (state, first, further, problems, replayed) => {
    const { submit, ticketing } = startSubmitting(first, OPENED);
    expect((await submit()).submission).toMatchObject({ state });

    const again = await submit();

    expect(ticketing.sent).toHaveLength(1 + further);
    expect(codes(again)).toEqual(problems);
    expect(again.replayed).toBe(replayed);
  });

  test("MUST wait for the first call, and have its answer", async () => {
    const { submit, ticketing } = startSubmitting(OPENED);
    const release = ticketing.hold();
    const first = submit();
    const second = submit();
    setTimeout(release, 50);

    expect((await first).replayed).toBe(false);
    expect(await second).toMatchObject({ ticket: { id: "T1", number: "32197" }, replayed: true });
    expect(ticketing.sent).toHaveLength(1);
  });

  test("MUST be IN_PROGRESS when the first call takes longer than two seconds", async () => {
    const { submit, ticketing } = startSubmitting(OPENED);
    const release = ticketing.hold();
    const first = submit();

    const second = await submit();
    release();

    expect(codes(second)).toEqual(["IN_PROGRESS"]);
    expect(second.problems[0]).toMatchObject({ retryable: true, retryAfterSeconds: 2 });
    expect(codes(await first)).toEqual([]);
  });

  test("MUST be free for another client and another operation", async () => {
    const { submit, ticketing } = startSubmitting(OPENED, accepted("T2"), accepted("T3"));
    await submit();

    expect(codes(await submit({ clientId: "another" }))).toEqual([]);
    expect(codes(await submit({}, HELPDESK))).toEqual([]);
    expect(ticketing.sent).toHaveLength(3);
  });

  test.each(["NOT_EXECUTED", "REJECTED"])("MUST NOT run again as %s when a ticket came", async (state) => {
    const { submit, ticketing } = startSubmitting(UNKNOWN);
    await submit();
    await sql.run("UPDATE submissions SET state = ?, conflicting_ticket_id = 'T9'", state);

    expect(codes(await submit())).toEqual(["OUTCOME_UNKNOWN"]);
    expect(ticketing.sent).toHaveLength(1);
  });
});

describe("two updates of one ticket", () => {
  const OTHER = { ...STATUS, details: { ...STATUS.details, status: "CLOSE" as const } };

  test("MUST be sent one after the other", async () => {
    const { submit, ticketing } = startSubmitting(SET, SET);
    const release = ticketing.hold();
    const first = submit({}, STATUS);
    const second = submit(OTHER_KEY, OTHER);
    await new Promise((done) => setTimeout(done, 150));
    expect(ticketing.sent).toHaveLength(1);
    release();

    expect(codes(await first)).toEqual([]);
    expect(codes(await second)).toEqual([]);
    expect(ticketing.sent).toEqual([STATUS, OTHER]);
  });

  test("MUST end as IN_PROGRESS without a submission after two seconds, and be free to repeat", async () => {
    const { submit, ticketing } = startSubmitting(SET, SET);
    const release = ticketing.hold();
    const first = submit({}, STATUS);
    const waiting = Array.from({ length: 5 }, (_, nth) =>
      submit({ idempotencyKey: `waiting-key-of-test-${nth}` }, OTHER),
    );

    for (const receipt of await Promise.all(waiting)) {
      expect(codes(receipt)).toEqual(["IN_PROGRESS"]);
      expect(receipt.submission).toBeNull();
      expect(receipt.problems[0]).toMatchObject({ retryable: true, retryAfterSeconds: 2 });
    }
    expect(await statesIn(sql)).toEqual(["SENDING"]);
    release();
    await first;
    expect(codes(await submit({ idempotencyKey: "waiting-key-of-test-0" }, OTHER))).toEqual([]);
  });
});

describe("a request that nothing can be sent for", () => {
  const OPEN = { outcome: "notExecuted", reason: "CIRCUIT_OPEN", retryAfterSeconds: 7 } as const;

  test("MUST be recorded, not sent, and free for the same key, whose outcome is then answered without a call", async () => {
    const { submit, ticketing } = startSubmitting(OPENED);
    ticketing.declined = OPEN;

    const declined = await submit();
    expect(declined.submission).toMatchObject({ state: "NOT_EXECUTED", reason: "CIRCUIT_OPEN" });
    expect(declined.problems).toMatchObject([{ code: "SOCIOMILE_UNAVAILABLE", retryAfterSeconds: 7 }]);
    ticketing.declined = { ...OPEN, reason: "OVERLOADED" };
    expect((await submit()).submission).toMatchObject({ reason: "CIRCUIT_OPEN" }); // nothing new is recorded
    ticketing.declined = null;
    expect(codes(await submit({}, OTHER_INPUT))).toEqual(["IDEMPOTENCY_KEY_REUSED"]);

    const { submission } = await submit();
    expect(submission).toMatchObject({ id: declined.submission?.id, state: "CONFIRMED", attempts: 1 });
    ticketing.declined = OPEN;
    expect(await submit()).toMatchObject({ replayed: true, problems: [] });
  });

  test("MUST be queued also under a key whose request was not executed before", async () => {
    const { submit } = startSubmitting(NOT_EXECUTED, NOT_EXECUTED);
    const { submission: failed } = await submit();

    expect((await submit(LATER)).submission).toMatchObject({ id: failed?.id, state: "QUEUED" });
  });

  test("MUST NOT be sent after the stop has begun, or too late for its caller", async () => {
    const { submit, stopping, ticketing } = startSubmitting();

    expect(codes(await submit({}, VOICE, 500))).toEqual(["SOCIOMILE_UNAVAILABLE"]);
    expect(await statesIn(sql)).toEqual([]);
    stopping.abort();
    expect((await submit()).submission).toMatchObject({ reason: "NOT_SENT_IN_TIME" });
    expect(ticketing.sent).toEqual([]);
  });
});

describe("unlessAlreadyOpened", () => {
  test.each([
    ["confirmed", OPENED, "T1", "ALREADY_OPENED"],
    ["in doubt", UNKNOWN, null, "OUTCOME_UNKNOWN"],
    ["queued", NOT_EXECUTED, null, "ALREADY_OPENED"],
  ] as const)("MUST refuse a second create with the number: the first is %s", async (_, first, ticketId, code) => {
    const { submit, ticketing } = startSubmitting(first);
    await submit(LATER);

    const { problems, submission, existing } = await submit({ ...ONCE, ...OTHER_KEY });

    expect(problems).toMatchObject([{ code, field: "sourceTicketId" }]);
    expect(existing?.ticket.id ?? null).toBe(ticketId);
    expect(submission).toBeNull();
    expect(ticketing.sent).toHaveLength(1);
  });

  test("MUST send a second create when the first was rejected", async () => {
    const { submit, ticketing } = startSubmitting(REJECTED, OPENED);
    await submit();

    expect(codes(await submit({ ...ONCE, ...OTHER_KEY }))).toEqual([]);
    expect(ticketing.sent).toHaveLength(2);
  });
});
