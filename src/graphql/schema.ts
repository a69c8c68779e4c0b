import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type GraphQLArgument, type GraphQLSchema, parse } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { TicketMutations } from "./mutations.ts";
import { TicketQueries } from "./queries.ts";
import { checkReferences, resolveTicketReference } from "./references.ts";
import { validateArgument } from "./validate.ts";

const FEDERATION = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])`;

/** The schema as TypeGraphQL builds it from the classes: complete but for what Federation adds. */
const declared: GraphQLSchema = buildSchemaSync({
  resolvers: [TicketMutations, TicketQueries],
  validateFn: validateArgument,
  skipCheck: true, // what it would check is not complete before Federation's part is added
});

// TypeGraphQL has arguments in the order in which JavaScript evaluates their decorators: from the last to the first.
for (const type of [declared.getQueryType(), declared.getMutationType()]) {
  for (const { args } of Object.values(type?.getFields() ?? {})) (args as GraphQLArgument[]).reverse();
}

/** The subgraph's SDL, as published and as committed in schema.graphql. */
export const sdl = `${FEDERATION}\n\n${printSchemaWithDirectives(declared)}\n`;

/** The schema that is served, by Federation's own resolvers. */
export const schema: GraphQLSchema = buildSubgraphSchema([
  {
    typeDefs: parse(sdl),
    resolvers: { ...createResolversMap(declared), Ticket: { __resolveReference: resolveTicketReference } },
  },
]);

const entities = schema.getQueryType()?.getFields()["_entities"];
const resolveEntities = entities?.resolve;
if (!entities || !resolveEntities) throw new Error("A subgraph with an entity has _entities");
entities.resolve = (source, args: { representations: unknown[] }, context, info) => {
  checkReferences(args.representations);
  return resolveEntities(source, args, context, info);
};
