import { setTimeout as sleep } from "node:timers/promises";
import { OPERATIONS } from "../tickets/operations.ts";
import { type Ledger, LedgerUnavailable } from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { UUID } from "../tickets/submission.ts";
import type { UpkeepPart } from "../telemetry/events.ts";
import { LEDGER_WAIT_MS, OPERATOR_WAIT_MS, available } from "./available.ts";
import type { LedgerContext } from "./context.ts";
import { grouped } from "./database/group.ts";
import { faultOf } from "./database/unusable.ts";
import { BEFORE_IDS } from "./ids.ts";
import {
  cancelQueued,
  expireQueued,
  mendTimes,
  reportMissingKeys,
  retryQueued,
  reserveQueued,
} from "./queue/deliveries.ts";
import { type Retention, deletingOld } from "./retention.ts";
import { countDoubts, countQueued } from "./submissions/counts.ts";
import { giveBack } from "./submissions/give-back.ts";
import { sweepLeases } from "./submissions/leases.ts";
import { lostReservations } from "./submissions/lost-reservations.ts";
import { newReservation } from "./submissions/reservation.ts";
import { reservingCreates, reservingUpdates } from "./submissions/reserve.ts";
import { settlingCreates } from "./submissions/settle.ts";
import { type TimedEnding, settledAs } from "./submissions/outcomes.ts";
import { repeatedWork } from "./submissions/repeated-work.ts";
import { createVoidDoubtsSweep } from "./submissions/updates.ts";
import { forgetTicket } from "./tickets/forget.ts";
import { forgetAnswers, readAnswers } from "./tickets/answers.ts";
import { countReasons, findByKey, findSubmissions, listHistories, listSubmissions } from "./tickets/list.ts";
import { findByReference, readSubmitted, readTickets } from "./tickets/read.ts";
import { applyResolution, isNewest, resolutionsOf, verdictsBetween } from "./tickets/resolutions.ts";
import { settlingUpdates } from "./tickets/settle-updates.ts";

/** Pause between two looks for submissions whose owner died. Milliseconds. */
const SWEEP_EVERY_MS = 30_000;
/** Outcomes that may wait to be recorded. More would not fit the memory, so nothing is reserved then. */
const MAX_UNRECORDED = 500;
/** Longest time for which closing waits for outcomes that are not recorded yet. Milliseconds. */
export const LAST_RECORDS_MS = 2000;

export interface LedgerSettings extends Pick<LedgerContext, "leaseMs" | "repeatedTicketIds" | "queue"> {
  /** Null: this is the ledger of an operator, and others sweep leases and delete old rows. */
  retention: Retention | null;
  /** Maker of the ledger and its later forms: the start of a service, as usual, or the command of an operator. */
  migrates?: "start" | "command";
  transactions?: LedgerContext["transactions"];
}

/** The ledger, and what the service and operators ask about it. */
export type SqlLedger = ReturnType<typeof sqlLedger>;

