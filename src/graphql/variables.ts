/** Variables that do not fit the schema. */
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLInputType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  ValidationContext,
  astFromValue,
  coerceInputValue,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  typeFromAST,
} from "graphql";
import { breachOf } from "../tickets/fields/rules.ts";
import { PublicError } from "./public-error.ts";
import { schema } from "./schema.ts";
import { ScalarInputError } from "./types/scalars.ts";

const MAX_MISFITS = 50;

interface Asked {
  operation: OperationDefinitionNode | undefined;
  variables: Record<string, unknown> | undefined;
  isOpen: boolean;
}

/** Words of graphql-js about a mandatory field that is missing. */
const OF_MISSING =
  /(?:; Field ".+" of required type .+ was not provided|at "[^"]*\.\w+"; Expected non-nullable type .+ not to be null)\.$/;

/**
 * Replaces graphql-js's errors about variables, which repeat the value. Ours name a missing field as an empty one, and otherwise
 * the schema coordinate and the expected type, without a value. `isOpen`: only those about a missing field, and those about an
 * inexact number, which the request handler has made Infinity.
 */
export function explainVariables(errors: GraphQLError[], { operation, variables = {}, isOpen }: Asked): void {
  if (!errors.some(isMisfit)) return;
  const ours = (operation?.variableDefinitions ?? []).flatMap((definition) => {
    const name = definition.variable.name.value;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined && definition.defaultValue) return [];
    const type = typeFromAST(schema, definition.type) as GraphQLInputType; // validation has made sure of that
    return [...misfitsIn(value, type, `A variable of type ${String(type)}`)];
  });
  const keepsOthers = isOpen && !errors.some(({ message }) => message.includes("Infinity"));
  const explained = keepsOthers
    ? [...ours.filter(({ breach }) => breach), ...errors.filter(({ message }) => !OF_MISSING.test(message))]
    : ours;
  errors.splice(0, errors.length, ...explained.slice(0, MAX_MISFITS));
}

function isMisfit({ nodes, extensions: { code } }: GraphQLError): boolean {
  return code === "BAD_USER_INPUT" && nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
}

const misfit = (message: string) => new PublicError("BAD_USER_INPUT", { message });

/** Names a mandatory field that is missing as one that is empty. `field`: its path in the input; empty for the input itself. */
function missing(field: string, whole: string): PublicError {
  if (field === "") return misfit(`${whole} is required.`);
  const { message, rule } = breachOf("REQUIRED");
  return new PublicError("BAD_USER_INPUT", { message: `${field}: ${message}` }, { field, rule, limit: null });
}

/** Explains each field of an input that does not fit, and any other value as a whole. */
function* misfitsIn(value: unknown, type: GraphQLInputType, coordinate: string, path = ""): Generator<PublicError> {
  const needed = getNullableType(type);
  if (value === undefined || value === null) {
    if (isNonNullType(type)) yield missing(path, coordinate);
    return;
  }
  if (!isInputObjectType(needed) || typeof value !== "object" || Array.isArray(value)) {
    const error = refusalOf(value, type);
    if (error) yield misfit(`${coordinate} must have the type ${String(needed)}.${adviceOn(needed, error)}`);
    return;
  }
  const fields = needed.getFields();
  for (const { name, type: ofField, defaultValue } of Object.values(fields)) {
    const { [name]: inField = defaultValue } = value as Record<string, unknown>;
    yield* misfitsIn(inField, ofField, `${needed.name}.${name}`, path === "" ? name : `${path}.${name}`);
  }
  if (!Object.keys(value).every((name) => Object.hasOwn(fields, name)))
    yield misfit(`The input has a field that ${needed.name} does not have.`);
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

/**
 * Refuses nulls that a default value hides: null is still allowed for `$first: Int = 20` where a value is required
 * (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-Are-Allowed). graphql-js would find that for each object again.
 * So the variable gets the required type, and the default of the argument if it has none.
 */
export function refuseHiddenNulls(document: DocumentNode): void {
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {});
  // Every operation, because the document may be kept for the others.
  for (const operation of document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION))
    for (const usage of context.getRecursiveVariableUsages(operation)) {
      const variable = operation.variableDefinitions!.find(
        (each) => each.variable.name.value === usage.node.name.value,
      )!;
      if (!isNonNullType(usage.type) || variable.type.kind === Kind.NON_NULL_TYPE) continue;
      const type = { kind: Kind.NON_NULL_TYPE, type: variable.type };
      const given = variable.defaultValue ?? astFromValue(usage.defaultValue, usage.type);
      const defaultValue = given?.kind === Kind.NULL ? undefined : given; // a null by default does not fit either
      Object.assign(variable, { type, defaultValue });
    }
}
