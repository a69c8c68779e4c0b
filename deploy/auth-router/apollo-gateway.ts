/**
 * `@apollo/gateway` for AUTH=router: `new ApolloGateway({ supergraphSdl, buildService })`, with ROUTER_SECRET in the environment. The context of
 * your Apollo Server must hold the claims of the token that you have checked, or none. The gateway passes on no header of the caller.
 */
import { RemoteGraphQLDataSource } from "@apollo/gateway";
import { type Claims, callerHeaders } from "./caller-headers.ts";

export interface GatewayContext {
  claims?: Claims;
}

export function buildService({ name, url }: { name: string; url?: string }) {
  return new RemoteGraphQLDataSource<GatewayContext>({
    ...(url !== undefined && { url }),
    willSendRequest({ request, context: { claims = {} } }) {
      if (name !== "sociomile") return;
      const headers = { "router-authorization": process.env["ROUTER_SECRET"], ...callerHeaders(claims) };
      for (const [header, value] of Object.entries(headers)) {
        if (value === undefined) request.http?.headers.delete(header);
        else request.http?.headers.set(header, value);
      }
    },
  });
}
