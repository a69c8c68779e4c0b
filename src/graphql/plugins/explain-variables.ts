/**
 * Says why variables do not fit the schema, in schema terms. graphql-js's own messages repeat the value, often the
 * whole input, and names that the client made up; these name schema coordinates and types only.
 */
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  isInputObjectType,
  isListType,
  isNonNullType,
  typeFromAST,
} from "graphql";
import { WrongKind } from "../types/scalars.ts";

/** One message for each place in `variables` that does not fit `operation`; none when all fit. */
export function explainVariables(
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
    if (value === undefined || value === null) yield `${place} is required: expected ${String(type)}.`;
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
      yield `${place} must be ${String(type)}.${error instanceof WrongKind ? ` ${error.message}` : ""}`;
    }
  }
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
    yield `${type.name} has been given ${unknown} field${unknown > 1 ? "s" : ""} that it does not have.`;
}
