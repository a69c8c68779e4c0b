import type { ApolloServerPlugin } from "@apollo/server";
import { BREAK, type DocumentNode, visit } from "graphql";
import type { Context } from "../context.ts";
import { checkScope } from "../scopes.ts";

/** Root fields that show the schema. `_service` of Federation answers even where introspection is off. */
const SCHEMA_FIELDS = new Set(["__schema", "__type", "_service"]);

/** Tells whether any operation of a document asks for the schema. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field({ name }) {
      asks ||= SCHEMA_FIELDS.has(name.value);
      return asks ? BREAK : undefined;
    },
  });
  return asks;
}

/** Refuses introspection to callers without the scope, except where the schema is open. */
export const introspectionGuard: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      async didResolveOperation({ document, contextValue: { caller, schemaIsOpen } }) {
        if (!schemaIsOpen && asksForSchema(document)) checkScope(caller, "schema:read");
      },
    }),
};
