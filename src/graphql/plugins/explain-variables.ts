/** Tells a caller why variables do not fit the schema. graphql-js's own messages repeat the value, often the whole input. */
import type { ApolloServerPlugin, BaseContext, GraphQLRequestListener } from "@apollo/server";
import {
  type GraphQLError,
  type GraphQLInputType,
  Kind,
  coerceInputValue,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  typeFromAST,
} from "graphql";
import { PublicError } from "../public-error.ts";
import { ScalarInputError } from "../types/scalars.ts";

/** Largest number of misfits in one answer. */
const MAX_MISFITS = 50;

/**
 * Replaces graphql-js's errors about variables that do not fit, by schema coordinate and expected type: no value is shown, and no name that the
 * schema does not have. `isOpen`: graphql-js's messages are shown, without the input around them.
 */
export function explainVariables({ isOpen }: { isOpen: boolean }): ApolloServerPlugin {
  const messagesAbout = isOpen ? openMessages : closedMessages;
  const listener: GraphQLRequestListener<BaseContext> = {
    async didEncounterErrors({ errors, schema, operation, request: { variables = {} } }) {
      if (!errors.some(isMisfit)) return;
      const messages = (operation?.variableDefinitions ?? []).flatMap((definition) => {
        const name = definition.variable.name.value;
        const value = Object.hasOwn(variables, name) ? (variables[name] as unknown) : undefined;
        if (value === undefined && definition.defaultValue) return [];
        const type = typeFromAST(schema, definition.type) as GraphQLInputType; // validation has made sure of that
        return [...messagesAbout(`A variable of type ${String(type)}`, type, value)];
      });
      const explained = messages
        .slice(0, MAX_MISFITS)
        .map((message) => new PublicError("BAD_USER_INPUT", { message }));
      (errors as GraphQLError[]).splice(0, errors.length, ...explained);
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

function isMisfit({ nodes, extensions: { code } }: GraphQLError): boolean {
  return code === "BAD_USER_INPUT" && nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

function openMessages(place: string, type: GraphQLInputType, value: unknown): string[] {
  const messages: string[] = [];
  coerceInputValue(value, type, (path, _, { message }) => {
    messages.push(`${path.join(".") || place}: ${message}`);
  });
  return messages;
}

function* closedMessages(place: string, type: GraphQLInputType, value: unknown): Generator<string> {
  const around = getNullableType(type);
  if (!isInputObjectType(around) || typeof value !== "object" || value === null || Array.isArray(value)) {
    const misfit = misfitIn(value, type);
    if (misfit && (value === undefined || value === null))
      yield `${place} is required and has the type ${String(type)}.`;
    else if (misfit) yield mustHaveType(place, around, misfit);
    return;
  }
  const fields = around.getFields();
  for (const field of Object.values(fields)) {
    const { [field.name]: inField } = value as Record<string, unknown>;
    if (inField === undefined && field.defaultValue !== undefined) continue;
    yield* closedMessages(`${around.name}.${field.name}`, field.type, inField);
  }
  if (!Object.keys(value).every((name) => Object.hasOwn(fields, name)))
    yield `The input has a field that ${around.name} does not have.`;
}

function misfitIn(value: unknown, type: GraphQLInputType): GraphQLError | null {
  try {
    coerceInputValue(value, type, (_path, _value, error) => {
      throw error;
    });
    return null;
  } catch (error) {
    return error as GraphQLError;
  }
}

function mustHaveType(place: string, type: GraphQLInputType, { originalError }: GraphQLError): string {
  const named = getNamedType(type);
  const names = isEnumType(named) ? named.getValues().map(({ name }) => name) : [];
  const values = names.length > 0 ? ` Send one of ${names.join(", ")}.` : "";
  const advice = originalError instanceof ScalarInputError ? ` ${originalError.message}` : "";
  return `${place} must have the type ${String(type)}.${values}${advice}`;
}
