/**
 * `@apollo/gateway`: `new ApolloGateway({ supergraphSdl, buildService })`, with ROUTER_SECRET in the environment. The context of your Apollo Server
 * must hold the caller's headers: `context: async ({ req }) => ({ headers: req.headers })`. The gateway repeats no request and has no time limit
 * of its own; a limit that you add must be longer than the longest answer of the subgraph (12 s).
 */
import { RemoteGraphQLDataSource } from "@apollo/gateway";

/** Headers for the subgraph: the caller's token, which the subgraph checks itself, the trace and the request's id. It passes on no others. */
const PASSED_ON = ["authorization", "traceparent", "x-request-id"];

export interface GatewayContext {
  headers?: Record<string, string | string[] | undefined>;
}

export function buildService({ name, url }: { name: string; url?: string }) {
  return new RemoteGraphQLDataSource<GatewayContext>({
    ...(url !== undefined && { url }),
    willSendRequest({ request, context: { headers = {} } }) {
      for (const header of PASSED_ON) {
        const value = headers[header];
        if (typeof value === "string") request.http?.headers.set(header, value);
      }
      // Shows the secret to this subgraph only, without the newline at the end of a file: that is no header, and the error would show the secret.
      const secret = process.env["ROUTER_SECRET"]?.trim();
      if (name === "sociomile" && secret !== undefined) {
        request.http?.headers.set("router-authorization", secret);
      }
    },
  });
}
