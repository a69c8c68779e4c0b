/** Outcomes of exchanges, and whether a request is tried again. Pure, no I/O. */
import type { NotExecuted, NotExecutedReason, Outcome } from "../tickets/outcome.ts";
import type { Exchange } from "./exchange.ts";

/** Most tries of a request that never leaves. */
const MAX_TRIES = 3;
/** Longest pause before the second try. It doubles with each try. Milliseconds. */
const JITTER_MS = 200;

const NEVER_STARTED = {
  connection: "SOCIOMILE_UNREACHABLE",
  deadline: "SOCIOMILE_UNREACHABLE",
  certificate: "SOCIOMILE_CERTIFICATE_INVALID",
  proxy: "SOCIOMILE_SETTINGS_REFUSED",
  late: "NOT_SENT_IN_TIME",
} as const satisfies Record<string, NotExecutedReason>;

/** Returns the pause before the next try, in milliseconds. Null: none. Only what had no effect is tried again: unsent, or throttled with Retry-After. */
export function pauseBeforeNext(exchange: Exchange, outcome: Outcome, tries: number): number | null {
  if (exchange.ended === "failed") {
    const again = !exchange.started && exchange.cause === "connection" && tries < MAX_TRIES;
    return again ? Math.random() * JITTER_MS * 2 ** (tries - 1) : null;
  }
  const isThrottled = outcome.outcome === "notExecuted" && outcome.reason === "SOCIOMILE_THROTTLED";
  return isThrottled && outcome.retryAfterSeconds !== null ? outcome.retryAfterSeconds * 1000 : null;
}

/** Returns the outcome of an exchange that ended without an answer. */
export function failure({ started, cause }: Extract<Exchange, { ended: "failed" }>): Outcome {
  if (!started) return notExecuted(NEVER_STARTED[cause]);
  const reason = cause === "deadline" ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST";
  return { outcome: "unknown", reason, traceId: null };
}

export function notExecuted(reason: NotExecutedReason, retryAfterSeconds: number | null = null): NotExecuted {
  return { outcome: "notExecuted", reason, retryAfterSeconds };
}

/** Returns the outcome of an answer that may stand for anything. */
export function notUnderstood(traceId: string | null = null): Outcome {
  return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId };
}
