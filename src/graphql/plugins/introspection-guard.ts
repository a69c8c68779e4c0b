import type { ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, visit, BREAK } from "graphql";
import type { Context } from "../context.ts";
import { checkScope } from "../scopes.ts";

/** The root fields that tell the schema: GraphQL's own, and Federation's, which answers where those are switched off. */
const ABOUT_THE_SCHEMA = new Set(["__schema", "__type", "_service"]);

const asked = new WeakMap<DocumentNode, boolean>();

function asksForTheSchema(document: DocumentNode): boolean {
  let asks = asked.get(document);
  if (asks === undefined) {
    asks = false;
    visit(document, {
      Field({ name }) {
        if (!ABOUT_THE_SCHEMA.has(name.value)) return undefined;
        asks = true;
        return BREAK;
      },
    });
    asked.set(document, asks);
  }
  return asks;
}

/** Lets the schema be asked for in development, and otherwise by who has the scope for it. */
export const schemaForThoseWhoMay: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      async didResolveOperation({ document, contextValue }) {
        if (!contextValue.schemaIsOpen && asksForTheSchema(document)) checkScope(contextValue, "schema:read");
      },
    }),
};
