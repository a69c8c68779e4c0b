import { setTimeout as sleep } from "node:timers/promises";
import { type Problem, problem } from "../errors.ts";
import type { NotExecuted } from "./outcome.ts";
import { type Reservation, type Intent, type Ledger, LedgerUnavailable, type TicketDesk } from "./ports.ts";
import { OPERATIONS, type TicketRequest } from "./request.ts";
import type { Submission } from "./submission.ts";
import { NO_DETAILS, type Ticket } from "./ticket.ts";

/** What a caller gets: a ticket, or the problems that stood in its way. */
export interface Receipt {
  ticket: Ticket | null;
  /** Null when the request never became one. */
  submission: Submission | null;
  problems: Problem[];
  /** Whether this is what came of an earlier call with the same key. */
  replayed: boolean;
  /** When it was asked for, in milliseconds since the epoch, and how long each stage took. */
  startedAt: number;
  tookMs: Stages;
}

/** Milliseconds by stage; a stage that was not reached is absent. */
export interface Stages {
  claim?: number;
  send?: number;
  settle?: number;
}

/** RequestLimits of one request of a caller, which may hold several mutations. */
export interface RequestLimits {
  /** Time by which all of it must be answered. Milliseconds of the monotonic clock. */
  deadline: number;
  /** Aborted when the service stops: nothing is sent any more. */
  stopping: AbortSignal;
}

/** Sends a request at most once and says what came of it. */
export type Submit = (intent: Intent, limits: RequestLimits) => Promise<Receipt>;

type Came = Omit<Receipt, "startedAt" | "tookMs">;
type Reserved = Extract<Reservation, { kind: "reserved" }>;

/** How long a caller waits for another call with the same key, and how often it looks. Milliseconds. */
const WAIT_MS = 2000;
const LOOK_EVERY_MS = [20, 50, 100, 200];
/** Part of a caller's time that is kept for recording an outcome. Milliseconds. */
const SETTLE_MS = 1000;

/** Answer to a request that comes to its turn after the service has begun to stop. */
const STOPPING: NotExecuted = {
  outcome: "notExecuted",
  reason: "NOT_SENT_IN_TIME",
  retryAfterSeconds: null,
};

/** The way of one mutation: reservation, send, settle. Read this to know what happens on every bad day. */
export function submitting(desk: TicketDesk, ledger: Ledger): Submit {
  return async (intent, { deadline, stopping }) => {
    const tookMs: Stages = {};
    const timing = { startedAt: performance.timeOrigin + performance.now(), tookMs };
    const answerBy = deadline - SETTLE_MS;
    // The ledger's answer could come too late for the caller, so nothing is reserved.
    if (performance.now() >= answerBy) return { ...failed(null, problem("LEDGER_UNAVAILABLE")), ...timing };
    try {
      // Who would be turned away is written down as not executed at once: on a bad day that is everybody.
      const turnedAway = stopping.aborted
        ? STOPPING
        : desk.turnsAway({ clientId: intent.clientId, answerBy });
      const reservation = await timed(tookMs, "claim", ledger.reserve(intent, turnedAway?.reason ?? null));
      switch (reservation.kind) {
        case "declined":
          return { ...declined(reservation.submission, turnedAway?.retryAfterSeconds ?? null), ...timing };
        case "reserved":
          return { ...(await send(intent.request, reservation, { answerBy, tookMs })), ...timing };
        case "known":
          return { ...(await replay(reservation.submission, answerBy)), ...timing };
        case "otherInput":
          return {
            ...failed(null, problem("IDEMPOTENCY_KEY_REUSED", { field: "idempotencyKey" })),
            ...timing,
          };
      }
    } catch (error) {
      if (!(error instanceof LedgerUnavailable)) throw error;
      return { ...failed(null, problem("LEDGER_UNAVAILABLE")), ...timing };
    }
  };

  async function send(
    request: TicketRequest,
    { submission: reserved, at }: Reserved,
    { answerBy, tookMs }: { answerBy: number; tookMs: Stages },
  ): Promise<Came> {
    const sending = desk.send(request, { clientId: reserved.clientId, decidedAt: at, answerBy });
    const { answer, tries } = await timed(tookMs, "send", sending);
    const settling = ledger.settle(reserved, request, answer, tries);
    const { submission, ticket } = await timed(tookMs, "settle", settling);
    // The answer may have been meant for another request, so another may still come on that connection.
    if (submission.reason === "TICKET_ID_REPEATED") desk.renewConnections();
    if (ticket) return { ticket, submission, problems: [], replayed: false };
    return declined(submission, answer.outcome === "notExecuted" ? answer.retryAfterSeconds : null);
  }

  async function replay(known: Submission, answerBy: number): Promise<Came> {
    const submission = known.state === "SENDING" ? await waitFor(known, answerBy) : known;
    if (submission.state !== "CONFIRMED" || submission.ticketId === null) {
      return { ...failed(submission, whyNot(submission)), replayed: true };
    }
    const [ticket] = await ledger.tickets([submission.ticketId]);
    return { ticket: ticket ?? forgotten(submission), submission, problems: [], replayed: true };
  }

  async function waitFor(submission: Submission, answerBy: number): Promise<Submission> {
    const until = Math.min(performance.now() + WAIT_MS, answerBy);
    for (let look = 0; performance.now() < until; look++) {
      await sleep(LOOK_EVERY_MS[look] ?? LOOK_EVERY_MS.at(-1));
      const now = await ledger.find(submission.id);
      if (now && now.state !== "SENDING") return now;
    }
    return submission;
  }
}

/** What `work` gives; notes how long it took. */
async function timed<Result>(tookMs: Stages, stage: keyof Stages, work: Promise<Result>): Promise<Result> {
  const started = performance.now();
  const result = await work;
  tookMs[stage] = performance.now() - started;
  return result;
}

function declined(submission: Submission, retryAfterSeconds: number | null): Came {
  return failed(submission, { ...whyNot(submission), retryAfterSeconds });
}

function failed(submission: Submission | null, ...problems: Problem[]): Came {
  return { ticket: null, submission, problems, replayed: false };
}

/** The problem that a submission without a ticket stands for. */
function whyNot({ state, refusedField, traceId }: Submission): Problem {
  switch (state) {
    case "SENDING":
      return problem("IN_PROGRESS", { retryAfterSeconds: WAIT_MS / 1000 });
    case "REJECTED":
      return problem("SOCIOMILE_REJECTED", { field: refusedField, traceId });
    case "NOT_EXECUTED":
      return problem("SOCIOMILE_UNAVAILABLE");
    case "CONFIRMED":
    case "UNCERTAIN":
    case "SUPERSEDED":
      return problem("OUTCOME_UNKNOWN", { traceId });
  }
}

/** A confirmed ticket whose snapshot was deleted since: what the submission itself remembers. */
function forgotten({
  ticketId,
  ticketNumber,
  operation,
  bsgTicketId,
  settledAt,
  createdAt,
}: Submission): Ticket {
  return {
    ...NO_DETAILS,
    id: ticketId ?? "",
    number: ticketNumber,
    kind: OPERATIONS[operation].kind,
    bsgTicketId,
    observedAt: settledAt ?? createdAt,
  };
}
