import { ApolloServer, type ApolloServerPlugin, HeaderMap } from "@apollo/server";
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
import { introspectionGuard } from "./plugins/introspection-guard.ts";
import type { Mask } from "./plugins/masking.ts";
import { operationLog } from "./plugins/operation-log.ts";
import { schema } from "./schema.ts";

/** Discards Apollo's own log lines, which may quote anything. Everything important is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

interface Options {
  /** Plugins beside those that every server has. */
  plugins?: readonly ApolloServerPlugin<Context>[];
  mask: Mask;
  /** Serves Apollo's landing page. */
  isDevelopment: boolean;
  /** Shows graphql-js's own messages. */
  isOpen: boolean;
  /** Adds federated traces (ftv1) to answers on request. This wraps every field for good, at a cost for every request. */
  traces: boolean;
}

/** Makes a GraphQL server without a transport. */
export async function graphqlServer(
  { mask, isDevelopment, isOpen, traces, plugins = [] }: Options,
  observe: Observe,
): Promise<ApolloServer<Context>> {
  return new ApolloServer<Context>({
    schema,
    introspection: true, // introspectionGuard refuses callers without the scope
    formatError: (_, error) => mask(error),
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: null, // prepared operations need none, and Apollo counts no comments
    csrfPrevention: true,
    parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
    validationRules: [documentLimits],
    ...(!isOpen && { validationOptions: { maxErrors: MAX_FAULTS } }),
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo may depend on the environment
    apollo: {},
    logger: SILENT,
    plugins: [
      explainVariables(mask, { isOpen }),
      introspectionGuard,
      operationLog(observe),
      oneLastError,
      ...plugins,
      ApolloServerPluginCacheControlDisabled(), // it wraps every field, and this service sends no cache hints
      traces ? await federatedTraces() : ApolloServerPluginInlineTraceDisabled(),
      isDevelopment ? await landingPage() : ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

// These plugins are loaded only on demand.

async function federatedTraces() {
  const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
  return ApolloServerPluginInlineTrace({ includeErrors: { masked: true } });
}

async function landingPage() {
  const { ApolloServerPluginLandingPageLocalDefault } =
    await import("@apollo/server/plugin/landingPage/default");
  return ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false });
}

/** Renders Apollo's landing page as HTML. */
export async function landingPageOf(server: ApolloServer<Context>): Promise<string> {
  const headers = new HeaderMap([["accept", "text/html"]]);
  const { body } = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: "GET", headers, search: "", body: undefined },
    context: () => Promise.reject(new Error("A page needs no context")),
  });
  return body.kind === "complete" ? body.string : "";
}
