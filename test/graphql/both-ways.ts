import { ApolloServer } from "@apollo/server";
import { vi } from "vitest";
import type { Service } from "../support/service.ts";

/** Request in GraphQL, or any other body. */
export interface Sent {
  query?: string;
  /** A function returns new ones for each request. */
  variables?: unknown;
  operationName?: unknown;
  extensions?: unknown;
  /** The whole body, from the JSON of the fields above. */
  body?: (json: string) => string;
  headers?: Record<string, string>;
}

const HEADERS = { "content-type": "application/json", "x-request-id": "sent-both-ways" };
const runByApollo = vi.spyOn(ApolloServer.prototype, "executeOperation");
let documents = 0;

/**
 * Sends a request twice, in a document that the service has not seen before: Apollo runs the first, and the second is prepared, if
 * that is possible. `apollo` tells for each whether Apollo took part.
 */
export async function sendBothWays(service: Service, { query, ...sent }: Sent) {
  const comment = `#${String(documents++).padStart(6, "0")}`;
  const request = { ...sent, ...(query !== undefined && { query: `${query}\n${comment}` }) };
  const first = await effectsOf(service, request);
  const second = await effectsOf(service, request);
  return { effects: [first.effects, second.effects], apollo: [first.apollo, second.apollo] } as const;
}

/** Sends a request and tells everything that it did, without ids and times, which differ each time. */
export async function effectsOf(
  service: Service,
  { body = (text) => text, headers = {}, variables, ...request }: Sent,
) {
  const before = await countersOf(service);
  const lines = service.operations.length;
  const events = service.events.length;
  runByApollo.mockClear();
  const values: unknown = typeof variables === "function" ? variables() : variables;
  const sent = { method: "POST", headers: { ...HEADERS, ...headers } };
  const json = JSON.stringify({ ...request, variables: values });
  const response = await fetch(service.url, { ...sent, body: body(json) });
  const text = await response.text();
  const apollo = runByApollo.mock.calls.length > 0;
  const after = await countersOf(service);
  const { date: _, ...others } = Object.fromEntries(response.headers);
  return {
    apollo,
    effects: {
      status: response.status,
      headers: others,
      body: withoutIds(text),
      /** The line in the log. */
      log: [...service.operations.slice(lines), ...service.events.slice(events)].map(lineOf),
      /** Counters that changed, with their increase. */
      metrics: increases(before, after),
    },
  };
}

function lineOf(line: object): unknown {
  const text = withoutIds(JSON.stringify({ ...line, startedAt: 0, tookMs: 0 }));
  return JSON.parse(text.replaceAll(/\d+\.\d+/g, "0"));
}

/** Replaces ids, numbers and times that are new each time by words. */
function withoutIds(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "a-uuid")
    .replaceAll(/"[0-9a-f]{24}"/g, '"an-id"')
    .replaceAll(/(?<="(?:startedAt|tookMs|claim|send|settle)":)[\d.]+/g, "0")
    .replaceAll(/(?<="number":")\d+/g, "a-number")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "a-time");
}

async function countersOf({ managementUrl }: Service): Promise<Map<string, number>> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  const lines = text.matchAll(
    /^(sociomile_(?:events|refusals|callers_refused|submissions)_total\{.*\}|sociomile_(?:vendor|ledger)_duration_seconds_count\{.*\}) (\d+)$/gm,
  );
  return new Map(Array.from(lines, ([, name, value]) => [name!, Number(value)]));
}

function increases(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) {
  const increased = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(increased.filter(([, increase]) => increase !== 0));
}
