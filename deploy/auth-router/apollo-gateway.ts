/**
 * `@apollo/gateway` for AUTH=router: `new ApolloGateway({ supergraphSdl, buildService })`, with ROUTER_SECRET in the environment. The context of
 * your Apollo Server must hold the claims of the token that you have checked, or none, and the caller's headers. The gateway passes on the trace
 * and the request's id, and no other header of the caller.
 */
import { RemoteGraphQLDataSource } from "@apollo/gateway";
import { type Claims, callerHeaders } from "./caller-headers.ts";

const PASSED_ON = ["traceparent", "x-request-id"];

export interface GatewayContext {
  claims?: Claims;
  headers?: Record<string, string | string[] | undefined>;
}

export function buildService({ name, url }: { name: string; url?: string }) {
  return new RemoteGraphQLDataSource<GatewayContext>({
    ...(url !== undefined && { url }),
    willSendRequest({ request, context: { claims = {}, headers: callers = {} } }) {
      for (const header of PASSED_ON) {
        const value = callers[header];
        if (typeof value === "string") request.http?.headers.set(header, value);
      }
      if (name !== "sociomile") return;
      const headers = {
        "router-authorization": process.env["ROUTER_SECRET"]?.trim(),
        ...callerHeaders(claims),
      };
      for (const [header, value] of Object.entries(headers)) {
        if (value === undefined) request.http?.headers.delete(header);
        else request.http?.headers.set(header, value);
      }
    },
  });
}
