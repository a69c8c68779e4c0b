/** The way of a reserved request to Sociomile. Submissions of callers and later deliveries share it. */
import type { Ledger, Pause, Reserved, Sender, Sent, TicketingSystem } from "./ports.ts";
import type { TicketRequest } from "./request.ts";

/** Duration of each stage in milliseconds; a stage that was not reached is absent. */
export interface Stages {
  reserve?: number;
  send?: number;
  settle?: number;
}

interface Attempt extends Pick<Sender, "answerBy"> {
  reserved: Reserved;
  request: TicketRequest;
  /** Number of earlier tries to deliver it. Null: it is never queued; its caller gets a request that was not executed. */
  triesBefore: number | null;
}

/** Pauses between tries of one queued request. The pause doubles with each try, up to the longest. Milliseconds. */
const FIRST_PAUSE_MS = 5000;
const DOUBLED_UP_TO_MS = 5 * 60_000;
/** Largest part of a pause that chance adds or removes, so that requests do not come back together. */
const JITTER = 0.2;

/** Pause of a request that did not leave this process because the circuit breaker opened. It costs no try. Milliseconds. */
const NOT_TRIED_PAUSE_MS = 1000;

/** Returns the pause after a number of tries, in milliseconds. */
export function pauseAfter(tries: number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), DOUBLED_UP_TO_MS);
  return Math.round(pauseMs * (1 + JITTER * (2 * Math.random() - 1)));
}

/** Returns the function that sends a reserved request at most once, and records the outcome. */
export function createAttempt(ticketing: TicketingSystem, ledger: Pick<Ledger, "settle">) {
  return async ({ reserved, request, answerBy, triesBefore }: Attempt, tookMs: Stages) => {
    const { decidedAt, submission } = reserved;
    const sender = { clientId: submission.clientId, submissionId: submission.id, decidedAt, answerBy };
    const sent = await timeCall(tookMs, "send", ticketing.send(request, sender));
    const { outcome, tries, answer } = sent;
    const pauseMs = triesBefore === null ? null : pauseBeforeNext(triesBefore, sent);
    const settling = ledger.settle(reserved, request, outcome, tries, pauseMs, answer);
    const settled = await timeCall(tookMs, "settle", settling);
    // This answer may belong to another request. Then the next answer on the same connection may be wrong too.
    if (settled.submission.reason === "TICKET_ID_REPEATED") ticketing.renewConnections();
    return { ...settled, outcome };
  };
}

/** Returns the pause until the next try: at least what Sociomile asks for. A person mends settings that it refused. */
function pauseBeforeNext(triesBefore: number, { outcome, tries, answer }: Sent): Pause {
  const pauseMs = tries === 0 ? NOT_TRIED_PAUSE_MS : pauseAfter(triesBefore + 1);
  if (outcome.outcome !== "notExecuted") return pauseMs;
  if (answer && outcome.reason === "SOCIOMILE_SETTINGS_REFUSED") return "person";
  return Math.max(pauseMs, (outcome.retryAfterSeconds ?? 0) * 1000);
}

/** Returns the result of `work`, and records its duration. */
export async function timeCall<Result>(tookMs: Stages, stage: keyof Stages, work: Promise<Result>) {
  const started = performance.now();
  const result = await work;
  tookMs[stage] = millisecondsSince(started);
  return result;
}

/** Milliseconds since a time of the monotonic clock, with one decimal at most. */
export function millisecondsSince(time: number): number {
  return Math.round((performance.now() - time) * 10) / 10;
}
