/**
 * Operations that need no work before they are executed. They run beside Apollo Server, whose hash of the document, headers, caches, and promises
 * for each hook of each plugin take a good part of a create's time.
 *
 * | step of Apollo Server | here |
 * | --- | --- |
 * | hash, look up, parse, validate, choose the operation | done by Apollo when it prepared the operation |
 * | introspectionGuard | not needed, because operations that ask for the schema are not prepared |
 * | hiddenNulls | done, because it changes the document |
 * | execute, formatError, operationLog, the JSON text | the same functions; execution ends at the first misfit of the variables |
 * | variables that do not fit | left to Apollo, which begins anew, because nothing has run |
 * | federated traces | left to Apollo |
 */
import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import { type DocumentNode, type FormattedExecutionResult, type GraphQLSchema, execute } from "graphql";
import { LRUCache } from "lru-cache";
import type { Observe } from "../telemetry/events.ts";
import type { Context } from "./context.ts";
import { bytesOf } from "./plugins/document-limits.ts";
import type { Mask } from "./plugins/masking.ts";
import { type OperationFacts, factsOf, observeAnswer } from "./plugins/operation-log.ts";
import { asksForSchema } from "./scopes.ts";

export interface Executed {
  status: number;
  body: string;
}

/** A document that Apollo has parsed, validated and measured against the limits. */
interface PreparedDocument {
  document: DocumentNode;
  bytes: number;
  /** Facts for the log about each operation that was asked for, by the name in the request; undefined when it names none. */
  operations: Map<string | undefined, OperationFacts>;
}

/** Ends the coercion of variables at the first error, because Apollo answers. */
const AT_THE_FIRST_MISFIT = { maxCoercionErrors: 0 };

/**
 * Prepared operations of a schema, by the exact text of their document. Apollo prepares them: the plugin gets each operation after the last of
 * Apollo's checks. Operations that ask for the schema are left out, so that introspectionGuard remains the only way to it.
 */
export function preparedOperations(schema: GraphQLSchema, mask: Mask, observe: Observe) {
  const documents = documentCache<PreparedDocument>();

  /** Runs a request. Null: its operation is not prepared, or its variables do not fit, and nothing has run. */
  const executePrepared = async (
    { query = "", operationName, variables: variableValues = {} }: GraphQLRequest,
    contextValue: Context,
  ): Promise<Executed | null> => {
    const prepared = documents.get(query);
    const facts = prepared?.operations.get(operationName);
    if (!prepared || !facts || !contextValue.spent.hold("document", prepared.bytes)) return null;
    const args = { schema, document: prepared.document, operationName, variableValues, contextValue };
    const { errors, data } = await execute({ ...args, options: AT_THE_FIRST_MISFIT });
    if (data === undefined) return null; // https://spec.graphql.org/October2021/#sec-Data: execution has not begun
    const thrown = contextValue.bounds.answered(errors);
    contextValue.record.addErrors(thrown);
    const shown = thrown?.map(mask);
    observeAnswer(observe, contextValue, facts, shown);
    return { status: 200, body: textOf({ ...(shown && { errors: shown }), data }, contextValue) };
  };

  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      didResolveOperation: async ({ source, document, operation, request }) => {
        // Without an operation the request has an unknown name, and Apollo refuses it later.
        if (!operation || asksForSchema(document)) return;
        const bytes = bytesOf(document);
        const prepared = documents.get(source) ?? { document, bytes, operations: new Map() };
        prepared.operations.set(request.operationName, factsOf(operation, document, schema));
        documents.set(source, prepared);
      },
    }),
  };
  return { execute: executePrepared, plugin, clear: () => documents.clear() };
}

/** Writes the result of a request as JSON text, with the id of the request in each error. */
export function textOf(
  { errors, data, extensions }: FormattedExecutionResult,
  { record, bounds }: Context,
): string {
  const { requestId } = record.correlation;
  const withId = errors?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
  return JSON.stringify({ errors: withId, data: bounds.isVoid ? null : data, extensions });
}

/**
 * Makes a cache that drops the documents that were used least recently: it holds at most 1000, in 16 MiB, which is about 650 documents like
 * those in examples/. A document that takes more than 2 MiB, twice as much as the longest one without comments, is parsed each time.
 */
export function documentCache<Value extends { bytes: number }>(): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    max: 1000,
    maxSize: 16 * 1024 * 1024,
    maxEntrySize: 2 * 1024 * 1024,
    sizeCalculation: ({ bytes }) => bytes,
  });
}
