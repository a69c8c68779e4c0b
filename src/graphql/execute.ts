import { type ApolloServer, type GraphQLRequest, HeaderMap } from "@apollo/server";
import type { GraphQLFormattedError } from "graphql";
import type { Context } from "./context.ts";

/** Header and value by which a router asks for a federated trace. */
export const TRACE_HEADER = "apollo-federation-include-trace";
export const TRACE_KIND = "ftv1";

/** The part of an HTTP request that Apollo's trace plugin reads. */
const REQUEST_FOR_TRACE = {
  method: "POST",
  headers: new HeaderMap([[TRACE_HEADER, TRACE_KIND]]),
  search: "",
  body: undefined,
};

export interface Executed {
  /** HTTP status. */
  status: number;
  /** JSON text. */
  body: string;
}

/**
 * Runs a request on a server. It does not use executeHTTPGraphQLRequest, because http/ has already done the rest of that function's
 * work. Rejects only for a fault of this service.
 */
export async function execute(
  server: ApolloServer<Context>,
  request: GraphQLRequest,
  contextValue: Context,
  { traced }: { traced: boolean },
): Promise<Executed> {
  const { http, body } = await server.executeOperation(
    traced ? { ...request, http: REQUEST_FOR_TRACE } : request,
    { contextValue },
  );
  if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
  return { status: http.status ?? 200, body: textOf(body.singleResult, contextValue) };
}

interface Result {
  errors?: readonly GraphQLFormattedError[] | undefined;
  data?: unknown;
  extensions?: unknown;
}

/** Writes the result of a request as JSON text, with the id of the request in each error. */
export function textOf({ errors, data, extensions }: Result, { record, bounds }: Context): string {
  const { requestId } = record.correlation;
  const withId = errors?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
  return JSON.stringify({ errors: withId, data: bounds.endedBy ? null : data, extensions });
}
