/**
 * `@apollo/gateway` for AUTH=router: `new ApolloGateway({ supergraphSdl, buildService })`, with ROUTER_SECRET in the environment. The context of
 * your Apollo Server must hold the claims of the token that you have checked, or none, and the caller's headers. The gateway passes on the trace
 * and the request's id, and no other header of the caller.
 */
import { type GatewayContext, type Subgraph, createSource } from "../apollo-gateway.ts";
import { type Claims, callerHeaders } from "./caller-headers.ts";

export const buildService = (subgraph: Subgraph) =>
  createSource<GatewayContext & { claims?: Claims }>(subgraph, ["traceparent", "x-request-id"], ({ claims = {} }) =>
    callerHeaders(claims),
  );
