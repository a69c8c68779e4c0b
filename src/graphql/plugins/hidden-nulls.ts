/**
 * Refusal of nulls that a default value hides. With `$first: Int = 20` a variable fits a place that needs a value, and null is still allowed
 * (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-Are-Allowed). graphql-js would find it for each object at such a place again. So
 * the variable gets the type that the place needs: its default still counts, and a null does not fit from the beginning.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { Kind, TypeInfo, ValidationContext, isNonNullType } from "graphql";

export const hiddenNulls: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      async didResolveOperation({ operation, document, schema }) {
        const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {});
        const usages = operation ? context.getRecursiveVariableUsages(operation) : [];
        const needed = new Set(
          usages.flatMap(({ node, type }) => (isNonNullType(type) ? node.name.value : [])),
        );
        for (const definition of operation?.variableDefinitions ?? []) {
          const { variable, type } = definition;
          if (needed.has(variable.name.value) && type.kind !== Kind.NON_NULL_TYPE)
            Object.assign(definition, { type: { kind: Kind.NON_NULL_TYPE, type } });
        }
      },
    }),
};
