/**
 * Decides whether and when a request leaves for Sociomile, and how often it is tried. Submit and deliveries call it, as the ticketing system. It
 * never repeats what may have had an effect, and never rejects.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isCertificateError } from "../telemetry/certificate-error.ts";
import type { Observe } from "../telemetry/events.ts";
import type { Outcome } from "../tickets/outcome.ts";
import type { Sender, Sent, TicketingSystem } from "../tickets/ports.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { circuitBreaker } from "./breaker.ts";
import { type Exchange, type Limits, MAX_ANSWER_BYTES, type Message, post } from "./exchange.ts";
import { bulkhead } from "../tickets/bulkhead.ts";
import { connections } from "./connections.ts";
import { giveUpAt, isInTime, startBy } from "./deadlines.ts";
import { callResultOf, failure, notExecuted, notUnderstood, pauseBeforeNext } from "./outcomes.ts";
import { holdsSecret, isFormless, readAnswer, sentenceOf } from "./read.ts";
import type { Refusal } from "./refusals.ts";
import { type RouteSettings, routeTo } from "./route.ts";
import { type Reading, toWire } from "./translate.ts";
import { keptAnswer } from "./words.ts";

/** Largest share of the calls at once that deliveries may be. The others are for callers who wait. */
const DELIVERY_SHARE = 1 / 4;

export interface SociomileSettings extends RouteSettings {
  /** Called for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** Longest time from the decision to send until the end of the answer. */
  timeoutMs: number;
  /** Longest idle time of a connection. The vendor closes idle ones; a request that meets such an end becomes a doubt. */
  keepAliveMs: number;
  /** Treatment of a create whose answer names the ticket of an earlier answer on the same connection. */
  repeatedTicketIds: "doubt" | "accept";
  sendsTraceParent: boolean;
  /** Refusals that operators have taught, read for each answer. */
  refusals?: () => readonly Refusal[];
  maxConcurrent: number;
  /** Most requests that may wait to be sent. */
  maxWaiting: number;
}

/** A sent request, for the breaker. `isFormless`: the answer is none of the vendor's. */
type SentForBreaker = Sent & { isFormless?: boolean };

