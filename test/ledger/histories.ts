import { expect } from "vitest";
import { bytesOf, textOf } from "../../src/ledger/clock.ts";
import type { LedgerContext } from "../../src/ledger/context.ts";
import { expireQueued } from "../../src/ledger/queue/deliveries.ts";
import { release, sweepLeases } from "../../src/ledger/submissions/leases.ts";
import type { Outcome, Verdict } from "../../src/tickets/submission.ts";
import type { Delivery, Intent, ResolveRequest, Settled } from "../../src/tickets/ports.ts";
import {
  type ReservedSubmission,
  intentOf as intentTo,
  judgedAs,
  OPERATOR,
  queuedBy,
  reserved,
  settledAs,
  updateOf,
  sentOnce,
} from "../support/intents.ts";
import { contextAt } from "../support/ledger-context.ts";
import type { OpenedPlace } from "../support/opened.ts";
import { accepted, NOT_EXECUTED, REJECTED, UNKNOWN } from "../support/outcomes.ts";
import { makeDue } from "../support/queued.ts";
import { duringChange, makeOlder } from "../support/sql.ts";

/** Ticket of the updates whose status a history looks at. */
export const TICKET = "ticket-1";
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** Report of Sociomile about a ticket, and what a ticket shows whose details are forgotten. */
const REPORT = {
  customerName: "Rini",
  subject: "a person's",
  maskedTicketId: "masked-7",
  statusLabel: "Open",
} as const;
const HIDDEN = { customerName: null, subject: null, maskedTicketId: null, detailsFrom: null };

const labelOf = (status: string) => status.slice(0, 1) + status.slice(1).toLowerCase();
const orNull = (word: string | undefined) => (word === "nothing" || word === undefined ? null : word);

/**
 * Makes the function that plays histories in a ledger, and returns the ids of submissions by their names. A step of a history is a word and the name
 * of an attempt, often with more words: `send a; accept a T1; is a CONFIRMED`. After `meanwhile SET …` a change of the rows is under way during the next
 * step. After 15 minutes nothing that was sent is executed any more.
 * `intentFor`: what an attempt asks for, by its name and, for an update, its status.
 */
