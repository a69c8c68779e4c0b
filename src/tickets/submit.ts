import { type Problem, problem } from "../errors.ts";
import { type Stages, sendingAndSettling, timed } from "./attempt.ts";
import { OPERATIONS, numberOf } from "./operations.ts";
import type { NotExecuted, NotExecutedReason } from "./outcome.ts";
import {
  type Intent,
  type Ledger,
  LedgerUnavailable,
  type OpenedAlready,
  type Reservation,
  type TicketingSystem,
} from "./ports.ts";
import type { Submission } from "./submission.ts";
import { NO_DETAILS, NO_ORIGIN, type Ticket } from "./ticket.ts";
import { Turns, lookUntil } from "./turns.ts";

/** Answer to a caller: a ticket, or the problems that prevented it. */
export interface Receipt {
  ticket: Ticket | null;
  /** Null when the request became no submission. */
  submission: Submission | null;
  problems: Problem[];
  /** Another create that has the same number. */
  existing?: OpenedAlready;
  /** True when this is the result of an earlier call with the same key. */
  replayed: boolean;
  /** Milliseconds since the epoch. */
  startedAt: number;
  tookMs: Stages;
}

/** Limits of one request of a caller, which may hold several mutations. */
export interface RequestLimits {
  /** Time by which all of it must be answered. Milliseconds of the monotonic clock. */
  deadline: number;
  /** Aborted when the service stops: nothing is sent any more. */
  stopping: AbortSignal;
}

/** Sends a request at most once, and returns the result. */
export type Submit = (intent: Intent, limits: RequestLimits) => Promise<Receipt>;

type SubmitResult = Omit<Receipt, "startedAt" | "tookMs">;
type ToSend = Extract<Reservation, { kind: "reserved" }>;

/** Longest wait for another call with the same key, or for another update of the same ticket. Milliseconds. */
const WAIT_MS = 2000;
/** Time after which a caller should look again for the outcome of a queued request. Seconds. */
const LOOK_AT_QUEUED_S = 10;
/** Part of a caller's time that is kept for recording an outcome. Milliseconds. */
const SETTLE_MS = 1000;

/** Answer to a request that comes to its turn after the service has begun to stop. */
const STOPPING: NotExecuted = { outcome: "notExecuted", reason: "NOT_SENT_IN_TIME", retryAfterSeconds: null };

/** Runs one mutation: reserve, send, settle. This function shows what happens in every failure. */
export function submitting(ticketing: TicketingSystem, ledger: Ledger): Submit {
  const sendAndSettle = sendingAndSettling(ticketing, ledger);
  const turns = new Turns();
  return async (intent, { deadline, stopping }) => {
    const tookMs: Stages = {};
    const timing = { startedAt: performance.timeOrigin + performance.now(), tookMs };
    const answerBy = deadline - SETTLE_MS;
    // The ledger's answer could come too late for the caller, so nothing is reserved.
    if (performance.now() >= answerBy) return { ...failed(null, problem("LEDGER_UNAVAILABLE")), ...timing };
    try {
      // A request that will be declined needs one commit only. In an outage that is every request.
      const decline = stopping.aborted
        ? STOPPING
        : ticketing.declines({ clientId: intent.clientId, answerBy });
      const reservation = await timed(tookMs, "claim", reserve(intent, decline?.reason ?? null, answerBy));
      switch (reservation.kind) {
        case "declined":
        case "queued":
          return { ...notDone(reservation.submission, decline?.retryAfterSeconds ?? null), ...timing };
        case "reserved":
          return { ...(await send(intent, reservation, { answerBy, tookMs })), ...timing };
        case "ticketBusy": {
          const retryAfterSeconds = WAIT_MS / 1000;
          return {
            ...failed(null, problem("IN_PROGRESS", { message: TICKET_BUSY, retryAfterSeconds })),
            ...timing,
          };
        }
        case "existing":
          return { ...(await replay(reservation.submission, answerBy)), ...timing };
        case "otherInput":
          return {
            ...failed(null, problem("IDEMPOTENCY_KEY_REUSED", { field: "idempotencyKey" })),
            ...timing,
          };
        case "alreadyOpened": {
          const field = numberOf(intent.request)?.field ?? null;
          const { ticketId, ownerId } = reservation;
          const existing = { ticketId, ownerId };
          return { ...failed(null, problem("ALREADY_OPENED", { field })), existing, ...timing };
        }
      }
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      return { ...failed(null, problem("LEDGER_UNAVAILABLE")), ...timing };
    }
  };

  /** Reserves a request. An update waits for another one of its ticket that is being sent. */
  async function reserve(
    intent: Intent,
    declined: NotExecutedReason | null,
    answerBy: number,
  ): Promise<Reservation> {
    const first = await ledger.reserve(intent, declined);
    if (first.kind !== "ticketBusy" || !("ticketId" in intent.request.details)) return first;
    const until = Math.min(performance.now() + WAIT_MS, answerBy);
    const later = await turns.lookUntil(intent.request.details.ticketId, until, async () => {
      const next = await ledger.reserve(intent, declined);
      return next.kind === "ticketBusy" ? null : next;
    });
    return later ?? first;
  }

  async function send(
    { request, whenUnavailable }: Intent,
    reserved: ToSend,
    { answerBy, tookMs }: { answerBy: number; tookMs: Stages },
  ): Promise<SubmitResult> {
    const triesBefore = whenUnavailable === "DELIVER_LATER" ? 0 : null;
    const { outcome, settled } = await sendAndSettle({ reserved, request, answerBy, triesBefore }, tookMs);
    const { submission, ticket } = settled;
    if (ticket) return { ticket, submission, problems: [], replayed: false };
    return notDone(submission, outcome.outcome === "notExecuted" ? outcome.retryAfterSeconds : null);
  }

  async function replay(earlier: Submission, answerBy: number): Promise<SubmitResult> {
    const submission = earlier.state === "SENDING" ? await waitFor(earlier, answerBy) : earlier;
    if (submission.state !== "CONFIRMED" || submission.ticketId === null) {
      return { ...failed(submission, problemOf(submission)), replayed: true };
    }
    const [ticket] = await ledger.tickets([submission.ticketId]);
    return { ticket: ticket ?? ticketFrom(submission), submission, problems: [], replayed: true };
  }

  async function waitFor(submission: Submission, answerBy: number): Promise<Submission> {
    const until = Math.min(performance.now() + WAIT_MS, answerBy);
    const settled = await lookUntil(until, async () => {
      const now = await ledger.find(submission.id);
      return now && now.state !== "SENDING" ? now : null;
    });
    return settled ?? submission;
  }
}

