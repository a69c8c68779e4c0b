/**
 * Refusal of nulls that a default value hides. With `$first: Int = 20` a variable fits a place that needs a value, and null is still allowed
 * (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-Are-Allowed). graphql-js would find it for each object at such a place again. So
 * the variable gets the type that the place needs, and the place's default if it has none: a null does not fit from the beginning.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { Kind, TypeInfo, ValidationContext, astFromValue, isNonNullType } from "graphql";

export const hiddenNulls: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      async didResolveOperation({ operation, document, schema }) {
        const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {});
        const variables = new Map(
          operation?.variableDefinitions?.map((each) => [each.variable.name.value, each]),
        );
        for (const usage of operation ? context.getRecursiveVariableUsages(operation) : []) {
          const variable = variables.get(usage.node.name.value)!;
          if (!isNonNullType(usage.type) || variable.type.kind === Kind.NON_NULL_TYPE) continue;
          const type = { kind: Kind.NON_NULL_TYPE, type: variable.type };
          const defaultValue = variable.defaultValue ?? astFromValue(usage.defaultValue, usage.type);
          Object.assign(variable, { type, defaultValue });
        }
      },
    }),
};
