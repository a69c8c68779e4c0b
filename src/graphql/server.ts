import type { IncomingHttpHeaders } from "node:http";
import { setImmediate } from "node:timers/promises";
import { ApolloServer, type GraphQLRequest, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import { type ExecutionResult, type GraphQLError, type GraphQLFormattedError, execute } from "graphql";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { type Caller, isIdentified } from "../identity/principal.ts";
import type { RequestLoad } from "../request-load.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import { Context, type ContextParts } from "./context.ts";
import {
  DOCUMENT_LIMITS,
  type KnownDocument,
  MAX_FAULTS,
  type Prepared,
  memoryOf,
  createDocumentCache,
  prepare,
} from "./documents.ts";
import { maskError } from "./masking.ts";
import { factsOf, traceParentIn } from "./operation-log.ts";
import { PublicError } from "./public-error.ts";
import { schema, weigh } from "./schema.ts";
import { asksForSchema, checkScope } from "./scopes.ts";
import { explainVariables, refuseHiddenNulls } from "./variables.ts";
import { MAX_WEIGHT } from "./weight.ts";

/** Header and value by which a router asks for a federated trace. */
const TRACE = ["apollo-federation-include-trace", "ftv1"] as const;

/** The part of an HTTP request that Apollo's trace plugin reads. */
const REQUEST_FOR_TRACE = { method: "POST", headers: new HeaderMap([TRACE]), search: "", body: undefined };

/** Discards Apollo's own log lines, which may quote anything. Everything important is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Most distinct errors in one answer. */
export const MAX_ERRORS = 100;

/** Facts about the HTTP request of some operations. */
export interface RequestFacts {
  requestId: string;
  headers: IncomingHttpHeaders;
  caller: Caller;
  /** Time by which the request must be answered. Milliseconds of the monotonic clock. */
  deadline: number;
  load: RequestLoad;
}

export type GraphQLServer = Awaited<ReturnType<typeof startServer>>;

/** Status of HTTP, and JSON text. */
type Answer = { status: number; body: string };

/** Result with the errors as they were thrown. */
type Result = ExecutionResult & { status: number };

/** Starts a GraphQL server without a transport. `isOpen`: graphql-js's messages pass. `isSchemaOpen`: all may read the schema. */
export async function startServer(
  { isOpen, isSchemaOpen, ...parts }: ContextParts & { isOpen: boolean; isSchemaOpen: boolean },
  observe: Observe,
) {
  const knownDocuments = createDocumentCache<KnownDocument>();
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true, // for callers with the scope
    formatError: (_, error) => error as GraphQLFormattedError, // masked in executeOne
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: null, // known documents need none, and Apollo counts no comments
    parseOptions: { maxTokens: DOCUMENT_LIMITS.tokens },
    ...(!isOpen && {
      validationOptions: { maxErrors: MAX_FAULTS },
      executionOptions: { maxCoercionErrors: 1 }, // explainVariables reports the others
    }),
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo may depend on the environment
    apollo: {},
    logger: SILENT,
    plugins: [
      {
        requestDidStart: async () => ({
          async didResolveOperation({ source, document, operation, request, contextValue }) {
            refuseHiddenNulls(document);
            if (!operation) return; // the request has an unknown name, and Apollo refuses it later
            const facts = factsOf(operation, document, schema);
            contextValue.record.facts = facts;
            // A document that asks for the schema never becomes known: this remains the only way to it. Nor does one of a caller
            // without an identity, which would push out those of others.
            if (asksForSchema(document)) {
              if (!isSchemaOpen) checkScope(contextValue.caller, "schema:read");
            } else if (isIdentified(contextValue.caller)) {
              const { operations = new Map() } = knownDocuments.get(source) ?? {};
              const weighed = weigh(operation, document, request.variables ?? {});
              operations.set(request.operationName, { document, operation, facts, weighed });
              knownDocuments.set(source, { bytes: memoryOf(document), operations });
            }
          },
          didEncounterErrors: async ({ errors, operation, request: { variables } }) =>
            explainVariables(errors as GraphQLError[], { operation, variables, isOpen }),
        }),
        unexpectedErrorProcessingRequest: async ({ error, requestContext: { contextValue } }) => {
          const { requestId } = contextValue.record.correlation;
          observe("graphql.internal_error", { requestId, ...faultOf(error) });
        },
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
    execute: executeAll,
    async [Symbol.asyncDispose]() {
      knownDocuments.clear(); // so that Apollo refuses whatever still comes
      await apollo.stop();
    },
  };

  /** Runs a request, or a list of queries one by one, which are weighed together. Rejects for a fault of this service alone. */
  async function executeAll(
    asked: GraphQLRequest | readonly GraphQLRequest[],
    { requestId, headers, caller, deadline, load }: RequestFacts,
  ): Promise<Answer | ErrorCode> {
    const [requests, isList] = Array.isArray(asked) ? [asked, true] : [[asked as GraphQLRequest], false];
    const isTraced = headers[TRACE[0]] === TRACE[1];
    const all: Prepared[] = [];
    for (const request of requests) {
      if (all.length > 0) await setImmediate(); // others are served between the documents of a list
      const prepared = prepare(request, knownDocuments, isTraced);
      if (typeof prepared === "string") return prepared;
      all.push(prepared);
    }
    if (isList && all.some(({ isMutation }) => isMutation)) return "BATCHING_NOT_SUPPORTED";
    const weight = all.reduce((sum, each) => sum + each.weight, 0);
    if (weight <= MAX_WEIGHT && !(await load.enter(weight))) return "OVERLOADED";
    const traceParent = traceParentIn(headers);
    const begun = { mutations: 0, references: 0 };
    const answers: Answer[] = [];
    for (const each of all) {
      if (answers.length > 0) await setImmediate(); // and between two operations of it
      const context = new Context(parts, begun, { caller, deadline, requestId, traceParent });
      const result = weight > MAX_WEIGHT ? tooExpensive(weight) : await executeOne(each, context, isTraced);
      answers.push(answerOf(result, context));
    }
    return isList ? { status: 200, body: `[${answers.map(({ body }) => body).join()}]` } : answers[0]!;
  }

  async function executeOne(
    { request, known, broken }: Prepared,
    context: Context,
    isTraced: boolean,
  ): Promise<Result> {
    if (broken.length > 0) return { status: 400, errors: broken };
    if (!known) return executeNew(request, context, isTraced);
    // Apollo's hash of the document, headers and promises for each hook of each plugin need much of a create's time.
    const { operationName, variables: variableValues = {} } = request;
    context.record.facts = known.facts;
    const args = { schema, document: known.document, operationName, variableValues, contextValue: context };
    const executed = await execute({ ...args, options: { maxCoercionErrors: 0 } });
    // Without data nothing has run (https://spec.graphql.org/October2021/#sec-Data); Apollo explains variables that do not fit.
    return executed.data === undefined ? executeNew(request, context, isTraced) : { ...executed, status: 200 };
  }

  function answerOf({ status, data, errors, extensions }: Result, { record, caller }: Context): Answer {
    // Thousands of fields may have the same error.
    const thrown = [...new Set(errors)].slice(0, MAX_ERRORS);
    const { requestId } = record.correlation;
    const masked = errors && thrown.map((error) => maskError(error, requestId, isOpen, observe));
    const code = masked?.[0]?.extensions.code;
    record.observeAnswer(observe, caller, { errors: thrown, code, status, hasNoData: data == null });
    const withId = masked?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
    return { status, body: JSON.stringify({ errors: withId, data, extensions }) };
  }

  /** Lets Apollo prepare and execute an operation. */
  async function executeNew(request: GraphQLRequest, contextValue: Context, isTraced: boolean): Promise<Result> {
    // executeHTTPGraphQLRequest is not used, because http/ has already done the rest of that function's work.
    const asked = isTraced ? { ...request, http: REQUEST_FOR_TRACE } : request;
    const { http, body } = await apollo.executeOperation(asked, { contextValue });
    if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
    return { ...(body.singleResult as ExecutionResult), status: http.status ?? 200 };
  }
}

function tooExpensive(weight: number): Result {
  const heavy = `It weighs ${Math.ceil(weight)}, and at most ${MAX_WEIGHT} is allowed.`;
  const message = `${ERRORS.OPERATION_TOO_EXPENSIVE.message} ${heavy}`;
  return { status: 200, errors: [new PublicError("OPERATION_TOO_EXPENSIVE", { message })] };
}
