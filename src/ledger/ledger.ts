import { setTimeout as sleep } from "node:timers/promises";
import { OPERATIONS } from "../tickets/operations.ts";
import type { NotExecutedReason, Outcome } from "../tickets/outcome.ts";
import {
  type Delivery,
  type HistoryPage,
  type Intent,
  type Ledger,
  LedgerUnavailable,
  type Operator,
  type QueuedSubmission,
  type Reservation,
  type Reserved,
  type ResolutionResult,
  type ResolveRequest,
  type Settled,
  type SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { TicketRequest } from "../tickets/request.ts";
import type { Resolution, Submission } from "../tickets/submission.ts";
import type { Ticket, TicketStatus } from "../tickets/ticket.ts";
import { available } from "./available.ts";
import type { LedgerContext } from "./context.ts";
import { grouped } from "./database/group.ts";
import { isId, isStorable } from "./ids.ts";
import {
  cancelQueued,
  expireQueued,
  isCancelled,
  listQueued,
  mendTimes,
  reportMissingKeys,
  takeQueued,
} from "./queue/deliveries.ts";
import { type Retention, deletingOld } from "./retention.ts";
import { type Counted, countDoubts, countQueued } from "./submissions/counts.ts";
import { type ReservationOf, giveBack } from "./submissions/give-back.ts";
import { sweepLeases } from "./submissions/leases.ts";
import { LostReservations } from "./submissions/lost-reservations.ts";
import { type NewReservation, newReservation } from "./submissions/reservation.ts";
import { reservingCreates } from "./submissions/reserve.ts";
import { reserveUpdate } from "./submissions/reserve-update.ts";
import { settlingCreates } from "./submissions/settle.ts";
import { type TimedEnding, settledAs } from "./submissions/outcomes.ts";
import { UnrecordedOutcomes } from "./submissions/unrecorded-outcomes.ts";
import { supersedeOldDoubts } from "./submissions/updates.ts";
import { forgetTicket } from "./tickets/forget.ts";
import { findSubmissions, listHistories, listSubmissions } from "./tickets/list.ts";
import { findByReference, readTickets, statusesInDoubt } from "./tickets/read.ts";
import { applyResolution, isNewest, resolutionsOf } from "./tickets/resolutions.ts";
import { settleUpdate } from "./tickets/settle-update.ts";

/** Pause between two looks for submissions whose owner died. Milliseconds. */
const SWEEP_EVERY_MS = 30_000;
/** Longest time for which closing waits for outcomes that are not recorded yet. Milliseconds. */
export const LAST_RECORDS_MS = 2000;

export interface LedgerSettings extends Pick<LedgerContext, "leaseMs" | "repeatedTicketIds" | "queue"> {
  retention: Retention;
}

/** The ledger in SQL. Concurrent requests share statements and commits. */
export class SqlLedger implements Ledger, AsyncDisposable {
  readonly #context: LedgerContext;
  readonly #reserveCreate: (reservation: NewReservation) => Promise<Reservation>;
  readonly #settleCreate: (ending: TimedEnding) => Promise<Settled>;
  readonly #find: (id: string) => Promise<Submission | null>;
  readonly #closing = new AbortController();
  readonly #unrecorded = new UnrecordedOutcomes(this.#closing.signal);
  readonly #lost: Record<ReservationOf, LostReservations>;

  /** `retention`: null when others sweep leases and delete old rows. */
  constructor(context: LedgerContext, retention: Retention | null) {
    this.#context = context;
    this.#reserveCreate = grouped(reservingCreates(context));
    this.#settleCreate = grouped(settlingCreates(context));
    this.#find = grouped((ids) => findSubmissions(ids, context));
    const lost = (of: ReservationOf) =>
      new LostReservations((ids) => giveBack(of, ids, context), this.#closing.signal);
    this.#lost = { handIn: lost("handIn"), delivery: lost("delivery") };
    if (retention) void this.#sweep(retention);
  }

  reserve(intent: Intent, declined: NotExecutedReason | null = null): Promise<Reservation> {
    const reservation = newReservation(this.#context.clock.newId(), intent, declined);
    return this.#unlessLost("handIn", reservation.id, () =>
      OPERATIONS[intent.request.operation].isCreate
        ? this.#reserveCreate(reservation)
        : reserveUpdate(reservation, this.#context),
    );
  }

  /** Reserves. A reservation whose answer is late or lost may be committed: nothing is sent for it, so it is given back. */
  async #unlessLost<Result>(of: ReservationOf, id: string, reserve: () => Promise<Result>): Promise<Result> {
    if (this.#unrecorded.isFull) throw new LedgerUnavailable("Too many outcomes are not recorded");
    try {
      return await available(reserve());
    } catch (error) {
      this.#lost[of].add(id);
      throw error;
    }
  }

  async settle(
    { submission: reserved, row: reservedRow }: Reserved,
    request: TicketRequest,
    outcome: Outcome,
    tries: number,
    pauseMs: number | null = null,
  ): Promise<Settled> {
    const isQueued = pauseMs !== null && outcome.outcome === "notExecuted";
    const attempt = { reserved, reservedRow, request, outcome, tries };
    const ending: TimedEnding = { ...attempt, isQueued, pauseMs, endedAt: performance.now() };
    const settle = OPERATIONS[request.operation].isCreate
      ? () => this.#settleCreate(ending)
      : () => settleUpdate(ending, this.#context);
    const recording = this.#unrecorded.record(settle);
    const recorded = await available(recording).catch(() => null);
    if (recorded) return recorded;
    const unrecorded = settledAs(ending, this.#context);
    const { id: submissionId, state, ticketId } = unrecorded.submission;
    this.#context.observe("ledger.outcome_not_recorded", { submissionId, state, ticketId });
    // A request counts as handed in when it is stored, and not before.
    return isQueued && reserved.deliverBy === null ? { submission: reserved, ticket: null } : unrecorded;
  }

  takeQueued(most: number): Promise<Delivery[]> {
    const reservationId = this.#context.clock.newId();
    return this.#unlessLost("delivery", reservationId, () => takeQueued(reservationId, most, this.#context));
  }

  async queued(first: number): Promise<QueuedSubmission[]> {
    return available(listQueued(first, this.#context));
  }

  async cancel(submissionId: string, { by, byPerson }: Operator): Promise<Submission | null> {
    if (!isId(submissionId)) return null;
    const cancelling = cancelQueued(submissionId, this.#context);
    this.#reportCommit(
      cancelling.then((submission) => submission !== null),
      () => isCancelled(submissionId, this.#context),
      () => this.#context.observe("submission.cancelled", { submissionId, by, byPerson }),
    );
    return available(cancelling);
  }

  /** Reports a commit once. Its caller may have stopped waiting, and its acknowledgement may be lost; then `isKept` looks for it. */
  #reportCommit(committed: Promise<boolean>, isKept: () => Promise<boolean>, report: () => void): void {
    committed.then(
      (yes) => yes && report(),
      () => this.#unrecorded.record(isKept).then((kept) => kept && report()),
    );
  }

  /** Counts the queued requests, those that are being delivered included. */
  async queue(): Promise<Counted> {
    return available(countQueued(this.#context));
  }

  async find(id: string): Promise<Submission | null> {
    return isId(id) ? available(this.#find(id)) : null;
  }

  async list(query: SubmissionQuery): Promise<Submission[]> {
    const { after, ticketId, reference } = query;
    if (after !== null && !isId(after)) return [];
    if (![ticketId ?? "", reference?.value ?? ""].every(isStorable)) return [];
    return available(listSubmissions(query, this.#context));
  }

  async histories(pages: readonly HistoryPage[]): Promise<Submission[][]> {
    return available(listHistories(pages, this.#context));
  }

  async resolve(
    submission: Submission,
    request: ResolveRequest,
    minAgeMs: number,
  ): Promise<ResolutionResult> {
    const applied = applyResolution(submission, request, minAgeMs, this.#context);
    const { submissionId, verdict, by, byPerson, correct: isCorrection } = request;
    const fields = { submissionId, verdict, by, byPerson, isCorrection };
    let superseded: string[] = [];
    this.#reportCommit(
      applied.then((result) => {
        if (result.kind === "resolved") ({ superseded } = result);
        return result.kind === "resolved";
      }),
      () => isNewest(request, this.#context.db),
      () => this.#context.observe("submission.resolved", { ...fields, superseded }),
    );
    return available(applied);
  }

  async resolutions(submissionIds: readonly string[]): Promise<Resolution[][]> {
    return available(resolutionsOf(submissionIds, this.#context.db));
  }

  async tickets(ids: readonly string[]): Promise<(Ticket | null)[]> {
    return available(readTickets(ids, this.#context));
  }

  async ticketIdsByReference(references: readonly TicketReference[]): Promise<string[][]> {
    return available(findByReference(references, this.#context));
  }

  async statusesInDoubt(ticketIds: readonly string[]): Promise<(TicketStatus | null)[]> {
    return available(statusesInDoubt(ticketIds, this.#context));
  }

  /** True when the ledger answers now and can be written. */
  async isAvailable(): Promise<boolean> {
    // Changes no row, but a database that is read-only refuses it.
    const writing = this.#context.db
      .updateTable("ledger_keys")
      .set({ first_used_at: 0 })
      .where("id", "=", "")
      .execute();
    return available(writing).then(
      () => true,
      () => false,
    );
  }

  /** Counts the doubts. */
  async doubts(): Promise<Counted> {
    return available(countDoubts(this.#context));
  }

  async forgetTicket(ticketId: string, by: string | null): Promise<boolean> {
    if (!isStorable(ticketId)) return false;
    const isForgotten = await available(forgetTicket(ticketId, this.#context));
    if (isForgotten) this.#context.observe("ticket.forgotten", { ticketId, by });
    return isForgotten;
  }

  async #sweep(retention: Retention): Promise<void> {
    const { signal } = this.#closing;
    const deleteOld = deletingOld(this.#context, retention);
    const sweep = async () => {
      await sweepLeases(this.#context);
      await supersedeOldDoubts(this.#context);
      await deleteOld();
      await mendTimes(this.#context);
      await expireQueued(this.#context);
      await reportMissingKeys(this.#context);
    };
    while (!signal.aborted) {
      await sweep().catch(() => this.#context.observe("ledger.upkeep_failed", {}));
      await sleep(SWEEP_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits up to LAST_RECORDS_MS for outcomes that are not recorded yet, then closes the database. */
  async close(): Promise<void> {
    this.#closing.abort();
    const last = Promise.all(
      [this.#unrecorded, this.#lost.handIn, this.#lost.delivery].map((list) => list.done()),
    );
    await Promise.race([last, sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await this.#context.db.destroy();
  }
}