/** Sociomile, as the ticketing system of this service. */
export function sociomile(settings: SociomileSettings, observe: Observe) {
  const { maxConcurrent, keepAliveMs, timeoutMs, timeZone, clientSecretKey } = settings;
  const route = routeTo(settings);
  const basePath = new URL(settings.baseUrl).pathname.replace(/\/$/, "");
  const places = bulkhead(maxConcurrent, settings.maxWaiting);
  const breaker = circuitBreaker(canBeReached, (state) => observe("sociomile.breaker", { state }));
  const options = {
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    // exchange.ts holds the deadline. undici's timers are coarse and serve only as a second line.
    headersTimeout: timeoutMs * 2,
    bodyTimeout: timeoutMs * 2,
    maxResponseSize: MAX_ANSWER_BYTES,
    allowH2: false, // with HTTP/2 streams `started` (exchange.ts) would not be certain
  };
  const reading: Reading = {
    timeZone,
    notice: (oddity) => observe("sociomile.oddity", { oddity }),
    taught: (id) => observe("sociomile.refusal_taught", { id }),
  };
  const pool = connections(() => route.openClient(options), maxConcurrent);
  return {
    certificates: route.certificates,
    deliveryLimit: Math.max(1, Math.floor(maxConcurrent * DELIVERY_SHARE)),
    get freeCalls() {
      return Math.min(breaker.free, places.free);
    },
    declines(sender) {
      if (!isInTime(sender, timeoutMs)) return notExecuted("NOT_SENT_IN_TIME");
      const { waitSeconds } = breaker;
      if (waitSeconds > 0) return notExecuted("CIRCUIT_OPEN", waitSeconds);
      return places.isFullFor(sender.clientId) ? notExecuted("OVERLOADED") : null;
    },
    async send(request, sender) {
      const ended = breaker.enter(sender.clientId);
      if (!ended) return { outcome: notExecuted("CIRCUIT_OPEN", breaker.waitSeconds), tries: 0 };
      const { isFormless: metPage, ...sent } = await sendWithin(request, sender);
      ended(callResultOf(sent, metPage));
      return sent;
    },
    renewConnections: () => pool.renew(),
    /** Waits for calls under way, then closes the connections. */
    async close(): Promise<void> {
      breaker.close();
      await pool.close();
    },
  } satisfies TicketingSystem & Record<string, unknown>;

  async function canBeReached(): Promise<boolean> {
    const error = await route.tryToConnect();
    // While the breaker is open, no call can report a certificate.
    if (error && isCertificateError(error)) observe("sociomile.certificate_invalid", { operation: "PROBE" });
    return error === null;
  }

  async function sendWithin(request: TicketRequest, sender: Sender): Promise<SentForBreaker> {
    const { clientId, decidedAt } = sender;
    const lastStart = startBy(sender, timeoutMs, decidedAt);
    const admission = await places.enter(clientId, lastStart - performance.now());
    if (admission !== "inside")
      return { outcome: notExecuted(admission === "full" ? "OVERLOADED" : "NOT_SENT_IN_TIME"), tries: 0 };
    try {
      if (breaker.isOpen) return { outcome: notExecuted("CIRCUIT_OPEN", breaker.waitSeconds), tries: 0 };
      return await tryUntilSent(request, sender);
    } finally {
      places.leave(clientId);
    }
  }

  async function tryUntilSent(request: TicketRequest, sender: Sender): Promise<SentForBreaker> {
    const { path, body } = toWire(request, timeZone);
    const secret = clientSecretKey();
    const query = `client_secret_key=${encodeURIComponent(secret)}`;
    const traceparent = settings.sendsTraceParent && request.traceParent;
    const headers: Message["headers"] = traceparent ? { traceparent } : {};
    const message = { path: `${basePath}${path}?${query}`, body, headers };
    let lastStart = startBy(sender, timeoutMs, sender.decidedAt);
    let throttled = false;
    for (let tries = 1; ; tries++) {
      const { exchange, ...ended } = await tryOnce(request, message, {
        submissionId: sender.submissionId,
        secret,
        deadlineMs: giveUpAt(sender, timeoutMs) - performance.now(),
        startBy: lastStart,
      });
      const { outcome } = ended;
      const pauseMs = throttled || breaker.isOpen ? null : pauseBeforeNext(exchange, outcome, tries);
      const nextTryAt = performance.now() + (pauseMs ?? 0);
      lastStart = startBy(sender, timeoutMs, nextTryAt);
      if (pauseMs === null || nextTryAt >= lastStart) {
        alert(request, outcome, exchange);
        const isUnknown = outcome.outcome === "unknown" && exchange.ended === "answered";
        return { ...ended, tries, isFormless: isUnknown && isFormless(exchange.answer) };
      }
      throttled = exchange.ended === "answered";
      await sleep(pauseMs);
      // The pause took too long, or the breaker has opened meanwhile.
      if (performance.now() >= lastStart || breaker.isOpen) return { ...ended, tries };
    }
  }

  /** Sends once, on a connection on which no answer to another request can be taken for the answer to this one. */
  async function tryOnce(
    request: TicketRequest,
    message: Message,
    { submissionId, secret, ...limits }: Limits & { submissionId: string; secret: string },
  ): Promise<Omit<Sent, "tries"> & { exchange: Exchange }> {
    const { isCreate } = OPERATIONS[request.operation];
    // The answer to an update names no ticket, so nothing would show that it answers another update.
    const connection = isCreate ? await pool.reuse() : pool.openNew();
    const exchange = await post(connection.dispatcher, message, limits);
    const outcome = read(request, exchange, secret);
    const ticketId = isCreate && outcome.outcome === "accepted" ? outcome.ticket.id : null;
    const isRepeated = ticketId !== null && connection.ticketIds.has(ticketId);
    const isDoubtful = isRepeated && settings.repeatedTicketIds === "doubt";
    if (ticketId === null || isDoubtful) pool.end(connection);
    else pool.keep(connection, ticketId);
    if (!isDoubtful)
      return { exchange, outcome, answer: kept(request, message.body, exchange, outcome, secret) };
    observe("sociomile.ticket_id_repeated", { submissionId, ticketId });
    return { exchange, outcome: { outcome: "unknown", reason: "TICKET_ID_REPEATED", traceId: null } };
  }

  function read(request: TicketRequest, exchange: Exchange, secret: string): Outcome {
    if (exchange.ended === "failed") return failure(exchange);
    const outcome = readAnswer(request, exchange.answer, {
      ...reading,
      refusals: settings.refusals?.() ?? [],
    });
    // A secret may be rotated between the request and its answer.
    if (holdsSecret(outcome, [secret, clientSecretKey()])) {
      observe("sociomile.secret_echoed", { operation: request.operation });
      return notUnderstood();
    }
    return outcome;
  }

  /** Returns the vendor's words in an answer that was refused or not understood, as operators may see them. */
  function kept(
    request: TicketRequest,
    sent: string,
    exchange: Exchange,
    { outcome }: Outcome,
    secret: string,
  ) {
    if (exchange.ended === "failed" || outcome === "accepted") return null;
    const unkept = { request, sent, secrets: [secret, clientSecretKey()] };
    return keptAnswer(exchange.answer, sentenceOf(exchange.answer), unkept);
  }

  /** Logs faults that no retry can cure and an operator must, and answers that no document describes. */
  function alert({ operation }: TicketRequest, outcome: Outcome, exchange: Exchange): void {
    if (!("reason" in outcome)) return;
    if (outcome.reason === "ANSWER_NOT_UNDERSTOOD" && exchange.ended === "answered")
      observe("sociomile.answer_not_understood", { operation, status: exchange.answer.status });
    if (outcome.reason === "SOCIOMILE_SETTINGS_REFUSED") {
      if (exchange.ended === "failed") observe("sociomile.proxy_refused", { operation });
      else observe("sociomile.settings_refused", { operation, status: exchange.answer.status });
    }
    if (outcome.reason === "SOCIOMILE_CERTIFICATE_INVALID")
      observe("sociomile.certificate_invalid", { operation });
  }
}
