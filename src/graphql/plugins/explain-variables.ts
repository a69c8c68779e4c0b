/** Tells a caller why variables do not fit the schema. graphql-js's own messages repeat the value, often the whole input. */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type GraphQLError,
  type GraphQLInputType,
  Kind,
  coerceInputValue,
  getNullableType,
  isEnumType,
  isInputObjectType,
  typeFromAST,
} from "graphql";
import { PublicError } from "../public-error.ts";
import { ScalarInputError } from "../types/scalars.ts";

const MAX_MISFITS = 50;

/**
 * Replaces graphql-js's errors about variables, by schema coordinate and expected type: no value and no unknown name is shown. `isOpen`: only those
 * about an inexact number, which the request handler has made Infinity.
 */
export const explainVariables = (isOpen: boolean): ApolloServerPlugin => ({
  requestDidStart: async () => ({
    async didEncounterErrors({ errors, schema, operation, request: { variables = {} } }) {
      if (!errors.some((error) => isMisfit(error) && (!isOpen || error.message.includes("Infinity")))) return;
      const messages = (operation?.variableDefinitions ?? []).flatMap((definition) => {
        const name = definition.variable.name.value;
        const value = Object.hasOwn(variables, name) ? (variables[name] as unknown) : undefined;
        if (value === undefined && definition.defaultValue) return [];
        const type = typeFromAST(schema, definition.type) as GraphQLInputType; // validation has made sure of that
        return [...misfitsIn(value, type, `A variable of type ${String(type)}`)];
      });
      const explained = messages
        .slice(0, MAX_MISFITS)
        .map((message) => new PublicError("BAD_USER_INPUT", { message }));
      (errors as GraphQLError[]).splice(0, errors.length, ...explained);
    },
  }),
});

function isMisfit({ nodes, extensions: { code } }: GraphQLError): boolean {
  return code === "BAD_USER_INPUT" && nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

/** Explains each field of an input that does not fit, and any other value as a whole. */
function* misfitsIn(value: unknown, type: GraphQLInputType, place: string): Generator<string> {
  const needed = getNullableType(type);
  if (!isInputObjectType(needed) || typeof value !== "object" || value === null || Array.isArray(value)) {
    const error = refusalOf(value, type);
    if (error && (value === undefined || value === null))
      yield `${place} is required and has the type ${String(type)}.`;
    else if (error) yield `${place} must have the type ${String(needed)}.${adviceOn(needed, error)}`;
    return;
  }
  const fields = needed.getFields();
  for (const field of Object.values(fields)) {
    const { [field.name]: inField = field.defaultValue } = value as Record<string, unknown>;
    yield* misfitsIn(inField, field.type, `${needed.name}.${field.name}`);
  }
  if (!Object.keys(value).every((name) => Object.hasOwn(fields, name)))
    yield `The input has a field that ${needed.name} does not have.`;
}

function refusalOf(value: unknown, type: GraphQLInputType): GraphQLError | null {
  try {
    coerceInputValue(value, type); // throws at the first misfit
    return null;
  } catch (error) {
    return error as GraphQLError;
  }
}

function adviceOn(type: GraphQLInputType, { originalError }: GraphQLError): string {
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return ` Send one of ${names.join(", ")}.`;
  }
  return originalError instanceof ScalarInputError ? ` ${originalError.message}` : "";
}
