import { canonicalText, numberOf, referencesOf, requestedStatusOf } from "../../src/tickets/operations.ts";
import type { NotExecutedReason, Outcome } from "../../src/tickets/outcome.ts";
import {
  type Delivery,
  FIRST_DELIVERY_MS,
  type Intent,
  type Ledger,
  LedgerUnavailable,
  type Reservation,
  type Reserved,
  type ResolutionResult,
  type ResolveRequest,
  type Settled,
} from "../../src/tickets/ports.ts";
import { type Beginning, answerToKey, beginningOf } from "../../src/tickets/reservation.ts";
import type { TicketRequest } from "../../src/tickets/request.ts";
import { lateOutcome, settledBy } from "../../src/tickets/settlement.ts";
import { type Submission, VERDICTS, isResolved } from "../../src/tickets/submission.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";

/** A row in memory. */
interface Row {
  submission: Submission;
  key: string;
  input: string;
  number: string | null;
  /** Stored while the request waits for delivery, or is delivered. */
  queued: { request: TicketRequest; tries: number; dueAt: number } | null;
}

/** Methods of the ledger by which mutations, deliveries, cancellations and verdicts work. */
type Method = "reserve" | "settle" | "reserveQueued" | "find" | "tickets" | "cancel" | "resolve";

/**
 * A ledger in memory, for one process and a clock that the test sets. It finds the facts in a list, and leaves every decision to the pure
 * functions of tickets/.
 */
export class MemoryLedger implements Pick<Ledger, Method> {
  readonly rows: Row[] = [];
  readonly #tickets = new Map<string, Ticket>();
  /** Time of the ledger, in milliseconds since the epoch. */
  now = Date.parse("2026-01-01T00:00:00Z");
  /** True: every method but `settle` rejects. */
  isDown = false;
  /** Places in the queue. */
  room = 10;

  async reserve(intent: Intent, declined: NotExecutedReason | null = null): Promise<Reservation> {
    this.#mustAnswer();
    const { request, idempotencyKey, clientId } = intent;
    const key = JSON.stringify([request.operation, clientId, idempotencyKey ?? this.rows.length]);
    const input = canonicalText(request);
    const number = numberOf(request)?.value ?? null;
    const row = this.rows.find((one) => one.key === key);
    const { ticketId } = referencesOf(request);
    const others = this.rows.filter(
      (one) => one !== row && ticketId !== null && one.submission.ticketId === ticketId && isUpdate(one),
    );
    const open = {
      isSending: others.some((one) => one.submission.state === "SENDING"),
      isQueued: others.some((one) => one.submission.state === "QUEUED"),
    };
    const begins = beginningOf(intent, declined, this.#queue().length < this.room, open);
    const rivals = this.rows.filter(
      (one) =>
        one !== row &&
        one.number === number &&
        ["SENDING", "CONFIRMED", "UNCERTAIN", "QUEUED"].includes(one.submission.state),
    );
    const rival = rivals.find(({ submission }) => submission.ticketId !== null) ?? rivals[0];
    if (row) {
      const found = { submission: row.submission, hasSameInput: row.input === input, isLeaseOver: false };
      const answer = answerToKey(found, begins?.state ?? "SENDING");
      if (answer === "otherInput") return { kind: "otherInput" };
      if (answer === "declined") return { kind: "declined", submission: row.submission };
      if (answer !== "runAgain") return { kind: "existing", submission: row.submission };
    }
    if (intent.unlessAlreadyOpened && rival) {
      const { ticketId: opened, clientId: rivalsClient } = rival.submission;
      return { kind: "alreadyOpened", ticketId: opened, clientId: rivalsClient };
    }
    if (begins === null) return { kind: "ticketBusy" };
    return this.#begin(row ?? this.#newRow(intent, key, input, number), intent, begins);
  }

  #newRow(intent: Intent, key: string, input: string, number: string | null): Row {
    const { request, clientId, requestedBy } = intent;
    const id = String(this.rows.length + 1);
    const submission: Submission = {
      id,
      clientId,
      requestedBy,
      operation: request.operation,
      state: "SENDING",
      reason: null,
      attempts: 0,
      createdAt: this.#time(),
      settledAt: null,
      deliverBy: null,
      nextTryAt: null,
      ticketNumber: null,
      ...referencesOf(request),
      requestedStatus: requestedStatusOf(request),
      refusedField: null,
      traceId: null,
      conflictingTicketId: null,
    };
    const row: Row = { submission, key, input, number, queued: null };
    this.rows.push(row);
    return row;
  }

