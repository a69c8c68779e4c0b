import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "undici";
import type { Observe } from "../telemetry/events.ts";
import type { Outcome, NotExecuted, NotExecutedReason } from "../tickets/outcome.ts";
import type { Sender, Sent, TicketingSystem } from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { Breaker, type CallResult } from "./breaker.ts";
import { type Exchange, post } from "./exchange.ts";
import { Bulkhead } from "./bulkhead.ts";
import { readAnswer } from "./read.ts";
import { type Route, type RouteSettings, routeTo } from "./route.ts";
import { toWire } from "./translate.ts";

/** Longest time from the decision to send until the first byte leaves, in milliseconds. */
const START_WITHIN_MS = 2000;
/**
 * Share of `timeoutMs` that must be left for the answer when the first byte leaves. With less time the request would probably
 * end as a doubt. It is not sent instead, because a certain "not executed" is better.
 */
const ANSWER_SHARE = 1 / 4;
/**
 * Share of `timeoutMs` that must be left of the caller's time for a first try. Less is left when the mutations before it in the document
 * were slow, and then this one would likely end in doubt.
 */
const FIRST_TRY_SHARE = 1 / 2;
/** Most tries of a request that never leaves. */
const MAX_TRIES = 3;
/** Longest pause before the second try. It doubles with each try. Milliseconds. */
const JITTER_MS = 200;

const FAILURES: ReadonlySet<NotExecutedReason> = new Set([
  "SOCIOMILE_UNREACHABLE",
  "SOCIOMILE_CERTIFICATE_INVALID",
]);

const NOT_ADMITTED = { full: "OVERLOADED", late: "NOT_SENT_IN_TIME" } as const;

const NEVER_STARTED = {
  connection: "SOCIOMILE_UNREACHABLE",
  deadline: "SOCIOMILE_UNREACHABLE",
  certificate: "SOCIOMILE_CERTIFICATE_INVALID",
  proxy: "SOCIOMILE_SETTINGS_REFUSED",
  late: "NOT_SENT_IN_TIME",
} as const satisfies Record<string, NotExecutedReason>;

/** HTTP status by which a proxy asks for credentials. Nothing went further (RFC 9110, section 15.5.8). */
const PROXY_AUTHENTICATION = 407;

export interface SociomileSettings extends RouteSettings {
  /** Called for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** Longest time from the decision to send until the end of the answer. */
  timeoutMs: number;
  /** Longest idle time of a connection. The vendor closes idle ones; a request that meets such an end becomes a doubt. */
  keepAliveMs: number;
  maxConcurrent: number;
  /** Most requests that may wait for a place. */
  maxWaiting: number;
}

/** Sociomile, as the ticketing system of this service. */
export class SociomileClient implements TicketingSystem {
  #pool: Pool;
  /** Replaced pools whose calls have not ended yet. */
  readonly #closing = new Set<Promise<void>>();
  readonly #settings: SociomileSettings;
  readonly #observe: Observe;
  readonly #route: Route;
  readonly #basePath: string;
  readonly #bulkhead: Bulkhead;
  readonly #breaker: Breaker;

