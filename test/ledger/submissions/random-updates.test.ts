/**
 * Random histories of the updates of one ticket, beside a Sociomile that executes each update at a random time in the 15 minutes after its sending. At
 * every moment a ticket shows what Sociomile holds, or a doubt. And SQL decides as the pure functions do.
 */
import { isDeepStrictEqual } from "node:util";
import { sql as kysely } from "kysely";
import { describe, expect, test } from "vitest";
import type { ReservedRow } from "../../../src/ledger/submissions/row.ts";
import type { LedgerContext } from "../../../src/ledger/context.ts";
import { textOf } from "../../../src/ledger/ids.ts";
import { mayBeDeliveredSql, nextMomentSql } from "../../../src/ledger/queue/deliveries.ts";
import { isVoidSql, supersede, updateOf, updatesOf } from "../../../src/ledger/submissions/updates.ts";
import type { RowNow } from "../../../src/ledger/submissions/row.ts";
import { withTicket } from "../../../src/ledger/submissions/with-ticket.ts";
import type { Outcome } from "../../../src/tickets/outcome.ts";
import type { Delivery, Reserved } from "../../../src/tickets/ports.ts";
import { isResolved } from "../../../src/tickets/submission.ts";
import { isVoid, mayBeDelivered, nextMoment, statusOf } from "../../../src/tickets/ticket-updates.ts";
import type { TicketStatus } from "../../../src/tickets/ticket.ts";
import { type Random, between, oneOf, seeded, weighed } from "../../long-runs/torture/chance.ts";
import { LATER, intentOf, queuedBy, updateOf as requestOf, verdictOf } from "../../support/intents.ts";
import { contextAt } from "../../support/ledger-context.ts";
import { type Engine, ENGINES, type OpenedPlace, ledgerForEach } from "../../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../../support/outcomes.ts";
import { makeDue } from "../../support/queued.ts";

const MINUTE_MS = 60_000;
const STATUSES: [TicketStatus, ...TicketStatus[]] = ["IN_PROGRESS", "PENDING", "CLOSE"];
const STEPS = 40;
const WEIGHTS = {
  send: 20,
  queue: 6,
  deliver: 8,
  answer: 25,
  lose: 5,
  late: 6,
  pass: 14,
  sweep: 5,
  judge: 8,
  lostRow: 2,
};

type Answer = Outcome["outcome"];

/** An attempt at Sociomile. */
interface Attempt {
  reserved: Reserved;
  status: TicketStatus;
  /** Time of its execution, by the history's clock. Infinity: never. */
  executedAt: number;
  sentAt: number;
  isExecuted: boolean;
  /** True: its row is lost, until its outcome brings it back. */
  isLost: boolean;
}

