import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { type Events, LEVELS, type Observe } from "./events.ts";

/** Seconds: a ledger's commit at the lower end, the vendor's deadline at the upper. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How many doubts there are, and how old the oldest is, in seconds. */
export type Doubts = () => Promise<{ count: number; oldestSeconds: number }>;

/** The values that labels have. */
export interface Labels {
  /** Codes of refusals. */
  codes: readonly string[];
  operations: readonly string[];
  /** What comes of submissions. */
  outcomes: readonly string[];
}

/** What is counted. Every label has a closed set of values: events, operations, outcomes and codes of this service. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #events = this.#counter("sociomile_events_total", "Events, by their names in the log.", ["event"]);
  readonly #refusals = this.#counter(
    "sociomile_refusals_total",
    "Requests and parts of requests that were refused, by the code that the caller was given. OVERLOADED: shed.",
    ["code"],
  );
  readonly #submissions = this.#counter("sociomile_submissions_total", "Submissions, by what came of them.", [
    "operation",
    "outcome",
  ]);
  readonly #vendor = this.#histogram("sociomile_vendor_duration_seconds", "Calls to Sociomile.", [
    "operation",
  ]);
  readonly #ledger = this.#histogram("sociomile_ledger_duration_seconds", "Calls to the ledger.", ["stage"]);
  readonly #breaker = this.#gauge(
    "sociomile_breaker_open",
    "Whether Sociomile is not asked: 1 open, 0.5 on trial, 0 closed.",
  );

  constructor({ codes, operations, outcomes }: Labels) {
    collectDefaultMetrics({ register: this.#registry, prefix: "sociomile_" });
    // From the beginning, because a counter that appears with its first value has no increase that an alert could see.
    for (const event of Object.keys(LEVELS)) this.#events.inc({ event }, 0);
    for (const code of codes) this.#refusals.inc({ code }, 0);
    for (const operation of operations) {
      for (const outcome of outcomes) this.#submissions.inc({ operation, outcome }, 0);
    }
    this.#breaker.set(0);
  }

  readonly observe: Observe = (event, fields) => {
    this.#events.inc({ event });
    if (event === "request.refused") this.#refusals.inc(fields as Events["request.refused"]);
    else if (event === "operation.answered") this.#answered(fields as Events["operation.answered"]);
    else if (event === "sociomile.breaker") {
      this.#breaker.set({ closed: 0, trial: 0.5, open: 1 }[(fields as Events["sociomile.breaker"]).state]);
    }
  };

  /** Shows how many requests are under way, and how many may be. */
  watchRequests(inFlight: () => number, most: number): void {
    this.#gauge("sociomile_requests_in_flight_limit", "How many requests may be under way.").set(most);
    const gauge = this.#gauge("sociomile_requests_in_flight", "Requests under way.");
    this.#beforeExposing.push(async () => gauge.set(inFlight()));
  }

  /** Has doubts looked up whenever metrics are asked for. What cannot be looked up is not shown. */
  watchDoubts(doubts: Doubts): void {
    const count = this.#gauge("sociomile_doubts", "Submissions in doubt.");
    const age = this.#gauge(
      "sociomile_oldest_doubt_age_seconds",
      "The age of the oldest doubt; 0 when there is none.",
    );
    this.#beforeExposing.push(async () => {
      count.remove();
      age.remove();
      const now = await doubts();
      count.set(now.count);
      age.set(now.oldestSeconds);
    });
  }
  readonly #beforeExposing: (() => Promise<void>)[] = [];

  /** The exposition in Prometheus's text format, and its content type. */
  async expose(): Promise<{ text: string; contentType: string }> {
    await Promise.allSettled(this.#beforeExposing.map((look) => look()));
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  #answered({ submissions }: Events["operation.answered"]): void {
    for (const { operation, outcome, tookMs } of submissions) {
      this.#submissions.inc({ operation, outcome });
      if (tookMs.send !== undefined) this.#vendor.observe({ operation }, tookMs.send / 1000);
      if (tookMs.claim !== undefined) this.#ledger.observe({ stage: "claim" }, tookMs.claim / 1000);
      if (tookMs.settle !== undefined) this.#ledger.observe({ stage: "settle" }, tookMs.settle / 1000);
    }
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }
}
