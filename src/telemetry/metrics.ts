import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { LEVELS, type Observe, REFUSAL_REASONS, type SubmissionLine, listening } from "./events.ts";

/** Upper limits of the histograms, from a commit of the ledger to the deadline of the vendor. Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Most clients that have a label of their own. */
const MOST_CLIENTS = 100;

/** Value of the gauge for each state of the circuit breaker. */
const BREAKER = { closed: 0, "half-open": 0.5, open: 1 } as const;

/** Counts submissions of a kind, and gives the age of the oldest one, in seconds. */
export type Count = () => Promise<{ count: number; oldestSeconds: number }>;

/** Values of the labels. */
export interface Labels {
  /** Codes of `errors`. */
  codes: readonly string[];
  operations: readonly string[];
  /** Results of submissions. */
  outcomes: readonly string[];
  /** Results of deliveries. */
  deliveryOutcomes: readonly string[];
  /** Version of the service. */
  version: string;
}

/** Counters and gauges for Prometheus. Every label has a closed set of values, or a limited one. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #events = this.#counter("sociomile_events_total", "Events by their names in the log.", ["event"]);
  readonly #refusals = this.#counter(
    "sociomile_refusals_total",
    "Refused requests and parts of requests, by the code of the error. OVERLOADED is load shedding.",
    ["code"],
  );
  readonly #callers = this.#counter(
    "sociomile_callers_refused_total",
    "Callers whose credentials were refused, by the reason.",
    ["reason"],
  );
  readonly #submissions = this.#counter(
    "sociomile_submissions_total",
    "Submissions by operation and outcome.",
    ["operation", "outcome"],
  );
  readonly #keyless = this.#counter(
    "sociomile_creates_without_key_total",
    "Creates without an idempotency key, by the client that sent them.",
    ["client"],
  );
  readonly #deliveries = this.#counter(
    "sociomile_deliveries_total",
    "Tries to deliver queued submissions, by operation and outcome. QUEUED: not executed, and tried again later.",
    ["operation", "outcome"],
  );
  readonly #vendor = this.#histogram("sociomile_vendor_duration_seconds", "Duration of calls to Sociomile.", [
    "operation",
  ]);
  readonly #ledger = this.#histogram(
    "sociomile_ledger_duration_seconds",
    "Duration of calls to the ledger.",
    ["stage"],
  );
  readonly #breaker = this.#gauge(
    "sociomile_breaker_open",
    "State of the circuit breaker: 1 open, 0.5 half-open, 0 closed.",
  );
  readonly #clients = new Set<string>();
  /** Functions that read values just before they are shown. */
  readonly #beforeExposing: (() => Promise<void>)[] = [];

  constructor({ codes, operations, outcomes, deliveryOutcomes, version }: Labels) {
    collectDefaultMetrics({ register: this.#registry, prefix: "sociomile_" });
    // Counters start at 0: a counter that appears with its first value shows no increase to an alert.
    for (const event of Object.keys(LEVELS)) this.#events.inc({ event }, 0);
    for (const code of codes) this.#refusals.inc({ code }, 0);
    for (const reason of REFUSAL_REASONS) this.#callers.inc({ reason }, 0);
    for (const operation of operations) {
      for (const outcome of outcomes) this.#submissions.inc({ operation, outcome }, 0);
      for (const outcome of deliveryOutcomes) this.#deliveries.inc({ operation, outcome }, 0);
    }
    this.#breaker.set(0);
    this.#gauge("sociomile_build_info", "Always 1, with the version of the service.", ["version"]).set(
      { version },
      1,
    );
  }

  readonly observe: Observe = (event, fields) => {
    this.#events.inc({ event });
    this.#count(event, fields);
  };

  readonly #count = listening({
    "request.refused": (fields) => this.#refusals.inc(fields),
    "identity.caller_refused": (fields) => this.#callers.inc(fields),
    "operation.answered": ({ client, submissions }) => {
      for (const { operation, outcome, lacksKey, tookMs } of submissions) {
        this.#submissions.inc({ operation, outcome });
        if (lacksKey) this.#keyless.inc({ client: this.#labelOf(client ?? "") });
        this.#took(operation, tookMs);
      }
    },
    "delivery.ended": ({ operation, outcome, tookMs }) => {
      this.#deliveries.inc({ operation, outcome });
      this.#took(operation, tookMs);
    },
    "sociomile.breaker": ({ state }) => this.#breaker.set(BREAKER[state]),
  });

  /** Shows the requests in flight and their limit. */
  watchRequests(inFlight: () => number, limit: number): void {
    this.#gauge("sociomile_requests_in_flight_limit", "Largest number of requests in flight.").set(limit);
    const gauge = this.#gauge("sociomile_requests_in_flight", "Requests in flight.");
    this.#beforeExposing.push(async () => gauge.set(inFlight()));
  }

  /** Shows the days until the end of each certificate. */
  watchCertificates(ages: () => { setting: string; position: number; daysLeft: number }[]): void {
    const gauge = this.#gauge(
      "sociomile_certificate_days_left",
      "Days until the end of a certificate, by the setting that names its file and its position there.",
      ["setting", "position"],
    );
    this.#beforeExposing.push(async () => {
      gauge.reset();
      for (const { setting, position, daysLeft } of ages()) gauge.set({ setting, position }, daysLeft);
    });
  }

  /** Shows the doubts. */
  watchDoubts(doubts: Count): void {
    const count = this.#gauge("sociomile_doubts", "Submissions in doubt.");
    const help = "Age of the oldest doubt; 0 when there is none.";
    this.#watch(doubts, count, this.#gauge("sociomile_oldest_doubt_age_seconds", help));
  }

  /** Shows the requests that wait for delivery. */
  watchQueue(queue: Count): void {
    const waiting = "Requests that wait for delivery, those that are being delivered included.";
    const help = "Age of the request that has waited longest for delivery; 0 when there is none.";
    const count = this.#gauge("sociomile_queued", waiting);
    this.#watch(queue, count, this.#gauge("sociomile_oldest_queued_age_seconds", help));
  }

  /** Looks at every request for metrics. The gauges are absent while the ledger does not answer. */
  #watch(look: Count, count: Gauge, age: Gauge): void {
    this.#beforeExposing.push(async () => {
      count.remove();
      age.remove();
      const now = await look();
      count.set(now.count);
      age.set(now.oldestSeconds);
    });
  }

  /** Gives all metrics in Prometheus's text format, and the content type of that format. */
  async expose(): Promise<{ text: string; contentType: string }> {
    await Promise.allSettled(this.#beforeExposing.map((look) => look()));
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** After the first clients others share a label, because the metrics of a replica must stay few. */
  #labelOf(client: string): string {
    if (this.#clients.size < MOST_CLIENTS) this.#clients.add(client);
    return this.#clients.has(client) ? client : "others";
  }

  #took(operation: string, { claim, send, settle }: SubmissionLine["tookMs"]): void {
    if (send !== undefined) this.#vendor.observe({ operation }, send / 1000);
    if (claim !== undefined) this.#ledger.observe({ stage: "claim" }, claim / 1000);
    if (settle !== undefined) this.#ledger.observe({ stage: "settle" }, settle / 1000);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
