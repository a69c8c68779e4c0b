import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { OPERATIONS } from "../tickets/request.ts";
import { type Ledger, LedgerUnavailable, type Operator, type Settled } from "../tickets/ports.ts";
import type { LedgerFault, UpkeepPart } from "../telemetry/events.ts";
import { type LedgerContext, inTransaction } from "./context.ts";
import { createGroup, createRepeatedWork } from "./work.ts";
import { formOf } from "./database/migrate.ts";
import {
  LEDGER_WAIT_MS,
  LedgerRefused,
  OPERATOR_WAIT_MS,
  available,
  ledgerFaultOf,
  unavailable,
} from "./database/unusable.ts";
import { BEFORE_IDS } from "./clock.ts";
import { createWriters } from "./submissions/changes.ts";
import { cancelQueued, expireQueued, retryQueued, reserveQueued } from "./queue/deliveries.ts";
import { type Retention, createRetention } from "./retention.ts";
import { admitToQueue, countDoubts, countQueued } from "./submissions/stored.ts";
import { createReleases, release, sweepLeases } from "./submissions/leases.ts";
import { reserve } from "./submissions/reserve.ts";
import type { ReservedRow } from "./submissions/row.ts";
import { type TimedEnding, settle, settledAs } from "./submissions/settle.ts";
import { forgetSubmission, forgetTicket } from "./tickets/forget.ts";
import { actionsBetween, actionsOf, keepAction } from "./tickets/actions.ts";
import {
  countSubmissions,
  findByKey,
  findSubmissions,
  listChanges,
  listSubmissions,
  readAnswers,
} from "./tickets/list.ts";
import { listHistories, readSubmitted, readSubmittedBy, readTickets } from "./tickets/read.ts";
import { findByReference } from "./tickets/references.ts";
import { applyResolution } from "./tickets/resolutions.ts";

/** Pause between two looks for submissions whose owner died. Milliseconds. */
const SWEEP_EVERY_MS = 30_000;
/** Looks for queued requests that must fail in a row before an event reports it, and before each further report. */
const FAILED_LOOKS = 5;
/** Outcomes that may wait to be recorded. More would not fit the memory, so nothing is reserved then. */
const MAX_UNRECORDED = 500;
export const LAST_RECORDS_MS = 2000;

export interface LedgerSettings extends Pick<LedgerContext, "leaseMs" | "queue"> {
  /** Null: this is the ledger of an operator, and others sweep leases and delete old rows. */
  retention: Retention | null;
  /** Maker of the ledger and its later forms: the start of a service, or the command of an operator. */
  migrates?: "start" | "command";
  transactions?: LedgerContext["transactions"];
}

export type SqlLedger = ReturnType<typeof createSqlLedger>;