  constructor(settings: SociomileSettings, observe: Observe) {
    this.#settings = settings;
    this.#observe = observe;
    this.#route = routeTo(settings);
    this.#basePath = new URL(settings.baseUrl).pathname.replace(/\/$/, "");
    this.#bulkhead = new Bulkhead(settings.maxConcurrent, settings.maxWaiting);
    this.#breaker = new Breaker(
      () => this.#canBeReached(),
      (state) => observe("sociomile.breaker", { state: state === "half-open" ? "trial" : state }),
    );
    this.#pool = this.#newPool();
  }

  #newPool(): Pool {
    const { maxConcurrent, keepAliveMs, timeoutMs } = this.#settings;
    return this.#route.openPool({
      connections: maxConcurrent,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // exchange.ts holds the deadline. undici's timers are coarse and serve only as a second line.
      headersTimeout: timeoutMs * 2,
      bodyTimeout: timeoutMs * 2,
      allowH2: false, // with HTTP/2 streams `started` (exchange.ts) would not be certain
    });
  }

  async #canBeReached(): Promise<boolean> {
    const connected = await this.#route.canConnect();
    // While the breaker is open, no call can report a certificate.
    if (connected === "certificate invalid")
      this.#observe("sociomile.certificate_invalid", { operation: "PROBE" });
    return connected === "yes";
  }

  declines({ clientId, answerBy }: Omit<Sender, "decidedAt">): NotExecuted | null {
    if (answerBy - performance.now() < this.#settings.timeoutMs * FIRST_TRY_SHARE)
      return notExecuted("NOT_SENT_IN_TIME");
    const { waitSeconds } = this.#breaker;
    if (waitSeconds > 0) return notExecuted("CIRCUIT_OPEN", waitSeconds);
    return this.#bulkhead.isFullFor(clientId) ? notExecuted("OVERLOADED") : null;
  }

  async send(request: TicketRequest, sender: Sender): Promise<Sent> {
    const entered = this.#breaker.enter();
    if ("waitSeconds" in entered)
      return { outcome: notExecuted("CIRCUIT_OPEN", entered.waitSeconds), tries: 0 };
    const sent = await this.#sendWithin(request, sender);
    entered.ended(callResultOf(sent));
    return sent;
  }

  /** Sends when the bulkhead has a place. */
  async #sendWithin(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { clientId, decidedAt } = sender;
    const place = await this.#bulkhead.enter(clientId, this.#startBy(sender, decidedAt) - performance.now());
    if (place !== "inside") return { outcome: notExecuted(NOT_ADMITTED[place]), tries: 0 };
    try {
      return await this.#tryUntilSent(request, sender);
    } finally {
      this.#bulkhead.leave(clientId);
    }
  }

  async #tryUntilSent(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { timeZone, clientSecretKey } = this.#settings;
    const { path, body } = toWire(request, timeZone);
    const query = `client_secret_key=${encodeURIComponent(clientSecretKey())}`;
    const { target, headers } = this.#route;
    const message = { path: `${target}${this.#basePath}${path}?${query}`, body, headers };
    const giveUpAt = this.#giveUpAt(sender);
    let startBy = this.#startBy(sender, sender.decidedAt);
    let throttled = false;
    for (let tries = 1; ; tries++) {
      const exchange = await post(this.#pool, message, { deadlineMs: giveUpAt - performance.now(), startBy });
      const outcome = this.#read(request, exchange);
      const pauseMs = throttled || this.#breaker.isOpen ? null : pauseBeforeNext(exchange, outcome, tries);
      const nextTryAt = performance.now() + (pauseMs ?? 0);
      startBy = this.#startBy(sender, nextTryAt);
      if (pauseMs === null || nextTryAt >= startBy) {
        this.#alert(request, outcome, exchange);
        return { outcome, tries };
      }
      throttled = exchange.ended === "answered";
      await sleep(pauseMs);
      // The pause took too long, or the breaker has opened meanwhile.
      if (performance.now() >= startBy || this.#breaker.isOpen) return { outcome, tries };
    }
  }

  /** Time at which the answer is given up. Milliseconds of the monotonic clock. */
  #giveUpAt({ decidedAt, answerBy }: Sender): number {
    return Math.min(decidedAt + this.#settings.timeoutMs, answerBy);
  }

  /** Time by which the first byte of a try that begins at `from` must leave. Monotonic clock, in milliseconds. */
  #startBy(sender: Sender, from: number): number {
    const lastUsefulStart = this.#giveUpAt(sender) - this.#settings.timeoutMs * ANSWER_SHARE;
    return Math.min(from + START_WITHIN_MS, lastUsefulStart);
  }

  #read(request: TicketRequest, exchange: Exchange): Outcome {
    if (exchange.ended === "failed") return failure(exchange);
    const { outcome, oddities } = readAnswer(request, exchange.answer, this.#settings.timeZone);
    for (const oddity of oddities) this.#observe("sociomile.oddity", { oddity });
    // A proxy that forwards says 403 for a request that it does not send, and for an answer that it does not let in.
    if (this.#route.isForwarded && exchange.answer.status === 403 && outcome.outcome === "notExecuted")
      return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId: null };
    return outcome;
  }

  /** Logs faults that no retry can cure and an operator must. */
  #alert({ operation }: TicketRequest, outcome: Outcome, exchange: Exchange): void {
    if (outcome.outcome !== "notExecuted") return;
    if (outcome.reason === "SOCIOMILE_SETTINGS_REFUSED")
      this.#observe(isOfProxy(exchange) ? "sociomile.proxy_refused" : "sociomile.settings_refused", {
        operation,
      });
    if (outcome.reason === "SOCIOMILE_CERTIFICATE_INVALID")
      this.#observe("sociomile.certificate_invalid", { operation });
  }

  renewConnections(): void {
    if (this.#pool.closed) return;
    const closed = this.#pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    this.#pool = this.#newPool();
  }

  /** Waits for calls under way, then closes the connections. */
  async close(): Promise<void> {
    this.#breaker.close();
    await Promise.all([...this.#closing, this.#pool.close()]);
  }
}

/**
 * Returns the pause before the next try in milliseconds; null when there must be no other try. Only a request that certainly
 * had no effect is tried again: one that never left, after a random pause, or one that the vendor throttled with Retry-After.
 */
function pauseBeforeNext(exchange: Exchange, outcome: Outcome, tries: number): number | null {
  if (exchange.ended === "failed") {
    const again = !exchange.started && exchange.cause === "connection" && tries < MAX_TRIES;
    return again ? Math.random() * JITTER_MS * 2 ** (tries - 1) : null;
  }
  const throttled = outcome.outcome === "notExecuted" && outcome.reason === "SOCIOMILE_THROTTLED";
  return throttled && outcome.retryAfterSeconds !== null ? outcome.retryAfterSeconds * 1000 : null;
}

/** True when a refusal comes from the proxy: of a tunnel, or of a request that it would have to forward (407). */
function isOfProxy(exchange: Exchange): boolean {
  return exchange.ended === "failed"
    ? exchange.cause === "proxy"
    : exchange.answer.status === PROXY_AUTHENTICATION;
}

function failure({ started, cause }: Extract<Exchange, { ended: "failed" }>): Outcome {
  if (started) {
    const reason = cause === "deadline" ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST";
    return { outcome: "unknown", reason, traceId: null };
  }
  return notExecuted(NEVER_STARTED[cause]);
}

function notExecuted(reason: NotExecutedReason, retryAfterSeconds: number | null = null): NotExecuted {
  return { outcome: "notExecuted", reason, retryAfterSeconds };
}

/** Returns the result of a call for the breaker. A refusal is no failure. */
function callResultOf({ outcome, tries }: Sent): CallResult {
  if (tries === 0 || (outcome.outcome === "notExecuted" && outcome.reason === "NOT_SENT_IN_TIME"))
    return "nothing";
  const failed =
    outcome.outcome === "unknown" || (outcome.outcome === "notExecuted" && FAILURES.has(outcome.reason));
  return failed ? "failed" : "worked";
}
