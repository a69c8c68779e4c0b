import { Counter, Registry } from "prom-client";
import { LEVELS, type EventName, type Observe } from "./events.ts";

/** What is counted. Every label has a closed set of values. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #events = new Counter({
    name: "sociomile_events_total",
    help: "Events, by name. The names are those in the log.",
    labelNames: ["event"],
    registers: [this.#registry],
  });
  readonly #refusals = new Counter({
    name: "sociomile_refusals_total",
    help: "Requests and parts of requests that were refused, by the code that the caller was given.",
    labelNames: ["code"],
    registers: [this.#registry],
  });

  constructor() {
    for (const event of Object.keys(LEVELS)) this.#events.inc({ event }, 0);
  }

  readonly observe: Observe = (event, fields) => {
    this.#events.inc({ event: event satisfies EventName });
    if (event === "request.refused") this.#refusals.inc({ code: (fields as { code: string }).code });
  };

  /** The exposition in Prometheus's text format, and its content type. */
  async expose(): Promise<{ text: string; contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}
