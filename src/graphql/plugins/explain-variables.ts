/**
 * Tells a caller of production why variables do not fit the schema, by schema coordinate and expected type. graphql-js's own
 * messages repeat the value, often the whole input, and names that the caller made up.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  typeFromAST,
} from "graphql";
import type { ErrorCode } from "../../errors.ts";
import { ScalarInputError } from "../types/scalars.ts";

const CODE: ErrorCode = "BAD_USER_INPUT";
/** Largest number of misfits in one answer. */
const MAX_MISFITS = 50;

/** Replaces the errors about variables in an answer. `formatError` cannot do this, because it does not see the variables. */
export const explainVariables: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendResponse({ schema, operation, request, errors, response: { body } }) {
        const isAboutVariables = errors?.some((error) => error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION);
        if (!isAboutVariables || !operation || body.kind !== "single") return;
        const messages = variableMisfits(schema, operation, request.variables ?? {});
        if (messages.length === 0) return;
        body.singleResult.errors = messages
          .slice(0, MAX_MISFITS)
          .map((message) => ({ message, extensions: { code: CODE } }));
      },
    };
  },
};

/** One sentence for each place in `variables` that does not fit `operation`. */
function variableMisfits(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string[] {
  return (operation.variableDefinitions ?? []).flatMap((definition) => {
    const type = typeFromAST(schema, definition.type);
    const value = variables[definition.variable.name.value];
    if (!type || (value === undefined && definition.defaultValue)) return [];
    return [...misfits(`A variable of type ${String(type)}`, type as GraphQLInputType, value)];
  });
}

function* misfits(place: string, type: GraphQLInputType, value: unknown): Generator<string> {
  if (isNonNullType(type)) {
    if (value === undefined || value === null) yield `${place} is required and has the type ${String(type)}.`;
    else yield* misfits(place, type.ofType, value);
  } else if (value === undefined || value === null) {
    return;
  } else if (isListType(type)) {
    for (const item of Array.isArray(value) ? value : [value]) yield* misfits(place, type.ofType, item);
  } else if (isInputObjectType(type)) {
    yield* typeof value === "object" && !Array.isArray(value)
      ? objectMisfits(type, value as Record<string, unknown>)
      : [`${place} must be an object.`];
  } else {
    try {
      type.parseValue(value);
    } catch (error) {
      yield `${place} must have the type ${String(type)}.${adviceFor(type, error)}`;
    }
  }
}

function adviceFor(type: GraphQLInputType, error: unknown): string {
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return ` Send one of ${names.join(", ")}.`;
  }
  return error instanceof ScalarInputError ? ` ${error.message}` : "";
}

function* objectMisfits(
  type: GraphQLInputObjectType,
  value: Readonly<Record<string, unknown>>,
): Generator<string> {
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    if (value[field.name] === undefined && field.defaultValue !== undefined) continue;
    yield* misfits(`${type.name}.${field.name}`, field.type, value[field.name]);
  }
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name)).length;
  if (unknown > 0)
    yield `The input has ${unknown} ${unknown > 1 ? "fields" : "field"} that ${type.name} does not have.`;
}
