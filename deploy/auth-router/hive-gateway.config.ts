/**
 * Hive Gateway for AUTH=router: `hive-gateway supergraph --config-path hive-gateway.config.ts` reads this, with ROUTER_SECRET in its environment.
 * Add the option `jwt` with your issuer's keys, issuer and audience, and with `forward: { payload: false }`. It checks the token and puts its
 * claims into `context.jwt.payload`.
 */
import { type Claims, callerHeaders } from "./caller-headers.ts";

interface Asked {
  request: { headers: { get(name: string): string | null } };
  context: { jwt?: { payload?: Claims } };
  subgraphName: string;
}

export const gatewayConfig = {
  supergraph: "supergraph.graphql",
  /** Longer than the longest answer of the subgraph (12 s). There is no upstreamRetry, because it would repeat mutations. */
  upstreamTimeout: 15_000,
  propagateHeaders: {
    // Hive Gateway passes on only what this returns. It returns no header of the caller but the trace and the request's id.
    fromClientToSubgraphs: ({
      request,
      context,
      subgraphName,
    }: Asked): Record<string, string | null | undefined> => ({
      traceparent: request.headers.get("traceparent"),
      "x-request-id": request.headers.get("x-request-id"),
      ...(subgraphName === "sociomile" && {
        "router-authorization": process.env["ROUTER_SECRET"]?.trim(),
        ...callerHeaders(context.jwt?.payload ?? {}),
      }),
    }),
  },
};
