import { composeServices } from "@theguild/federation-composition";
import { GraphQLError, parse } from "graphql";
import { createGatewayRuntime, httpTransport } from "./hive.ts";
import { type Listening, listening } from "./listening.ts";

export interface Subgraph {
  name: string;
  url: string;
  sdl: string;
  /** Value of `Router-Authorization` for this subgraph, and for no other. */
  routerSecret?: string;
}

interface GatewayOptions {
  subgraphs: readonly Subgraph[];
  /** Port; 0 for any free one. */
  port?: number;
  /** True when one sentence replaces every error of a subgraph, as Apollo Router does by default. */
  redactsErrors?: boolean;
}

/** Headers of clients that the gateway passes on. It passes no other header on. */
const PASSED_ON = ["authorization", "traceparent"];

/** Composes the subgraphs into a supergraph and serves it on loopback. Throws the errors of composition. */
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
        // The gateway sets this header. A value from a client is never passed on.
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

function supergraphOf(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(`No supergraph: ${errors?.map(({ message }) => message).join("; ")}`);
  return supergraphSdl;
}

/** Replaces the errors of subgraphs, as Apollo Router does by default (`include_subgraph_errors` is off). */
function redacted(error: unknown): GraphQLError {
  const path = error instanceof GraphQLError ? error.path : undefined;
  return new GraphQLError("Subgraph errors redacted", { path });
}
