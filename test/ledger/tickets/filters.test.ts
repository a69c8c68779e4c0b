/** Lists, in both orders, and counts by each condition of a filter, alone and together with each other one. */
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../../src/ledger/clock.ts";
import type { SubmissionFilter } from "../../../src/tickets/ports.ts";
import type { Submission } from "../../../src/tickets/submission.ts";
import {
  complaintNumbered,
  intentOf,
  judgedAs,
  OPERATOR,
  queuedBy,
  reserved,
  settledAs,
  updateOf,
  VOICE,
} from "../../support/intents.ts";
import { ENGINES, type OpenedPlace, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";

const NUMBER = "4711";
const OTHER_CLIENT = { clientId: "another" };

/** Makes rows in every state, half of them in the last hour, by two clients. */
async function makeRows({ ledger, sql }: OpenedPlace): Promise<void> {
  for (const round of ["1", "2"]) {
    const number = complaintNumbered(round === "1" ? NUMBER : "815");
    const by = round === "1" ? {} : OTHER_CLIENT;
    await settledAs(ledger, intentOf(null, number, by), accepted(`t${round}`));
    await settledAs(ledger, intentOf(null, updateOf(`t${round}`), by), accepted(`t${round}`));
    await settledAs(ledger, intentOf(null, updateOf(`t${round}`), by), UNKNOWN);
    const doubt = await settledAs(ledger, intentOf(null, number, by), UNKNOWN);
    await settledAs(ledger, intentOf(null, VOICE, by), REJECTED);
    await settledAs(ledger, intentOf(null, VOICE, by), NOT_EXECUTED);
    await settledAs(ledger, intentOf(null, VOICE, by), UNKNOWN);
    const cancelled = await queuedBy(ledger, intentOf(null, number, by));
    await ledger.cancel(cancelled.id, OPERATOR);
    await queuedBy(ledger, intentOf(null, VOICE, by));
    await reserved(ledger, intentOf(null, VOICE, by));
    await judgedAs(ledger, doubt.submission, { verdict: "NOT_CREATED" });
    await sql.run(
      "UPDATE submissions SET conflicting_ticket_id = ? WHERE id = ?",
      `late${round}`,
      bytesOf(doubt.submission.id),
    );
  }
  await sql.run(
    "UPDATE submissions SET settled_at = settled_at + 3600000, changed_at = changed_at + 3600000 WHERE attempts = 1 AND state <> 'CONFIRMED'",
  );
}

type Passes = (one: Submission) => boolean;
const settled = ({ settledAt }: Submission) => settledAt?.epochMilliseconds ?? Number.NaN;

/** Each condition of a filter, with the rows that pass it. `created`, `ended`: times around which some are. */
function conditions(created: Temporal.Instant, ended: Temporal.Instant): [SubmissionFilter, Passes][] {
  const states = ["UNCERTAIN", "QUEUED", "UNCERTAIN"] as const;
  const reasons = ["CANCELLED", "CONNECTION_LOST", "NOT_CREATED_SAYS_OPERATOR"] as const;
  const reference = { type: "HELPDESK_TICKET_NUMBER", value: NUMBER } as const;
  return [
    [{ states: [], reasons: null }, () => true],
    [{ states }, ({ state }) => ["UNCERTAIN", "QUEUED"].includes(state)],
    [{ states: ["REJECTED", "CONFIRMED"] }, ({ state }) => ["REJECTED", "CONFIRMED"].includes(state)],
    [{ states: ["NOT_EXECUTED"] }, ({ state }) => state === "NOT_EXECUTED"],
    [{ reasons }, ({ reason }) => reasons.some((each) => each === reason)],
    [{ reasons: ["ACCEPTED_BY_SOCIOMILE", "CANCELLED"] }, ({ reason }) => /^(?:ACC|CANC)/.test(reason ?? "")],
    [{ operations: ["CREATE_VOICE_TICKET"] }, ({ operation }) => operation === "CREATE_VOICE_TICKET"],
    [OTHER_CLIENT, ({ clientId }) => clientId === "another"],
    [{ branchCode: "001" }, ({ branchCode }) => branchCode === "001"],
    [{ ticketId: "t1" }, ({ ticketId }) => ticketId === "t1"],
    [{ ticketId: "late2" }, ({ conflictingTicketId }) => conflictingTicketId === "late2"],
    [{ reference }, (one) => one.helpdeskTicketNumber === NUMBER || one.ticketId === "t1"],
    [{ createdAfter: created }, ({ createdAt }) => createdAt.epochMilliseconds >= created.epochMilliseconds],
    [{ createdBefore: created }, ({ createdAt }) => createdAt.epochMilliseconds < created.epochMilliseconds],
    [{ settledAfter: ended }, (one) => settled(one) >= ended.epochMilliseconds],
    [{ settledBefore: ended }, (one) => settled(one) < ended.epochMilliseconds],
    [{ isConflicting: true }, ({ conflictingTicketId }) => conflictingTicketId !== null],
    [{ isConflicting: false }, ({ conflictingTicketId }) => conflictingTicketId === null],
  ];
}

describe.each(ENGINES)("a filter on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const { ledger } = opened;

  async function pagesOf(filter: SubmissionFilter, orderBy: "CREATED_DESC" | "CREATED_ASC") {
    const ids: string[] = [];
    for (let after: string | null = null; ;) {
      const page = await ledger.list({ ...filter, orderBy, first: 4, after });
      ids.push(...page.slice(0, 4).map(({ id }) => id));
      if (page.length <= 4) return ids;
      after = ids.at(-1)!;
    }
  }

  test("MUST pass what meets all its conditions, page by page in both orders, and count that", async () => {
    await makeRows(opened);
    const all = await ledger.list({ first: 100, after: null });
    const each = conditions(all[9]!.createdAt, Temporal.Now.instant().add({ minutes: 30 }));
    let passed = 0;

    for (const [nth, [one, passesOne]] of each.entries())
      for (const [other, passesOther] of each.slice(nth)) {
        const filter = { ...one, ...other };
        const isSame = Object.keys(one).some((field) => field in other); // then the other one counts
        const expected = all.filter((row) => (isSame || passesOne(row)) && passesOther(row));
        const ids = expected.map(({ id }) => id);
        const reported = JSON.stringify(filter);
        expect([reported, await pagesOf(filter, "CREATED_DESC")]).toEqual([reported, ids]);
        expect([reported, await pagesOf(filter, "CREATED_ASC")]).toEqual([reported, ids.toReversed()]);
        const counts = await ledger.count(filter);
        const groups = Map.groupBy(expected, ({ operation, state, reason }) => [operation, state, reason].join(" "));
        const counted = counts.map(({ count, ...of }) => [Object.values(of).join(" "), count] as const);
        expect([reported, new Map(counted)]).toEqual([
          reported,
          new Map([...groups].map(([key, rows]) => [key, rows.length])),
        ]);
        const numbers = counts.map(({ count }) => count);
        expect(numbers).toEqual(numbers.toSorted((first, second) => second - first));
        passed += ids.length;
      }

    expect(passed).toBeGreaterThan(300);
  });
});
