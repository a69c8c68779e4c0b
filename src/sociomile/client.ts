/** Decides whether and when a request leaves for Sociomile. It never repeats what may have had an effect, and never rejects. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Limiter } from "../limiter.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import { OPERATIONS, type TicketRequest } from "../tickets/request.ts";
import type { NotExecutedReason, Outcome } from "../tickets/submission.ts";
import type { Sender, Sent, TicketingSystem } from "../tickets/ports.ts";
import { type CallResult, createCircuitBreaker } from "./breaker.ts";
import { type Exchange, type Message, createConnections, post } from "./exchange.ts";
import { notExecuted, notUnderstood, outcomeOf } from "./read.ts";
import type { Refusal } from "./refusals.ts";
import { type RouteSettings, createRoute } from "./route.ts";
import { toWire } from "./translate.ts";
import { keptAnswer } from "./words.ts";

/** Largest share of the calls at once that deliveries may be. The others are for callers who wait. */
const DELIVERY_SHARE = 1 / 4;
/** Most tries of a request that never leaves. */
const MAX_TRIES = 3;
/** Longest pause before the second try. It doubles with each try. Milliseconds. */
const JITTER_MS = 200;
/** Longest time from the decision to send until the first byte leaves, in milliseconds. */
const START_WITHIN_MS = 2000;
/** Share of `timeoutMs` that must be left for the answer at the first byte. With less nothing is sent, which is no doubt. */
const ANSWER_SHARE = 1 / 4;
/** Share of `timeoutMs` that must be left of the caller's time for a first try, which would otherwise end in doubt. */
const FIRST_TRY_SHARE = 1 / 2;

export interface SociomileSettings extends RouteSettings {
  /** Called for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** Longest time from the decision to send until the end of the answer. */
  timeoutMs: number;
  /** Longest idle time of a connection. The vendor closes idle ones; a request that meets such an end becomes a doubt. */
  keepAliveMs: number;
  sendsTraceParent: boolean;
  /** Refusals that operators have added, read for each answer. */
  refusals: () => readonly Refusal[];
  /** Calls at once, and requests that wait for one. */
  calls: Limiter;
}

