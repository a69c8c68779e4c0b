/**
 * Random histories of the updates of one ticket, beside a Sociomile that executes each update at a random time in the 14 minutes after its sending. At
 * any time a ticket shows what Sociomile holds, or a doubt; and what is set once more after 15 minutes is what it holds.
 */
import { describe, expect, test } from "vitest";
import type { ReservedRow } from "../../../src/ledger/submissions/row.ts";
import type { Outcome } from "../../../src/tickets/submission.ts";
import type { Reserved } from "../../../src/tickets/ports.ts";
import { type TicketUpdate, statusOf } from "../../../src/tickets/ticket.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { type Random, between, oneOf, seeded, weighed } from "../../support/chance.ts";
import { intentOf, settledAs, updateOf } from "../../support/intents.ts";
import { type Engine, ENGINES, type OpenedPlace, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeOlder } from "../../support/sql.ts";

const MINUTE_MS = 60_000;
const STATUSES: [TicketStatus, ...TicketStatus[]] = ["IN_PROGRESS", "PENDING", "CLOSE"];
const STEPS = 40;
const WEIGHTS = { send: 22, answer: 25, late: 8, lose: 8, pass: 14 };

/** An attempt at Sociomile. */
interface Attempt {
  reserved: Reserved;
  status: TicketStatus;
  /** Times by the history's clock. Infinity: it is never executed. */
  executedAt: number;
  sentAt: number;
  isExecuted: boolean;
}

async function playHistory({ ledger, sql }: OpenedPlace, ticketId: string, random: Random) {
  let now = 0;
  let actual: TicketStatus | null = null;
  const story: string[] = [];
  const differences: object[] = [];
  /** Attempts whose outcome is not read yet, by their owner; and all. */
  const open: Attempt[] = [];
  const sent: Attempt[] = [];
  const requested = (status: TicketStatus) => updateOf(ticketId, { status });

  const execute = (attempt: Attempt) => {
    attempt.isExecuted = true;
    actual = attempt.status;
  };
  /** Lets time pass, in which Sociomile executes what is due, in that order. */
  const pass = async (ms: number) => {
    now += ms;
    const due = sent.filter((each) => !each.isExecuted && each.executedAt <= now);
    for (const each of due.toSorted((a, b) => a.executedAt - b.executedAt)) execute(each);
    for (const { reserved } of open) (reserved as ReservedRow).row.sent_at! -= ms;
    await makeOlder(sql, ms);
  };
  const answer = async (attempt: Attempt | undefined) => {
    if (!attempt) return;
    open.splice(open.indexOf(attempt), 1);
    const mayExecute = attempt.isExecuted || now < attempt.sentAt + 14 * MINUTE_MS;
    const withoutEffect = attempt.isExecuted ? [] : [REJECTED, NOT_EXECUTED];
    const report = random() < 0.5 ? null : { status: attempt.status, statusLabel: attempt.status };
    const acceptance = accepted(ticketId, report);
    const outcome = oneOf<Outcome>(
      [UNKNOWN, ...(mayExecute ? [acceptance, acceptance] : []), ...withoutEffect],
      random,
    );
    if (outcome === acceptance && !attempt.isExecuted) execute(attempt);
    if (withoutEffect.includes(outcome)) attempt.executedAt = Infinity;
    story.push(`${outcome.outcome} ${attempt.status}`);
    const times = random() < 0.1 ? 2 : 1; // nobody acknowledged the first one
    for (let nth = 0; nth < times; nth++) await ledger.settle(attempt.reserved, requested(attempt.status), outcome, 1);
  };

  const steps: Record<keyof typeof WEIGHTS, () => Promise<unknown>> = {
    async send() {
      const status = (random() < 0.4 && sent.at(-1)?.status) || oneOf(STATUSES, random); // the same once more
      const reserved = await ledger.reserve(intentOf(`key ${story.length} of ${ticketId}`, requested(status)));
      story.push(`send ${status}: ${reserved.type}`);
      if (reserved.type !== "reserved") return;
      const delayed = () => now + between(0, 14 * MINUTE_MS, random);
      const executedAt = oneOf([now, now, delayed(), delayed(), Infinity], random);
      const attempt = { reserved, status, executedAt, sentAt: now, isExecuted: false };
      open.push(attempt);
      sent.push(attempt);
    },
    answer: () => answer(open.at(-1)),
    late: () => answer(oneOf(open, random)),
    async lose() {
      story.push("lose");
      await sql.run("UPDATE submissions SET sent_at = sent_at - 31000 WHERE state = 'SENDING'");
    },
    async pass() {
      const minutes = oneOf([1, 5, 10, 15], random);
      story.push(`pass ${minutes}`);
      await pass(minutes * MINUTE_MS);
    },
  };
  const check = async (what: string, isTrue: boolean) => {
    if (!isTrue)
      differences.push({ what, actual, shown: (await ledger.tickets([ticketId]))[0], story: story.join("; ") });
  };

  for (let step = 0; step < STEPS; step++) {
    await steps[weighed(WEIGHTS, random)]();
    await pass(1000);
    const updates = await sql.run(`SELECT state, requested_status AS status, nth, sent_at AS "sentAt" FROM submissions
      WHERE state IN ('SENDING', 'UNCERTAIN', 'CONFIRMED')`);
    const numbered = updates.map(({ nth, sentAt, ...row }) => ({
      ...row,
      nth: nth && Number(nth),
      sentAt: Number(sentAt),
    }));
    const decided = statusOf(numbered as TicketUpdate[], null);
    const [shown] = await ledger.tickets([ticketId]);
    const { status, statusInDoubt } = shown ?? decided;
    await check("decides as the function", status === decided.status && statusInDoubt === decided.statusInDoubt);
    await check("shows the actual status, or a doubt", status === actual || statusInDoubt !== null);
  }
  while (open.length > 0) await answer(open[0]);
  await pass(16 * MINUTE_MS);
  const { ticket } = await settledAs(ledger, intentOf(null, requested("OPEN")), accepted(ticketId));
  await check("ends every doubt", ticket?.status === "OPEN" && ticket.statusInDoubt === null);
  for (const table of ["submissions", "tickets"]) await sql.run(`DELETE FROM ${table}`);
  return differences;
}

/** Numbers of histories. `SEED` and `HISTORIES` of the environment choose others. */
const COUNTS: Record<Engine, number> = { SQLite: 100, PostgreSQL: 15 };

describe.each(ENGINES)("random histories of updates on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const first = Number(process.env["SEED"] ?? 1);
  const count = Number(process.env["HISTORIES"] ?? COUNTS[engine]);

  test("MUST show what Sociomile holds or a doubt, which ends when the status is set once more", async () => {
    const differences: unknown[] = [];
    for (let seed = first; seed < first + count && differences.length === 0; seed++)
      differences.push(...(await playHistory(opened, `ticket-${seed}`, seeded(seed))).slice(0, 1));

    expect(differences).toEqual([]);
  }, 600_000);
});
