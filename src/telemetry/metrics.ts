import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { type AttemptLine, EVENTS, type Observe, REFUSAL_REASONS, isDoubt, listening } from "./events.ts";

/** Upper limits of the histograms, from a commit of the ledger to the deadline of the vendor. Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Most clients that have a label of their own. */
const MOST_CLIENTS = 100;

/** Value of the gauge for each state of the circuit breaker. */
const BREAKER = { closed: 0, "half-open": 0.5, open: 1 } as const;

const DAY_MS = 86_400_000;

const ENDED = ["operation", "outcome"] as const;

/** Counts submissions of a kind, and gives the age of the oldest one, in seconds. */
type Count = () => Promise<{ count: number; oldestSeconds: number }>;

/** Values of the labels, the codes of `errors` and the results of submissions and deliveries among them, and the version of the service. */
export type Labels = { version: string } & Record<
  "codes" | "operations" | "outcomes" | "deliveryOutcomes" | "doubtReasons",
  readonly string[]
>;

/** Counters and gauges for Prometheus. Every label has a closed set of values, or a limited one. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #events = this.#counter("sociomile_events_total", "Events by their names in the log.", ["event"]);
  readonly #refusals = this.#counter("sociomile_refusals_total", "Refused requests, or parts.", ["code"]);
  readonly #callers = this.#counter("sociomile_callers_refused_total", "Refused credentials.", ["reason"]);
  readonly #operations = this.#counter("sociomile_operations_total", "Answered operations.", ["outcome"]);
  readonly #newDoubts = this.#counter("sociomile_new_doubts_total", "New doubts, by the reason.", ["reason"]);
  readonly #submissions = this.#counter("sociomile_submissions_total", "Submissions.", ENDED);
  readonly #deliveries = this.#counter("sociomile_deliveries_total", "Tries of later delivery.", ENDED);
  readonly #vendor = this.#histogram("sociomile_vendor_duration_seconds", "Calls.", ["operation"]);
  readonly #ledger = this.#histogram("sociomile_ledger_duration_seconds", "Calls to the ledger.", ["stage"]);
  readonly #deleted = {
    submissions: this.#counter("sociomile_deleted_submissions_total", "Deleted after their retention.", []),
    tickets: this.#counter("sociomile_deleted_tickets_total", "Deleted after their retention.", []),
  };
  readonly #breaker = this.#gauge("sociomile_breaker_open", "1 open, 0.5 half-open, 0 closed.");
  readonly #keyless = this.#counter("sociomile_creates_without_key_total", "Creates without a key.", [
    "client",
  ]);
  readonly #clients = new Set<string>();
  /** Functions that read values just before they are shown. */
  readonly #beforeExposing: (() => Promise<void>)[] = [];

  constructor({ codes, operations, outcomes, deliveryOutcomes, doubtReasons, version }: Labels) {
    collectDefaultMetrics({ register: this.#registry, prefix: "sociomile_" });
    // Counters start at 0: a counter that appears with its first value shows no increase to an alert.
    for (const event of Object.keys(EVENTS)) this.#events.inc({ event }, 0);
    for (const code of codes) this.#refusals.inc({ code }, 0);
    for (const outcome of ["OK", ...codes]) this.#operations.inc({ outcome }, 0);
    for (const reason of doubtReasons) this.#newDoubts.inc({ reason }, 0);
    for (const reason of REFUSAL_REASONS) this.#callers.inc({ reason }, 0);
    for (const operation of operations) {
      for (const outcome of outcomes) this.#submissions.inc({ operation, outcome }, 0);
      for (const outcome of deliveryOutcomes) this.#deliveries.inc({ operation, outcome }, 0);
    }
    this.#gauge("sociomile_build_info", "Always 1.", ["version"]).set({ version }, 1);
  }

  readonly observe: Observe = (event, fields) => {
    this.#events.inc({ event });
    this.#count(event, fields);
  };

  readonly #count = listening({
    "request.refused": (fields) => this.#refusals.inc(fields),
    "identity.caller_refused": (fields) => this.#callers.inc(fields),
    "operation.answered": ({ outcome, client, submissions }) => {
      this.#operations.inc({ outcome });
      for (const submission of submissions) {
        this.#ended(this.#submissions, submission);
        if (submission.lacksKey) this.#keyless.inc({ client: this.#labelOf(client ?? "") });
      }
    },
    "delivery.ended": (delivery) => this.#ended(this.#deliveries, delivery),
    "retention.deleted": ({ table, count }) => this.#deleted[table].inc(count),
    "submission.owner_died": () => this.#newDoubts.inc({ reason: "OWNER_DIED" }),
    "sociomile.breaker": ({ state }) => this.#breaker.set(BREAKER[state]),
  });

  /** Shows the requests in flight and their limit. */
  watchRequests(inFlight: () => number, limit: number): void {
    this.#gauge("sociomile_requests_in_flight_limit", "Largest number of requests in flight.").set(limit);
    const gauge = this.#gauge("sociomile_requests_in_flight", "Requests in flight.");
    this.#beforeExposing.push(async () => gauge.set(inFlight()));
  }

  /** Shows the days until the end of each certificate. */
  watchCertificates(ends: () => { setting: string; position: number; end: Date }[]): void {
    const gauge = this.#gauge(
      "sociomile_certificate_days_left",
      "Days until the end of a certificate, by the setting that names its file or its host, and its position there.",
      ["setting", "position"],
    );
    this.#beforeExposing.push(async () => {
      gauge.reset();
      for (const { setting, position, end } of ends())
        gauge.set({ setting, position }, (end.getTime() - Date.now()) / DAY_MS);
    });
  }

  /** Shows the doubts, the requests that wait for delivery, those that are being delivered included, and their limit. */
  watchLedger(ledger: { doubts: Count; queue: Count }, limit: number): void {
    this.#gauge("sociomile_queued_limit", "Largest number of requests that wait for delivery.").set(limit);
    this.#watch(() => ledger.doubts(), "sociomile_doubts", "sociomile_oldest_doubt_age_seconds", "in doubt");
    this.#watch(
      () => ledger.queue(),
      "sociomile_queued",
      "sociomile_oldest_queued_age_seconds",
      "that wait for delivery",
    );
  }

  /** Looks at every request for metrics. The gauges are absent while the ledger does not answer. */
  #watch(look: Count, countName: string, ageName: string, kind: string): void {
    const count = this.#gauge(countName, `Submissions ${kind}.`);
    const age = this.#gauge(ageName, `Age of the oldest of the submissions ${kind}; 0 when there is none.`);
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

  #ended(
    counter: Counter<"operation" | "outcome">,
    { operation, outcome, reason, tookMs: { claim, send, settle } }: Omit<AttemptLine, "id">,
  ): void {
    counter.inc({ operation, outcome });
    if (isDoubt({ outcome })) this.#newDoubts.inc({ reason: String(reason) });
    if (send !== undefined) this.#vendor.observe({ operation }, send / 1000);
    if (claim !== undefined) this.#ledger.observe({ stage: "claim" }, claim / 1000);
    if (settle !== undefined) this.#ledger.observe({ stage: "settle" }, settle / 1000);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[]) {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
