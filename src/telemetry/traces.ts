import { setTimeout as sleep } from "node:timers/promises";
import type { Context, SpanKind, Tracer } from "@opentelemetry/api";
import type { Events, Observe, SubmissionLine } from "./events.ts";

/** How long closing waits for traces that are still to be sent. Milliseconds. */
const LAST_TRACES_MS = 1000;

/** A sink of events that exports traces, and what must be closed with it. */
export interface Traces extends AsyncDisposable {
  observe: Observe;
}

/**
 * Exports a trace of each operation by OTLP over HTTP to `endpoint`: a span for the operation, which continues the router's
 * trace, and one for each stage of each submission. Made from what the event tells when all is over, so that nothing is
 * traced in the request's way, and nothing can get into a span but what may stand in the log. Loaded only when wanted.
 */
export async function tracesTo(endpoint: string): Promise<Traces> {
  const [api, { W3CTraceContextPropagator }, { resourceFromAttributes }, base, otlp] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
  ]);
  const exporter = new otlp.OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces` });
  const provider = new base.TracerProvider({
    resource: resourceFromAttributes({ "service.name": "sociomile-subgraph" }),
    sampler: new base.ParentBasedSampler({ root: new base.AlwaysOnSampler() }),
    spanProcessors: [new base.BatchSpanProcessor({ exporter })],
  });
  const tracer: Tracer = provider.getTracer("sociomile-subgraph");
  const propagator = new W3CTraceContextPropagator();

  return {
    observe(event, fields) {
      if (event === "operation.answered") trace(fields as Events["operation.answered"]);
    },
    async [Symbol.asyncDispose]() {
      const sent = provider.shutdown().catch(() => undefined); // traces may be lost; a stop must not hang on them
      await Promise.race([sent, sleep(LAST_TRACES_MS, undefined, { ref: false })]);
    },
  };

  function trace({
    requestId,
    fields,
    outcome,
    startedAt,
    tookMs,
    traceParent,
    submissions,
  }: Events["operation.answered"]) {
    const parent = propagator.extract(
      api.ROOT_CONTEXT,
      { traceparent: traceParent },
      api.defaultTextMapGetter,
    );
    const span = tracer.startSpan(
      "graphql.operation",
      {
        kind: api.SpanKind.SERVER,
        startTime: startedAt,
        attributes: { "request.id": requestId, "graphql.fields": [...fields], outcome },
      },
      parent,
    );
    for (const submission of submissions) traceStages(submission, api.trace.setSpan(parent, span));
    span.end(startedAt + tookMs);
  }

  /** The stages follow one another: each begins where the last one ended. */
  function traceStages({ id, operation, outcome, startedAt, tookMs }: SubmissionLine, within: Context): void {
    const attributes = { "submission.id": id ?? "", operation, outcome };
    let at = startedAt;
    const stage = (name: string, kind: SpanKind, ms: number | undefined): void => {
      if (ms === undefined) return;
      const span = tracer.startSpan(name, { kind, startTime: at, attributes }, within);
      at += ms;
      span.end(at);
    };
    stage("ledger.claim", api.SpanKind.INTERNAL, tookMs.claim);
    stage("sociomile.call", api.SpanKind.CLIENT, tookMs.send);
    stage("ledger.settle", api.SpanKind.INTERNAL, tookMs.settle);
  }
}
