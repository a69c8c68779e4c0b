import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Observe } from "../observe/events.ts";
import type { Context } from "./context.ts";
import { schemaForThoseWhoMay } from "./introspection.ts";
import { DOCUMENT_LIMITS, documentLimits } from "./limits.ts";
import { explainVariablesPlugin, maskFor } from "./masking.ts";
import { schema } from "./schema.ts";

/** Apollo's own log lines may quote anything; what matters of them is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The GraphQL server, without a transport. `suggestions`: whether errors may suggest names of the schema. */
export function graphqlServer(
  { suggestions }: { suggestions: boolean },
  observe: Observe,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection: true, // the plugin below knows who may
    formatError: maskFor(schema, observe),
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !suggestions,
    persistedQueries: false,
    csrfPrevention: true,
    parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
    validationRules: [documentLimits],
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo's may depend on the environment
    apollo: {},
    logger: SILENT,
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [
      explainVariablesPlugin,
      schemaForThoseWhoMay,
      // Both of these wrap every field. Nothing here sends cache hints.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
