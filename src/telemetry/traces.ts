import { setTimeout as sleep } from "node:timers/promises";
import type { Attributes, Context, Span, Tracer } from "@opentelemetry/api";
import { type Events, type Observe, type SubmissionLine, createObserver } from "./events.ts";

/** Longest wait for the last traces to be sent when the service stops. Milliseconds. */
export const LAST_TRACES_MS = 1000;

/** Name of the service in traces, unless OTEL_SERVICE_NAME is set. */
const SERVICE_NAME = "sociomile-subgraph";

/** Outcomes of submissions after which somebody must do something: an operator, or the caller again. */
const FAILURES: ReadonlySet<string> = new Set(["UNCERTAIN", "NOT_EXECUTED", "QUEUED", "LEDGER_UNAVAILABLE"]);

/** Settings by their names, and facts of the service. */
interface TraceSettings {
  /** OpenTelemetry's name of a sampler, and the share of traces that it chooses where its name ends with traceidratio. */
  OTEL_TRACES_SAMPLER: string;
  OTEL_TRACES_SAMPLER_ARG: number;
  OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" | "none";
  DATABASE_URL: string;
  version: string;
  vendor: URL;
}

/**
 * Exports a trace of each operation by OTLP over HTTP, with a span for each stage of each submission. The spans are made from the
 * event after the answer, so they cost the request no time and contain only fields of the log. Attributes have OpenTelemetry's
 * names (https://opentelemetry.io/docs/specs/semconv/). `endpoint`: OTLP address, without the path for traces.
 */
export async function createTraces(
  endpoint: string,
  { vendor, version, OTEL_TRACES_SAMPLER: sampler, ...settings }: TraceSettings,
  report: Observe,
): Promise<AsyncDisposable & { observe: Observe }> {
  const [api, core, resources, base, otlp, otlpBase] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/otlp-exporter-base"),
  ]);
  const { serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector } = resources;
  const detectors = [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector];
  const exporter = new otlp.OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
    compression: otlpBase.CompressionAlgorithm[settings.OTEL_EXPORTER_OTLP_COMPRESSION === "gzip" ? "GZIP" : "NONE"],
  });
  const send = exporter.export.bind(exporter);
  let isFailing = false;
  exporter.export = (spans, done) =>
    send(spans, (result) => {
      const failed = result.code === core.ExportResultCode.FAILED;
      if (failed && !isFailing) report("service.traces_not_exported", {});
      isFailing = failed;
      done(result);
    });
  // A ratio of 1 chooses all traces, and 0 none.
  const ratios: Readonly<Record<string, number>> = { always_on: 1, always_off: 0 };
  const ratio = ratios[sampler.replace("parentbased_", "")] ?? settings.OTEL_TRACES_SAMPLER_ARG;
  const root = new base.TraceIdRatioBasedSampler(ratio);
  const provider = new base.TracerProvider({
    // Variables of OpenTelemetry count before these: OTEL_RESOURCE_ATTRIBUTES, and before it OTEL_SERVICE_NAME.
    resource: resources
      .resourceFromAttributes({ "service.name": SERVICE_NAME, "service.version": version })
      .merge(resources.detectResources({ detectors })),
    sampler: sampler.startsWith("parentbased_") ? new base.ParentBasedSampler({ root }) : root,
    spanProcessors: [new base.BatchSpanProcessor({ exporter })],
  });
  const tracer: Tracer = provider.getTracer(SERVICE_NAME);
  const propagator = new core.W3CTraceContextPropagator();
  const contextOf = (traceparent: string | null): Context =>
    propagator.extract(api.ROOT_CONTEXT, { traceparent }, api.defaultTextMapGetter);
  const ofLedger = { "db.system.name": settings.DATABASE_URL.startsWith("sqlite:") ? "sqlite" : "postgresql" };
  const ofVendor = {
    "http.request.method": "POST",
    "server.address": vendor.hostname,
    "server.port": Number(vendor.port || (vendor.protocol === "https:" ? 443 : 80)),
  };

  return {
    observe: createObserver({ "operation.answered": trace, "delivery.ended": traceDelivery }),
    async [Symbol.asyncDispose]() {
      const sent = provider.shutdown().catch(() => undefined); // traces may be missing, but must not delay a stop
      await Promise.race([sent, sleep(LAST_TRACES_MS, undefined, { ref: false })]);
    },
  };

  function trace(operation: Events["operation.answered"]): void {
    const { operationType, operationName, outcome, startedAt, submissions } = operation;
    const parent = contextOf(operation.traceParent);
    const attributes = {
      ...(operationType && { "graphql.operation.type": operationType }),
      ...(operationName && { "graphql.operation.name": operationName }),
      "graphql.fields": [...operation.fields],
      "http.request.method": "POST",
      "http.route": "/graphql",
      "http.response.status_code": operation.status,
      "request.id": operation.requestId,
    };
    const options = { kind: api.SpanKind.SERVER, startTime: startedAt, attributes };
    const span = tracer.startSpan(operationType ?? "GraphQL Operation", options, parent);
    for (const submission of submissions) {
      traceStages(submission, api.trace.setSpan(parent, span));
      markFailure(span, submission);
    }
    if (outcome !== "OK") markError(span, outcome);
    span.end(startedAt + operation.tookMs);
  }

  /** A delivery is a trace of its own, because the request of its caller has ended long ago. It is linked to it. */
  function traceDelivery({ submissionId: id, ...rest }: Events["delivery.ended"]): void {
    const line = { id, ...rest };
    const { startedAt, tookMs } = line;
    const context = api.trace.getSpanContext(contextOf(line.traceParent));
    const options = { attributes: attributesOf(line), links: context ? [{ context }] : [] };
    const span = tracer.startSpan("sociomile.delivery", { startTime: startedAt, ...options });
    traceStages(line, api.trace.setSpan(api.ROOT_CONTEXT, span));
    markFailure(span, line);
    span.end(startedAt + (tookMs.send ?? 0) + (tookMs.settle ?? 0));
  }

  /** Each stage begins when the one before it has ended. */
  function traceStages(line: SubmissionLine, within: Context): void {
    const { outcome, startedAt, tookMs } = line;
    let at = startedAt;
    const stage = (name: string, ms: number | undefined, own: Attributes, mayFail: boolean): void => {
      if (ms === undefined) return;
      const attributes = { ...attributesOf(line), ...own };
      const span = tracer.startSpan(name, { kind: api.SpanKind.CLIENT, startTime: at, attributes }, within);
      if (mayFail) markFailure(span, line);
      at += ms;
      span.end(at);
    };
    stage("ledger.reserve", tookMs.reserve, ofLedger, outcome === "LEDGER_UNAVAILABLE");
    stage("sociomile.call", tookMs.send, ofVendor, true);
    stage("ledger.settle", tookMs.settle, ofLedger, false);
  }

  function markFailure(span: Span, { outcome, reason }: SubmissionLine): void {
    if (FAILURES.has(outcome)) markError(span, reason ?? outcome);
  }

  function markError(span: Span, type: string): void {
    span.setStatus({ code: api.SpanStatusCode.ERROR }).setAttribute("error.type", type);
  }
}

function attributesOf({ id, operation, outcome }: SubmissionLine): Attributes {
  return { "submission.id": id ?? "", "submission.operation": operation, "submission.outcome": outcome };
}