/** Sociomile, as the ticketing system of this service. */
export function createSociomile(settings: SociomileSettings, observe: Observe) {
  const { calls, timeoutMs, timeZone, refusals, clientSecretKey } = settings;
  const route = createRoute(settings);
  const basePath = new URL(settings.baseUrl).pathname.replace(/\/$/, "");
  const breaker = createCircuitBreaker((state) => observe("sociomile.breaker", { state }));
  const pool = createConnections(() => route.openClient(timeoutMs, settings.keepAliveMs), calls.most);
  return {
    certificates: route.certificates,
    deliveryLimit: Math.max(1, Math.floor(calls.most * DELIVERY_SHARE)),
    get freeCalls() {
      return Math.min(breaker.free, calls.free);
    },
    declines({ clientId, answerBy }) {
      const leftMs = answerBy - performance.now();
      if (leftMs < timeoutMs * FIRST_TRY_SHARE) return notExecuted("NOT_SENT_IN_TIME");
      const { waitSeconds } = breaker;
      if (waitSeconds > 0) return notExecuted("CIRCUIT_OPEN", waitSeconds);
      return calls.isFullFor(clientId) ? notExecuted("OVERLOADED") : null;
    },
    async send(request, sender) {
      const ended = breaker.enter();
      if (!ended) return untried("CIRCUIT_OPEN");
      let result: CallResult = "failed";
      try {
        const sent = await sendInTurn(request, sender);
        result = callResultOf(sent);
        return sent;
      } catch (error) {
        // Our own fault, perhaps after the request left: it may have been executed.
        const { submissionId } = sender;
        observe("sociomile.answer_not_read", { submissionId, operation: request.operation, ...faultOf(error) });
        return { outcome: notUnderstood(), tries: 1 };
      } finally {
        ended(result);
      }
    },
    renewConnections: () => pool.renew(),
    /** Waits for calls under way, then closes the connections. */
    close: () => pool.close(),
  } satisfies TicketingSystem & Record<string, unknown>;

  /** Returns the time by which the first byte of a try that begins at `from` must leave. Milliseconds of the monotonic clock. */
  function startBy({ decidedAt, answerBy }: Sender, from: number): number {
    return Math.min(from + START_WITHIN_MS, Math.min(decidedAt + timeoutMs, answerBy) - timeoutMs * ANSWER_SHARE);
  }

  function untried(reason: NotExecutedReason): Sent {
    return { outcome: notExecuted(reason, reason === "CIRCUIT_OPEN" ? breaker.waitSeconds : null), tries: 0 };
  }

  async function sendInTurn(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { clientId, decidedAt } = sender;
    const waitMs = startBy(sender, decidedAt) - performance.now();
    const call = await calls.acquire(clientId, waitMs);
    if (typeof call === "string") return untried(call === "full" ? "OVERLOADED" : "NOT_SENT_IN_TIME");
    using slot = new DisposableStack();
    slot.use(call);
    if (breaker.isOpen) return untried("CIRCUIT_OPEN");
    const tried = await tryUntilSent(request, sender);
    // Sociomile may still be at work on it. Those that wait for its end now are not sent: they would probably end likewise.
    if (reasonOf(tried.outcome) === "ANSWER_TIMED_OUT")
      setTimeout((kept) => kept.dispose(), START_WITHIN_MS, slot.move()).unref();
    return tried;
  }

  async function tryUntilSent(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { path, body } = toWire(request, timeZone);
    const secret = clientSecretKey();
    const traceparent = settings.sendsTraceParent && request.traceParent;
    const message: Message = {
      path: `${basePath}${path}?client_secret_key=${encodeURIComponent(secret)}`,
      body,
      headers: traceparent ? { traceparent } : {},
    };
    let lastStart = startBy(sender, sender.decidedAt);
    for (let tries = 1, isThrottled = false; ; tries++) {
      const { exchange, ...sent } = await tryOnce(request, sender, message, secret, lastStart);
      const pauseMs = isThrottled || breaker.isOpen ? null : pauseBeforeRetry(exchange, sent.outcome, tries);
      const nextTryAt = performance.now() + (pauseMs ?? 0);
      lastStart = startBy(sender, nextTryAt);
      if (pauseMs === null || nextTryAt >= lastStart) return { ...sent, tries };
      await sleep(pauseMs);
      // The pause took too long, or the breaker has opened meanwhile.
      if (performance.now() >= lastStart || breaker.isOpen) return { ...sent, tries };
      isThrottled = exchange.ended === "answered";
    }
  }

  /** Sends once, on a connection on which no answer to another request can be mistaken for the answer to this one. */
  async function tryOnce(
    request: TicketRequest,
    sender: Sender,
    message: Message,
    secret: string,
    lastStart: number,
  ): Promise<Omit<Sent, "tries"> & { exchange: Exchange }> {
    const { isCreate } = OPERATIONS[request.operation];
    const deadlineMs = Math.min(sender.decidedAt + timeoutMs, sender.answerBy) - performance.now();
    // The answer to an update names no ticket, so nothing would show that it answers another update.
    const connection = isCreate ? await pool.reuse() : pool.openNew();
    const exchange = await post(connection, message, deadlineMs, lastStart);
    let isKept = false;
    try {
      const secrets = [secret, clientSecretKey()]; // it may have been rotated meanwhile
      const outcome = outcomeOf(exchange, request, secrets, { timeZone, refusals, observe });
      alert(request, sender, outcome, exchange);
      if (exchange.ended === "failed") return { exchange, outcome };
      if (outcome.outcome !== "accepted")
        return { exchange, outcome, answer: keptAnswer(exchange.answer, { request, sent: message.body, secrets }) };
      if (!isCreate) return { exchange, outcome };
      isKept = pool.keep(connection, outcome.ticket.id);
      if (isKept) return { exchange, outcome };
      observe("sociomile.ticket_id_repeated", { submissionId: sender.submissionId, ticketId: outcome.ticket.id });
      return { exchange, outcome: { outcome: "unknown", reason: "TICKET_ID_REPEATED", traceId: null } };
    } finally {
      if (!isKept) pool.end(connection);
    }
  }

  /** Logs faults that an operator must cure, and answers that no document describes. No such request is tried again. */
  function alert({ operation }: TicketRequest, { submissionId }: Sender, outcome: Outcome, exchange: Exchange): void {
    const reason = reasonOf(outcome);
    if (reason === "SOCIOMILE_CERTIFICATE_INVALID") observe("sociomile.certificate_invalid", { operation });
    if (exchange.ended === "failed") {
      if (reason === "SOCIOMILE_SETTINGS_REFUSED") observe("sociomile.proxy_refused", { operation });
      return;
    }
    const fields = { operation, status: exchange.answer.status };
    if (reason === "SOCIOMILE_SETTINGS_REFUSED") observe("sociomile.settings_refused", fields);
    if (reason === "ANSWER_NOT_UNDERSTOOD") observe("sociomile.answer_not_understood", { submissionId, ...fields });
  }
}

function reasonOf(outcome: Outcome) {
  return "reason" in outcome ? outcome.reason : null;
}

/** Returns the result of a call for the breaker. A refusal is not a failure. */
function callResultOf({ outcome, tries }: Sent): CallResult {
  const reason = reasonOf(outcome);
  if (tries === 0 || reason === "NOT_SENT_IN_TIME") return "nothing";
  const isUnreachable = reason === "SOCIOMILE_UNREACHABLE" || reason === "SOCIOMILE_CERTIFICATE_INVALID";
  return isUnreachable || outcome.outcome === "unknown" ? "failed" : "worked";
}

/** Returns the pause before the next try, in milliseconds. Null: none. Only unsent and throttled requests are tried again. */
function pauseBeforeRetry(exchange: Exchange, outcome: Outcome, tries: number): number | null {
  if (exchange.ended === "failed") {
    const again = !exchange.started && exchange.cause === "connection" && tries < MAX_TRIES;
    return again ? Math.random() * JITTER_MS * 2 ** (tries - 1) : null;
  }
  const isThrottled = outcome.outcome === "notExecuted" && outcome.reason === "SOCIOMILE_THROTTLED";
  return isThrottled && outcome.retryAfterSeconds !== null ? outcome.retryAfterSeconds * 1000 : null;
}
