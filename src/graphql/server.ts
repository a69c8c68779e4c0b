import { ApolloServer, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Observe } from "../telemetry/events.ts";
import type { Context } from "./context.ts";
import { schemaForThoseWhoMay } from "./plugins/introspection-guard.ts";
import { DOCUMENT_LIMITS, documentLimits } from "./plugins/document-limits.ts";
import { explainVariablesPlugin, maskFor } from "./plugins/masking.ts";
import { buildSchema, schema } from "./schema.ts";
import { operationLog } from "./plugins/operation-log.ts";

/** Apollo's own log lines may quote anything; what matters of them is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

interface Options {
  /** Apollo's landing page with the Explorer, and errors that suggest names of the schema. */
  isDevelopment: boolean;
  /** Federated traces (ftv1) in the answers to those who ask for them. Wraps every field for good, so it costs all others. */
  traces: boolean;
}

/** A GraphQL server, without a transport, on a schema of its own where it `traces`. */
export async function graphqlServer(
  { isDevelopment, traces }: Options,
  observe: Observe,
): Promise<ApolloServer<Context>> {
  const served = traces ? buildSchema() : schema;
  return new ApolloServer<Context>({
    schema: served,
    introspection: true, // the plugin below knows who may
    formatError: maskFor(served, observe),
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !isDevelopment,
    persistedQueries: false,
    csrfPrevention: true,
    parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
    validationRules: [documentLimits],
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo's may depend on the environment
    apollo: {},
    logger: SILENT,
    plugins: [
      explainVariablesPlugin,
      schemaForThoseWhoMay,
      operationLog(observe),
      ApolloServerPluginCacheControlDisabled(), // it wraps every field, and nothing here sends cache hints
      traces ? await federatedTraces() : ApolloServerPluginInlineTraceDisabled(),
      isDevelopment ? await landingPage() : ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

// Loaded only where they are wanted.

async function federatedTraces() {
  const { ApolloServerPluginInlineTrace } = await import("@apollo/server/plugin/inlineTrace");
  return ApolloServerPluginInlineTrace({ includeErrors: { masked: true } });
}

async function landingPage() {
  const { ApolloServerPluginLandingPageLocalDefault } =
    await import("@apollo/server/plugin/landingPage/default");
  return ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false });
}

/** The HTML of Apollo's landing page. */
export async function landingPageOf(server: ApolloServer<Context>): Promise<string> {
  const headers = new HeaderMap([["accept", "text/html"]]);
  const { body } = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: "GET", headers, search: "", body: undefined },
    context: () => Promise.reject(new Error("A page needs no context")),
  });
  return body.kind === "complete" ? body.string : "";
}