const STATUS_UNKNOWN =
  "Sociomile gave no clear answer, and the status may have been set. It is safe to set the status again under a new key.";
const NOT_SENT_SUPERSEDED = "A later update of this ticket was accepted, so this one was not sent.";
const TICKET_BUSY =
  "Another status change of this ticket is being sent, so this one was not sent. Send it again a little later.";
const FOUND_LATER =
  "Sociomile has opened a ticket for this request after an operator had decided that there is none. Operators must decide again.";

function notDone(submission: Submission, retryAfterSeconds: number | null): SubmitResult {
  const answer = problemOf(submission);
  return failed(submission, { ...answer, retryAfterSeconds: retryAfterSeconds ?? answer.retryAfterSeconds });
}

function failed(submission: Submission | null, ...problems: Problem[]): SubmitResult {
  return { ticket: null, submission, problems, replayed: false };
}

/** Returns the problem of a submission that has no ticket. */
function problemOf(submission: Submission): Problem {
  const { state, reason, operation, refusedField, traceId, conflictingTicketId } = submission;
  switch (state) {
    case "SENDING":
      return problem("IN_PROGRESS", { retryAfterSeconds: WAIT_MS / 1000 });
    case "REJECTED":
      return problem("SOCIOMILE_REJECTED", { field: refusedField, traceId });
    case "NOT_EXECUTED":
      return conflictingTicketId === null
        ? problem("SOCIOMILE_UNAVAILABLE")
        : problem("OUTCOME_UNKNOWN", { message: FOUND_LATER });
    case "QUEUED":
      return problem("QUEUED", { retryAfterSeconds: LOOK_AT_QUEUED_S });
    case "SUPERSEDED":
      return reason === "NOT_SENT_LATER_UPDATE_ACCEPTED"
        ? problem("SUPERSEDED", { message: NOT_SENT_SUPERSEDED })
        : problem("SUPERSEDED", { traceId });
    case "CONFIRMED":
    case "UNCERTAIN":
      return problem("OUTCOME_UNKNOWN", {
        traceId,
        ...(!OPERATIONS[operation].isCreate && { message: STATUS_UNKNOWN }),
      });
  }
}

/** Rebuilds a confirmed ticket from its submission, after retention has deleted the ticket. */
function ticketFrom({
  ticketId,
  ticketNumber,
  operation,
  bsgTicketId,
  helpdeskTicketNumber,
  branchComplaintNumber,
  branchCode,
  settledAt,
  createdAt,
}: Submission): Ticket {
  return {
    ...NO_ORIGIN,
    ...NO_DETAILS,
    id: ticketId ?? "",
    number: ticketNumber,
    kind: OPERATIONS[operation].kind,
    bsgTicketId,
    helpdeskTicketNumber,
    branchComplaintNumber,
    branchCode,
    observedAt: settledAt ?? createdAt,
  };
}
