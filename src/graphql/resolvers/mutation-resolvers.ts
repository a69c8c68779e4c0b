import { getMetadataStorage } from "type-graphql";
import type { Context } from "../context.ts";
import { inputCheck } from "../inputs/validate.ts";
import type { Resolver } from "../scopes.ts";
import { TicketMutations } from "./mutations.ts";

type Method = (input: object, context: Context) => unknown;

/**
 * Makes the resolvers of TicketMutations. A mutation takes an input and the context; invalid input is answered with a payload's problems,
 * which a router does not redact as it does errors. TypeGraphQL's own resolvers sort the parameters, build the input twice and await
 * every argument, all anew for each request. Without them a create takes 6 to 10 % less CPU (lower quartiles and medians of 80 slices,
 * both ways in turn in one warm process on Node 26).
 * Throws for a mutation that has other parameters, middleware or roles, because only TypeGraphQL's resolvers know them.
 */
export function mutationResolvers(): Record<string, Resolver> {
  const mutations = new TicketMutations() as unknown as Readonly<Record<string, Method>>;
  return Object.fromEntries(
    getMetadataStorage().mutations.map(
      ({ methodName, schemaName, params = [], middlewares = [], roles = [] }) => {
        const [input, context, ...others] = params.toSorted((one, other) => one.index - other.index);
        const takesInput = input?.kind === "arg" && !input.typeOptions.array && !input.typeOptions.nullable;
        const takesContext = context?.kind === "context" && context.propertyName === undefined;
        if (!takesInput || !takesContext || others.length > 0)
          throw new Error(`${methodName} must take one input and the context`);
        if (middlewares.length > 0 || roles.length > 0)
          throw new Error(`${methodName} must have no middleware and no roles`);
        const check = inputCheck(input.getType() as Function);
        const resolve: Resolver = (_, args, requestContext) => {
          // A copy, because one variable may be the input of several mutations.
          const checked = { ...(args as Record<string, Record<string, unknown>>)[input.name] };
          const problems = check(checked);
          if (problems.length > 0) return { ticket: null, submission: null, problems, replayed: false };
          return mutations[methodName]!(checked, requestContext);
        };
        return [schemaName, resolve];
      },
    ),
  );
}
