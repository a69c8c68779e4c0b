import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { composeServices } from "@theguild/federation-composition";
import { GraphQLError, type GraphQLFormattedError, parse } from "graphql";
import { gatewayConfig } from "../../deploy/hive-gateway.config.ts";
import { APOLLO_ROUTER, routerSettings, serveApolloRouter } from "./apollo-router.ts";
import { type Planner, serveHive } from "./hive.ts";
import type { Listening } from "./listening.ts";
import { repositoryText } from "../support/repository.ts";
import { NEIGHBOUR_SDL } from "./neighbour.ts";

export interface Subgraph {
  name: string;
  url: string;
  sdl: string;
}

export const OUR_SDL = repositoryText("schema.graphql");

/** Subgraphs that the gateway composes: this project's and the neighbour. */
export function subgraphsAt(ourUrl: string, neighbourUrl: string): Subgraph[] {
  return [
    { name: "sociomile", url: ourUrl, sdl: OUR_SDL },
    { name: "branches", url: neighbourUrl, sdl: NEIGHBOUR_SDL },
  ];
}

const PACKAGES = ["hive-gateway", "hive-router-runtime", "apollo-gateway"] as const;
/** Gateways by their names in `npm run supergraph -- --gateway NAME`. */
export const ALL_GATEWAYS = [...PACKAGES, "apollo-router"] as const;
export type Gateway = (typeof ALL_GATEWAYS)[number];

/** Gateways that are here. */
export const GATEWAYS = APOLLO_ROUTER === null ? PACKAGES : ALL_GATEWAYS;

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
  gateway = "hive-gateway",
  port = 0,
  redactsErrors = false,
}: GatewayOptions): Promise<Listening> {
  return START[gateway](supergraphOf(subgraphs), { port, redactsErrors });
}

type Start = (supergraph: string, how: { port: number; redactsErrors: boolean }) => Promise<Listening>;

const START: Record<Gateway, Start> = {
  "hive-gateway": startHive("JavaScript"),
  "hive-router-runtime": startHive("Rust"),
  async "apollo-gateway"(supergraph, { port, redactsErrors }) {
    // Loaded here, because `npm run supergraph` does not need it.
    const { buildService } = await import("../../deploy/apollo-gateway.ts");
    const { serveApollo } = await import("./apollo.ts");
    const errors = redactsErrors && { formatError: redactedForApollo };
    return serveApollo({ supergraph, buildService, context: headersAlone, ...errors }, port);
  },
  "apollo-router"(supergraph, { port, redactsErrors }) {
    const { include_subgraph_errors, ...others } = routerSettings("router.yaml");
    const settings = redactsErrors ? others : { ...others, include_subgraph_errors };
    return serveApolloRouter({ supergraph, settings }, port);
  },
};

const headersAlone = async ({ headers }: IncomingMessage) => ({ headers });
const redactedForApollo = ({ path }: GraphQLFormattedError) => ({ message: REDACTED, ...(path && { path }) });

function startHive(planner: Planner): Start {
  return (supergraph, { port, redactsErrors }) => {
    const maskedErrors = redactsErrors ? { maskError: redacted } : true;
    // The service replaces an id that could hide a card number, as one UUID of 500 does: a test would see two ids.
    const requestId = { generateRequestId: () => randomUUID().replaceAll(/\d/g, "x") };
    return serveHive({ ...gatewayConfig, supergraph, maskedErrors, requestId }, port, planner);
  };
}

/** A secret as a Secret of Kubernetes holds it that was made from a file. It is no header of Apollo Router, which takes it as it is. */
export const withNewline = (secret: string): string => `${secret}\n`;

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
