import type { IncomingHttpHeaders } from "node:http";
import { setImmediate } from "node:timers/promises";
import { ApolloServer, type GraphQLRequest, type GraphQLServerContext, HeaderMap } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginInlineTrace } from "@apollo/server/plugin/inlineTrace";
import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  execute,
} from "graphql";
import { LRUCache } from "lru-cache";
import type { ErrorCode } from "../errors.ts";
import { type Caller, isIdentified } from "../identity/principal.ts";
import type { Observe } from "../telemetry/events.ts";
import { faultOf } from "../telemetry/faults.ts";
import { traceParentIn } from "../telemetry/traces.ts";
import { hidesCardNumber } from "../tickets/fields/card-number.ts";
import { Budget, Expenses, type Shares } from "./budget.ts";
import { type Context, type ContextParts, createContext } from "./context.ts";
import {
  DOCUMENT_LIMITS,
  MAX_FAULTS,
  bytesOf,
  hasTooManyLines,
  isQuery,
  measureDocument,
} from "./document-limits.ts";
import { createErrorMask } from "./masking.ts";
import { type OperationFacts, factsOf } from "./operation-log.ts";
import { PublicError } from "./public-error.ts";
import { schema } from "./schema.ts";
import { asksForSchema, checkScope } from "./scopes.ts";
import { explainVariables, refuseHiddenNulls } from "./variables.ts";

/** Header and value by which a router asks for a federated trace. */
const TRACE = ["apollo-federation-include-trace", "ftv1"] as const;

/** The part of an HTTP request that Apollo's trace plugin reads. */
const REQUEST_FOR_TRACE = { method: "POST", headers: new HeaderMap([TRACE]), search: "", body: undefined };

/** Discards Apollo's own log lines, which may quote anything. Everything important is thrown or observed. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A document that Apollo has parsed, validated and measured against the limits. */
interface KnownDocument {
  document: DocumentNode;
  bytes: number;
  /** Facts for the log about each operation that was asked for, by the name in the request; undefined when it names none. */
  operations: Map<string | undefined, OperationFacts>;
}

/** Facts about the HTTP request of some operations. */
interface RequestFacts extends Shares {
  requestId: string;
  headers: IncomingHttpHeaders;
  caller: Caller;
  /** Milliseconds of the monotonic clock. */
  deadline: number;
}

/** Status of HTTP, and JSON text. */
type Answer = { status: number; body: string };

/** Result with the errors as they were thrown. */
type Result = ExecutionResult & { status: number };

/**
 * Starts a GraphQL server without a transport. `isOpen`: callers see graphql-js's own messages. `isSchemaOpen`: every caller may read the schema.
 */
