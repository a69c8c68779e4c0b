import { setTimeout as sleep } from "node:timers/promises";
import type { Observe } from "../telemetry/events.ts";
import type { NotExecuted, Outcome } from "../tickets/outcome.ts";
import type { Sender, Sent, TicketingSystem } from "../tickets/ports.ts";
import { OPERATIONS, type TicketRequest } from "../tickets/request.ts";
import { Breaker } from "./breaker.ts";
import { type Exchange, type Limits, type Message, post } from "./exchange.ts";
import { Bulkhead } from "./bulkhead.ts";
import { Connections } from "./connections.ts";
import { callResultOf, failure, isOfProxy, notExecuted, pauseBeforeNext } from "./outcomes.ts";
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

/** Largest share of the calls at once that deliveries may be. The others are for callers who wait. */
const DELIVERY_SHARE = 1 / 4;

const NOT_ADMITTED = { full: "OVERLOADED", late: "NOT_SENT_IN_TIME" } as const;

export interface SociomileSettings extends RouteSettings {
  /** Called for each request, so that a rotated secret takes effect at once. */
  clientSecretKey: () => string;
  /** IANA zone of the vendor's wall-clock times. */
  timeZone: string;
  /** Longest time from the decision to send until the end of the answer. */
  timeoutMs: number;
  /** Longest idle time of a connection. The vendor closes idle ones; a request that meets such an end becomes a doubt. */
  keepAliveMs: number;
  /** Treatment of a create whose answer tells the ticket of an earlier answer on the same connection. */
  repeatedTicketIds: "doubt" | "accept";
  maxConcurrent: number;
  /** Most requests that may wait for a place. */
  maxWaiting: number;
}

/** Sociomile, as the ticketing system of this service. */
export class SociomileClient implements TicketingSystem {
  readonly #connections: Connections;
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
    const { maxConcurrent, keepAliveMs, timeoutMs } = settings;
    const options = {
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // exchange.ts holds the deadline. undici's timers are coarse and serve only as a second line.
      headersTimeout: timeoutMs * 2,
      bodyTimeout: timeoutMs * 2,
      allowH2: false, // with HTTP/2 streams `started` (exchange.ts) would not be certain
    };
    this.#connections = new Connections(() => this.#route.openClient(options), maxConcurrent);
  }

  async #canBeReached(): Promise<boolean> {
    const connected = await this.#route.canConnect();
    // While the breaker is open, no call can report a certificate.
    if (connected === "certificate invalid")
      this.#observe("sociomile.certificate_invalid", { operation: "PROBE" });
    return connected === "yes";
  }

  get deliveryLimit(): number {
    return Math.max(1, Math.floor(this.#settings.maxConcurrent * DELIVERY_SHARE));
  }

  get freeCalls(): number {
    return Math.min(this.#breaker.free, this.#bulkhead.free);
  }

  declines({ clientId, answerBy }: Pick<Sender, "clientId" | "answerBy">): NotExecuted | null {
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
      const { exchange, outcome } = await this.#try(request, message, {
        submissionId: sender.submissionId,
        deadlineMs: giveUpAt - performance.now(),
        startBy,
      });
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

  /** Sends once, on a connection on which no answer to another request can be taken for the answer to this one. */
  async #try(
    request: TicketRequest,
    message: Message,
    { submissionId, ...limits }: Limits & { submissionId: string },
  ): Promise<{ exchange: Exchange; outcome: Outcome }> {
    // The answer to an update names no ticket, so nothing would show that it answers another update.
    const connection = opensTicket(request) ? this.#connections.take() : this.#connections.takeNew();
    const exchange = await post(connection.dispatcher, message, limits);
    const outcome = this.#read(request, exchange);
    if (!opensTicket(request) || outcome.outcome !== "accepted") {
      this.#connections.end(connection);
      return { exchange, outcome };
    }
    const { id: ticketId } = outcome.ticket;
    if (connection.ticketIds.has(ticketId) && this.#settings.repeatedTicketIds === "doubt") {
      this.#connections.end(connection);
      this.#observe("sociomile.ticket_id_repeated", { submissionId, ticketId });
      return { exchange, outcome: { outcome: "unknown", reason: "TICKET_ID_REPEATED", traceId: null } };
    }
    connection.ticketIds.add(ticketId);
    this.#connections.keep(connection);
    return { exchange, outcome };
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
    this.#connections.renew();
  }

  /** Waits for calls under way, then closes the connections. */
  async close(): Promise<void> {
    this.#breaker.close();
    await this.#connections.close();
  }
}

function opensTicket({ operation }: TicketRequest): boolean {
  return OPERATIONS[operation].effect === "opens";
}
