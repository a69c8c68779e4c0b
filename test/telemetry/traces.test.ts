import { randomUUID } from "node:crypto";
import { createGunzip } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import type { Config } from "../../src/config/config.ts";
import { createTraces } from "../../src/telemetry/traces.ts";
import { captured } from "../support/captured.ts";
import { repositoryText } from "../support/repository.ts";
import { inputOf, mutate } from "../support/mutations.ts";
import { makeDue, untilDelivered } from "../support/queued.ts";
import { answering, http, startVendor } from "../sociomile/scripted-vendor.ts";
import { type Service, startService, startServiceOn } from "../support/service.ts";
import { listening, textOf } from "../supergraph/listening.ts";

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
type OtlpSpan = Record<"name" | "traceId" | "spanId" | "startTimeUnixNano" | "endTimeUnixNano", string> & {
  kind: number;
  attributes: Attribute[];
  status: { code?: number };
};
type Exported = { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];

const TRACE_ID = "4bf92f3577b34da6".repeat(2);
const ROUTER_SPAN = "b7ad6b7169203331";
const SAMPLED = `00-${TRACE_ID}-${ROUTER_SPAN}-01`;

/** Kinds and a code of OTLP. */
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

/** Starts a real OTLP endpoint over HTTP that keeps the received spans. Its answers have this status. */
async function startCollector(status = 200) {
  const bodies: string[] = [];
  const encodings: (string | undefined)[] = [];
  const server = await listening(0, async (request, response) => {
    const packed = request.headers["content-encoding"] === "gzip";
    bodies.push(await textOf(packed ? request.pipe(createGunzip()) : request));
    encodings.push(request.headers["content-encoding"]);
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  const exported = () => bodies.flatMap((body) => (JSON.parse(body) as { resourceSpans: Exported }).resourceSpans);
  return {
    ...server,
    bodies,
    encodings,
    spans: () => exported().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    resource: () => attributesIn(exported()[0]!.resource),
  };
}

function attributesIn({ attributes }: { attributes: Attribute[] }): Record<string, unknown> {
  const pairs = attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value]);
  return Object.fromEntries(pairs) as Record<string, unknown>;
}

const SETTINGS = {
  version: "1.0.0",
  vendor: new URL("http://127.0.0.1:9"),
  DATABASE_URL: "postgres://db/ledger",
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: 1,
  OTEL_EXPORTER_OTLP_COMPRESSION: "none",
} as const;

const DELIVERED = {
  submissionId: "1",
  operation: "CREATE_VOICE_TICKET",
  traceParent: null,
  startedAt: 0,
  tookMs: { send: 1 },
  outcome: "CONFIRMED",
  reason: null,
} as const;

/** Asks for a status in a trace of the router. */
function changeStatus(service: Service) {
  const query = "mutation Close($input: UpdateTicketStatusInput!) { updateTicketStatus(input: $input) { replayed } }";
  const update = { ticketId: "s3cret-ticket", bsgTicketId: "s3cret-bsg", status: "OPEN" };
  const input = { ...update, idempotencyKey: randomUUID() };
  return service.post(JSON.stringify({ query, variables: { input } }), { traceparent: SAMPLED });
}

/** Returns the collector of a service that has done this work. Its closing has sent the gathered spans. */
async function collected(
  work: (service: Service, collector: { url: string }) => Promise<unknown>,
  config: Partial<Config> = {},
) {
  const collector = await startCollector();
  await using service = await startService({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...config } });
  await work(service, collector);
  return collector;
}

