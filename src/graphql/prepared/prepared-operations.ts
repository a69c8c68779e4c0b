/**
 * Operations that need no work before they are executed. They run beside Apollo Server, whose hash of the document, headers, caches, and promises
 * for each hook of each plugin cost more than a tenth of a create.
 *
 * | step of Apollo Server | here |
 * | --- | --- |
 * | hash, look up, parse, validate, choose the operation | done by Apollo when it prepared the operation |
 * | introspectionGuard | not needed, because operations that ask for the schema are not prepared |
 * | execute | the same function of graphql-js; it ends at the first misfit of the variables |
 * | variables that do not fit | left to Apollo, which begins anew, because nothing has run |
 * | formatError | the same function |
 * | operationLog | the function behind this plugin |
 * | the JSON text | the same function |
 * | federated traces | left to Apollo's server for traces |
 */
import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import { type DocumentNode, type GraphQLSchema, execute } from "graphql";
import type { Observe } from "../../telemetry/events.ts";
import type { Context } from "../context.ts";
import { type Executed, textOf } from "../execute.ts";
import { asksForSchema } from "../plugins/introspection-guard.ts";
import type { Mask } from "../plugins/masking.ts";
import { type OperationFacts, factsOf, observeAnswer } from "../plugins/operation-log.ts";
import { documentCache } from "./document-cache.ts";

/** A document that Apollo has parsed, validated and measured against the limits. */
interface PreparedDocument {
  document: DocumentNode;
  /** Facts for the log about each operation that was asked for, by the name in the request; null when it names none. */
  operations: Map<string | null, OperationFacts>;
}

/** Ends the coercion of variables at the first error, because Apollo answers. */
const AT_THE_FIRST_MISFIT = { maxCoercionErrors: 0 };

/**
 * Prepared operations of a schema, by the exact text of their document. Apollo prepares them: the plugin gets each operation after the last of
 * Apollo's checks. Operations that ask for the schema are left out, so that introspectionGuard remains the only way to it.
 */
export class PreparedOperations {
  readonly #documents = documentCache<PreparedDocument>();
  readonly #schema: GraphQLSchema;
  readonly #mask: Mask;
  readonly #observe: Observe;

  constructor(schema: GraphQLSchema, mask: Mask, observe: Observe) {
    this.#schema = schema;
    this.#mask = mask;
    this.#observe = observe;
  }

  /** Runs a request. Null: its operation is not prepared, or its variables do not fit, and nothing has run. */
  async execute(
    { query = "", operationName, variables = {} }: GraphQLRequest,
    contextValue: Context,
  ): Promise<Executed | null> {
    const { document, operations } = this.#documents.get(query) ?? {};
    const name = operationName ?? null;
    const facts = operations?.get(name);
    if (!document || !facts) return null;
    const args = {
      schema: this.#schema,
      document,
      operationName: name,
      variableValues: variables,
      contextValue,
    };
    const { errors, data } = await execute({ ...args, options: AT_THE_FIRST_MISFIT });
    if (data === undefined) return null; // https://spec.graphql.org/October2021/#sec-Data: execution has not begun
    const { endedBy } = contextValue.bounds;
    const shown = (endedBy ? [endedBy] : errors)?.map(this.#mask);
    observeAnswer(this.#observe, contextValue, facts, shown);
    return { status: 200, body: textOf({ errors: shown, data }, contextValue) };
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
          prepared.operations.set(request.operationName ?? null, factsOf(operation, document, schema));
          this.#documents.set(source, prepared);
        },
      }),
  };
}
