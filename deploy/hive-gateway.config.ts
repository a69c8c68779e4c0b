/** Hive Gateway: `hive-gateway supergraph` reads this, with ROUTER_SECRET in its environment. */

/** The caller's token, which the subgraph checks itself, and the trace. Nothing passes Hive Gateway unless told. */
const PASSED_ON = ["authorization", "traceparent"];

interface Asked {
  request: { headers: { get(name: string): string | null } };
  subgraphName: string;
}

export const gatewayConfig = {
  supergraph: "supergraph.graphql",
  /** Longer than the subgraph takes at most (12 s). There is no upstreamRetry, on purpose: it would repeat mutations. */
  upstreamTimeout: 15_000,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, subgraphName }: Asked): Record<string, string | null | undefined> => ({
      ...Object.fromEntries(PASSED_ON.map((name) => [name, request.headers.get(name)])),
      // Set here for this subgraph alone, and never passed on.
      "router-authorization": subgraphName === "sociomile" ? process.env["ROUTER_SECRET"] : undefined,
    }),
  },
};
