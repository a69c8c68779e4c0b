/** Random histories through the ledger in memory, which other tests use, and a real one. */
import { expect, test } from "vitest";
import type { Delivery, Intent, Reservation, Reserved, Settled } from "../../src/tickets/ports.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import type { Submission } from "../../src/tickets/submission.ts";
import type { Ticket, TicketStatus } from "../../src/tickets/ticket.ts";
import { oneOf, seeded, weighed } from "../support/chance.ts";
import { intentOf, LATER, updateOf, voiceWith } from "../support/intents.ts";
import { createMemoryLedger } from "../support/memory-ledger.ts";
import { ledgerForEach } from "../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { makeDue } from "../support/queued.ts";
import { makeOlder } from "../support/sql.ts";

const STEPS = 120;
const WEIGHTS = { create: 3, update: 10, again: 4, settle: 14, deliver: 4, pass: 2 };
const STATUSES: [TicketStatus, ...TicketStatus[]] = ["IN_PROGRESS", "PENDING", "CLOSE"];
const { ledger, sql } = ledgerForEach("SQLite");

/** Answers of the two ledgers. */
type Both<Answer> = [memory: Answer, real: Answer];

const shownIn = (ticket: Ticket | null) =>
  ticket && [ticket.id, ticket.status, ticket.statusLabel, ticket.statusInDoubt];

async function playBoth(seed: number): Promise<Both<unknown>[]> {
  const random = seeded(seed);
  const memory = createMemoryLedger();
  const answers: Both<unknown>[] = [];
  const ids: Both<string>[] = [];
  const intents: Intent[] = [];
  const sending: { reserved: Both<Reserved>; request: TicketRequest }[] = [];

  const submissionIn = ({ settledAt, deliverBy, nextTryAt, ...facts }: Submission, nth: 0 | 1) => {
    const times = [settledAt, deliverBy, nextTryAt].map((time) => time !== null);
    return {
      ...facts,
      version: null,
      id: ids.findIndex((both) => both[nth] === facts.id),
      createdAt: null,
      times,
    };
  };
  const deliveryIn = ({ submission, tries }: Delivery, nth: 0 | 1) => ({
    ...submissionIn(submission, nth),
    tries,
  });
  const reservationIn = (reservation: Reservation, nth: 0 | 1) =>
    "submission" in reservation ? [reservation.type, submissionIn(reservation.submission, nth)] : reservation.type;

  const step: Record<keyof typeof WEIGHTS, () => Promise<unknown>> = {
    create: () => ask(voiceWith({ sourceTicketId: `${intents.length}` }), random() < 0.4 ? LATER : {}),
    update: () => ask(updateOf(oneOf(["T0", "T1"], random), { status: oneOf(STATUSES, random) })),
    again: async () => intents.length > 0 && reserve(oneOf(intents, random)!),
    async settle() {
      const attempt = oneOf(sending, random);
      if (!attempt) return;
      sending.splice(sending.indexOf(attempt), 1);
      const { request, reserved } = attempt;
      const ticketId = "ticketId" in request.details ? request.details.ticketId : `T${intents.length % 3}`;
      const report = random() < 0.5 ? null : ({ status: "OPEN", statusLabel: "Open" } as const);
      const outcome = oneOf([accepted(ticketId, report), accepted(ticketId), UNKNOWN, REJECTED, NOT_EXECUTED], random);
      const mayWait = random() < 0.5 && reserved[0].submission.requestedStatus === null;
      const pauseMs = mayWait ? 1000 : null;
      const settled = await both((one, nth) => one.settle(reserved[nth], request, outcome, 1, pauseMs));
      compare(settled, ({ submission, ticket }: Settled, nth) => [submissionIn(submission, nth), shownIn(ticket)]);
    },
    async deliver() {
      await makeDue(sql);
      for (const row of memory.rows) if (row.nextTryAt) row.nextTryAt = row.createdAt;
      const found = await both((one) => one.reserveQueued(100));
      compare(found, (deliveries, nth) =>
        deliveries.map((one) => deliveryIn(one, nth)).toSorted((a, b) => a.id - b.id),
      );
      for (const delivery of found[0]) {
        const id = ids.find(([own]) => own === delivery.submission.id)![1];
        const real = found[1].find(({ submission }) => submission.id === id);
        if (real) sending.push({ reserved: [delivery, real], request: delivery.request });
      }
    },
    async pass() {
      if (sending.length > 0) return; // the ledger in memory has no leases
      memory.pass(8 * 60_000);
      await makeOlder(sql, 8 * 60_000);
    },
  };
  const ask = (request: TicketRequest, how: Partial<Intent> = {}) => {
    const keys = [null, `key-${intents.length}-of-this-test`];
    const intent = intentOf(oneOf(keys, random)!, request, how);
    intents.push(intent);
    return reserve(intent);
  };
  const reserve = async (intent: Intent) => {
    const declined = random() < 0.3 ? "CIRCUIT_OPEN" : null;
    const found = await both((one) => one.reserve(intent, declined));
    const [mine, real] = found;
    if ("submission" in mine && "submission" in real && !ids.some(([id]) => id === mine.submission.id))
      ids.push([mine.submission.id, real.submission.id]);
    compare(found, reservationIn);
    if (mine.type === "reserved" && real.type === "reserved")
      sending.push({ reserved: [mine, real], request: intent.request });
  };
  const both = async <Answer>(
    work: (one: typeof memory | typeof ledger, nth: 0 | 1) => Promise<Answer>,
  ): Promise<Both<Answer>> => [await work(memory, 0), await work(ledger, 1)];
  const compare = <Answer>([mine, real]: Both<Answer>, shown: (answer: Answer, nth: 0 | 1) => unknown) =>
    void answers.push([shown(mine, 0), shown(real, 1)]);

  for (let nth = 0; nth < STEPS; nth++) await step[weighed(WEIGHTS, random)]();
  return answers;
}

test.each([1, 2, 3, 4])("The ledger in memory MUST answer as the real one does: history %d", async (seed) => {
  const answers = await playBoth(seed);

  expect(answers.length).toBeGreaterThan(STEPS / 2);
  expect(answers.map(([mine]) => mine)).toEqual(answers.map(([, real]) => real));
});
