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
import { explainVariablesPlugin, maskFor } from "./masking.ts";
import { schema } from "./schema.ts";

/** How many lexical tokens a document may have: recursion in parser and validator ends well before the stack does. */
const MAX_TOKENS = 2000;

/** Apollo's own log lines may quote anything; what matters of them is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The GraphQL server, without a transport. `introspection`: whether the schema may be asked for. */
export function graphqlServer(
  { introspection }: { introspection: boolean },
  observe: Observe,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    introspection,
    formatError: maskFor(schema, observe),
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !introspection,
    persistedQueries: false,
    csrfPrevention: true,
    parseOptions: { maxTokens: MAX_TOKENS },
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo's may depend on the environment
    apollo: {},
    logger: SILENT,
    stringifyResult: (result) => JSON.stringify(result),
    plugins: [
      explainVariablesPlugin,
      // Both of these wrap every field. Nothing here sends cache hints.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
