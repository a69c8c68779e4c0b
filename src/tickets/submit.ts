/** Runs one mutation: replays an outcome, refuses, queues, or sends. The two ports do all I/O. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Problem, problem } from "../errors.ts";
import { type Stages, sendAndSettle, timeCall } from "./deliver.ts";
import { OPERATIONS, numberOf } from "./request.ts";
import type { NotExecuted, NotExecutedReason, Submission } from "./submission.ts";
import type { Intent, Ledger, OtherCreate, Reserved, TicketingSystem } from "./ports.ts";
import { LedgerUnavailable } from "./ports.ts";
import { bareTicket } from "./decisions.ts";
import type { Ticket } from "./ticket.ts";

/** Answer to a caller: a ticket, the problems that prevented it, or neither while the request waits for delivery. */
export interface Receipt {
  ticket: Ticket | null;
  /** Ticket of another create that has the same number, and the client that asked for it. */
  existing: { ticket: Ticket; clientId: string } | null;
  /** Null when the request became no submission. */
  submission: Submission | null;
  problems: Problem[];
  /** True when this is the result of an earlier call with the same key. */
  replayed: boolean;
  /** Reason of LEDGER_UNAVAILABLE, for operators. */
  ledgerFault?: string;
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

/** Longest wait for another call with the same key, or for another update of the same ticket. Milliseconds. */
const WAIT_MS = 2000;
/** Part of a caller's time that is kept for recording an outcome. Milliseconds. */
const SETTLE_MS = 1000;

/** Answer to a request that is reached after the service has begun to stop. */
const STOPPING: NotExecuted = { outcome: "notExecuted", reason: "NOT_SENT_IN_TIME", retryAfterSeconds: null };

/** Runs one mutation: reserve, send, settle. This function shows what happens in every failure. */
export function createSubmit(
  ticketing: TicketingSystem,
  ledger: Pick<Ledger, "reserve" | "settle" | "find" | "tickets">,
): Submit {
  return async (intent, limits) => {
    const tookMs: Stages = {};
    const startedAt = Date.now();
    try {
      return { ...(await submitInTime(intent, limits, tookMs)), startedAt, tookMs };
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      const unavailable = resultOf(null, problem("LEDGER_UNAVAILABLE"));
      return { ...unavailable, ledgerFault: error.reason, startedAt, tookMs };
    }
  };

  async function submitInTime(intent: Intent, { deadline, stopping }: RequestLimits, tookMs: Stages) {
    const answerBy = deadline - SETTLE_MS;
    // The ledger's answer could come too late for the caller, so nothing is reserved.
    if (performance.now() >= answerBy) return resultOf(null, problem("SOCIOMILE_UNAVAILABLE"));
    // A request that will be declined needs one commit only. In an outage that is every request.
    const decline = stopping.aborted ? STOPPING : ticketing.declines({ clientId: intent.clientId, answerBy });
    const reservation = await timeCall(tookMs, "reserve", reserveInTurn(intent, decline?.reason ?? null, answerBy));
    switch (reservation.type) {
      case "declined":
      case "queued":
        return withoutTicket(reservation.submission, decline?.retryAfterSeconds ?? null);
      case "reserved":
        return sendReserved(intent, reservation, answerBy, tookMs);
      case "busy":
        return resultOf(null, BUSY[OPERATIONS[intent.request.operation].isCreate ? "number" : "ticket"]);
      case "existing":
        return replay(reservation.submission, answerBy);
      case "otherInput":
        return resultOf(null, problem("IDEMPOTENCY_KEY_REUSED", { field: "idempotencyKey" }));
      case "otherCreate":
        return otherCreate(reservation, numberOf(intent.request)?.field ?? null);
    }
  }

  /** Answers a create whose number another create has. It shows of that only what the caller may see of its ticket. */
  async function otherCreate({ state, ticketId, clientId }: OtherCreate, field: string | null) {
    if (ticketId === null)
      return resultOf(
        null,
        state === "UNCERTAIN"
          ? problem("OUTCOME_UNKNOWN", { field })
          : problem("ALREADY_OPENED", { field, message: MAY_NOT_BE_SENT }),
      );
    const [ticket] = await ledger.tickets([ticketId]); // null: it is forgotten
    return { ...resultOf(null, problem("ALREADY_OPENED", { field })), existing: ticket ? { ticket, clientId } : null };
  }

  /** Reserves a request. It waits for another update of its ticket, or create with its number, that is being sent. */
  async function reserveInTurn(intent: Intent, declined: NotExecutedReason | null, answerBy: number) {
    const first = await ledger.reserve(intent, declined);
    if (first.type !== "busy") return first;
    const until = Math.min(performance.now() + WAIT_MS, answerBy);
    const later = await lookUntil(until, async () => {
      const next = await ledger.reserve(intent, declined);
      return next.type === "busy" ? null : next;
    });
    return later ?? first;
  }

  async function sendReserved(
    { request, whenUnavailable }: Intent,
    reserved: Reserved,
    answerBy: number,
    tookMs: Stages,
  ) {
    const waitedMs = whenUnavailable === "DELIVER_LATER" ? 0 : null;
    const sent = await sendAndSettle(reserved, request, answerBy, waitedMs, { ticketing, ledger }, tookMs);
    const { outcome, submission, ticket } = sent;
    if (ticket) return { ...resultOf(submission), ticket };
    return withoutTicket(submission, outcome.outcome === "notExecuted" ? outcome.retryAfterSeconds : null);
  }

  async function replay(earlier: Submission, answerBy: number): Promise<SubmitResult> {
    const submission = earlier.state === "SENDING" ? await waitFor(earlier, answerBy) : earlier;
    const { state, operation, ticketId: id, ticketNumber: number } = submission;
    if (state !== "CONFIRMED" || id === null) return { ...withoutTicket(submission), replayed: true };
    const facts = { id, number, observedAt: submission.settledAt ?? submission.createdAt };
    const [known] = await ledger.tickets([id]); // null: an operator has deleted its data
    const ticket = known ?? bareTicket(operation, submission, facts);
    return { ...resultOf(submission), ticket, replayed: true };
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

/** Pauses between looks at something that another call changes. The last pause repeats. Milliseconds. */
const LOOK_EVERY_MS = [20, 50, 100, 200];

/** Returns the first result of `look` that is not null. Null: there was none until that time of the monotonic clock. */
async function lookUntil<Result>(until: number, look: () => Promise<Result | null>) {
  for (let looks = 0; performance.now() < until; looks++) {
    await sleep(LOOK_EVERY_MS[looks] ?? LOOK_EVERY_MS.at(-1));
    const result = await look();
    if (result !== null) return result;
  }
  return null;
}

const REFUSED_VALUE = "Sociomile did not accept this value. Please check it.";
const busy = (message: string) => problem("IN_PROGRESS", { message, retryAfterSeconds: WAIT_MS / 1000 });
const BUSY = {
  ticket: busy("Another status change of this ticket is being sent. Please wait a moment."),
  number: busy("Another request with this number is being sent. Please wait a moment."),
};
const MAY_NOT_BE_SENT =
  "Another request with this number waits to be sent. It may be cancelled or expire, so please ask again by the number later.";
const FOUND_LATER =
  "There is a ticket for this request, although an operator had found none. Please do not send it again; an operator will check.";

function resultOf(submission: Submission | null, ...problems: Problem[]): SubmitResult {
  return { ticket: null, existing: null, submission, problems, replayed: false };
}

function withoutTicket(submission: Submission, retryAfterSeconds: number | null = null): SubmitResult {
  const found = problemOf(submission);
  if (found === null) return resultOf(submission);
  return resultOf(submission, { ...found, ...(retryAfterSeconds !== null && { retryAfterSeconds }) });
}

/** Returns the problem of a submission that has no ticket. Null: it waits for delivery, and is accepted. */
function problemOf(submission: Submission): Problem | null {
  const { state, operation, refusedField, traceId, conflictingTicketId } = submission;
  if (conflictingTicketId !== null && (state === "REJECTED" || state === "NOT_EXECUTED"))
    return problem("OUTCOME_UNKNOWN", { message: FOUND_LATER });
  switch (state) {
    case "QUEUED":
      return null;
    case "SENDING":
      return problem("IN_PROGRESS", { retryAfterSeconds: WAIT_MS / 1000 });
    case "REJECTED": {
      const refused = refusedField && { field: refusedField, message: REFUSED_VALUE };
      return problem("SOCIOMILE_REJECTED", { traceId, ...refused });
    }
    case "NOT_EXECUTED":
      return problem("SOCIOMILE_UNAVAILABLE");
    case "CONFIRMED":
    case "UNCERTAIN":
      return problem(OPERATIONS[operation].isCreate ? "OUTCOME_UNKNOWN" : "STATUS_UNKNOWN", { traceId });
  }
}
