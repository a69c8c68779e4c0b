/**
 * Runs prepared operations beside Apollo Server, whose hash of the document, headers, caches, and promises for each hook of each plugin
 * cost more than a tenth of a create: of CPU a create takes 312 µs instead of 361, a query of a ticket 98 instead of 126 (both ways
 * in turn in one warm process on Node 26, lower quartiles of 240 and 80 slices).
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
import { type GraphQLSchema, execute } from "graphql";
import type { Observe } from "../../telemetry/events.ts";
import type { Context } from "../context.ts";
import { type Executed, textOf } from "../execute.ts";
import type { Mask } from "../plugins/masking.ts";
import { observeAnswer } from "../plugins/operation-log.ts";
import type { PreparedOperation } from "./prepared-operations.ts";

/** Runs a prepared operation. Null: the variables do not fit, and nothing has run. */
export type RunPrepared = (
  operation: PreparedOperation,
  variables: Readonly<Record<string, unknown>> | undefined,
  context: Context,
) => Promise<Executed | null>;

/** Ends the coercion of variables at the first error, because Apollo answers. */
const AT_THE_FIRST_MISFIT = { maxCoercionErrors: 0 };

/** Makes the function that runs prepared operations of `schema`. */
export function preparedRunner(schema: GraphQLSchema, mask: Mask, observe: Observe): RunPrepared {
  return async ({ document, name, facts }, variables = {}, contextValue) => {
    const args = { schema, document, operationName: name, variableValues: variables, contextValue };
    const { errors, data } = await execute({ ...args, options: AT_THE_FIRST_MISFIT });
    if (data === undefined) return null; // https://spec.graphql.org/October2021/#sec-Data: execution has not begun
    const { endedBy } = contextValue.bounds;
    const shown = (endedBy ? [endedBy] : errors)?.map(mask);
    observeAnswer(observe, contextValue, facts, shown);
    return { status: 200, body: textOf({ errors: shown, data }, contextValue) };
  };
}
