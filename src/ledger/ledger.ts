import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome, NotExecutedReason } from "../tickets/outcome.ts";
import {
  type Intent,
  type Ledger,
  LedgerUnavailable,
  Delivery,
  Operator,
  QueuedSubmission,
  Requeue,
  Reservation,
  ResolveRequest,
  ResolutionResult,
  Settled,
  SubmissionQuery,
} from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { settledBy } from "../tickets/settlement.ts";
import type { Resolution, Submission } from "../tickets/submission.ts";
import type { TicketReference } from "../tickets/fields/references.ts";
import type { Ticket, TicketStatus } from "../tickets/ticket.ts";
import { LEDGER_WAIT_MS, TOO_SLOW, available, settledWithin } from "./available.ts";
import type { LedgerContext } from "./context.ts";
import {
  cancelQueued,
  expireQueued,
  isCancelled,
  listQueued,
  queueState,
  releaseDeliveries,
  reportMissingKeys,
  takeQueued,
} from "./queue/deliveries.ts";
import { countDoubts, statusesInDoubt } from "./doubts/doubts.ts";
import { grouped } from "./database/group.ts";
import { bytesOf, isId, textOf } from "./ids.ts";
import { sweepLeases } from "./reservations/leases.ts";
import { LostReservations } from "./reservations/lost-reservations.ts";
import { type NewReservation, newReservation } from "./reservations/reservation.ts";
import { release, reserving } from "./reservations/reserve.ts";
import { applyResolution, isNewest, resolutionsOf } from "./doubts/resolutions.ts";
import { Retainer, type Retention } from "./retention.ts";
import { TICKET_COLUMNS, instantOf, submissionOf, ticketOf } from "./rows.ts";
import type { TimedEnding } from "./settlements/outcomes.ts";
import { mendTimes } from "./queue/queue.ts";
import { settling } from "./settlements/settle.ts";
import { listSubmissions } from "./submission-list.ts";
import { ticketsByReference } from "./settlements/ticket-references.ts";
import { UnrecordedOutcomes } from "./settlements/unrecorded-outcomes.ts";

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
  readonly #reserve: (reservation: NewReservation) => Promise<Reservation>;
  readonly #settle: (ending: TimedEnding) => Promise<Settled>;
  readonly #find: (id: string) => Promise<Submission | null>;
  readonly #closing = new AbortController();
  readonly #unrecorded = new UnrecordedOutcomes(this.#closing.signal);
  readonly #lost: LostReservations;
  readonly #lostDeliveries: LostReservations;

  /** `retention`: null when others sweep leases and delete old rows. */
  constructor(context: LedgerContext, retention: Retention | null) {
    this.#context = context;
    this.#reserve = grouped(reserving(context));
    this.#settle = grouped(settling(context));
    this.#find = grouped((ids) => this.#findAll(ids));
    this.#lost = new LostReservations((ids) => release(ids, context), this.#closing.signal);
    this.#lostDeliveries = new LostReservations(
      (ids) => releaseDeliveries(ids, context),
      this.#closing.signal,
    );
    if (retention) void this.#sweep(retention);
  }

  async reserve(intent: Intent, declined: NotExecutedReason | null = null): Promise<Reservation> {
    if (this.#unrecorded.isFull) throw new LedgerUnavailable("Too many outcomes are not recorded");
    const reservation = newReservation(this.#context.clock.newId(), intent, declined);
    const answer = this.#reserve(reservation);
    try {
      return await available(answer);
    } catch (error) {
      if (!declined) this.#releaseLate(reservation, answer);
      throw error;
    }
  }

  /** Releases a reservation that the caller no longer waits for, unless another submission certainly has the key. */
  #releaseLate({ id }: NewReservation, answer: Promise<Reservation>): void {
    answer.then(
      ({ kind }) => kind === "reserved" && this.#lost.add(id),
      () => this.#lost.add(id),
    );
  }

  async settle(
    reserved: Submission,
    request: TicketRequest,
    outcome: Outcome,
    tries: number,
    requeue: Requeue | null = null,
  ): Promise<Settled> {
    const isQueued = requeue !== null && outcome.outcome === "notExecuted";
    const endedAt = performance.now();
    const ending: TimedEnding = { reserved, request, outcome, tries, isQueued, requeue, endedAt };
    const recording = this.#unrecorded.record(() => this.#settle(ending));
    const recorded = await settledWithin(recording, LEDGER_WAIT_MS);
    if (recorded !== TOO_SLOW && recorded !== null) return recorded;
    const unrecorded = settledBy(ending, instantOf(Math.floor(this.#context.clock.estimate())));
    const { id: submissionId, state, ticketId } = unrecorded.submission;
    this.#context.observe("ledger.outcome_not_recorded", { submissionId, state, ticketId });
    // A request counts as handed in when it is stored, and not before.
    return isQueued && requeue.place === null ? { submission: reserved, ticket: null } : unrecorded;
  }

  async takeQueued(most: number): Promise<Delivery[]> {
    if (this.#unrecorded.isFull) throw new LedgerUnavailable("Too many outcomes are not recorded");
    const reservationId = this.#context.clock.newId();
    const taking = takeQueued(reservationId, most, this.#context);
    try {
      return await available(taking);
    } catch (error) {
      // The rows may be reserved although the answer is lost. Nothing is sent for them, so they go back.
      taking.then(
        (taken) => taken.length > 0 && this.#lostDeliveries.add(reservationId),
        () => this.#lostDeliveries.add(reservationId),
      );
      throw error;
    }
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

  /** Counts the queued requests, those that are being delivered included, and returns the age of the oldest one in seconds. */
  async queue(): Promise<{ count: number; oldestSeconds: number }> {
    return available(queueState(this.#context));
  }

  async find(id: string): Promise<Submission | null> {
    return isId(id) ? available(this.#find(id)) : null;
  }

  async #findAll(ids: readonly string[]): Promise<(Submission | null)[]> {
    const rows = await this.#context.db
      .selectFrom("submissions")
      .selectAll()
      .where("id", "in", ids.map(bytesOf))
      .execute();
    const byId = new Map(rows.map((row) => [textOf(row.id), submissionOf(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async list(query: SubmissionQuery): Promise<Submission[]> {
    const { after, ticketId, reference } = query;
    if (after !== null && !isId(after)) return [];
    if (![ticketId ?? "", reference?.value ?? ""].every(isStorable)) return [];
    return available(listSubmissions(query, this.#context.db));
  }

  async resolve(
    submission: Submission,
    request: ResolveRequest,
    minAgeMs: number,
  ): Promise<ResolutionResult> {
    const applied = applyResolution(submission, request, minAgeMs, this.#context);
    const { submissionId, verdict, by, byPerson, correct: isCorrection } = request;
    this.#reportCommit(
      applied.then(({ kind }) => kind === "resolved"),
      () => isNewest(request, this.#context.db),
      () =>
        this.#context.observe("submission.resolved", { submissionId, verdict, by, byPerson, isCorrection }),
    );
    return available(applied);
  }

  async resolutions(submissionIds: readonly string[]): Promise<Resolution[][]> {
    return available(resolutionsOf(submissionIds, this.#context.db));
  }

  async tickets(ids: readonly string[]): Promise<(Ticket | null)[]> {
    const storable = ids.filter(isStorable);
    if (storable.length === 0) return ids.map(() => null);
    const rows = await available(
      this.#context.db.selectFrom("tickets").select(TICKET_COLUMNS).where("id", "in", storable).execute(),
    );
    const byId = new Map(rows.map((row) => [row.id, ticketOf(row, this.#context.cipher)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async ticketsByReference(references: readonly TicketReference[]): Promise<Ticket[][]> {
    return available(ticketsByReference(references, this.#context));
  }

  async statusesInDoubt(ticketIds: readonly string[]): Promise<(TicketStatus | null)[]> {
    return available(statusesInDoubt(ticketIds, this.#context.db));
  }

  /** True when the ledger answers now. */
  async isAvailable(): Promise<boolean> {
    return available(this.#context.db.selectFrom("ledger_keys").select("id").limit(1).execute()).then(
      () => true,
      () => false,
    );
  }

  /** Counts the doubts, and returns the age of the oldest one in seconds. */
  async doubts(): Promise<{ count: number; oldestSeconds: number }> {
    return available(countDoubts(this.#context));
  }

  async forgetTicket(ticketId: string, by: string | null): Promise<boolean> {
    if (!isStorable(ticketId)) return false;
    const { numDeletedRows } = await available(
      this.#context.db.deleteFrom("tickets").where("id", "=", ticketId).executeTakeFirst(),
    );
    if (numDeletedRows > 0n) this.#context.observe("ticket.forgotten", { ticketId, by });
    return numDeletedRows > 0n;
  }

  async #sweep(retention: Retention): Promise<void> {
    const { db, clock, observe } = this.#context;
    const { signal } = this.#closing;
    const retainer = new Retainer(db, clock, retention);
    const sweep = async () => {
      await sweepLeases(this.#context);
      await retainer.deleteOld();
      await mendTimes(this.#context);
      await expireQueued(this.#context);
      await reportMissingKeys(this.#context);
    };
    while (!signal.aborted) {
      await sweep().catch(() => observe("ledger.upkeep_failed", {}));
      await sleep(SWEEP_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits up to LAST_RECORDS_MS for outcomes that are not recorded yet, then closes the database. */
  async close(): Promise<void> {
    this.#closing.abort();
    const last = Promise.all([this.#unrecorded.done(), this.#lost.done(), this.#lostDeliveries.done()]);
    await Promise.race([last, sleep(LAST_RECORDS_MS, undefined, { ref: false })]);
    await this.#context.db.destroy();
  }
}

/** True when a database can hold the text: PostgreSQL refuses zero bytes and lone surrogates. */
function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
