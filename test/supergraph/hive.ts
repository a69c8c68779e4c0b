import { createRequire } from "node:module";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Types of the used part of Hive Gateway. The package is required, not imported, because its types include the browser's,
 * which every file of this project would then see.
 */
export interface HiveGateway {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  dispose(): Promise<void>;
}

interface HiveConfig {
  supergraph: string;
  transports: { http: Transport };
  maskedErrors: boolean | { maskError: (error: unknown) => Error };
  propagateHeaders: {
    fromClientToSubgraphs: (asked: {
      request: { headers: { get(name: string): string | null } };
      subgraphName: string;
    }) => Record<string, string | null | undefined>;
  };
  logging: boolean;
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

/** Transport to subgraphs: Hive's own executor, because the runtime has none. */
export const httpTransport: Transport = {
  getSubgraphExecutor: ({ transportEntry, fetch }) =>
    buildHTTPExecutor({ endpoint: transportEntry.location, fetch }),
};
