/**
 * `@apollo/gateway`: `new ApolloGateway({ supergraphSdl, buildService })`, with ROUTER_SECRET in the environment. The context of your Apollo Server
 * must hold the caller's headers: `context: async ({ req }) => ({ headers: req.headers })`. The gateway repeats no request and has no time limit
 * of its own; a limit that you add must be longer than the longest answer of the subgraph (12 s).
 */
import { RemoteGraphQLDataSource } from "@apollo/gateway";

export interface GatewayContext {
  headers?: Record<string, string | string[] | undefined>;
}

export interface Subgraph {
  name: string;
  url?: string;
}

/** Headers for the subgraph: the caller's token, which the subgraph checks itself, the trace and the request's id. It passes on no others. */
export const buildService = (subgraph: Subgraph) =>
  createSource<GatewayContext>(subgraph, ["authorization", "traceparent", "x-request-id"]);

/** Makes the source of a subgraph. It passes on these headers of the caller. `named`: headers that name the caller, for this subgraph only. */
export function createSource<Context extends GatewayContext>(
  { name, url }: Subgraph,
  passedOn: readonly string[],
  named: (context: Context) => Record<string, string | undefined> = () => ({}),
) {
  return new RemoteGraphQLDataSource<Context>({
    ...(url !== undefined && { url }),
    willSendRequest({ request, context }) {
      const callers = Object.fromEntries(passedOn.map((header) => [header, context.headers?.[header]]));
      // Shows the secret to this subgraph only, without the newline at the end of a file: that is no header, and the error would show the secret.
      const secret = { "router-authorization": process.env["ROUTER_SECRET"]?.trim() };
      const own = name === "sociomile" && { ...secret, ...named(context as Context) };
      for (const [header, value] of Object.entries({ ...callers, ...own }))
        if (typeof value === "string") request.http?.headers.set(header, value);
    },
  });
}
