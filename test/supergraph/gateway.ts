import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { composeServices } from "@theguild/federation-composition";
import { GraphQLError, type GraphQLFormattedError, parse } from "graphql";
import { jwtVerify } from "jose";
import { gatewayConfig as authenticating } from "../../deploy/auth-router/hive-gateway.config.ts";
import { gatewayConfig } from "../../deploy/hive-gateway.config.ts";
import { APOLLO_ROUTER, routerSettings, serveApolloRouter, serveAuthenticatingRouter } from "./apollo-router.ts";
import { type CheckToken, type Planner, createClaimsPlugin, serveHive } from "./hive.ts";
import type { Listening } from "./listening.ts";
import type { Issuer } from "../support/issuer.ts";
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

interface How {
  /** 0: any free one. */
  port: number;
  /** True when one sentence replaces every error of a subgraph, as Apollo Router does by default. */
  redactsErrors: boolean;
  /** For AUTH=router: the gateway authenticates callers itself, with the settings in deploy/auth-router. */
  checkToken?: CheckToken | undefined;
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
  checkToken,
}: { subgraphs: readonly Subgraph[]; gateway?: Gateway } & Partial<How>): Promise<Listening> {
  return START[gateway](supergraphOf(subgraphs), { port, redactsErrors, checkToken });
}

type Start = (supergraph: string, how: How) => Promise<Listening>;

const START: Record<Gateway, Start> = {
  "hive-gateway": startHive("JavaScript"),
  "hive-router-runtime": startHive("Rust"),
  async "apollo-gateway"(supergraph, { port, redactsErrors, checkToken }) {
    // Loaded here, because `npm run supergraph` does not need it.
    const plain = await import("../../deploy/apollo-gateway.ts");
    const ofRouter = await import("../../deploy/auth-router/apollo-gateway.ts");
    const { serveApollo } = await import("./apollo.ts");
    const { buildService } = checkToken ? ofRouter : plain;
    const context = async ({ headers }: IncomingMessage) => {
      const claims = await checkToken?.(headers.authorization);
      return claims ? { headers, claims } : { headers };
    };
    const errors = redactsErrors && { formatError: redactedForApollo };
    return serveApollo({ supergraph, buildService, context, ...errors }, port);
  },
  "apollo-router"(supergraph, { port, redactsErrors, checkToken }) {
    if (checkToken) return serveAuthenticatingRouter(supergraph, port, checkToken);
    const { include_subgraph_errors, ...others } = routerSettings("router.yaml");
    const settings = redactsErrors ? others : { ...others, include_subgraph_errors };
    return serveApolloRouter({ supergraph, settings }, port);
  },
};

const redactedForApollo = ({ path }: GraphQLFormattedError) => ({ message: REDACTED, ...(path && { path }) });

function startHive(planner: Planner): Start {
  return (supergraph, { port, redactsErrors, checkToken }) => {
    const own = checkToken ? { ...authenticating, plugins: () => [createClaimsPlugin(checkToken)] } : gatewayConfig;
    const maskedErrors = redactsErrors ? { maskError: redacted } : true;
    // The service replaces an id that could hide a card number, as one UUID of 500 does: a test would see two ids.
    const requestId = { generateRequestId: () => randomUUID().replaceAll(/\d/g, "x") };
    return serveHive({ ...own, supergraph, maskedErrors, requestId }, port, planner);
  };
}

/**
 * The secret of a gateway as its environment holds it: with a newline, as a Secret of Kubernetes has it that was made from a file. It is no header of
 * Apollo Router, which takes it as it is.
 */
export const secretFor = (gateway: Gateway, secret: string): string =>
  gateway === "apollo-router" ? secret : `${secret}\n`;

/** SDL of the supergraph that the subgraphs make. Throws what composition complains of. */
export function supergraphOf(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(`No supergraph: ${errors?.map(({ message }) => message).join("; ")}`);
  return supergraphSdl;
}

const REDACTED = "Subgraph errors redacted";

/** Replaces the errors of subgraphs, as Apollo Router does by default (`include_subgraph_errors` is off). */
function redacted(error: unknown): GraphQLError {
  const path = error instanceof GraphQLError ? error.path : undefined;
  return new GraphQLError(REDACTED, { path });
}

/** Checks tokens by the key of an issuer, as a gateway does. */
export const checkedBy =
  (issuer: Issuer): CheckToken =>
  async (authorization) => {
    const key = await issuer.publicKey("ES256");
    const token = authorization?.replace("Bearer ", "") ?? "";
    const checked = await jwtVerify(token, key, { issuer: issuer.auth.AUTH_ISSUER }).catch(() => undefined);
    return checked?.payload;
  };