describe("traces", () => {
  test("MUST continue the router's trace with the stages of a mutation, in OpenTelemetry's words, and hold no other data", async () => {
    let port = "";
    await using collector = await collected(async (service) => {
      port = new URL(service.sandbox.url).port;
      await changeStatus(service);
    });

    const spans = collector.spans();
    const operation = spans.find(({ kind }) => kind === SERVER)!;
    const stages = spans.filter((span) => span !== operation);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    expect(operation).toMatchObject({ name: "mutation", parentSpanId: ROUTER_SPAN, status: { code: 0 } });
    expect(attributesIn(operation)).toEqual({
      "graphql.operation.type": "mutation",
      "graphql.operation.name": "Close",
      "graphql.fields": expect.anything(),
      "http.request.method": "POST",
      "http.route": "/graphql",
      "http.response.status_code": 200,
      "request.id": expect.any(String),
    });
    for (const stage of stages) {
      expect(stage).toMatchObject({ kind: CLIENT, parentSpanId: operation.spanId, status: { code: 0 } });
      expect(BigInt(stage.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(stage.endTimeUnixNano));
    }
    const server = { "server.address": "127.0.0.1", "server.port": Number(port) };
    const outcome = { "submission.operation": "UPDATE_TICKET_STATUS", "submission.outcome": "CONFIRMED" };
    const ofSubmission = { "submission.id": expect.any(String) as string, ...outcome };
    expect(Object.fromEntries(stages.map((stage) => [stage.name, attributesIn(stage)]))).toEqual({
      "ledger.reserve": { ...ofSubmission, "db.system.name": "sqlite" },
      "sociomile.call": { ...ofSubmission, "http.request.method": "POST", ...server },
      "ledger.settle": { ...ofSubmission, "db.system.name": "sqlite" },
    });
    expect(collector.bodies.join()).not.toMatch(/s3cret|client_secret|http:\/\/127|mutation \(/);
    expect(new Set(collector.encodings)).toEqual(new Set(["gzip"]));
  });

  test("MUST have exactly the spans and attributes that the page explains, with an error at a call that ended in doubt, and at its operation, and the status of a refused document", async () => {
    await using collector = await collected(async (service, { url }) => {
      service.sandbox.setMood("cut-after");
      await changeStatus(service);
      await service.post('{"query":"{ __typename }"}');
      await service.post('{"query":"{ noSuchField }"}');
      const vendor = new URL(service.sandbox.url);
      await using traces = await createTraces(url, { ...SETTINGS, vendor }, () => {});
      traces.observe("delivery.ended", DELIVERED);
    });
    const section = repositoryText("docs/telemetry.md").split("\n## The traces\n")[1]!;
    const explained = captured(section, /`([a-z]+(?:[._][a-z_]+)+|mutation|query)`/g);

    const spans = collector.spans();
    const known = spans.filter(({ name }) => name !== "GraphQL Operation"); // of a document that is not valid
    const exported = known.flatMap((span) => [span.name, ...Object.keys(attributesIn(span))]);
    expect(new Set([...exported, ...Object.keys(collector.resource())])).toEqual(
      new Set(explained).difference(new Set(["service.traces_not_exported"])),
    );
    const refused = attributesIn(spans.find(({ name }) => name === "GraphQL Operation")!);
    expect(refused).toMatchObject({ "http.response.status_code": 400 });
    const failed = spans.filter(({ status }) => status.code === ERROR);
    const errors = failed.map((span) => `${span.name}: ${String(attributesIn(span)["error.type"])}`);
    expect(errors.toSorted()).toEqual([
      "GraphQL Operation: GRAPHQL_VALIDATION_FAILED",
      "mutation: CONNECTION_LOST",
      "sociomile.call: CONNECTION_LOST",
    ]);
  });

  test("MUST tell name, version, process and environment of the service", async () => {
    const inEnvironment = "deployment.environment.name=staging,service.namespace=bank%20apps";
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", inEnvironment).stubEnv("OTEL_SERVICE_NAME", "tickets");
    await using collector = await collected((service) => changeStatus(service));
    vi.unstubAllEnvs();

    expect(collector.resource()).toEqual({
      "service.name": "tickets",
      "service.namespace": "bank apps",
      "service.version": manifest.version,
      "service.instance.id": expect.stringMatching(/^[\da-f-]{36}$/),
      "deployment.environment.name": "staging",
    });
  });

  test("MUST NOT continue a trace whose id hides a card number, nor export one that the router does not sample", async () => {
    await using collector = await collected(async (service) => {
      const ofCard = `${"4111111111111111".padStart(32, "0")}-${ROUTER_SPAN}-01`;
      for (const trace of [ofCard, `${TRACE_ID}-${ROUTER_SPAN}-00`])
        await service.post('{"query":"{ __typename }"}', { traceparent: `00-${trace}` });
    });

    expect(collector.spans()).toHaveLength(1);
    expect(collector.bodies.join()).not.toMatch(/4111111111111111/);
  });

  test.each([
    ["parentbased_traceidratio", 0, 1],
    ["parentbased_always_off", 1, 1],
    ["parentbased_always_on", 0, 3],
    ["traceidratio", 0, 0],
    ["always_on", 0, 3],
    ["always_off", 1, 0],
  ] as const)("MUST be chosen as OpenTelemetry's settings say: %s with %d", async (sampler, ratio, exported) => {
    const config = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio };
    await using collector = await collected(async (service) => {
      for (const headers of [{ traceparent: SAMPLED }, {}, {}])
        await service.post('{"query":"{ __typename }"}', headers);
    }, config);

    expect(collector.spans()).toHaveLength(exported);
  });

  test("MUST link a delivery to the trace of the request that was queued", async () => {
    await using collector = await startCollector();
    {
      const config = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
      await using service = await startServiceOn("SQLite", { config, mood: "unauthorized" });
      const { sql } = service;
      const query = "mutation ($input: CreateVoiceTicketInput!) { createVoiceTicket(input: $input) { replayed } }";
      const input = inputOf("createVoiceTicket", { whenUnavailable: "DELIVER_LATER" });
      await service.post(JSON.stringify({ query, variables: { input } }), { traceparent: SAMPLED });
      service.sandbox.setMood("well");
      await makeDue(sql);
      await untilDelivered(sql);
    }

    const delivered = collector.spans().filter(({ name }) => name === "sociomile.delivery");
    expect(delivered.at(-1)).toMatchObject({ links: [{ traceId: TRACE_ID, spanId: ROUTER_SPAN }] });
    expect(delivered.at(-1)?.traceId).not.toBe(TRACE_ID);
  });

  test("MUST warn once, however many batches are lost", async () => {
    await using collector = await startCollector(404);
    const events: string[] = [];
    await using traces = await createTraces(collector.url, SETTINGS, (event) => events.push(event));
    const batches = async (count: number) => {
      for (let nth = 0; nth < 512; nth++) traces.observe("delivery.ended", DELIVERED); // sent as soon as it is full
      await expect.poll(() => collector.bodies.length).toBeGreaterThanOrEqual(count);
    };
    await batches(1);
    await batches(2);

    await expect.poll(() => events).toEqual(["service.traces_not_exported"]);
  });

  test("MUST NOT disturb requests when the endpoint is down", async () => {
    const config = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
    await using service = await startService({ config });
    const { payload } = await mutate(service, "createVoiceTicket");
    expect(payload?.problems).toEqual([]);
  });
});

test.each([
  [false, undefined],
  [true, SAMPLED],
])("The router's trace context MUST reach Sociomile as the setting says: %s", async (isSent, traceparent) => {
  await using vendor = await startVendor(answering(http(200, {})));
  const traced = { SOCIOMILE_BASE_URL: vendor.url, SOCIOMILE_TRACEPARENT: isSent ? "yes" : "no" } as const;
  await using service = await startService({ config: traced });

  await changeStatus(service);
  await mutate(service, "createVoiceTicket"); // in no trace
  expect(vendor.received.map(({ headers }) => headers["traceparent"])).toEqual([traceparent, undefined]);
});
