import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "undici";
import type { Observe } from "../telemetry/events.ts";
import type { DeskAnswer, NotExecuted, NotExecutedReason } from "../tickets/outcome.ts";
import type { Sender, Sent, TicketDesk } from "../tickets/ports.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { Breaker, type Evidence } from "./breaker.ts";
import { type Exchange, post } from "./exchange.ts";
import { Gate } from "./gate.ts";
import { readAnswer } from "./read.ts";
import { type Route, type RouteSettings, routeTo } from "./route.ts";
import { toWire } from "./translate.ts";

/** How long after the decision to send the first byte may leave, in milliseconds. */
const START_WITHIN_MS = 2000;
/**
 * The share of `timeoutMs` that the vendor must have left for its answer when the first byte leaves. With less of it, a
 * request that certainly was not executed would hardly become more than a doubt, so it does not leave.
 */
const ANSWER_SHARE = 1 / 4;
/**
 * Share of `timeoutMs` that must be left of the caller's time for a first try. Less is left when the mutations before it in the document
 * were slow, and then this one would likely end in doubt.
 */
const FIRST_TRY_SHARE = 1 / 2;
/** How often a request that never leaves is tried. */
const MAX_TRIES = 3;
/** The longest first pause between tries; it doubles. Milliseconds. */
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
  /** Asked anew for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** The whole of one request, from here back to here. */
  timeoutMs: number;
  /** How long an idle connection may be used again. The vendor closes idle ones; a race with that is a false doubt. */
  keepAliveMs: number;
  maxConcurrent: number;
}

/** Sociomile as our ticket desk. */
export class SociomileDesk implements TicketDesk {
  #pool: Pool;
  /** Pools that were replaced, until their last call has ended. */
  readonly #closing = new Set<Promise<void>>();
  readonly #settings: SociomileSettings;
  readonly #observe: Observe;
  readonly #route: Route;
  readonly #basePath: string;
  readonly #gate: Gate;
  readonly #breaker: Breaker;

