/**
 * Refusal of nulls that a default value hides. With `$first: Int = 20` a variable fits a place that needs a value, and null is still allowed
 * (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-Are-Allowed). graphql-js would find it for each object at such a place again.
 */
import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  ValidationContext,
  isNonNullType,
} from "graphql";
import { PublicError } from "../public-error.ts";

/** Returns the names of an operation's variables for which null would be such an error. */
export function neverNull(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  schema: GraphQLSchema,
): string[] {
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {});
  const usages = context.getRecursiveVariableUsages(operation).filter(({ type }) => isNonNullType(type));
  const needed = new Set(usages.map(({ node }) => node.name.value));
  const nullable =
    operation.variableDefinitions?.filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE) ?? [];
  return nullable.map(({ variable }) => variable.name.value).filter((name) => needed.has(name));
}

/** True when one of these variables is null. */
export function hasNull(names: readonly string[], variables: GraphQLRequest["variables"] = {}): boolean {
  return names.some((name) => variables[name] === null);
}

export const hiddenNulls: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      async didResolveOperation({ operation, document, schema, request: { variables } }) {
        if (operation && hasNull(neverNull(operation, document, schema), variables))
          throw new PublicError("BAD_USER_INPUT", {
            message:
              "A variable is null where the schema needs a value. Leave it out, so that its default counts.",
            extensions: { http: { status: 400 } },
          });
      },
    }),
};