export function sqlLedger(context: LedgerContext, retention: LedgerSettings["retention"]) {
  const { db, clock, observe } = context;
  const closing = new AbortController();
  const unrecorded = repeatedWork(closing.signal);
  const lost = lostReservations((ids) => giveBack(ids, context), closing.signal);
  const creates = { reserve: grouped(reservingCreates(context)), settle: grouped(settlingCreates(context)) };
  const updates = { reserve: grouped(reservingUpdates(context)), settle: grouped(settlingUpdates(context)) };
  const those = ({ operation }: TicketRequest) => (OPERATIONS[operation].isCreate ? creates : updates);
  const listMs = retention ? LEDGER_WAIT_MS : OPERATOR_WAIT_MS;
  const find = grouped((ids: readonly string[]) => findSubmissions(ids, context));
  if (retention) {
    const [leases, doubts, times, expiry] = [sweepLeases, createVoidDoubtsSweep(), mendTimes, expireQueued];
    void keepUp({ leases, doubts, times, expiry, keys: reportMissingKeys });
    void keepUp({ retention: deletingOld(context, retention) }); // may take minutes
  }

  const ledger: Ledger = {
    async reserve(intent, declined = null) {
      checkRoom();
      const reservation = newReservation(clock.newId(), intent, declined);
      return unlessLost(reservation.id, () => those(intent.request).reserve(reservation));
    },

    async settle(
      { submission: reserved, row: reservedRow },
      request,
      outcome,
      tries,
      pauseMs = null,
      answer = null,
    ) {
      const isQueued = pauseMs !== null && outcome.outcome === "notExecuted";
      const attempt = {
        reserved,
        reservedRow,
        request,
        outcome,
        tries,
        answer,
        isQueued,
        pauseMs: pauseMs ?? 0,
      };
      const ending: TimedEnding = { ...attempt, endedAt: performance.now() };
      const settled = unrecorded.repeat(() => those(request).settle(ending));
      const recorded = await available(settled).catch(() => null);
      if (recorded) return recorded;
      const expected = settledAs(ending, context);
      const { id: submissionId, state, ticketId } = expected.submission;
      observe("ledger.outcome_not_recorded", { submissionId, state, ticketId });
      // A request counts as handed in when it is stored, and not before.
      return isQueued && reserved.deliverBy === null ? { submission: reserved, ticket: null } : expected;
    },

    async reserveQueued(most) {
      checkRoom();
      return reserveQueued(most, unlessLost, context);
    },

    async cancel(submissionId, { by, byPerson }) {
      const cancelling = cancelQueued(submissionId, context);
      const isKept = async () => (await find(submissionId))?.reason === "CANCELLED";
      reportCommit(cancelling, isKept, () => observe("submission.cancelled", { submissionId, by, byPerson }));
      return available(cancelling);
    },

    async retry(submissionId, { by, byPerson }) {
      const isQueued = UUID.test(submissionId) && (await available(retryQueued(submissionId, context)));
      if (isQueued) observe("submission.retried", { submissionId, by, byPerson });
      return isQueued;
    },

    async resolve(submission, request, waits) {
      const applied = applyResolution(submission, request, waits, context);
      if (request.isDryRun) return available(applied);
      const { submissionId, verdict, by, byPerson, replacesEarlier: isCorrection } = request;
      const fields = { submissionId, verdict, by, byPerson, isCorrection };
      reportCommit(
        applied.then((result) => (result.kind === "resolved" ? result.superseded : null)),
        () => isNewest(request, db),
        (superseded) => observe("submission.resolved", { ...fields, superseded: superseded ?? [] }),
      );
      return available(applied);
    },

    async forgetTicket(ticketId, by) {
      const forgetting = forgetTicket(ticketId, context);
      const isUnknown = async () => (await readTickets([ticketId], context))[0] === null;
      const committed = forgetting.then((isForgotten) => isForgotten || null);
      reportCommit(committed, isUnknown, () => observe("ticket.forgotten", { ticketId, by }));
      return available(forgetting);
    },

    list: (query) => available(listSubmissions(query, listMs, context), listMs),
    histories: (pages) => available(listHistories(pages, context)),
    countReasons: (filter) => available(countReasons(filter, context)),
    findByKey: (key) => available(findByKey(key, context)),
    find: async (id) => (UUID.test(id) ? available(find(id)) : null),
    resolutions: (submissionIds) => available(resolutionsOf(submissionIds, db)),
    tickets: (ids, room) => available(readTickets(ids, context, room)),
    submitted: (ids, room) => available(readSubmitted(ids, context, room)),
    ticketIdsByReference: (references) => available(findByReference(references, context)),
  };
  return {
    ...ledger,
    queue: () => available(countQueued(context)),
    doubts: () => available(countDoubts(context)),
    /** Returns the verdicts from one time until before another, the oldest first. */
    verdicts: (from: Temporal.Instant, to: Temporal.Instant) => available(verdictsBetween(from, to, db)),
    /** Returns Sociomile's words in the last answer to each of these submissions. Null: there are none, or they cannot be read. */
    answers: (ids: readonly string[]) => available(readAnswers(ids, context)),
    /** Erases them. */
    forgetAnswers: (ids: readonly string[]) => available(forgetAnswers(ids, context)),
    /** Removes what was erased also from SQLite's file of recent changes. False: a reader holds that. */
    forgetChanges: () => available(context.engine.forgetChanges(db)),

    /** Returns the reason for which the ledger does not answer now, or cannot be written. Null: there is none. */
    fault(): Promise<string | null> {
      // Changes no row, but a database that is read-only refuses it.
      const writing = db.updateTable("submissions").set({ attempt: 0 }).where("id", "=", BEFORE_IDS);
      return available(writing.execute()).then(
        () => null,
        ({ reason }: LedgerUnavailable) => reason,
      );
    },

    close,
    [Symbol.asyncDispose]: close,
  };

  function checkRoom(): void {
    if (unrecorded.count() >= MAX_UNRECORDED)
      throw new LedgerUnavailable("SLOW", "Too many outcomes are not recorded.");
  }

  /** Reserves. A reservation whose answer is late or lost may be committed: nothing is sent for it, so it is given back. */
  async function unlessLost<Result>(id: string, reserve: () => Promise<Result>): Promise<Result> {
    try {
      return await available(reserve());
    } catch (error) {
      lost.add(id);
      throw error;
    }
  }

  /**
   * Reports a commit once, also a late one; `isKept` looks for one without an acknowledgement, whose result is unknown. What the database refused
   * is no commit, although another may have done it before. `committed`: null: no change.
   */
  function reportCommit<Result>(
    committed: Promise<Result | null>,
    isKept: () => Promise<boolean>,
    report: (result: Result | null) => void,
  ): void {
    committed.then(
      (result) => result !== null && report(result),
      (error) =>
        !context.engine.isRefusal(error) && unrecorded.repeat(isKept).then((kept) => kept && report(null)),
    );
  }

  /** Does these parts of the upkeep again and again. One that fails does not stop the others. */
  async function keepUp(parts: { [Part in UpkeepPart]?: (context: LedgerContext) => Promise<void> }) {
    while (!closing.signal.aborted) {
      for (const [part, run] of Object.entries(parts))
        await run(context).catch((error) => {
          const failed = { part: part as UpkeepPart, reason: faultOf(error) };
          if (!closing.signal.aborted) observe("ledger.upkeep_failed", failed);
        });
      await sleep(SWEEP_EVERY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Waits up to LAST_RECORDS_MS for outcomes that are not recorded yet, then closes the database. */
  async function close(): Promise<void> {
    closing.abort();
    const last = Promise.all([unrecorded.done(), lost.done()]);
    await Promise.race([last, sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await db.destroy();
  }
}
