/**
 * Refusal of nulls that a default value hides. With `$first: Int = 20` a variable fits a place that needs a value, and null is still allowed
 * (https://spec.graphql.org/October2021/#sec-All-Variable-Usages-Are-Allowed). graphql-js would find it for each object at such a place again. So
 * the variable gets the type that the place needs, and the place's default if it has none: a null does not fit from the beginning.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { Kind, TypeInfo, ValidationContext, astFromValue, isNonNullType } from "graphql";

export const hiddenNulls: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async didResolveOperation({ document, schema }) {
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
    },
  }),
};
