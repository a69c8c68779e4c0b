import type { ApolloServer } from "@apollo/server";
import type { Observe } from "../telemetry/events.ts";
import type { Context } from "./context.ts";
import { graphqlServer } from "./server.ts";

type Server = ApolloServer<Context>;

/** Two GraphQL servers. A server with traces costs every request more, so it starts at the first request for a trace. */
export interface Servers extends AsyncDisposable {
  plain: Server;
  withTraces(): Promise<Server>;
}

/** Starts the server without traces. Both stop when the result is disposed. */
export async function startServers(isDevelopment: boolean, observe: Observe): Promise<Servers> {
  const start = async (traces: boolean): Promise<Server> => {
    const server = await graphqlServer({ isDevelopment, traces }, observe);
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
    plain,
    withTraces: () => (tracing ??= startTracing()),
    async [Symbol.asyncDispose]() {
      await plain.stop();
      await (await tracing)?.stop();
    },
  };
}
