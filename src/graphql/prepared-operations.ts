import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import type { DocumentNode, GraphQLSchema } from "graphql";
import { LRUCache } from "lru-cache";
import type { Context } from "./context.ts";
import { bytesOf } from "./plugins/document-limits.ts";
import { type OperationFacts, factsOf } from "./plugins/operation-log.ts";
import { asksForSchema } from "./scopes.ts";

/** A document that Apollo has parsed, validated and measured against the limits. */
interface PreparedDocument {
  document: DocumentNode;
  bytes: number;
  /** Facts for the log about each operation that was asked for, by the name in the request; undefined when it names none. */
  operations: Map<string | undefined, OperationFacts>;
}

/**
 * Operations that need no work before they are executed, by the exact text of their document. Apollo prepares them: the plugin gets each operation
 * after the last of Apollo's checks. Those that ask for the schema are left out, so that introspectionGuard remains the only way to it.
 */
export function preparedOperations(schema: GraphQLSchema) {
  const documents = documentCache<PreparedDocument>();
  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: async () => ({
      didResolveOperation: async ({ source, document, operation, request, contextValue: { record } }) => {
        if (!operation) return; // the request has an unknown name, and Apollo refuses it later
        record.facts = factsOf(operation, document, schema);
        if (asksForSchema(document)) return;
        const bytes = bytesOf(document);
        const prepared = documents.get(source) ?? { document, bytes, operations: new Map() };
        prepared.operations.set(request.operationName, record.facts);
        documents.set(source, prepared);
      },
    }),
  };
  return {
    plugin,
    /** Returns the operation of a request. Null: it is not prepared. */
    find({ query = "", operationName }: GraphQLRequest) {
      const prepared = documents.get(query);
      const facts = prepared?.operations.get(operationName);
      return prepared && facts ? { ...prepared, facts } : null;
    },
    clear: () => documents.clear(),
  };
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
