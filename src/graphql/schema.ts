import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLArgument, type GraphQLSchema, isObjectType, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { validateInput } from "./inputs/validate.ts";
import { TicketMutations } from "./resolvers/mutations.ts";
import { TicketQueries } from "./resolvers/queries.ts";
import { SubmissionFields } from "./resolvers/submission-fields.ts";
import { TicketFields } from "./resolvers/ticket-fields.ts";
import { Entity, ExactRepresentation, resolveReferences } from "./resolvers/references.ts";
import { type Resolver, describeRequiredScopes, withScopeCheck } from "./scopes.ts";
import { ExactId } from "./types/scalars.ts";

const FEDERATION = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag"])`;

/** Schema that TypeGraphQL builds from the classes. Only the additions of Federation are missing. */
const declared: GraphQLSchema = buildSchemaSync({
  resolvers: [TicketMutations, TicketQueries, SubmissionFields, TicketFields],
  validateFn: validateInput,
  skipCheck: true, // the schema is valid only with Federation's additions
});

// TypeGraphQL has arguments in the order in which JavaScript evaluates their decorators: from the last to the first.
for (const type of Object.values(declared.getTypeMap())) {
  if (!isObjectType(type) || type.name.startsWith("__")) continue;
  for (const { args } of Object.values(type.getFields())) (args as GraphQLArgument[]).reverse();
}

/** Required scopes of fields and entities, by schema coordinate. The start fails here when a root field or an entity has none. */
export const requiredScopes = describeRequiredScopes(declared);

/** SDL of the subgraph, as published and as committed in schema.graphql. */
export const sdl = `${FEDERATION}\n\n${printSchemaWithDirectives(declared)}\n`;

/** The served schema. */
export const schema = buildSchema();

/** Builds a new schema. Every root field and every reference checks the scope that it requires. */
export function buildSchema(): GraphQLSchema {
  const resolvers = createResolversMap(declared);
  const built = buildSubgraphSchema([
    {
      typeDefs: parse(sdl),
      resolvers: {
        ...resolvers,
        ID: ExactId, // in every schema of this process, because graphql-js has only one ID
        _Any: ExactRepresentation,
        Query: { ...(resolvers["Query"] as object), _entities: resolveReferences },
        _Entity: Entity,
      },
    },
  ]);
  const wrap = (typeName: string, fieldName: string, wrapper: (resolve: Resolver) => Resolver): void => {
    const type = built.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field?.resolve) throw new Error(`${typeName}.${fieldName} has no resolver`);
    field.resolve = wrapper(field.resolve);
  };
  for (const [coordinate, required] of requiredScopes) {
    // Only _entities leads to an entity. A second entity needs a scope check of its own.
    const [typeName, fieldName] = coordinate.split(".") as [string, string?];
    const [type, field] = fieldName === undefined ? ["Query", "_entities"] : [typeName, fieldName];
    wrap(type, field, (resolve) => withScopeCheck(required, resolve));
  }
  return built;
}
