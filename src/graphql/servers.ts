import type { ApolloServer, GraphQLRequest } from "@apollo/server";
import type { Observe } from "../telemetry/events.ts";
import type { Context } from "./context.ts";
import { type Executed, execute } from "./execute.ts";
import { errorMask } from "./plugins/masking.ts";
import { PreparedOperations } from "./prepared/prepared-operations.ts";
import { schema } from "./schema.ts";
import { graphqlServer, landingPageOf } from "./server.ts";

type Server = ApolloServer<Context>;

/**
 * Two GraphQL servers, and operations that the first one has prepared and that run without it. A server with traces costs every
 * request more, so it starts at the first request for a trace.
 */
export interface Servers extends AsyncDisposable {
  /** Runs a request. `traced`: adds a federated trace to the answer. Rejects only for a fault of this service. */
  execute(request: GraphQLRequest, context: Context, options: { traced: boolean }): Promise<Executed>;
  /** Renders Apollo's landing page as HTML. */
  landingPage(): Promise<string>;
}

/** Starts the server without traces. Both stop when the result is disposed. */
export async function startServers(
  { isDevelopment, isOpen }: { isDevelopment: boolean; isOpen: boolean },
  observe: Observe,
): Promise<Servers> {
  const mask = errorMask(observe, { isOpen });
  const prepared = new PreparedOperations(schema, mask, observe);
  const start = async (traces: boolean): Promise<Server> => {
    const plugins = traces ? [] : [prepared.plugin]; // a trace wraps every field, so the other server has a schema of its own
    const server = await graphqlServer({ mask, isDevelopment, isOpen, traces, plugins }, observe);
    await server.start();
    return server;
  };
  const plain = await start(false);
  let tracing: Promise<Server> | undefined;
  const startTracing = () =>
    start(true).catch((error: unknown) => {
      tracing = undefined; // the next request for a trace tries again
      throw error;
    });
  return {
    async execute(request, context, { traced }) {
      if (traced) return execute(await (tracing ??= startTracing()), request, context, { traced });
      return (await prepared.execute(request, context)) ?? execute(plain, request, context, { traced });
    },
    landingPage: () => landingPageOf(plain),
    async [Symbol.asyncDispose]() {
      prepared.clear(); // so that Apollo refuses whatever still comes
      await plain.stop();
      await (await tracing)?.stop();
    },
  };
}