  #begin(row: Row, { request }: Intent, { state, reason }: Beginning): Reservation {
    const isQueued = state === "QUEUED";
    const attempts = row.submission.attempts + 1;
    const settledAt = state === "SENDING" ? null : this.#time();
    row.submission = {
      ...row.submission,
      state,
      reason,
      attempts,
      settledAt,
      deliverBy: isQueued ? this.#time() : null,
    };
    row.queued = isQueued ? { request, tries: 0, dueAt: this.now + FIRST_DELIVERY_MS } : null;
    if (state === "SENDING") return { kind: "reserved", ...this.#reserved(row) };
    return { kind: isQueued ? "queued" : "declined", submission: row.submission };
  }

  #reserved(row: Row): Reserved {
    return { submission: row.submission, decidedAt: performance.now(), row };
  }

  async settle(
    { submission: reserved }: Reserved,
    request: TicketRequest,
    outcome: Outcome,
    tries: number,
    pauseMs: number | null = null,
  ): Promise<Settled> {
    const row = this.rows.find(({ submission }) => submission.id === reserved.id)!;
    const isQueued = pauseMs !== null && outcome.outcome === "notExecuted";
    const settled = settledBy({ reserved, request, outcome, tries, isQueued }, this.#time());
    if (row.submission.state !== "SENDING") {
      if (lateOutcome(row.submission, settled) === "conflict")
        row.submission = { ...row.submission, conflictingTicketId: settled.ticket!.id };
      return settled;
    }
    row.submission = settled.submission;
    const triesNow = (row.queued?.tries ?? 0) + (tries > 0 ? 1 : 0);
    row.queued = isQueued ? { request, tries: triesNow, dueAt: this.now + pauseMs } : null;
    if (settled.ticket) this.#tickets.set(settled.ticket.id, settled.ticket);
    return settled;
  }

  async reserveQueued(most: number): Promise<Delivery[]> {
    this.#mustAnswer();
    const due = this.#queue().filter(
      ({ queued, submission }) => queued!.dueAt <= this.now && submission.state === "QUEUED",
    );
    return due.slice(0, most).map((row) => {
      row.submission = { ...row.submission, state: "SENDING", attempts: row.submission.attempts + 1 };
      return { ...this.#reserved(row), request: row.queued!.request, tries: row.queued!.tries };
    });
  }

  /** Submissions that wait for delivery, oldest first. */
  async queued(first: number) {
    return this.#queue()
      .slice(0, first)
      .map(({ submission, queued }) => ({
        ...submission,
        nextTryAt: Temporal.Instant.fromEpochMilliseconds(queued!.dueAt),
      }));
  }

  #queue(): Row[] {
    return this.rows.filter(({ queued }) => queued !== null);
  }

  async cancel(submissionId: string): Promise<Submission | null> {
    this.#mustAnswer();
    const row = this.rows.find(({ submission }) => submission.id === submissionId);
    if (row?.submission.state !== "QUEUED") return null;
    row.submission = { ...row.submission, state: "NOT_EXECUTED", reason: "CANCELLED", deliverBy: null };
    row.queued = null;
    return row.submission;
  }

  async find(id: string): Promise<Submission | null> {
    this.#mustAnswer();
    return this.rows.find(({ submission }) => submission.id === id)?.submission ?? null;
  }

  async resolve({ id }: Submission, request: ResolveRequest, minAgeMs: number): Promise<ResolutionResult> {
    const row = this.rows.find(({ submission }) => submission.id === id);
    if (!row) return { kind: "notFound" };
    const { submission } = row;
    const isOpen = request.replacesEarlier ? isResolved(submission) : submission.state === "UNCERTAIN";
    if (!isOpen) return { kind: "notInDoubt", submission };
    const leftMs = submission.settledAt!.epochMilliseconds + minAgeMs - this.now;
    if (leftMs > 0) return { kind: "tooEarly", submission, leftMs };
    const holder = this.rows.find(
      (one) => one !== row && !isUpdate(one) && one.submission.ticketId === request.ticketId,
    );
    if (request.ticketId !== null && holder)
      return { kind: "held", submission, heldBy: holder.submission.id };
    const { state, reason } = VERDICTS[request.verdict];
    const { ticketId, ticketNumber } = request;
    row.submission = { ...submission, state, reason, ...(!isUpdate(row) && { ticketId, ticketNumber }) };
    return { kind: "resolved", submission: row.submission, superseded: [] };
  }

  async tickets(ids: readonly string[]): Promise<(Ticket | null)[]> {
    this.#mustAnswer();
    return ids.map((id) => this.#tickets.get(id) ?? null);
  }

  #mustAnswer(): void {
    if (this.isDown) throw new LedgerUnavailable("UNREACHABLE", "The ledger of this test is down.");
  }

  #time(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(this.now);
  }
}

function isUpdate({ submission }: Row): boolean {
  return submission.requestedStatus !== null;
}
