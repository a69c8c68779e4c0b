import { createRequire } from "node:module";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Claims } from "../../deploy/auth-router/caller-headers.ts";
import { type Listening, listening } from "./listening.ts";

/**
 * Types of the used part of Hive Gateway. The package is required, not imported, because its types include the browser's,
 * which every file of this project would then see.
 */
interface HiveGateway {
  (request: IncomingMessage, response: ServerResponse): Promise<void>;
  dispose(): Promise<void>;
}

/** Checks the token of a caller, as the gateway's own plugin would, and returns its claims. Undefined: it is not accepted. */
export type CheckToken = (authorization: string | null | undefined) => Promise<Claims | undefined>;

/** The part of Hive's event that the plugin below uses. */
interface ContextBuilding {
  context: { request: { headers: { get(name: string): string | null } } };
  extendContext: (more: object) => void;
}

/** Puts the result of a token check into the context, as Hive's own plugin for JWT does. */
export const createClaimsPlugin = (checkToken: CheckToken) => ({
  async onContextBuilding({ context, extendContext }: ContextBuilding) {
    extendContext({ jwt: { payload: await checkToken(context.request.headers.get("authorization")) } });
  },
});

/** Settings of Hive Gateway, as its own documentation names them. */
interface HiveConfig {
  supergraph: string;
  [setting: string]: unknown;
}

const require = createRequire(import.meta.url);
const hive = require.resolve("@graphql-hive/gateway-runtime");

const { createGatewayRuntime } = require(hive) as { createGatewayRuntime: (config: HiveConfig) => HiveGateway };

const { buildHTTPExecutor } = createRequire(hive)("@graphql-tools/executor-http") as {
  buildHTTPExecutor: (options: { endpoint: string; fetch: unknown }) => unknown;
};

/** Transport to subgraphs: Hive's own executor, because the runtime has none. */
const httpTransport = {
  getSubgraphExecutor: (asked: { transportEntry: { location: string }; fetch: unknown }) =>
    buildHTTPExecutor({ endpoint: asked.transportEntry.location, fetch: asked.fetch }),
};

/** Language of the query planner: Hive Gateway has one of its own in JavaScript, and that of Hive Router in Rust. */
export type Planner = "JavaScript" | "Rust";

/** Serves a supergraph with Hive Gateway on loopback; `port` 0: any free one. */
export async function serveHive(config: HiveConfig, port: number, planner: Planner = "JavaScript"): Promise<Listening> {
  const gateway = createGatewayRuntime({
    ...config,
    ...(planner === "Rust" && (require("@graphql-hive/router-runtime") as HiveConfig)),
    transports: { http: httpTransport },
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