async function playHistory(
  { ledger, sql }: OpenedPlace,
  context: LedgerContext,
  ticketId: string,
  random: Random,
) {
  let now = 0;
  let held: TicketStatus | null = null;
  const told: string[] = [];
  const differences: object[] = [];
  /** Attempts whose outcome is not read yet, by their owner; and others that Sociomile may still execute. */
  const open: Attempt[] = [];
  const sent: Attempt[] = [];
  let keys = 0;

  const requested = (status: TicketStatus) => requestOf(ticketId, { status });
  const begin = (reserved: Reserved, status: TicketStatus) => {
    const delayed = () => between(0, 14 * MINUTE_MS, random);
    const executedAt = now + oneOf([0, 0, delayed(), delayed(), Infinity], random);
    const attempt = { reserved, status, executedAt, sentAt: now, isExecuted: false, isLost: false };
    open.push(attempt);
    sent.push(attempt);
  };
  /** Lets time pass, in which Sociomile executes what is due, in that order. */
  const pass = async (ms: number) => {
    now += ms;
    const due = sent.filter((each) => !each.isExecuted && each.executedAt <= now);
    for (const each of due.toSorted((a, b) => a.executedAt - b.executedAt)) execute(each);
    for (const { reserved } of open) {
      const { row } = reserved as ReservedRow;
      row.sent_at! -= ms;
      row.until! -= ms;
    }
    const older = "sent_at = sent_at - ?, until = until - ?, settled_at = settled_at - ?";
    await sql.run(`UPDATE submissions SET ${older} WHERE ticket_id = ?`, ms, ms, ms, ticketId);
  };
  const execute = (attempt: Attempt) => {
    attempt.isExecuted = true;
    held = attempt.status;
  };
  const answer = async (attempt: Attempt | undefined) => {
    if (!attempt) return;
    open.splice(open.indexOf(attempt), 1);
    const mayExecute = !attempt.isExecuted && now < attempt.sentAt + 14 * MINUTE_MS;
    const withoutEffect: Answer[] = attempt.isExecuted ? [] : ["rejected", "notExecuted"];
    const words: Answer[] = attempt.isExecuted || mayExecute ? ["accepted", "accepted"] : [];
    const word = oneOf<Answer>(["unknown", ...words, ...withoutEffect], random);
    if (word === "accepted" && !attempt.isExecuted) execute(attempt);
    if (word === "rejected" || word === "notExecuted") attempt.executedAt = Infinity;
    const report = { status: attempt.status, statusLabel: attempt.status };
    const outcomes: Record<Answer, Outcome> = {
      accepted: accepted(ticketId, random() < 0.5 ? null : report),
      unknown: UNKNOWN,
      rejected: REJECTED,
      notExecuted: NOT_EXECUTED,
    };
    told.push(`${word} ${attempt.status}`);
    const request = requested(attempt.status);
    const settling = () =>
      ledger.settle(attempt.reserved, request, outcomes[word], 1, random() < 0.5 ? null : 0);
    await settling();
    if (random() < 0.1) await settling(); // nobody acknowledged the first one
    attempt.isLost = false;
  };

  const steps: Record<keyof typeof WEIGHTS, () => Promise<unknown>> = {
    async send() {
      const status = (random() < 0.4 && sent.at(-1)?.status) || oneOf(STATUSES, random); // the same once more
      const key = `key ${keys++} of ${ticketId}`;
      const intent = intentOf(key, requested(status), random() < 0.3 ? LATER : {});
      const reservation = await ledger.reserve(intent);
      told.push(`send ${status}: ${reservation.type}`);
      if (reservation.type === "reserved") begin(reservation, status);
    },
    async queue() {
      const status = oneOf(STATUSES, random);
      told.push(`queue ${status}`);
      await queuedBy(ledger, intentOf(`key ${keys++} of ${ticketId}`, requested(status)));
    },
    async deliver() {
      await makeDue(sql);
      const deliveries: Delivery[] = await ledger.reserveQueued(5);
      for (const delivery of deliveries) {
        const status = delivery.submission.requestedStatus!;
        told.push(`deliver ${status}`);
        begin(delivery, status);
      }
    },
    answer: () => answer(open.at(-1)),
    late: () => answer(oneOf(open, random)),
    async lose() {
      told.push("lose");
      const aging = "sent_at = sent_at - 31000 WHERE state = 'SENDING' AND ticket_id = ?";
      await sql.run(`UPDATE submissions SET ${aging}`, ticketId);
    },
    async pass() {
      const minutes = oneOf([1, 5, 10, 15], random);
      told.push(`pass ${minutes}`);
      await pass(minutes * MINUTE_MS);
    },
    async sweep() {
      told.push("sweep");
      await withTicket(ticketId, context, (within) => supersede([ticketId], within));
    },
    async judge() {
      const isRuled = "reason = 'APPLIED_SAYS_OPERATOR' OR reason = 'NOT_APPLIED_SAYS_OPERATOR'";
      const which = `ticket_id = ? AND (state = 'UNCERTAIN' OR ${isRuled})`;
      const one = oneOf(await sql.run(`SELECT id FROM submissions WHERE ${which}`, ticketId), random);
      const found = one && (await ledger.find(textOf(one["id"] as Uint8Array)));
      if (!found) return;
      const verdict = held === found.requestedStatus ? "APPLIED" : "NOT_APPLIED";
      const request = verdictOf(found, { verdict, replacesEarlier: isResolved(found) });
      const result = await ledger.resolve(found, request, true);
      told.push(`${verdict} ${found.requestedStatus}: ${result.type}`);
      if (result.type === "acceptedSince")
        await ledger.resolve(found, { ...request, acceptedSince: result.other.id }, true);
    },
    async lostRow() {
      const attempt = open.at(-1);
      if (!attempt) return;
      told.push(`lose the row of ${attempt.status}`);
      attempt.isLost = true;
      await sql.run("DELETE FROM submissions WHERE state = 'SENDING' AND ticket_id = ?", ticketId);
    },
  };

  for (let step = 0; step < STEPS; step++) {
    await steps[weighed(WEIGHTS, random)]();
    await pass(1000);
    await compare();
  }
  await sql.run("DELETE FROM submissions"); // the next history would deliver what waits
  return differences;

  /** Compares what the ledger shows and decides with the pure functions, and the status with what Sociomile holds. */
  async function compare(): Promise<void> {
    const decided = await kysely<
      RowNow & Decided
    >`SELECT *, ${isVoidSql(context)} AS void, ${context.clock.sql} AS now,
      ${mayBeDeliveredSql(context.clock.sql)} AS deliverable, ${nextMomentSql(context.clock.sql)} AS next
      FROM submissions WHERE ticket_id = ${ticketId}`.execute(context.db);
    const all = decided.rows.map(updateOf);
    const some = (await updatesOf([ticketId], context)).of(ticketId);
    const [known] = await ledger.tickets([ticketId]);
    const shown = statusOf(all, null); // a report tells the status that was asked for
    const { status, statusInDoubt } = shown;
    const { statusLabel: _, ...ofUpdates } = shown;
    if (known) same("shown", pick(known, ofUpdates), ofUpdates);
    const isKnown = statusInDoubt === null && sent.every(({ isLost }) => !isLost);
    if (isKnown && all.every(({ state }) => state !== "SENDING")) same("held", status, held);
    for (const own of all) {
      const { now: at, next } = own.row;
      same("void", Boolean(own.row.void), isVoid(own, all, at));
      same("void among those that are read", isVoid(own, some, at), isVoid(own, all, at));
      if (own.state === "QUEUED")
        same("deliverable", Boolean(own.row.deliverable), mayBeDelivered(own, all, at));
      // Each statement has a time of its own.
      same("next moment", Math.min(Math.max(next, nextMoment(some, at)), nextMoment(some, at + 1000)), next);
    }
  }

  function same(what: string, saw: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(saw, expected)) differences.push({ what, saw, expected, story: told.join("; ") });
  }
}

/** Decisions of SQL about an update. */
interface Decided {
  void: unknown;
  deliverable: unknown;
  next: number;
}

const pick = (from: object, names: object) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => name in names));

/** Numbers of histories. `SEED` and `HISTORIES` of the environment choose others. */
const COUNTS: Record<Engine, number> = { SQLite: 100, PostgreSQL: 12 };

describe.each(ENGINES)("random histories of updates on %s", (engine) => {
  const opened = ledgerForEach(engine);
  const first = Number(process.env["SEED"] ?? 1);
  const count = Number(process.env["HISTORIES"] ?? COUNTS[engine]);

  test("MUST show what Sociomile holds or a doubt, and be decided by SQL as by the pure functions", async () => {
    await using context = await contextAt(opened.place);
    const differences: unknown[] = [];
    for (let seed = first; seed < first + count && differences.length === 0; seed++)
      differences.push(...(await playHistory(opened, context, `ticket-${seed}`, seeded(seed))).slice(0, 1));

    expect(differences).toEqual([]);
  }, 600_000);
});
