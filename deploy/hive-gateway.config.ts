/**
 * Hive Gateway: `hive-gateway supergraph --config-path hive-gateway.config.ts` reads this, with ROUTER_SECRET in its environment. By itself it finds
 * only a file named `gateway.config.ts`, and starts without one.
 */

/** Headers for the subgraph: the caller's token, which the subgraph checks itself, the trace and the request's id. Hive Gateway passes on no others. */
const PASSED_ON = ["authorization", "traceparent", "x-request-id"];

export interface Asked {
  request: { headers: { get(name: string): string | null } };
  subgraphName: string;
}

export const gatewayConfig = {
  supergraph: "supergraph.graphql",
  /** Longer than the longest answer of the subgraph (12 s). There is no upstreamRetry, because it would repeat mutations. */
  upstreamTimeout: 15_000,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, subgraphName }: Asked): Record<string, string | null | undefined> => ({
      ...Object.fromEntries(PASSED_ON.map((name) => [name, request.headers.get(name)])),
      // Sets the secret for this subgraph only, without the newline at the end of a file. A header of the caller is never passed on.
      "router-authorization": subgraphName === "sociomile" ? process.env["ROUTER_SECRET"]?.trim() : undefined,
    }),
  },
};
