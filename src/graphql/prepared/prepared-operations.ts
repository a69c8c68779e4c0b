import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import type { DocumentNode } from "graphql";
import type { Context } from "../context.ts";
import { asksForSchema } from "../plugins/introspection-guard.ts";
import { type OperationFacts, factsOf } from "../plugins/operation-log.ts";
import { documentCache } from "./document-cache.ts";

/** An operation that Apollo has parsed, validated and measured against the limits. */
export interface PreparedOperation {
  document: DocumentNode;
  /** Name by which requests choose the operation; null when the document has only this one. */
  name: string | null;
  /** Facts for the log. */
  facts: OperationFacts;
}

/** A document and those of its operations that were asked for, by name. */
interface PreparedDocument {
  document: DocumentNode;
  operations: Map<string | null, PreparedOperation>;
}

/**
 * Operations that need no work before they are executed, by the exact text of their document. Apollo prepares them: the plugin gets
 * each operation after the last of Apollo's checks. Operations that ask for the schema are left out, so that introspectionGuard
 * remains the only way to it.
 */
export class PreparedOperations {
  readonly #documents = documentCache<PreparedDocument>();

  find({ query = "", operationName }: GraphQLRequest): PreparedOperation | undefined {
    return this.#documents.get(query)?.operations.get(operationName ?? null);
  }

  /** Forgets every operation. */
  clear(): void {
    this.#documents.clear();
  }

  readonly plugin: ApolloServerPlugin<Context> = {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: async ({ source, document, operation, request, schema }) => {
          // Without an operation the request has an unknown name, and Apollo refuses it later.
          if (!operation || asksForSchema(document)) return;
          const prepared = this.#documents.get(source) ?? { document, operations: new Map() };
          const name = request.operationName ?? null;
          const facts = factsOf(operation, schema);
          prepared.operations.set(name, { document: prepared.document, name, facts });
          this.#documents.set(source, prepared);
        },
      }),
  };
}