  constructor(settings: SociomileSettings, observe: Observe) {
    this.#settings = settings;
    this.#observe = observe;
    this.#route = routeTo(settings);
    this.#basePath = new URL(settings.baseUrl).pathname.replace(/\/$/, "");
    this.#gate = new Gate(settings.maxConcurrent);
    this.#breaker = new Breaker(
      () => this.#canBeReached(),
      (state) => observe("sociomile.breaker", { state }),
    );
    this.#pool = this.#newPool();
  }

  #newPool(): Pool {
    const { maxConcurrent, keepAliveMs, timeoutMs } = this.#settings;
    return this.#route.openPool({
      connections: maxConcurrent,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // The deadline is ours (exchange.ts); undici's timers are coarse and only catch what that would miss.
      headersTimeout: timeoutMs * 2,
      bodyTimeout: timeoutMs * 2,
      allowH2: false, // with streams, "has it been written?" would have another answer
    });
  }

  async #canBeReached(): Promise<boolean> {
    const connected = await this.#route.canConnect();
    // No call finds that out while the breaker is open.
    if (connected === "certificate invalid")
      this.#observe("sociomile.certificate_invalid", { operation: "PROBE" });
    return connected === "yes";
  }

  turnsAway({ clientId, answerBy }: Omit<Sender, "decidedAt">): NotExecuted | null {
    if (answerBy - performance.now() < this.#settings.timeoutMs * FIRST_TRY_SHARE)
      return notExecuted("NOT_SENT_IN_TIME");
    const { waitSeconds } = this.#breaker;
    if (waitSeconds > 0) return notExecuted("CIRCUIT_OPEN", waitSeconds);
    return this.#gate.isFullFor(clientId) ? notExecuted("OVERLOADED") : null;
  }

  async send(request: TicketRequest, sender: Sender): Promise<Sent> {
    const entered = this.#breaker.enter();
    if ("waitSeconds" in entered)
      return { answer: notExecuted("CIRCUIT_OPEN", entered.waitSeconds), tries: 0 };
    const sent = await this.#sendWithin(request, sender);
    entered.passed(evidenceOf(sent));
    return sent;
  }

  /** Within the bound on calls under way. */
  async #sendWithin(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { clientId, decidedAt } = sender;
    const place = await this.#gate.enter(clientId, this.#startBy(sender, decidedAt) - performance.now());
    if (place !== "inside") return { answer: notExecuted(NOT_ADMITTED[place]), tries: 0 };
    try {
      return await this.#tryUntilSent(request, sender);
    } finally {
      this.#gate.leave(clientId);
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
      const answer = this.#read(request, exchange);
      const pauseMs = throttled || this.#breaker.isOpen ? null : pauseBeforeNext(exchange, answer, tries);
      const nextTryAt = performance.now() + (pauseMs ?? 0);
      startBy = this.#startBy(sender, nextTryAt);
      if (pauseMs === null || nextTryAt >= startBy) {
        this.#alert(request, answer, exchange);
        return { answer, tries };
      }
      throttled = exchange.ended === "answered";
      await sleep(pauseMs);
      // The pause took longer than it should, or others have found meanwhile that the vendor is failing.
      if (performance.now() >= startBy || this.#breaker.isOpen) return { answer, tries };
    }
  }

  /** Time at which the answer is given up. Milliseconds of the monotonic clock. */
  #giveUpAt({ decidedAt, answerBy }: Sender): number {
    return Math.min(decidedAt + this.#settings.timeoutMs, answerBy);
  }

  /** The time by which the first byte must leave in a try that begins at `from`. Of the monotonic clock, in milliseconds. */
  #startBy(sender: Sender, from: number): number {
    const lastUsefulStart = this.#giveUpAt(sender) - this.#settings.timeoutMs * ANSWER_SHARE;
    return Math.min(from + START_WITHIN_MS, lastUsefulStart);
  }

  #read(request: TicketRequest, exchange: Exchange): DeskAnswer {
    if (exchange.ended === "failed") return failure(exchange);
    const { answer, oddities } = readAnswer(request, exchange.answer, this.#settings.timeZone);
    for (const oddity of oddities) this.#observe("sociomile.oddity", { oddity });
    // A proxy that forwards says 403 for a request that it does not send, and for an answer that it does not let in.
    if (this.#route.isForwarded && exchange.answer.status === 403 && answer.outcome === "notExecuted")
      return { outcome: "unknown", reason: "ANSWER_NOT_UNDERSTOOD", traceId: null };
    return answer;
  }

  /** What no retry can mend, and operators must. */
  #alert({ operation }: TicketRequest, answer: DeskAnswer, exchange: Exchange): void {
    if (answer.outcome !== "notExecuted") return;
    if (answer.reason === "SOCIOMILE_SETTINGS_REFUSED")
      this.#observe(isOfProxy(exchange) ? "sociomile.proxy_refused" : "sociomile.settings_refused", {
        operation,
      });
    if (answer.reason === "SOCIOMILE_CERTIFICATE_INVALID")
      this.#observe("sociomile.certificate_invalid", { operation });
  }

  renewConnections(): void {
    if (this.#pool.closed) return;
    const closed = this.#pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    this.#pool = this.#newPool();
  }

  /** Waits for what is under way, then closes the connections. */
  async close(): Promise<void> {
    this.#breaker.close();
    await Promise.all([...this.#closing, this.#pool.close()]);
  }
}

/**
 * How long to wait before the next try, in milliseconds; null when there must be none. Only what certainly did nothing is
 * tried again: a request that never left, with full jitter, or one that the vendor put off, when it says for how long.
 */
function pauseBeforeNext(exchange: Exchange, answer: DeskAnswer, tries: number): number | null {
  if (exchange.ended === "failed") {
    const again = !exchange.started && exchange.cause === "connection" && tries < MAX_TRIES;
    return again ? Math.random() * JITTER_MS * 2 ** (tries - 1) : null;
  }
  const putOff = answer.outcome === "notExecuted" && answer.reason === "SOCIOMILE_THROTTLED";
  return putOff && answer.retryAfterSeconds !== null ? answer.retryAfterSeconds * 1000 : null;
}

/** Whether a refusal comes from the proxy: of a tunnel, or of a request that it would have to forward (407). */
function isOfProxy(exchange: Exchange): boolean {
  return exchange.ended === "failed"
    ? exchange.cause === "proxy"
    : exchange.answer.status === PROXY_AUTHENTICATION;
}

function failure({ started, cause }: Extract<Exchange, { ended: "failed" }>): DeskAnswer {
  if (started) {
    const reason = cause === "deadline" ? "ANSWER_TIMED_OUT" : "CONNECTION_LOST";
    return { outcome: "unknown", reason, traceId: null };
  }
  return notExecuted(NEVER_STARTED[cause]);
}

function notExecuted(reason: NotExecutedReason, retryAfterSeconds: number | null = null): NotExecuted {
  return { outcome: "notExecuted", reason, retryAfterSeconds };
}

/** What a call showed of the vendor: a refusal is no failure. */
function evidenceOf({ answer, tries }: Sent): Evidence {
  if (tries === 0 || (answer.outcome === "notExecuted" && answer.reason === "NOT_SENT_IN_TIME"))
    return "nothing";
  const failed =
    answer.outcome === "unknown" || (answer.outcome === "notExecuted" && FAILURES.has(answer.reason));
  return failed ? "failed" : "worked";
}
