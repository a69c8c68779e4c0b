import { composeServices } from "@theguild/federation-composition";
import { GraphQLError, parse } from "graphql";
import { gatewayConfig } from "../../deploy/hive-gateway.config.ts";
import { serveHive } from "./hive.ts";
import type { Listening } from "./listening.ts";

export interface Subgraph {
  name: string;
  url: string;
  sdl: string;
}

export const GATEWAYS = ["Hive Gateway", "@apollo/gateway"] as const;
export type Gateway = (typeof GATEWAYS)[number];

interface GatewayOptions {
  subgraphs: readonly Subgraph[];
  gateway?: Gateway;
  /** Port; 0 for any free one. */
  port?: number;
  /** True when one sentence replaces every error of a subgraph, as Apollo Router does by default. */
  redactsErrors?: boolean;
}

/**
 * Composes the subgraphs into a supergraph and serves it on loopback, with the settings in deploy/. Throws the errors of composition.
 * The gateway shows ROUTER_SECRET of the environment to the subgraph `sociomile`.
 */
export async function startGateway({
  subgraphs,
  gateway = "Hive Gateway",
  port = 0,
  redactsErrors = false,
}: GatewayOptions): Promise<Listening> {
  const supergraph = supergraphOf(subgraphs);
  if (gateway === "Hive Gateway") {
    const maskedErrors = redactsErrors ? { maskError: redacted } : true;
    return serveHive({ ...gatewayConfig, supergraph, maskedErrors }, port);
  }
  // Loaded here, because `npm run supergraph` does not need it.
  const { buildService } = await import("../../deploy/apollo-gateway.ts");
  const { serveApollo } = await import("./apollo.ts");
  return serveApollo(
    {
      supergraph,
      buildService,
      context: async ({ headers }) => ({ headers }),
      ...(redactsErrors && { formatError: ({ path }) => ({ message: REDACTED, ...(path && { path }) }) }),
    },
    port,
  );
}

/** SDL of the supergraph that the subgraphs make. Throws what composition complains of. */
export function supergraphOf(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(`No supergraph: ${errors?.map(({ message }) => message).join("; ")}`);
  return supergraphSdl;
}

/** Message of Apollo Router in place of a subgraph's errors. */
const REDACTED = "Subgraph errors redacted";

/** Replaces the errors of subgraphs, as Apollo Router does by default (`include_subgraph_errors` is off). */
function redacted(error: unknown): GraphQLError {
  const path = error instanceof GraphQLError ? error.path : undefined;
  return new GraphQLError(REDACTED, { path });
}
