import { ApolloServer, type GraphQLRequest, type GraphQLServerContext, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import { type ExecutionResult, type GraphQLFormattedError, execute } from "graphql";
import { classOf } from "../errors.ts";
import type { Observe } from "../telemetry/events.ts";
import type { Context } from "./context.ts";
import { DOCUMENT_LIMITS, MAX_FAULTS, measured } from "./plugins/document-limits.ts";
import { explainVariables } from "./plugins/explain-variables.ts";
import { hiddenNulls } from "./plugins/hidden-nulls.ts";
import { errorMask } from "./plugins/masking.ts";
import { observeAnswer } from "./plugins/operation-log.ts";
import { preparedOperations } from "./prepared-operations.ts";
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

export interface Executed {
  status: number;
  body: string;
}

/** Result with the errors as they were thrown. */
type Result = ExecutionResult & { status: number };

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
  const prepared = preparedOperations(schema);
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true, // for callers with the scope
    formatError: (_, error) => error as GraphQLFormattedError, // masked with those of prepared operations
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
      explainVariables(isOpen),
      ...(schemaIsOpen ? [] : [introspectionGuard]),
      hiddenNulls,
      prepared.plugin,
      {
        unexpectedErrorProcessingRequest: async ({ error }) =>
          observe("graphql.internal_error", { error: classOf(error) }),
      },
      ApolloServerPluginInlineTrace(),
      ApolloServerPluginCacheControlDisabled(), // it wraps every field, and this service sends no cache hints
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();
  return {
    async execute(request, contextValue, { traced, turn }) {
      const { record, bounds, spent } = contextValue;
      const known = traced ? null : prepared.find(request);
      let result: Result | null = null;
      if (known && spent.hold("document", known.bytes)) {
        // Apollo's hash of the document, headers and promises for each hook of each plugin take a good part of a create's time.
        const { operationName, variables: variableValues = {} } = request;
        const args = { schema, document: known.document, operationName, variableValues, contextValue };
        const executed = await execute({ ...args, options: { maxCoercionErrors: 0 } });
        record.facts = known.facts;
        // Without data nothing has run (https://spec.graphql.org/October2021/#sec-Data), and Apollo explains the variables that do not fit.
        if (executed.data !== undefined) result = { ...executed, status: 200 };
      }
      result ??= await executeNew(request, contextValue, { traced, turn });
      const thrown = bounds.answered(result.errors);
      record.addErrors(thrown);
      const errors = thrown?.map(mask);
      observeAnswer(observe, contextValue, errors, result.status);
      return { status: result.status, body: textOf(result, errors, contextValue) };
    },
    async [Symbol.asyncDispose]() {
      prepared.clear(); // so that Apollo refuses whatever still comes
      await apollo.stop();
    },
  };

  /** Lets Apollo prepare and execute an operation, within the limits of a document. */
  async function executeNew(
    request: GraphQLRequest,
    contextValue: Context,
    { traced, turn }: ExecuteOptions,
  ): Promise<Result> {
    const measures = (await turn()) ? measured(request, schema) : null;
    if (!measures || !contextValue.spent.hold("document", measures.bytes))
      return { status: 503, errors: [new PublicError("OVERLOADED")] };
    if (measures.broken.length > 0) return { status: 400, errors: measures.broken };
    // executeHTTPGraphQLRequest is not used, because http/ has already done the rest of that function's work.
    const asked = traced ? { ...request, http: REQUEST_FOR_TRACE } : request;
    const { http, body } = await apollo.executeOperation(asked, { contextValue });
    if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
    return { ...(body.singleResult as ExecutionResult), status: http.status ?? 200 };
  }
}

/** Writes a result as JSON text, with the id of the request in each error. */
function textOf(
  { data, extensions }: Result,
  errors: readonly GraphQLFormattedError[] | undefined,
  { record, bounds }: Context,
): string {
  const { requestId } = record.correlation;
  const withId = errors?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
  return JSON.stringify({ errors: withId, data: bounds.isVoid ? null : data, extensions });
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
