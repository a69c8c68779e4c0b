import { createRequire } from "node:module";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * The part of Hive Gateway that is used here. It is required, not imported, because its types bring the browser's along,
 * which would then stand in every file of this project.
 */
export interface HiveGateway {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  dispose(): Promise<void>;
}

/** The part of Hive's plugins that puts the result of a token check into the context, as its own plugin for JWT does. */
interface ContextPlugin {
  onContextBuilding: (building: {
    context: { request: { headers: { get(name: string): string | null } } };
    extendContext: (more: object) => void;
  }) => Promise<void>;
}

interface HiveConfig {
  supergraph: string;
  transports: { http: Transport };
  maskedErrors: boolean | { maskError: (error: unknown) => Error };
  propagateHeaders: {
    fromClientToSubgraphs: (asked: {
      request: { headers: { get(name: string): string | null } };
      context: object;
      subgraphName: string;
    }) => Record<string, string | null | undefined>;
  };
  logging: boolean;
  plugins?: () => ContextPlugin[];
}

interface Transport {
  getSubgraphExecutor: (subgraph: { transportEntry: { location: string }; fetch: unknown }) => unknown;
}

const require = createRequire(import.meta.url);
const hive = require.resolve("@graphql-hive/gateway-runtime");

export const { createGatewayRuntime } = require(hive) as {
  createGatewayRuntime: (config: HiveConfig) => HiveGateway;
};

const { buildHTTPExecutor } = createRequire(hive)("@graphql-tools/executor-http") as {
  buildHTTPExecutor: (options: { endpoint: string; fetch: unknown }) => unknown;
};

/** How the gateway reaches a subgraph: Hive's own executor. The runtime alone brings no transport. */
export const httpTransport: Transport = {
  getSubgraphExecutor: ({ transportEntry, fetch }) =>
    buildHTTPExecutor({ endpoint: transportEntry.location, fetch }),
};
