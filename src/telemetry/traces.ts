import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context, SpanKind, Tracer } from "@opentelemetry/api";
import { type Events, type Observe, type SubmissionLine, listening } from "./events.ts";

/** Longest wait for the last traces to be sent when the service stops. Milliseconds. */
export const LAST_TRACES_MS = 1000;

/** The caller's trace context, if it is well formed (https://www.w3.org/TR/trace-context/#traceparent-header). */
export function traceParentIn(
  { traceparent }: IncomingHttpHeaders,
  mayBeLogged: (id: string) => boolean,
): string | null {
  return typeof traceparent === "string" &&
    /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) &&
    mayBeLogged(traceparent)
    ? traceparent
    : null;
}

/** A consumer of events that exports traces. Closing it sends the last ones. */
export interface Traces extends AsyncDisposable {
  observe: Observe;
}

/**
 * Exports a trace of each operation to `endpoint` by OTLP over HTTP. The operation's span continues the router's trace and holds a
 * span for each stage of each submission. The spans are made from the event after the answer, so that they cost the request no time
 * and hold only fields that may stand in the log. The libraries are loaded here, because most deployments do not need them.
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
    observe: listening({ "operation.answered": trace, "delivery.ended": traceDelivery }),
    async [Symbol.asyncDispose]() {
      const sent = provider.shutdown().catch(() => undefined); // traces may be lost, but must not delay a stop
      await Promise.race([sent, sleep(LAST_TRACES_MS, undefined, { ref: false })]);
    },
  };

  function trace({ startedAt, tookMs, submissions, ...line }: Events["operation.answered"]): void {
    const { requestId, fields, outcome, traceParent: traceparent } = line;
    const parent = propagator.extract(api.ROOT_CONTEXT, { traceparent }, api.defaultTextMapGetter);
    const attributes = { "request.id": requestId, "graphql.fields": [...fields], outcome };
    const options = { kind: api.SpanKind.SERVER, startTime: startedAt, attributes };
    const span = tracer.startSpan("graphql.operation", options, parent);
    for (const submission of submissions) traceStages(submission, api.trace.setSpan(parent, span));
    span.end(startedAt + tookMs);
  }

  /** A delivery is a trace of its own: the request of its caller has ended long ago. */
  function traceDelivery({ submissionId: id, ...line }: Events["delivery.ended"]): void {
    const { operation, outcome, startedAt, tookMs } = line;
    const attributes = { "submission.id": id, operation, outcome };
    const span = tracer.startSpan("sociomile.delivery", { startTime: startedAt, attributes });
    traceStages({ ...line, id }, api.trace.setSpan(api.ROOT_CONTEXT, span));
    span.end(startedAt + (tookMs.send ?? 0) + (tookMs.settle ?? 0));
  }

  /** Each stage begins when the one before it has ended. */
  function traceStages(
    { id, operation, outcome, startedAt, tookMs }: Omit<SubmissionLine, "lacksKey">,
    within: Context,
  ): void {
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
