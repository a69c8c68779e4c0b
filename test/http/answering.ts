import { createRequestHandler } from "../../src/http/request-handler.ts";
import { listen } from "../../src/http/server.ts";
import { Limiter } from "../../src/limiter.ts";

type Options = Parameters<typeof createRequestHandler>[0];

/** Serves with a handler that answers everybody so, and other paths than that of GraphQL with `servePages`. */
export async function startAnswering(
  execute: Options["graphql"]["execute"],
  servePages: Options["servePages"] = null,
  mostWeight = 1000,
) {
  const limiters = {
    requests: new Limiter({ most: 10, ofOne: "share" }),
    weight: new Limiter({ most: mostWeight, ofOne: "share" }),
  };
  const always = {
    limiters,
    authentication: { identify: () => Promise.resolve({ code: "UNAUTHENTICATED" } as const), isRouter: () => true },
    notReady: () => Promise.resolve(null),
    isLoopbackOnly: false,
    operatorConsole: null,
    servePages,
  };
  const handler = createRequestHandler({ graphql: { execute }, ...always }, () => {});
  const server = await listen(handler, { host: "127.0.0.1", port: 0 });
  return { url: server.url, limiters, [Symbol.asyncDispose]: () => server.close() };
}
