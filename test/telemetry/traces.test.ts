import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { mutate } from "../support/mutations.ts";
import { startService } from "../support/service.ts";

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: unknown }[];
}

/** Starts a real OTLP endpoint over HTTP that keeps the received spans. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans: () =>
      bodies.flatMap((body) =>
        (
          JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] }
        ).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const TRACE_ID = "4bf92f3577b34da6".repeat(2);
const ROUTER_SPAN = "b7ad6b7169203331";

describe("traces", () => {
  test("MUST continue the router's trace with the stages of a mutation, and hold no other data", async () => {
    await using collector = await startCollector();
    {
      await using service = await startService({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
      const body = JSON.stringify({
        query:
          "mutation ($input: UpdateTicketStatusInput!) { updateTicketStatus(input: $input) { replayed } }",
        variables: {
          input: { ticketId: "5ec2e7690d950c5f287ad0ff", bsgTicketId: "s3cret-bsg", status: "OPEN" },
        },
      });
      await service.post(body, { traceparent: `00-${TRACE_ID}-${ROUTER_SPAN}-01` });
    } // closing sends the gathered spans

    const spans = collector.spans();
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      "graphql.operation",
      "ledger.claim",
      "ledger.settle",
      "sociomile.call",
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    const operation = spans.find(({ name }) => name === "graphql.operation")!;
    expect(operation.parentSpanId).toBe(ROUTER_SPAN);
    for (const stage of spans.filter((span) => span !== operation)) {
      expect(stage.parentSpanId).toBe(operation.spanId);
      expect(BigInt(stage.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(stage.endTimeUnixNano));
    }
    const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    expect([...keys].toSorted()).toEqual([
      "graphql.fields",
      "operation",
      "outcome",
      "request.id",
      "submission.id",
    ]);
    expect(collector.bodies.join()).not.toMatch(/s3cret|client_secret|http:\/\/127|mutation \(/);
  });

  test("MUST NOT continue a trace whose id hides a card number", async () => {
    await using collector = await startCollector();
    {
      await using service = await startService({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
      await service.post('{"query":"{ __typename }"}', {
        traceparent: `00-${"4111111111111111".padStart(32, "0")}-${ROUTER_SPAN}-01`,
      });
    }

    expect(collector.spans()).toHaveLength(1);
    expect(collector.bodies.join()).not.toMatch(/4111111111111111/);
  });

  test("MUST NOT be exported for a trace that the router does not sample", async () => {
    await using collector = await startCollector();
    {
      await using service = await startService({ config: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
      await service.post('{"query":"{__typename}"}', { traceparent: `00-${TRACE_ID}-${ROUTER_SPAN}-00` });
    }
    expect(collector.spans()).toEqual([]);
  });

  test("MUST NOT disturb requests when the endpoint is down", async () => {
    await using service = await startService({
      config: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" },
    });
    const { payload } = await mutate(service, "createVoiceTicket");
    expect(payload?.problems).toEqual([]);
  });
});
