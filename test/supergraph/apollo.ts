import type { IncomingMessage } from "node:http";
import { ApolloGateway, type GatewayConfig } from "@apollo/gateway";
import { ApolloServer, type ApolloServerOptions, type BaseContext } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import type { Listening } from "./listening.ts";

interface Options<Context extends BaseContext> {
  supergraph: string;
  buildService: NonNullable<GatewayConfig["buildService"]>;
  context: (request: IncomingMessage) => Promise<Context>;
  formatError?: NonNullable<ApolloServerOptions<Context>["formatError"]>;
}

const SILENT_LOGGER = { debug() {}, info() {}, warn() {}, error() {} };

/** Serves a supergraph with `@apollo/gateway` on loopback; `port` 0: any free one. */
export async function serveApollo<Context extends BaseContext>(
  { supergraph, buildService, context, ...options }: Options<Context>,
  port: number,
): Promise<Listening> {
  const gateway = new ApolloGateway({ supergraphSdl: supergraph, buildService, logger: SILENT_LOGGER });
  const server = new ApolloServer<Context>({
    ...options,
    gateway,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: SILENT_LOGGER,
  });
  const listen = { host: "127.0.0.1", port };
  const { url } = await startStandaloneServer(server, { listen, context: ({ req }) => context(req) });
  return { url, [Symbol.asyncDispose]: () => server.stop() };
}
