/**
 * Tells a caller why variables do not fit the schema, by schema coordinate and expected type. graphql-js's own messages repeat
 * the value, often the whole input. Names that the schema does not have are shown in development only.
 */
import type { ApolloServerPlugin, BaseContext, GraphQLRequestListener } from "@apollo/server";
import {
  type GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  typeFromAST,
} from "graphql";
import { didYouMean } from "graphql/jsutils/didYouMean.js";
import { suggestionList } from "graphql/jsutils/suggestionList.js";
import type { ErrorCode } from "../../errors.ts";
import { ScalarInputError } from "../types/scalars.ts";

const CODE: ErrorCode = "BAD_USER_INPUT";
/** Largest number of misfits in one answer. */
const MAX_MISFITS = 50;

/** Replaces the errors about variables in an answer. `formatError` cannot do this, because it does not see the variables. */
export function explainVariables({ showsNames }: { showsNames: boolean }): ApolloServerPlugin {
  const describeUnknown = showsNames ? nameUnknownFields : countUnknownFields;
  const listener: GraphQLRequestListener<BaseContext> = {
    async willSendResponse({ schema, operation, request, errors, response: { body } }) {
      if (!errors?.some(isAboutVariables) || !operation || body.kind !== "single") return;
      const messages = variableMisfits(schema, operation, request.variables ?? {}, describeUnknown);
      if (messages.length === 0) return;
      body.singleResult.errors = messages
        .slice(0, MAX_MISFITS)
        .map((message) => ({ message, extensions: { code: CODE } }));
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

function isAboutVariables({ nodes }: GraphQLError): boolean {
  return nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

/** Describes fields of a value that its type does not have. */
type DescribeUnknown = (type: GraphQLInputObjectType, unknown: readonly string[]) => string[];

/** One sentence for each place in `variables` that does not fit `operation`. */
function variableMisfits(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  describeUnknown: DescribeUnknown,
): string[] {
  return (operation.variableDefinitions ?? []).flatMap((definition) => {
    const type = typeFromAST(schema, definition.type);
    const value = variables[definition.variable.name.value];
    if (!type || (value === undefined && definition.defaultValue)) return [];
    return [
      ...misfits(`A variable of type ${String(type)}`, type as GraphQLInputType, value, describeUnknown),
    ];
  });
}

function* misfits(
  place: string,
  type: GraphQLInputType,
  value: unknown,
  describeUnknown: DescribeUnknown,
): Generator<string> {
  if (isNonNullType(type)) {
    if (value === undefined || value === null) yield `${place} is required and has the type ${String(type)}.`;
    else yield* misfits(place, type.ofType, value, describeUnknown);
  } else if (value === undefined || value === null) {
    return;
  } else if (isListType(type)) {
    for (const item of Array.isArray(value) ? value : [value])
      yield* misfits(place, type.ofType, item, describeUnknown);
  } else if (isInputObjectType(type)) {
    yield* typeof value === "object" && !Array.isArray(value)
      ? objectMisfits(type, value as Record<string, unknown>, describeUnknown)
      : [`${place} must be an object.`];
  } else {
    try {
      type.parseValue(value);
    } catch (error) {
      yield mustHaveType(place, type, error);
    }
  }
}

function* objectMisfits(
  type: GraphQLInputObjectType,
  value: Readonly<Record<string, unknown>>,
  describeUnknown: DescribeUnknown,
): Generator<string> {
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    if (value[field.name] === undefined && field.defaultValue !== undefined) continue;
    yield* misfits(`${type.name}.${field.name}`, field.type, value[field.name], describeUnknown);
  }
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
  if (unknown.length > 0) yield* describeUnknown(type, unknown);
}

/** Sentence about a value that does not have its type. `error`: the scalar's refusal, which may hold advice. */
export function mustHaveType(place: string, type: GraphQLInputType, error: unknown): string {
  const named = getNamedType(type);
  const values = isEnumType(named)
    ? ` Send one of ${named
        .getValues()
        .map(({ name }) => name)
        .join(", ")}.`
    : "";
  const advice = error instanceof ScalarInputError ? ` ${error.message}` : "";
  return `${place} must have the type ${String(type)}.${values}${advice}`;
}

function countUnknownFields(type: GraphQLInputObjectType, { length }: readonly string[]): string[] {
  return [`The input has ${length} ${length > 1 ? "fields" : "field"} that ${type.name} does not have.`];
}

/** graphql-js's own sentences. A key of JSON that is no name of GraphQL may be anything, even a card number, and is only counted. */
function nameUnknownFields(type: GraphQLInputObjectType, unknown: readonly string[]): string[] {
  const { names = [], others = [] } = Object.groupBy(unknown, (key) => (isName(key) ? "names" : "others"));
  const known = Object.keys(type.getFields());
  return [
    ...names.map(
      (name) =>
        `Field "${name}" is not defined by type "${type.name}".${didYouMean(suggestionList(name, known))}`,
    ),
    ...(others.length > 0 ? countUnknownFields(type, others) : []),
  ];
}

/** Tells whether a text is a name by GraphQL's grammar: https://spec.graphql.org/October2021/#Name */
export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z_0-9]*$/.test(text);
}