export function createSqlLedger(
  shared: Omit<LedgerContext, "writers" | "entersQueue">,
  retention: LedgerSettings["retention"],
) {
  const { db, clock, engine, observe } = shared;
  const closing = new AbortController();
  const repeated = createRepeatedWork(closing.signal);
  const entersQueue = createGroup((clientIds: readonly string[]) => admitToQueue(clientIds, shared));
  const context: LedgerContext = { ...shared, writers: createWriters(engine, db), entersQueue };
  const releases = createReleases((ids) => release(ids, context), closing.signal);
  const listMs = retention ? LEDGER_WAIT_MS : OPERATOR_WAIT_MS;
  const readTogether = createGroup((ids: readonly string[]) => readTickets(ids, context)); // PostgreSQL plans each statement
  let failedLooks = 0;
  /** True: the ledger has got a form that this version may not write. */
  let isOutdated = false;
  if (retention) {
    void keepUp({ leases: sweepLeases, expiry: expireQueued });
    void keepUp({ retention: createRetention(context, retention).sweep }); // may last minutes
  }

  const ledger: Ledger = {
    async reserve(intent, declined = null) {
      checkRecordable();
      const id = clock.newId();
      return orRelease(id, () => reserve(id, intent, declined, context));
    },

    async settle({ submission: reserved, row: reservedRow }: ReservedRow, request, sent, pauseMs = null) {
      const ending: TimedEnding = { ...sent, reserved, reservedRow, request, pauseMs, endedAt: performance.now() };
      let reason: LedgerFault = "SLOW";
      const settling = repeated.repeat(() =>
        settle(ending, context).catch((error: unknown) => {
          reason = ledgerFaultOf(error);
          throw error;
        }),
      );
      const { isCreate } = OPERATIONS[request.operation];
      const recorded = await available(isCreate ? settling : settling.then(completed)).catch(() => null);
      if (recorded) return recorded;
      const expected = settledAs(ending, context);
      const { id: submissionId, state, ticketId } = expected.submission;
      observe("ledger.outcome_not_recorded", { submissionId, state, ticketId, reason });
      // A request counts as handed in when it is stored, and not before.
      const isNew = state === "QUEUED" && reserved.deliverBy === null;
      return isNew ? { submission: reserved, ticket: null } : expected;
    },

    async reserveQueued(most) {
      checkRecordable();
      const looking = reserveQueued(most, orRelease, context);
      void looking.then(
        () => (failedLooks = 0),
        (error) => ++failedLooks % FAILED_LOOKS || reportFailed("deliveries", error),
      );
      return looking;
    },

    cancel: (id, by) => changed(() => cancelQueued(id, by, context)),
    retry: (id, by) => changed(() => retryQueued(id, by, context)),
    resolve: (request, waits) => changed(() => applyResolution(request, waits, context)),
    list: (query) => available(listSubmissions(query, listMs, context), listMs),
    changes: (query) => available(listChanges(query, context)),
    histories: (pages) => available(listHistories(pages, context)),
    count: (filter) => available(countSubmissions(filter, listMs, context), listMs),
    findByKey: (key) => available(findByKey(key, context)),
    find: async (id) => (await available(findSubmissions([id], context)))[0]!,
    submissions: (ids) => available(findSubmissions(ids, context)),
    actionsOf: (submissionIds) => available(actionsOf(submissionIds, db)),
    tickets: (ids) => available(readTickets(ids, context)),
    submitted: (ids) => available(readSubmitted(ids, context)),
    submittedBy: (ids) => available(readSubmittedBy(ids, context)),
    ticketIdsByReference: (references) => available(findByReference(references, context)),
  };
  return {
    ...ledger,
    queue: () => available(countQueued(context)),
    /** Counts stored requests that are not sent before an operator says retry. */
    queueForPerson: () => available(countQueued(context, sql<boolean>`not_before IS NULL`)),
    doubts: () => available(countDoubts(context)),
    forgetSubmission: (id: string, by: Operator, note: string | null = null) =>
      changed(() => forgetSubmission(id, by, note, context)),
    forgetTicket: (ticketId: string, by: Operator, note: string | null = null) =>
      changed(() => forgetTicket(ticketId, by, note, context)),
    /** Returns the actions of a period, the oldest first. `subject`: id of a submission or ticket; null: any. */
    actions: (from: Temporal.Instant, to: Temporal.Instant, subject: string | null = null) =>
      available(actionsBetween(from, to, subject, db)),
    /** Records that all about these ids is shown, or handed over. Where that fails an event records it, and nobody is refused. */
    async keepReading(kind: "SHOW" | "EXPORT", by: Operator, subjects: readonly string[]): Promise<void> {
      const keep = () => inTransaction("readings", context, (within) => keepAction(kind, by, subjects, within));
      await changed(keep).catch((error) => {
        const reason = ledgerFaultOf(error);
        observe("action.not_recorded", { kind, by: by.by, byPerson: by.byPerson, subjects, reason });
      });
    },
    /** Returns Sociomile's words in the last answer to each of these submissions. Null: none can be read. */
    answers: (ids: readonly string[]) => available(readAnswers(ids, context)),
    /** Looks for what is over its time, and deletes it. Each piece of this work rejects as the database does. */
    retention: (days: Retention) => createRetention(context, days),
    /** Empties SQLite's file of recent changes, which may have erased data. False: a reader uses it. */
    forgetChanges: () => available(engine.forgetChanges(db)),

    /** Returns the reason for which the ledger does not answer now, or cannot be written. Null: there is none. */
    async fault(): Promise<string | null> {
      try {
        await available(formOf(db, context.engine, "write"));
        isOutdated = false;
        // Changes no row, but a database that is read-only refuses it.
        const writing = db.updateTable("submissions").set({ attempts: 0 }).where("id", "=", BEFORE_IDS);
        await available(writing.execute());
        engine.checkDisk();
        return null;
      } catch (error) {
        const { reason, cause } = unavailable(error);
        isOutdated ||= cause instanceof LedgerRefused;
        return reason;
      }
    },

    close,
    [Symbol.asyncDispose]: close,
  };

  /** Completes the ticket of an accepted update with what else is known about it. */
  async function completed(settled: Settled | null): Promise<Settled | null> {
    const known = settled?.ticket ? await readTogether(settled.ticket.id).catch(() => null) : null;
    return settled && known ? { ...settled, ticket: known } : settled;
  }

  function checkForm(): void {
    if (isOutdated) throw new LedgerUnavailable("REFUSED", "The ledger has a newer form.");
  }

  /** Makes a change for an operator, unless the ledger has a newer form. */
  async function changed<Result>(change: () => Promise<Result>): Promise<Result> {
    checkForm();
    return available(change());
  }

  /** Refuses what could not be recorded. */
  function checkRecordable(): void {
    checkForm();
    if (repeated.count() >= MAX_UNRECORDED) throw new LedgerUnavailable("SLOW", "Too many outcomes are not recorded.");
  }

  /** Reserves. A reservation whose answer is late or missing may be committed: nothing is sent for it, so it is released. */
  async function orRelease<Result>(id: string, reserving: () => Promise<Result>): Promise<Result> {
    try {
      return await available(reserving());
    } catch (error) {
      releases.add(id);
      throw error;
    }
  }

  /** Does these parts of the upkeep again and again. One that fails does not stop the others. */
  async function keepUp(parts: { [Part in UpkeepPart]?: (context: LedgerContext) => Promise<void> }) {
    while (!closing.signal.aborted) {
      for (const [part, run] of Object.entries(parts))
        if (!isOutdated) await run(context).catch((error) => reportFailed(part as UpkeepPart, error));
      await sleep(SWEEP_EVERY_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  }

  function reportFailed(part: UpkeepPart, error: unknown): void {
    if (!closing.signal.aborted) observe("ledger.upkeep_failed", { part, reason: ledgerFaultOf(error) });
  }

  /** Waits up to LAST_RECORDS_MS for outcomes that are not recorded yet, then closes the database. */
  async function close(): Promise<void> {
    closing.abort();
    const last = Promise.all([repeated.done(), releases.done()]);
    await Promise.race([last, sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await db.destroy();
  }
}
