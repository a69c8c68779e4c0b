import { ApolloServer, type GraphQLRequest, type GraphQLServerContext, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import type { Observe } from "../telemetry/events.ts";
import { oneLastError } from "./bounds.ts";
import type { Context } from "./context.ts";
import { DOCUMENT_LIMITS, MAX_FAULTS, measured } from "./plugins/document-limits.ts";
import { explainVariables } from "./plugins/explain-variables.ts";
import { hiddenNulls } from "./plugins/hidden-nulls.ts";
import { errorMask } from "./plugins/masking.ts";
import { factsOf, observeAnswer, operationLog } from "./plugins/operation-log.ts";
import { type Executed, preparedOperations, textOf } from "./prepared-operations.ts";
import { PublicError } from "./public-error.ts";
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

type ExecuteOptions = { traced: boolean; turn: () => Promise<boolean> };

/** A GraphQL server without a transport. */
export interface Server extends AsyncDisposable {
  /** Runs a request; rejects for a fault of this service alone. `traced`: adds a federated trace. `turn`: waits to parse a document; false: too late. */
  execute(request: GraphQLRequest, context: Context, options: ExecuteOptions): Promise<Executed>;
}

/** Starts the server. `isOpen`: callers see graphql-js's own messages. `schemaIsOpen`: every caller may read the schema. */
export async function startServer(
  { isOpen, schemaIsOpen }: { isOpen: boolean; schemaIsOpen: boolean },
  observe: Observe,
): Promise<Server> {
  const mask = errorMask(observe, { isOpen });
  const prepared = preparedOperations(schema, mask, observe);
  const server = new ApolloServer<Context>({
    schema,
    introspection: true, // for callers with the scope
    formatError: (_, error) => mask(error),
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: null, // prepared operations need none, and Apollo counts no comments
    parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
    ...(!isOpen && {
      validationOptions: { maxErrors: MAX_FAULTS },
      executionOptions: { maxCoercionErrors: 1 }, // explainVariables tells the others
    }),
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo may depend on the environment
    apollo: {},
    logger: SILENT,
    plugins: [
      ...(isOpen ? [] : [explainVariables]),
      ...(schemaIsOpen ? [] : [introspectionGuard]),
      hiddenNulls,
      operationLog(observe),
      oneLastError,
      prepared.plugin,
      ApolloServerPluginInlineTrace(),
      ApolloServerPluginCacheControlDisabled(), // it wraps every field, and this service sends no cache hints
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await server.start();
  return {
    async execute(request, contextValue, { traced, turn }) {
      const answer = traced ? null : await prepared.execute(request, contextValue);
      if (answer) return answer;
      const measures = (await turn()) ? measured(request, schema) : null;
      const isAdmitted = measures !== null && contextValue.spent.hold("document", measures.bytes);
      const refusals = isAdmitted ? measures.broken : [new PublicError("OVERLOADED")];
      if (refusals.length > 0) {
        const errors = refusals.map(mask);
        const status = isAdmitted ? 400 : 503;
        observeAnswer(observe, contextValue, factsOf(undefined, undefined, schema), errors, status);
        return { status, body: textOf({ errors }, contextValue) };
      }
      // executeHTTPGraphQLRequest is not used, because http/ has already done the rest of that function's work.
      const asked = traced ? { ...request, http: REQUEST_FOR_TRACE } : request;
      const { http, body } = await server.executeOperation(asked, { contextValue });
      if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
      return { status: http.status ?? 200, body: textOf(body.singleResult, contextValue) };
    },
    async [Symbol.asyncDispose]() {
      prepared.clear(); // so that Apollo refuses whatever still comes
      await server.stop();
    },
  };
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