export async function startServer(
  { isOpen, isSchemaOpen, ...parts }: ContextParts & { isOpen: boolean; isSchemaOpen: boolean },
  observe: Observe,
) {
  const mask = createErrorMask(observe, { isOpen });
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
      executionOptions: { maxCoercionErrors: 1 }, // explainVariables tells the others
    }),
    stopOnTerminationSignals: false,
    nodeEnv: "production", // no default of Apollo may depend on the environment
    apollo: {},
    logger: SILENT,
    plugins: [
      {
        requestDidStart: async () => ({
          async didResolveOperation({ source, document, operation, request, contextValue }) {
            refuseHiddenNulls(document, schema);
            if (!operation) return; // the request has an unknown name, and Apollo refuses it later
            const facts = factsOf(operation, document, schema);
            contextValue.record.facts = facts;
            // A document that asks for the schema never becomes known: this remains the only way to it. Nor does one of a caller without an identity,
            // which would push out those of others.
            if (asksForSchema(document)) {
              if (!isSchemaOpen) checkScope(contextValue.caller, "schema:read");
            } else if (isIdentified(contextValue.caller)) {
              const { operations = new Map() } = knownDocuments.get(source) ?? {};
              operations.set(request.operationName, facts);
              knownDocuments.set(source, { document, bytes: bytesOf(document), operations });
            }
          },
          didEncounterErrors: async ({ errors, operation, request: { variables } }) =>
            explainVariables(errors as GraphQLError[], { operation, variables, schema, isOpen }),
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

  /** Runs a request, or a list of queries one by one, within one budget. Rejects for a fault of this service alone. */
  async function executeAll(
    asked: GraphQLRequest | readonly GraphQLRequest[],
    { requestId, headers, caller, deadline, hold, turn }: RequestFacts,
  ): Promise<Answer | ErrorCode> {
    const [requests, isList] = Array.isArray(asked) ? [asked, true] : [[asked as GraphQLRequest], false];
    if (requests.some(hasTooManyLines)) return "DOCUMENT_TOO_LONG";
    if (isList && !(await turn())) return "OVERLOADED";
    if (isList && !requests.every(isQuery)) return "BATCHING_NOT_SUPPORTED";
    const traceParent = traceParentIn(headers, (id) => !hidesCardNumber(id));
    const spent = new Expenses();
    const answers: Answer[] = [];
    for (const request of requests) {
      const budget = new Budget({ hold, turn }, headers[TRACE[0]] === TRACE[1], spent);
      if (answers.length > 0) await setImmediate(); // others are served between two operations of a list
      if (!budget.holdAnswer()) return "OVERLOADED";
      const context = createContext(parts, budget, { caller, deadline, requestId, traceParent });
      using _ = context.reads;
      answers.push(await executeOne(request, context));
    }
    return isList ? { status: 200, body: `[${answers.map(({ body }) => body).join()}]` } : answers[0]!;
  }

  async function executeOne(request: GraphQLRequest, context: Context): Promise<Answer> {
    const { record, budget } = context;
    const known = budget.isTraced ? undefined : knownDocuments.get(request.query ?? "");
    const facts = known?.operations.get(request.operationName);
    let result: Result | null = null;
    if (known && facts && budget.shares.hold("document", known.bytes)) {
      // Apollo's hash of the document, headers and promises for each hook of each plugin take a good part of a create's time.
      const { operationName, variables: variableValues = {} } = request;
      const args = { schema, document: known.document, operationName, variableValues, contextValue: context };
      const executed = await execute({ ...args, options: { maxCoercionErrors: 0 } });
      record.facts = facts;
      // Without data nothing has run (https://spec.graphql.org/October2021/#sec-Data), and Apollo explains the variables that do not fit.
      if (executed.data !== undefined) result = { ...executed, status: 200 };
    }
    result ??= await executeNew(request, context);
    const thrown = budget.errorsToAnswer(result.errors);
    record.addErrors(thrown);
    const { requestId } = record.correlation;
    const errors = thrown?.map((error) => mask(error, requestId));
    const { status, extensions } = result;
    record.observeAnswer(observe, context.caller, { errors, status, isVoid: budget.isVoid });
    const withId = errors?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
    const data = budget.isVoid ? null : result.data;
    return { status, body: JSON.stringify({ errors: withId, data, extensions }) };
  }

  /** Lets Apollo prepare and execute an operation, within the limits of a document. */
  async function executeNew(request: GraphQLRequest, contextValue: Context): Promise<Result> {
    const { shares, isTraced } = contextValue.budget;
    const measures = (await shares.turn()) ? measureDocument(request, schema) : null;
    if (!measures || !shares.hold("document", measures.bytes))
      return { status: 503, errors: [new PublicError("OVERLOADED")] };
    if (measures.broken.length > 0) return { status: 400, errors: measures.broken };
    // executeHTTPGraphQLRequest is not used, because http/ has already done the rest of that function's work.
    const asked = isTraced ? { ...request, http: REQUEST_FOR_TRACE } : request;
    const { http, body } = await apollo.executeOperation(asked, { contextValue });
    if (body.kind !== "single") throw new Error("Incremental delivery is not supported");
    return { ...(body.singleResult as ExecutionResult), status: http.status ?? 200 };
  }
}

/**
 * Makes a cache that drops the documents that were used least recently: it holds at most 1000, in 16 MiB, which is about 650 documents like
 * those in examples/. A document that takes more than 2 MiB, twice as much as the longest one without comments, is parsed each time.
 */
export function createDocumentCache<Value extends { bytes: number }>(): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    max: 1000,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 2 * 1024 * 1024,
    sizeCalculation: ({ bytes }) => bytes,
  });
}

/** Renders Apollo's landing page as HTML. Its plugin is loaded only here. */
export async function renderLandingPage(): Promise<string> {
  const { ApolloServerPluginLandingPageLocalDefault: page } =
    await import("@apollo/server/plugin/landingPage/default");
  const noServer = {} as GraphQLServerContext; // the plugin does not look at it
  const listener = await page({ embed: true, footer: false }).serverWillStart?.(noServer);
  const { html = "" } = (await listener?.renderLandingPage?.()) ?? {};
  return typeof html === "string" ? html : html();
}
