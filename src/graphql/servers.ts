import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequest,
  type GraphQLServerContext,
  HeaderMap,
} from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Observe } from "../telemetry/events.ts";
import { oneLastError } from "./bounds.ts";
import type { Context } from "./context.ts";
import { DOCUMENT_LIMITS, MAX_FAULTS, documentLimits } from "./plugins/document-limits.ts";
import { explainVariables } from "./plugins/explain-variables.ts";
import { errorMask } from "./plugins/masking.ts";
import { operationLog } from "./plugins/operation-log.ts";
import { type Executed, preparedOperations, textOf } from "./prepared-operations.ts";
import { schema } from "./schema.ts";
import { introspectionGuard } from "./scopes.ts";

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

/** Discards Apollo's own log lines, which may quote anything. Everything important is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Two GraphQL servers, and operations that the first one has prepared and that run without it. A server with traces wraps every field for good
 * and costs every request more, so it has a schema of its own and starts at the first request for a trace.
 */
export interface Servers extends AsyncDisposable {
  /** Runs a request. `traced`: adds a federated trace to the answer. Rejects only for a fault of this service. */
  execute(request: GraphQLRequest, context: Context, options: { traced: boolean }): Promise<Executed>;
}

/** Starts the server without traces. Both stop when the result is disposed. `isOpen`: shows graphql-js's own messages. */
export async function startServers({ isOpen }: { isOpen: boolean }, observe: Observe): Promise<Servers> {
  const mask = errorMask(observe, { isOpen });
  const prepared = preparedOperations(schema, mask, observe);

  /** Starts a GraphQL server without a transport. */
  const start = async (...plugins: ApolloServerPlugin<Context>[]): Promise<ApolloServer<Context>> => {
    const server = new ApolloServer<Context>({
      schema,
      introspection: true, // introspectionGuard refuses callers without the scope
      formatError: (_, error) => mask(error),
      includeStacktraceInErrorResponses: false,
      persistedQueries: false,
      documentStore: null, // prepared operations need none, and Apollo counts no comments
      parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
      validationRules: [documentLimits],
      executionOptions: { maxCoercionErrors: 1 }, // explainVariables tells the others
      ...(!isOpen && { validationOptions: { maxErrors: MAX_FAULTS } }),
      stopOnTerminationSignals: false,
      nodeEnv: "production", // no default of Apollo may depend on the environment
      apollo: {},
      logger: SILENT,
      plugins: [
        explainVariables({ isOpen }),
        introspectionGuard,
        operationLog(observe),
        oneLastError,
        ...plugins,
        ApolloServerPluginCacheControlDisabled(), // it wraps every field, and this service sends no cache hints
        ApolloServerPluginLandingPageDisabled(),
        ApolloServerPluginSchemaReportingDisabled(),
        ApolloServerPluginUsageReportingDisabled(),
      ],
    });
    await server.start();
    return server;
  };
  const startTracing = async () => {
    const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
    return start(ApolloServerPluginInlineTrace({ includeErrors: { masked: true } }));
  };

  const plain = await start(prepared.plugin, ApolloServerPluginInlineTraceDisabled());
  let tracing: Promise<ApolloServer<Context>> | undefined;
  return {
    async execute(request, context, { traced }) {
      if (!traced) return (await prepared.execute(request, context)) ?? executeBy(plain, request, context);
      tracing ??= startTracing().catch((error: unknown) => {
        tracing = undefined; // the next request for a trace tries again
        throw error;
      });
      return executeBy(await tracing, { ...request, http: REQUEST_FOR_TRACE }, context);
    },
    async [Symbol.asyncDispose]() {
      prepared.clear(); // so that Apollo refuses whatever still comes
      await plain.stop();
      await (await tracing)?.stop();
    },
  };
}

/** Runs a request on a server. It does not use executeHTTPGraphQLRequest, because http/ has already done the rest of that function's work. */
async function executeBy(
  server: ApolloServer<Context>,
  request: GraphQLRequest,
  contextValue: Context,
): Promise<Executed> {
  const { http, body } = await server.executeOperation(request, { contextValue });
  if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
  return { status: http.status ?? 200, body: textOf(body.singleResult, contextValue) };
}

/** Renders Apollo's landing page as HTML. Its plugin is loaded only here. */
export async function landingPage(): Promise<string> {
  const { ApolloServerPluginLandingPageLocalDefault: page } =
    await import("@apollo/server/plugin/landingPage/default");
  const noServer = {} as GraphQLServerContext; // the plugin does not look at it
  const listener = await page({ embed: true, footer: false }).serverWillStart?.(noServer);
  const { html = "" } = (await listener?.renderLandingPage?.()) ?? {};
  return typeof html === "string" ? html : html();
}
