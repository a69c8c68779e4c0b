import { type ApolloServer, type GraphQLRequest, HeaderMap } from "@apollo/server";
import type { Context } from "./context.ts";

/** By which the router asks for a federated trace. */
export const TRACE_HEADER = "apollo-federation-include-trace";
/** The only kind of trace that there is. */
export const TRACE_KIND = "ftv1";

/** What of HTTP Apollo's plugin for traces looks at. */
const ASKS_FOR_TRACE = {
  method: "POST",
  headers: new HeaderMap([[TRACE_HEADER, TRACE_KIND]]),
  search: "",
  body: undefined,
};

/** What answers a request: HTTP's status, and JSON text. */
export interface Answered {
  status: number;
  body: string;
}

/**
 * Runs a request on a server. Not by executeHTTPGraphQLRequest: what that does beyond this, http/ has done already. Rejects
 * only when something is wrong here.
 */
export async function execute(
  server: ApolloServer<Context>,
  request: GraphQLRequest,
  contextValue: Context,
  { traced }: { traced: boolean },
): Promise<Answered> {
  const { http, body } = await server.executeOperation(
    traced ? { ...request, http: ASKS_FOR_TRACE } : request,
    { contextValue },
  );
  if (body.kind !== "single") throw new Error("The schema delivers nothing incrementally");
  const { errors, data, extensions } = body.singleResult;
  return { status: http.status ?? 200, body: JSON.stringify({ errors, data, extensions }) };
}