export function createPlay(
  { ledger, sql, events, place }: OpenedPlace,
  intentFor: (name: string, status: string) => Intent,
) {
  const upkeep = async (work: (context: LedgerContext) => Promise<unknown>) => {
    await using context = await contextAt(place);
    await work({ ...context, observe: (event, fields) => void events.push({ event, ...fields }) });
  };
  return async (history: string): Promise<(name: string) => string> => {
    const own = new Map<string, ReservedSubmission | Delivery>();
    const ids = new Map<string, string>();
    const intents = new Map<string, Intent>();
    let last: Settled | undefined;
    const idOf = (name: string) => ids.get(name)!;
    const find = async (name: string) => (await ledger.find(idOf(name)))!;
    const intentOf = (name: string, status = "") => {
      const intent = intents.get(name) ?? intentFor(name, status);
      intents.set(name, intent);
      return intent;
    };
    const settle = async (name: string, outcome: Outcome, pauseMs: number | null = null) => {
      last = await ledger.settle(own.get(name)!, intentOf(name).request, sentOnce(outcome), pauseMs);
    };
    const judge = (name: string, changes: Partial<ResolveRequest>) => judgedAs(ledger, { id: idOf(name) }, changes);
    const hold = (name: string, one: ReservedSubmission | Delivery) => {
      own.set(name, one);
      ids.set(name, one.submission.id);
    };
    const steps: Record<string, (name: string, ...words: string[]) => Promise<unknown>> = {
      send: async (name, status) => hold(name, await reserved(ledger, intentOf(name, status))),
      async again(name, earlier) {
        intents.set(name, intentOf(earlier));
        await steps["send"]!(name);
      },
      queue: async (name, status) => ids.set(name, (await queuedBy(ledger, intentOf(name, status))).id),
      /** Hands an attempt in while nothing can be sent. */
      async decline(name) {
        const reservation = await ledger.reserve(intentOf(name), "CIRCUIT_OPEN");
        if ("submission" in reservation) ids.set(name, reservation.submission.id);
      },
      cancel: async (name) => expect(await ledger.cancel(idOf(name), OPERATOR)).not.toBeNull(),
      async handIn(name, ...words) {
        const [kind, status] = words.toReversed();
        expect((await ledger.reserve(intentOf(name, status))).type).toBe(kind);
      },
      otherCreate: async (name, ticketId) =>
        expect(await ledger.reserve(intentOf(name))).toMatchObject({ type: "otherCreate", ticketId }),
      async deliver(name) {
        await makeDue(sql);
        const [delivery] = await ledger.reserveQueued(5);
        expect(delivery?.submission.id).toBe(ids.get(name));
        if (!delivery) return;
        expect(delivery.request).toEqual(intentOf(name).request);
        hold(name, delivery);
      },
      async accept(name, ticketId) {
        if (ticketId !== undefined) return settle(name, accepted(ticketId));
        // with Sociomile's report of the status that was asked for
        const status = own.get(name)!.submission.requestedStatus!;
        const { details } = intentOf(name).request as { details: { ticketId: string } };
        return settle(name, accepted(details.ticketId, { ...REPORT, status, statusLabel: labelOf(status) }));
      },
      due: () => makeDue(sql),
      doubt: (name) => settle(name, UNKNOWN),
      reject: (name) => settle(name, REJECTED),
      later: (name) => settle(name, NOT_EXECUTED, MINUTE_MS),
      fail: (name) => settle(name, NOT_EXECUTED),
      accepted: async (name, status) => {
        await steps["send"]!(name, status);
        await steps["accept"]!(name);
      },
      doubted: async (name, status) => {
        await steps["send"]!(name, status);
        await steps["doubt"]!(name);
      },
      /** Sends a create whose owner then seems to have died, and closes the doubt. The owner may still settle it. */
      async closed(name, ticketId) {
        await steps["send"]!(name);
        await steps["die"]!(name);
        await steps["judge"]!(name, ...(ticketId === undefined ? ["NOT_CREATED"] : ["CREATED", ticketId]));
      },
      die: () => sql.run("UPDATE submissions SET state = 'UNCERTAIN', reason = 'OWNER_DIED', settled_at = 0"),
      loseOwners: () => sql.run("UPDATE submissions SET sent_at = sent_at - 31000 WHERE state = 'SENDING'"),
      loseRows: () => sql.run("DELETE FROM submissions WHERE state = 'SENDING'"), // a standby takes over that had not received them
      pass: (minutes) => makeOlder(sql, Number(minutes) * MINUTE_MS),
      forget: async (ticketId) => expect(await ledger.forgetTicket(ticketId, OPERATOR)).toBe(true),
      forgetSubmission: async (name, refused) =>
        expect(await ledger.forgetSubmission(idOf(name), OPERATOR)).toBe(refused === undefined),
      /** Records an update of a ticket with a report that names a person. */
      report: (ticketId) => settledAs(ledger, intentTo(null, updateOf(ticketId)), accepted(ticketId, REPORT)),
      hush: async () => (events.length = 0),
      /** Releases the newest reservation of an attempt, as when its caller has taken it for failed. */
      async release(name) {
        await using context = await contextAt(place);
        const [row] = await sql.run("SELECT reservation_id FROM submissions WHERE id = ?", bytesOf(idOf(name)));
        expect(await release([textOf(row!["reservation_id"] as Uint8Array)], context)).toHaveLength(1);
      },
      sweep: () => upkeep(sweepLeases),
      /** Lets hours pass in which no service runs, and then ends what has expired in the queue. */
      async expire(hours) {
        await sql.run("UPDATE submissions SET deliver_by = deliver_by - ?", Number(hours) * 60 * MINUTE_MS);
        await upkeep(expireQueued);
      },
      /** Sends an attempt by a clock that is a year ahead. */
      ahead: (name) =>
        sql.run("UPDATE submissions SET sent_at = sent_at + ? WHERE id = ?", YEAR_MS, bytesOf(idOf(name))),
      judge: async (name, verdict, ticketId = "nothing") =>
        expect(await judge(name, { verdict: verdict as Verdict, ticketId: orNull(ticketId) })).toMatchObject({
          type: "resolved",
        }),
      async correct(name, verdict, ticketId = "nothing") {
        const changes = { verdict: verdict as Verdict, ticketId: orNull(ticketId), replacesEarlier: true };
        expect(await judge(name, changes)).toMatchObject({ type: "resolved" });
      },
      isOther: async (name, ticketId, other) =>
        expect(await judge(name, { verdict: "CREATED", ticketId: ticketId })).toMatchObject({
          type: "otherCreate",
          otherCreateId: idOf(other),
        }),
      reported: async (state, reason) => {
        expect(last!.submission).toMatchObject({ state, ...(reason && { reason }) });
        expect(last!.ticket !== null).toBe(state === "CONFIRMED");
      },
      is: async (name, state, reason) => expect(await find(name)).toMatchObject({ state, ...(reason && { reason }) }),
      lost: async (name) => expect(await ledger.find(idOf(name))).toBeNull(),
      has: async (name, ticketId) =>
        expect(await find(name)).toMatchObject({ ticketId: orNull(ticketId), ticketNumber: null }),
      conflicts: async (name, ticketId) =>
        expect(await find(name)).toMatchObject({ conflictingTicketId: orNull(ticketId) }),
      nth: async (name, nth) => {
        const rows = await sql.run("SELECT nth FROM submissions WHERE id = ?", bytesOf(idOf(name)));
        expect(rows.map((row) => row["nth"] && Number(row["nth"]))).toEqual([orNull(nth) && Number(nth)]);
      },
      shows: async (status, statusInDoubt = null!) =>
        expect(await ledger.tickets([TICKET])).toMatchObject([{ status: orNull(status), statusInDoubt }]),
      label: async (statusLabel) => expect(await ledger.tickets([TICKET])).toMatchObject([{ statusLabel }]),
      knows: async (id) => expect(await ledger.tickets([id])).toMatchObject([{ id }]),
      /** Looks for details of a ticket in all that shows it. */
      async hides(ticketId) {
        const [ticket] = await ledger.tickets([ticketId]);
        expect(ticket ?? HIDDEN).toMatchObject(HIDDEN);
        expect(await ledger.submitted([ticketId])).toEqual([null]);
        expect(await ledger.ticketIdsByReference([{ type: "MASKED_TICKET_ID", value: REPORT.maskedTicketId }])).toEqual(
          [[]],
        );
      },
      shownAsSubmitted: async (id) => expect(await ledger.submitted([id])).not.toEqual([null]),
      /** Looks for the details that a create submitted. */
      submitted: async (name, isKept) =>
        expect((await ledger.submittedBy([idOf(name)])).map((details) => details !== null)).toEqual([isKept === "yes"]),
      seals: async () => expect(await sql.run("SELECT id FROM submissions WHERE details IS NOT NULL")).toEqual([]),
      /** Looks for requests that wait for delivery, or may be released. */
      keeps: async (some) =>
        expect(
          await sql.run("SELECT id FROM submissions WHERE request IS NOT NULL OR deliver_by IS NOT NULL"),
        ).toHaveLength(some === "one" ? 1 : 0),
      async reports(event, name, ticketId) {
        const reported = { event, ...(name && { submissionId: idOf(name) }), ...(ticketId && { ticketId }) };
        expect(events).toMatchObject(event === "nothing" ? [] : [reported]);
      },
      tells: async (event) => expect(events.map((reported) => reported.event)).toContain(event),
    };
    let change: string | null = null;
    for (const step of history.split(";")) {
      const [word, ...words] = step.trim().split(/\s+/) as [string, string];
      if (word === "meanwhile") change = `UPDATE submissions ${words.join(" ")}`;
      else {
        const work = () => steps[word]!(...words);
        await (change === null ? work() : duringChange({ sql, place }, change, work));
        change = null;
      }
    }
    return idOf;
  };
}
