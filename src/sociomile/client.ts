import { setTimeout as sleep } from "node:timers/promises";
import type { Observe } from "../telemetry/events.ts";
import { traceParentToSend } from "../telemetry/traces.ts";
import type { NotExecuted, Outcome } from "../tickets/outcome.ts";
import type { Sender, Sent, TicketingSystem } from "../tickets/ports.ts";
import { OPERATIONS } from "../tickets/operations.ts";
import type { TicketRequest } from "../tickets/request.ts";
import { Breaker } from "./breaker.ts";
import { type Exchange, type Limits, type Message, post } from "./exchange.ts";
import { Bulkhead } from "./bulkhead.ts";
import { Connections } from "./connections.ts";
import { giveUpAt, isInTime, startBy } from "./deadlines.ts";
import { callResultOf, failure, isOfProxy, notExecuted, notUnderstood, pauseBeforeNext } from "./outcomes.ts";
import { holdsSecret, readAnswer } from "./read.ts";
import { type Route, type RouteSettings, routeTo } from "./route.ts";
import { toWire } from "./translate.ts";

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
  /** Treatment of a create whose answer names the ticket of an earlier answer on the same connection. */
  repeatedTicketIds: "doubt" | "accept";
  maxConcurrent: number;
  /** Most requests that may wait to be sent. */
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
      (state) => observe("sociomile.breaker", { state }),
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

  /** Ends of certificates on the way, by the setting that names their host. */
  get certificates(): { setting: string; position: number; end: Date }[] {
    const setting = this.#route.isForwarded ? "SOCIOMILE_PROXY_URL" : "SOCIOMILE_BASE_URL";
    const end = this.#route.certificateEnd();
    return end ? [{ setting, position: 1, end }] : [];
  }

  get deliveryLimit(): number {
    return Math.max(1, Math.floor(this.#settings.maxConcurrent * DELIVERY_SHARE));
  }

  get freeCalls(): number {
    return Math.min(this.#breaker.free, this.#bulkhead.free);
  }

  declines(sender: Pick<Sender, "clientId" | "answerBy">): NotExecuted | null {
    if (!isInTime(sender, this.#settings.timeoutMs)) return notExecuted("NOT_SENT_IN_TIME");
    const { waitSeconds } = this.#breaker;
    if (waitSeconds > 0) return notExecuted("CIRCUIT_OPEN", waitSeconds);
    return this.#bulkhead.isFullFor(sender.clientId) ? notExecuted("OVERLOADED") : null;
  }

  async send(request: TicketRequest, sender: Sender): Promise<Sent> {
    const entered = this.#breaker.enter();
    if ("waitSeconds" in entered)
      return { outcome: notExecuted("CIRCUIT_OPEN", entered.waitSeconds), tries: 0 };
    const sent = await this.#sendWithin(request, sender);
    entered.ended(callResultOf(sent));
    return sent;
  }

  /** Sends when the bulkhead admits the call. */
  async #sendWithin(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { clientId, decidedAt } = sender;
    const lastStart = startBy(sender, this.#settings.timeoutMs, decidedAt);
    const admission = await this.#bulkhead.enter(clientId, lastStart - performance.now());
    if (admission !== "inside") return { outcome: notExecuted(NOT_ADMITTED[admission]), tries: 0 };
    try {
      return await this.#tryUntilSent(request, sender);
    } finally {
      this.#bulkhead.leave(clientId);
    }
  }

  async #tryUntilSent(request: TicketRequest, sender: Sender): Promise<Sent> {
    const { timeZone, clientSecretKey, timeoutMs } = this.#settings;
    const { path, body } = toWire(request, timeZone);
    const secret = clientSecretKey();
    const query = `client_secret_key=${encodeURIComponent(secret)}`;
    const { target, headers } = this.#route;
    const traceparent = traceParentToSend.getStore();
    const message: Message = {
      path: `${target}${this.#basePath}${path}?${query}`,
      body,
      headers: { ...headers, ...(traceparent && { traceparent }) },
    };
    let lastStart = startBy(sender, timeoutMs, sender.decidedAt);
    let throttled = false;
    for (let tries = 1; ; tries++) {
      const { exchange, outcome } = await this.#try(request, message, {
        submissionId: sender.submissionId,
        secret,
        deadlineMs: giveUpAt(sender, timeoutMs) - performance.now(),
        startBy: lastStart,
      });
      const pauseMs = throttled || this.#breaker.isOpen ? null : pauseBeforeNext(exchange, outcome, tries);
      const nextTryAt = performance.now() + (pauseMs ?? 0);
      lastStart = startBy(sender, timeoutMs, nextTryAt);
      if (pauseMs === null || nextTryAt >= lastStart) {
        this.#alert(request, outcome, exchange);
        return { outcome, tries };
      }
      throttled = exchange.ended === "answered";
      await sleep(pauseMs);
      // The pause took too long, or the breaker has opened meanwhile.
      if (performance.now() >= lastStart || this.#breaker.isOpen) return { outcome, tries };
    }
  }

  /** Sends once, on a connection on which no answer to another request can be taken for the answer to this one. */
  async #try(
    request: TicketRequest,
    message: Message,
    { submissionId, secret, ...limits }: Limits & { submissionId: string; secret: string },
  ): Promise<{ exchange: Exchange; outcome: Outcome }> {
    // The answer to an update names no ticket, so nothing would show that it answers another update.
    const connection = opensTicket(request) ? this.#connections.reuse() : this.#connections.openNew();
    const exchange = await post(connection.dispatcher, message, limits);
    const outcome = this.#read(request, exchange, secret);
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

  #read(request: TicketRequest, exchange: Exchange, secret: string): Outcome {
    if (exchange.ended === "failed") return failure(exchange);
    const { outcome, oddities } = readAnswer(request, exchange.answer, this.#settings.timeZone);
    for (const oddity of oddities) this.#observe("sociomile.oddity", { oddity });
    // A secret may be rotated between the request and its answer.
    if (holdsSecret(outcome, [secret, this.#settings.clientSecretKey()])) {
      this.#observe("sociomile.secret_echoed", { operation: request.operation });
      return notUnderstood();
    }
    // A proxy that forwards says 403 for a request that it does not send, and for an answer that it does not let in.
    if (this.#route.isForwarded && exchange.answer.status === 403 && outcome.outcome === "notExecuted")
      return notUnderstood();
    return outcome;
  }

  /** Logs faults that no retry can cure and an operator must. */
  #alert({ operation }: TicketRequest, outcome: Outcome, exchange: Exchange): void {
    if (outcome.outcome !== "notExecuted") return;
    if (outcome.reason === "SOCIOMILE_SETTINGS_REFUSED") {
      if (isOfProxy(exchange)) this.#observe("sociomile.proxy_refused", { operation });
      else if (exchange.ended === "answered")
        this.#observe("sociomile.settings_refused", { operation, status: exchange.answer.status });
    }
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
  return OPERATIONS[operation].isCreate;
}
