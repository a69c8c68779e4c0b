import { composeServices } from "@theguild/federation-composition";
import { GraphQLError, parse } from "graphql";
import { createGatewayRuntime, httpTransport } from "./hive.ts";
import { type Listening, listening } from "./listening.ts";

export interface Subgraph {
  name: string;
  url: string;
  sdl: string;
  /** What the gateway shows this subgraph, and no other, as `Router-Authorization`. */
  routerSecret?: string;
}

interface GatewayOptions {
  subgraphs: readonly Subgraph[];
  /** 0: any free one. */
  port?: number;
  /** Whether every error of a subgraph is replaced by one sentence, as Apollo Router does unless told otherwise. */
  redactsErrors?: boolean;
}

/** The headers that clients send and subgraphs need: nothing passes a gateway by itself. */
const PASSED_ON = ["authorization", "traceparent"];

/** Composes the subgraphs into a supergraph and serves it on loopback. Throws what composition complains of. */
export async function startGateway({
  subgraphs,
  port = 0,
  redactsErrors = false,
}: GatewayOptions): Promise<Listening> {
  const secrets = new Map(subgraphs.map(({ name, routerSecret }) => [name, routerSecret]));
  const gateway = createGatewayRuntime({
    supergraph: supergraphOf(subgraphs),
    transports: { http: httpTransport },
    maskedErrors: redactsErrors ? { maskError: redacted } : true,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request, subgraphName }) => ({
        ...Object.fromEntries(PASSED_ON.map((name) => [name, request.headers.get(name)])),
        // Set here and never passed on: what a client sends under this name goes nowhere.
        "router-authorization": secrets.get(subgraphName),
      }),
    },
    logging: false,
  });
  const server = await listening(port, (request, response) => gateway(request, response));
  return {
    url: `${server.url}/graphql`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await gateway.dispose();
    },
  };
}

/** SDL of the supergraph that the subgraphs make. Throws what composition complains of. */
export function supergraphOf(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(`No supergraph: ${errors?.map(({ message }) => message).join("; ")}`);
  return supergraphSdl;
}

/** What Apollo Router does to subgraphs' errors by default (`include_subgraph_errors` is off). */
function redacted(error: unknown): GraphQLError {
  const path = error instanceof GraphQLError ? error.path : undefined;
  return new GraphQLError("Subgraph errors redacted", { path });
}
